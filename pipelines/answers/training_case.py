"""A training run as it is given: options of ``ledger estimate`` in, a scenario out, and what makes one impossible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import duckdb

from pipelines.answers.given import Stated, read_stated
from pipelines.answers.numbers import number
from pipelines.answers.training_work import Work
from pipelines.errors import UsageError, nearest, shown
from pipelines.warehouse.file import Row

NUMBERS = (
    "params", "tokens", "active_params", "flop", "chip_hours", "hours", "count", "mfu", "pue", "price", "chip_price",
    "rollouts", "rollout_mfu",
)  # fmt: skip
"""Options that are a number or a range."""


EARLIEST_YEAR, LATEST_YEAR = 1990, 2035


@dataclass(frozen=True)
class Scenario:
    """What is given about a run; None leaves it to the assumptions."""

    accelerator: str
    params: Stated | None = None
    active_params: Stated | None = None
    tokens: Stated | None = None
    count: Stated | None = None
    flop: Stated | None = None
    chip_hours: Stated | None = None
    hours: Stated | None = None
    mfu: Stated | None = None
    pue: Stated | None = None
    price: Stated | None = None
    chip_price: Stated | None = None
    rollouts: Stated | None = None
    rollout_mfu: Stated | None = None
    country: str | None = None
    year: int | None = None
    number_format: str | None = None
    operator: Literal["hyperscaler", "other"] | None = None
    architecture: Literal["dense", "moe", "encoder-decoder"] | None = None
    work: Work | None = None


def read_scenario(
    accelerator: str | None,
    numbers: Mapping[str, str | float | None],
    *,
    country: str | None = None,
    year: int | None = None,
    number_format: str | None = None,
    architecture: str | None = None,
    operator: str | None = None,
    work: Work | None = None,
) -> Scenario:
    """A scenario from texts as a user types them; raises UsageError that names the option."""
    if accelerator is None:
        raise UsageError(
            "--accelerator is missing: give the accelerator of the run, such as --accelerator h100-sxm. "
            "(To serve a model: --inference.)"
        )
    return Scenario(
        accelerator=accelerator,
        country=_country(country) if country else None,
        year=year,
        number_format=number_format.lower() if number_format else None,
        architecture=architecture,  # type: ignore[arg-type]
        operator=operator,  # type: ignore[arg-type]
        work=work,
        **{
            name: read_stated(str(text), f"--{name.replace('_', '-')}")
            for name, text in numbers.items()
            if text is not None
        },
    )


def _country(text: str) -> str:
    from pipelines.records.places import country_code

    return country_code(text)


def check_year(chip: Row, year: int | None) -> None:
    """Refuse a year in which the accelerator did not exist."""
    released = chip["release_date"]
    if year is not None and released is not None and year < released.year:
        raise UsageError(
            f"--year {year}: {chip['accelerator_name']} was released in {released.year}; expected {released.year} or later."
        )


def check_amounts(given: Scenario) -> None:
    """Refuse numbers that say the same twice, too little, or what cannot be."""
    if given.flop is not None and given.tokens is not None:
        raise UsageError("--flop and --tokens give the same information: use one of them.")
    if given.hours is not None and given.chip_hours is not None:
        raise UsageError("--hours and --chip-hours give the same information: use one of them.")
    if given.hours is not None and given.count is None:
        raise UsageError("--hours is the duration of the whole run: also give --count, or give --chip-hours instead.")
    if not (given.flop or given.chip_hours or given.hours or (given.params and given.tokens)):
        raise UsageError(
            "too few inputs: give --params and --tokens, or --flop, or --chip-hours, or --hours and --count."
        )
    for option, mfu in (("--mfu", given.mfu), ("--rollout-mfu", given.rollout_mfu)):
        if mfu is not None and mfu.high > 1:
            percent = f" Did you mean {number(mfu.value / 100, 6)}?" if mfu.value > 1 else ""
            raise UsageError(
                f"{option} {number(mfu.high, 6)}: MFU is a share of the dense peak; expected at most 1.{percent}"
            )
    _check_reinforcement(given)
    if given.pue is not None and given.pue.low < 1:
        raise UsageError(
            f"--pue {number(given.pue.low, 6)}: a facility uses at least as much power as its computers; expected at least 1."
        )
    if given.active_params is not None and given.params is not None and given.active_params.value > given.params.value:
        raise UsageError(
            f"--active-params {number(given.active_params.value, 6)} exceeds --params {number(given.params.value, 6)}."
        )
    if given.architecture == "moe" and given.tokens is not None and given.active_params is None:
        raise UsageError("a mixture of experts uses only some parameters for each token: give --active-params.")
    if given.count is not None and not all(
        float(n).is_integer() for n in (given.count.low, given.count.value, given.count.high)
    ):
        raise UsageError(f"--count {number(given.count.value, 6)}: expected a whole number of accelerators.")
    if given.year is not None and not EARLIEST_YEAR <= given.year <= LATEST_YEAR:
        raise UsageError(f"--year {given.year}: expected {EARLIEST_YEAR} to {LATEST_YEAR}.")


def _check_reinforcement(given: Scenario) -> None:
    """Refuse what does not go together in reinforcement learning."""
    is_reinforced = given.work is not None and given.work.is_reinforced
    for option, value in (("--rollouts", given.rollouts), ("--rollout-mfu", given.rollout_mfu)):
        if value is not None and not is_reinforced:
            raise UsageError(f"{option} describes reinforcement learning: also give --rl.")
    if not is_reinforced:
        return
    if given.tokens is None or given.params is None:
        raise UsageError("--rl needs --params, and with --tokens the tokens that the model learns from.")
    if given.architecture == "encoder-decoder":
        raise UsageError("--rl: reinforcement learning is estimated of decoders alone: --architecture dense or moe.")
    if given.rollouts is not None and given.rollouts.low < 1:
        raise UsageError(
            f"--rollouts {number(given.rollouts.low, 6)}: tokens generated per token learned from; expected 1 or more."
        )


def check_number_format(connection: duckdb.DuckDBPyConnection, chip: Row, number_format: str | None) -> None:
    """Refuse a number format that the accelerator does not train in."""
    query = """
        select distinct number_format from ledger.core.accelerator_peaks
        where accelerator_id = ? and not is_sparse and number_format not like 'int%' order by 1
    """
    formats = [name for (name,) in connection.execute(query, [chip["accelerator_id"]]).fetchall()]
    if number_format is not None and number_format not in formats:
        there = f"its formats: {', '.join(formats)}" if formats else "no dense peak is published"
        raise UsageError(
            f"--number-format {number_format}: {chip['accelerator_id']} has no dense peak in this format; {there}."
        )


def check_country(connection: duckdb.DuckDBPyConnection, country: str | None) -> None:
    """Refuse a country of which neither grid nor price of electricity is known."""
    query = """
        select place from ledger.seeds.grid_carbon where basis = 'location' and regexp_full_match(place, '[A-Z]{3}')
        union select country from ledger.seeds.electricity_prices order by 1
    """
    codes = [code for (code,) in connection.execute(query).fetchall()]
    if country is not None and country not in codes:
        near = nearest(country, {code: code for code in codes})
        hint = f"Did you mean {', '.join(near)}?" if near else f"Known: {', '.join(codes)}."
        raise UsageError(
            f"--country {shown(country)}: we have no data for it; expected an ISO 3166 code with three letters. {hint}"
        )
