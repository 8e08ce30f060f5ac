"""What a hypothetical training run would take: what ``ledger estimate`` says.

What belongs here: a scenario, what makes one impossible, and running it. What does not: any formula or default.
A scenario becomes a training run of its own, in memory beside the published file, and the same SQL models and
macros that make the warehouse's figures run over that one row. So a default is chosen, and a figure computed, by
exactly the rule that holds for every other run; what was given takes the place of what the rule would choose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import duckdb

from pipelines.answers.beside_published import beside_published, fitting_code, models_of
from pipelines.answers.explain import with_numbers
from pipelines.answers.given import KINDS, find_accelerator
from pipelines.answers.numbers import number
from pipelines.answers.training_case import Scenario, check_amounts, check_country, check_number_format, check_year
from pipelines.answers.training_work import Work, memory_of, parts_of, set_reinforcement, set_work
from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.warehouse.file import Row, data_version, read_rows
from pipelines.warehouse.models.sql_models import SqlModel
from pipelines.warehouse.models.tables import quoted

ARCHITECTURES = {"dense": "dense decoder", "moe": "moe decoder", "encoder-decoder": "encoder-decoder"}
"""Words of the option, and those of core.training_runs."""

FIRST_MODELS = (
    "training_runs",
    "assumption_choices",
    "assumption_sets",
    "hardware_ages",
    "training_coverage",
    "training_inputs",
)
THEN_MODELS = ("overall_utilisation", "training_compute", "training_time", "training_utilisation", "training_energy",
               "training_cost", "training_environment", "training_figures", "training_results", "training_memory")  # fmt: skip
"""Models of ``core`` that make figures out of a run, in order; what was given goes in between the two groups."""

REINFORCEMENT = "reinforcement_work"
"""The model of what is generated and scored before it is learned from."""

DESCRIBE_A_RUN = (
    "seeds.training_runs",
    "seeds.site_scenarios",
    "core.models",
    "core.epoch_models",
    "core.published_figures",
)
"""Tables that a scenario fills, or leaves empty, in place of the published rows."""

OVERRIDES = {
    "active_params": ("active_params", "active_params", "parameter"),
    "params": ("total_params", "total_params", "parameter"),
    "tokens": ("training_tokens", "training_tokens", "token"),
    "count": ("accelerator_count", "accelerator_count", "1"),
    "flop": ("reported_flop", "training_flop", "FLOP"),
    "chip_hours": ("reported_chip_hours", "chip_hours", "chip-hour"),
    "hours": ("reported_hours", "training_hours", "hour"),
    "mfu": ("reported_mfu", "mfu", "ratio"),
    "pue": ("pue", "pue", "ratio"),
    "price": ("cloud_price", "cloud_price_usd_per_chip_hour", "USD/chip-hour"),
    "chip_price": ("chip_price", "chip_price", "USD"),
    "rollouts": ("rollout_ratio", "rollout_ratio", "ratio"),
    "rollout_mfu": ("rollout_mfu", "rollout_mfu", "ratio"),
}
"""For each number that may be given: column of core.training_inputs, name and unit of the input."""

# --- the warehouse beside an empty one ------------------------------------------------------------------------------


@cache
def _models() -> dict[str, SqlModel]:
    models = models_of(f"core.{name}" for name in (*FIRST_MODELS, REINFORCEMENT, *THEN_MODELS))
    return {model.name: model for model in models.values()}


@contextmanager
def open_whatif(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory in which the models can run, with data and macros of the published file."""
    made = {f"core.{name}": model for name, model in _models().items()}
    with beside_published(settings, made, emptied=DESCRIBE_A_RUN) as connection:
        yield connection


def _memory(connection: duckdb.DuckDBPyConnection, run: str, given: Scenario, chip: Row) -> Row | None:
    return memory_of(connection, run, given.work or Work(), given.count, chip) if given.params is not None else None


# --- the run --------------------------------------------------------------------------------------------------------


def run_model(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make ``core.<name>`` anew from what lies in memory."""
    connection.execute(f"create or replace table core.{name} as {_models()[name].query}")


def latest_price_year(connection: duckdb.DuckDBPyConnection) -> int:
    """The year that stands for none: the latest in which rental prices were seen."""
    query = "select max(year(observed_date)) from ledger.seeds.cloud_prices"
    return int(connection.execute(query).fetchall()[0][0])


RUN = "what-if"
"""Key of the one run of a scenario."""


def _make_run(connection: duckdb.DuckDBPyConnection, run: str, given: Scenario, chip: Row, year: int) -> None:
    """The scenario as one row of each table that describes a run."""
    active = given.active_params or given.params
    total = given.params or given.active_params
    connection.execute(
        """
        insert into core.models by name select $run as model_id, 'What if' as model_name, 'language' as domain,
            $architecture as architecture, $total as total_params, $active as active_params, false as is_frontier
        """,
        {
            "run": run,
            "architecture": ARCHITECTURES[given.architecture or "dense"],
            "total": total.value if total else None,
            "active": active.value if active else None,
        },
    )
    connection.execute(
        """
        insert into seeds.training_runs by name select $run as training_run_id, $run as model_id,
            'pretraining' as run_kind, $tokens as training_tokens, $number_format as number_format,
            $accelerator_id as accelerator_id, $count as accelerator_count, $country as training_country,
            $year as started_year, $operator as operator_kind
        """,
        {
            "run": run,
            "tokens": given.tokens.value if given.tokens else None,
            "number_format": given.number_format,
            "accelerator_id": chip["accelerator_id"],
            "count": int(given.count.value) if given.count else None,
            "country": given.country,
            "year": year,
            "operator": given.operator,
        },
    )


def _override(connection: duckdb.DuckDBPyConnection, run: str, given: Scenario) -> None:
    """Put what was given in the place of what the rules chose."""
    for option, (column, name, unit) in OVERRIDES.items():
        source = "params" if option == "active_params" and given.active_params is None else option
        stated = getattr(given, source)
        if stated is not None:
            connection.execute(
                f"update core.training_inputs set {column} = input(?, ?, ?, ?, ?, 'given', 'you', ?) where training_run_id = ?",
                [name, stated.low, stated.value, stated.high, unit, f"--{source.replace('_', '-')}", run],
            )


RESULTS = (
    "training_flop", "petaflop_days", "mfu", "chip_hours", "wall_days", "chip_energy_kwh", "server_energy_kwh",
    "facility_energy_kwh", "home_years", "cloud_cost_usd", "owned_cost_usd", "location_co2e_kg", "market_co2e_kg",
    "embodied_co2e_kg", "water_l",
)  # fmt: skip
"""Quantities of core.training_results that the answer has, in its order: each once, without parts and sums of others."""


def estimate(connection: duckdb.DuckDBPyConnection, given: Scenario) -> Row:
    """What the scenario would take, with every input and choice, as nested dictionaries that JSON can hold.

    ``connection`` is one of ``open_whatif``. Raises UsageError for what cannot be.
    """
    check_amounts(given)
    # One row: to split its work or to look for a better plan takes longer than the work.
    connection.execute("set threads = 1; pragma disable_optimizer")
    with fitting_code():
        chip = find_accelerator(connection, given.accelerator)
        check_number_format(connection, chip, given.number_format)
        check_year(chip, given.year)
        check_country(connection, given.country)
        year = given.year or latest_price_year(connection)
        figures = _run_models(connection, {RUN: (given, chip, year)})[RUN]
        memory = _memory(connection, RUN, given, chip)
        parts = parts_of(connection, RUN) if given.work and given.work.is_reinforced else None
        run = read_rows(connection, "select * from core.training_runs")[0]
        about = "select * exclude (accessed, state, state_since, state_reason) from ledger.meta.sources"
        sources = {r.pop("source_id"): r for r in read_rows(connection, about)}
        version = data_version(connection, "ledger.meta")
        implied = connection.execute(
            "select value from core.training_utilisation where method = 'flop_over_time'"
        ).fetchall()
    _check_result(figures, chip, implied[0][0] if implied else None)
    return {
        "choices": _choices(given, chip, run, year),
        "figures": [_figure(row, figures) for row in figures],
        "inputs": _inputs([*figures, *([parts] if parts else [])], sources),
        "memory": memory,
        "reinforcement": parts
        and {name: value for name, value in parts.items() if name.endswith(("_fraction", "_ratio"))},
        "notes": _notes(figures, chip),
        **version,
    }


def _run_models(
    connection: duckdb.DuckDBPyConnection, scenarios: dict[str, tuple[Scenario, Row, int]]
) -> dict[str, list[Row]]:
    """The figures of scenarios, each a run of its own with accelerator and year, by the key of the run."""
    connection.execute("delete from core.models; delete from seeds.training_runs")
    _keep_accelerators(connection, {chip["accelerator_id"] for _, chip, _ in scenarios.values()})
    for run, (given, chip, year) in scenarios.items():
        _make_run(connection, run, given, chip, year)
    for name in FIRST_MODELS:
        run_model(connection, name)
    for run, (given, _, _) in scenarios.items():
        _override(connection, run, given)
        set_work(connection, run, given.work or Work(), given.active_params or given.params)
    if reinforced := [run for run, (given, _, _) in scenarios.items() if given.work and given.work.is_reinforced]:
        run_model(connection, REINFORCEMENT)
        for run in reinforced:
            set_reinforcement(connection, run)
    for name in THEN_MODELS:
        run_model(connection, name)
    found: dict[str, list[Row]] = {run: [] for run in scenarios}
    for row in read_rows(connection, "select * from core.training_results"):
        run = row.pop("training_run_id")
        if row["quantity"] in RESULTS:
            found[run].append(row)
    return {run: sorted(rows, key=lambda row: RESULTS.index(row["quantity"])) for run, rows in found.items()}


def _keep_accelerators(connection: duckdb.DuckDBPyConnection, accelerator_ids: set[str]) -> None:
    """Hide all accelerators but these from the models, which would choose assumptions for every one of them."""
    keys = ", ".join(quoted(key) for key in sorted(accelerator_ids))
    connection.execute(
        "create or replace view core.accelerators as from ledger.core.accelerators "
        f"where list_contains([{keys}]::varchar[], accelerator_id)"
    )


def estimate_all(connection: duckdb.DuckDBPyConnection, scenarios: Sequence[Scenario]) -> list[list[Row]]:
    """The figures of many scenarios at once, as ``estimate`` gives them for one; raises UsageError for what cannot be."""
    chips = {given.accelerator: find_accelerator(connection, given.accelerator) for given in scenarios}
    latest = latest_price_year(connection)
    runs: dict[str, tuple[Scenario, Row, int]] = {}
    for place, given in enumerate(scenarios):
        check_amounts(given)
        check_year(chips[given.accelerator], given.year)
        runs[f"{RUN}-{place:06}"] = (given, chips[given.accelerator], given.year or latest)
    found = _run_models(connection, runs)
    for run, (given, chip, _) in runs.items():
        _memory(connection, run, given, chip)
    return [[_figure(row, rows) for row in rows] for rows in found.values()]


def _check_result(figures: list[Row], chip: Row, implied_mfu: float | None) -> None:
    found = {row["quantity"]: row for row in figures}
    if "chip_hours" not in found:
        raise UsageError(f"the dense peak of {chip['accelerator_id']} is not published: give --chip-hours.")
    if implied_mfu is not None and implied_mfu > 1:
        raise UsageError(
            f"{number(found['training_flop']['value'], 3)} FLOP in {number(found['chip_hours']['value'])} chip-hours needs "
            f"{number(implied_mfu, 3)} times the dense peak of {chip['accelerator_id']}."
        )


def _figure(row: Row, figures: list[Row]) -> Row:
    values = {one["quantity"]: one["value"] for one in figures} | {
        one["name"].removeprefix("published_"): one["value"] for one in row["inputs"]
    }
    numbers = with_numbers(row["formula"], values) if row["formula"] not in ("as published", "prior") else None
    method = "given" if row["method"] == "published" else row["method"]
    kind = "given" if method == "given" else row["kind"]
    formula = "as given" if method == "given" else row["formula"]
    inputs = [one["name"] for one in row["inputs"]]
    return {
        **row,
        "method": method,
        "kind": kind,
        "formula": formula,
        "formula_with_numbers": numbers,
        "inputs": inputs,
    }


def _inputs(figures: list[Row], sources: dict[str, Row]) -> list[Row]:
    distinct = {one["name"]: one for row in figures for one in row["inputs"]}
    return [
        {**one, "kind": KINDS[one["kind"]], "source": sources.get(one["source_id"])}
        for one in sorted(distinct.values(), key=lambda one: list(KINDS).index(one["kind"]))
    ]


def _choices(given: Scenario, chip: Row, run: Row, year: int) -> list[Row]:
    """What is no number: as given, else what stands for it and why."""
    unknown = "not given: general assumptions apply"
    rows = [
        ("accelerator", chip["accelerator_id"], True, chip["accelerator_name"]),
        ("number_format", run["number_format"], given.number_format is not None, "the usual format of this chip"),
        (
            "architecture",
            given.architecture or "dense",
            given.architecture is not None,
            "every token uses all parameters",
        ),
        ("year", year, given.year is not None, "latest year with rental prices"),
        ("country", given.country, given.country is not None, unknown),
        ("operator", given.operator, given.operator is not None, unknown),
    ]
    return [
        {"name": name, "value": value, "kind": "given" if is_given else "assumed",
         "note": None if is_given and name != "accelerator" else note}
        for name, value, is_given, note in rows
    ]  # fmt: skip


def _notes(figures: list[Row], chip: Row) -> list[str]:
    found = {row["quantity"] for row in figures}
    notes = []
    if "facility_energy_kwh" not in found:
        notes.append(
            f"The rated power of {chip['accelerator_id']} is not published: no energy, emissions, water or cost of "
            "owned hardware."
        )
    elif "owned_cost_usd" not in found:
        notes.append(
            f"No purchase price of {chip['accelerator_id']} is published: give --chip-price for the cost of "
            "owned hardware."
        )
    return notes
