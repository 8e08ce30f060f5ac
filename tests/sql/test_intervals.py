"""Intervals: the closed-form propagation of sql/macros/uncertainty.sql agrees with a seeded Monte Carlo.

Inputs are drawn from the priors of seeds/assumptions.csv themselves, so they are as wide and as skewed as those in use.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pytest

from pipelines.settings import SEEDS, SQL
from pipelines.warehouse.models.macros import load_macros

Triple = tuple[float, float, float]
"""Low, central and high: the 5th, 50th and 95th percentile."""

SAMPLES = 100_000
NINETY_FIVE = 1.6448536269514722
"""95th percentile of the standard normal distribution."""
TOLERANCE = 0.05
"""Bounds may differ by 5 %, as they are promised to."""
CASES = 80
"""Random cases of each kind; there are four kinds."""
WIDEST = 1.0
"""Half-width of the logarithm: priors beyond a factor of e either way stand alone in a formula or nearly so."""


def priors() -> list[Triple]:
    """All assumptions in use that have a width, and the worst PUE that was published."""
    with (SEEDS / "assumptions.csv").open(encoding="utf-8", newline="") as lines:
        rows = [(float(r["low"]), float(r["central"]), float(r["high"])) for r in csv.DictReader(lines)]
    wide = [r for r in rows if 0 < r[0] < r[2]]
    return [(1.08, 1.10, 1.58), *(r for r in wide if max(np.log(r[1] / r[0]), np.log(r[2] / r[1])) <= WIDEST)]


PRIORS = priors()


@dataclass
class Case:
    """A formula in SQL and samples of what it means."""

    formula: str
    samples: np.ndarray
    central: float


def drawn(random: np.random.Generator, low: float, central: float, high: float) -> np.ndarray:
    """Samples of a quantity that is lognormal on each side of its median."""
    normal = random.standard_normal(SAMPLES)
    width = np.where(normal < 0, np.log(central / low), np.log(high / central))
    return central * np.exp(normal / NINETY_FIVE * width)


def leaf(random: np.random.Generator, central: float) -> Case:
    """One prior, moved to another central value."""
    low, middle, high = PRIORS[int(random.integers(len(PRIORS)))]
    bounds = (central * low / middle, central, central * high / middle)
    return Case(f"uncertain({bounds[0]!r}, {bounds[1]!r}, {bounds[2]!r})", drawn(random, *bounds), central)


def times(a: Case, b: Case) -> Case:
    return Case(f"multiply({a.formula}, {b.formula})", a.samples * b.samples, a.central * b.central)


def over(a: Case, b: Case) -> Case:
    return Case(f"divide({a.formula}, {b.formula})", a.samples / b.samples, a.central / b.central)


def plus(a: Case, b: Case) -> Case:
    return Case(f"add_up({a.formula}, {b.formula})", a.samples + b.samples, a.central + b.central)


Step = Callable[[Case, Case], Case]
KINDS: dict[str, tuple[Step, ...]] = {
    "products": (times,),
    "quotients": (times, over),
    "sums": (plus,),
    "mixed": (times, over, plus),
}


def random_case(kind: str, seed: int) -> Case:
    """A chain of two to five priors."""
    random = np.random.default_rng([seed, *kind.encode()])
    case = leaf(random, float(np.exp(random.uniform(-2, 2))))
    for _ in range(int(random.integers(1, 5))):
        step = KINDS[kind][int(random.integers(len(KINDS[kind])))]
        scale = case.central if step is plus else 1.0
        case = step(case, leaf(random, scale * float(np.exp(random.uniform(-2, 2)))))
    return case


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that holds nothing but the macros."""
    with duckdb.connect() as opened:
        load_macros(opened, SQL / "macros")
        yield opened


def bounds(connection: duckdb.DuckDBPyConnection, formula: str) -> Triple:
    query = f"select low_of(t), central_of(t), high_of(t) from (select {formula} as t)"
    low, central, high = connection.execute(query).fetchall()[0]
    return low, central, high


def test_priors_in_use_are_skewed_and_many() -> None:
    skews = [abs(np.log(high / central) - np.log(central / low)) for low, central, high in PRIORS]
    assert len(PRIORS) > 60
    assert np.quantile(skews, 0.9) > 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_bounds_agree_with_a_monte_carlo_and_hold_ninety_per_cent(
    kind: str, connection: duckdb.DuckDBPyConnection
) -> None:
    errors, shares = {}, []
    for seed in range(CASES):
        case = random_case(kind, seed)
        low, central, high = bounds(connection, case.formula)
        assert central == pytest.approx(case.central, rel=1e-9)
        true_low, true_high = np.quantile(case.samples, [0.05, 0.95])
        errors[case.formula] = max(abs(low / true_low - 1), abs(high / true_high - 1))
        shares.append(float(np.mean((case.samples >= low) & (case.samples <= high))))
    worst = max(errors, key=lambda formula: errors[formula])
    assert errors[worst] <= TOLERANCE, f"{errors[worst]:.3f} in {worst}"
    assert np.median(list(errors.values())) <= TOLERANCE / 4
    assert np.mean(shares) == pytest.approx(0.90, abs=0.01)
    assert min(shares) > 0.86
    assert max(shares) < 0.95


def test_quadrature_of_half_widths_would_not_do(connection: duckdb.DuckDBPyConnection) -> None:
    """Why cumulants are carried: adding half-widths side by side misses the bounds of skewed factors."""
    factor = (0.3, 0.43, 0.8)
    samples = np.prod([drawn(np.random.default_rng(n), *factor) for n in range(5)], axis=0)
    true_low, true_high = np.quantile(samples, [0.05, 0.95])
    down, up = (np.sqrt(5) * np.log(ratio) for ratio in (factor[1] / factor[0], factor[2] / factor[1]))
    by_quadrature = (factor[1] ** 5 * np.exp(-down), factor[1] ** 5 * np.exp(up))
    errors = [abs(one / other - 1) for one, other in zip(by_quadrature, (true_low, true_high), strict=True)]
    assert max(errors) > TOLERANCE
    formula = "uncertain(0.3, 0.43, 0.8)"
    for _ in range(4):
        formula = f"multiply({formula}, uncertain(0.3, 0.43, 0.8))"
    low, _, high = bounds(connection, formula)
    assert (low, high) == pytest.approx((true_low, true_high), rel=TOLERANCE)


def test_stored_machine_time_goes_on_as_an_input_without_harm(connection: duckdb.DuckDBPyConnection) -> None:
    """Models store low, central and high of machine time and read them again for energy: the shape between is lost."""
    random = np.random.default_rng(11)
    flop, mfu, power, ratio, pue = (
        (0.88, 1, 1.15),
        (0.12, 0.27, 0.55),
        (0.6, 0.76, 0.82),
        (1.6, 1.82, 1.9),
        (1.08, 1.1, 1.58),
    )
    grid = (0.08, 0.4, 0.65)
    rate = 3600 * 989e12
    hours = 1e24 * drawn(random, *flop) / rate / drawn(random, *mfu)
    carbon = 0.7 * hours * np.prod([drawn(random, *bounds_of) for bounds_of in (power, ratio, pue, grid)], axis=0)
    f, u, a, k, p, g = (f"uncertain({q[0]}, {q[1]}, {q[2]})" for q in (flop, mfu, power, ratio, pue, grid))
    stored = bounds(connection, f"chip_hours_from_flop(multiply(exactly(1e24), {f}), exactly(989e12), {u})")
    time = "uncertain({}, {}, {})".format(*stored)
    low, _, high = bounds(connection, f"co2e_kg_of(facility_energy_kwh_of({time}, exactly(700), {k}, {a}, {p}), {g})")
    assert (low, high) == pytest.approx(tuple(np.quantile(carbon, [0.05, 0.95])), rel=TOLERANCE)


def test_machine_time_enters_the_owned_cost_once(connection: duckdb.DuckDBPyConnection) -> None:
    """Time, capital and electricity: the interval is that of one time, not of two that would even out."""
    random = np.random.default_rng(12)
    hours, capital, energy, price = (4e5, 1e6, 2.5e6), (0.5, 0.9, 1.6), (0.9, 1.1, 1.4), (0.05, 0.08, 0.16)
    samples = drawn(random, *hours) * (drawn(random, *capital) + drawn(random, *energy) * drawn(random, *price))
    h, c, e, p = (f"uncertain({low}, {central}, {high})" for low, central, high in (hours, capital, energy, price))
    low, _, high = bounds(connection, f"owned_cost_usd_of({h}, {c}, electricity_usd_per_chip_hour({e}, {p}))")
    assert (low, high) == pytest.approx(tuple(np.quantile(samples, [0.05, 0.95])), rel=TOLERANCE)
