"""Columns that only pass through a model are described where they come from."""

from pathlib import Path

import pytest

from pipelines.errors import LedgerError
from pipelines.warehouse.models.loading import load_models
from pipelines.warehouse.models.sql_models import SqlModel

SEEDS = {
    "seeds.runs": {"run_id": "Key of the run.", "power_w": "Power, watts.", "note": "A note."},
    "seeds.chips": {"chip_id": "Key of the chip.", "power_w": "Rated power, watts.", "note": "A note."},
}
KEY = "-- One row.\n-- key: run_id\n"


def load(folder: Path, **texts: str) -> dict[str, SqlModel]:
    """The models of files ``schema__name`` with these texts."""
    for name, text in texts.items():
        path = folder / (name.replace("__", "/") + ".sql")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load_models(folder, "sql", SEEDS)


PASSING = {
    "as it is": "select run_id, power_w from seeds.runs",
    "qualified": "select r.run_id, r.power_w from seeds.runs as r inner join seeds.chips as c on r.note = c.note",
    "through a CTE and a star": "with kept as (select * from seeds.runs) select run_id, power_w from kept",
    "through a star that leaves out": "select * exclude (note) from seeds.runs",
    "through a subquery": "select run_id, power_w from (select run_id, power_w from seeds.runs) as inner_runs",
    "through a union by place": "select run_id, power_w from seeds.runs union all select run_id, power_w from seeds.runs",
    "through a union by name": "select run_id, power_w from seeds.runs union all by name select run_id from seeds.runs",
    "renamed and named back": "with w as (select run_id, power_w as p from seeds.runs) select run_id, p as power_w from w",
}


@pytest.mark.parametrize("query", PASSING.values(), ids=PASSING.keys())
def test_a_column_that_passes_through_has_the_description_of_its_source(query: str, tmp_path: Path) -> None:
    model = load(tmp_path, core__one=KEY + query)["core.one"]
    assert model.columns == {"run_id": "Key of the run.", "power_w": "Power, watts."}


def test_a_description_passes_through_several_models_and_the_order_is_that_of_the_query(tmp_path: Path) -> None:
    models = load(
        tmp_path,
        core__one=KEY + "-- column: watts | Twice the power.\nselect 2 * power_w as watts, run_id from seeds.runs",
        mart__two=KEY + "select run_id, watts from core.one",
    )
    assert list(models["core.one"].columns.items()) == [("watts", "Twice the power."), ("run_id", "Key of the run.")]
    assert models["mart.two"].columns["watts"] == "Twice the power."


def test_an_interval_that_passes_through_stays_one(tmp_path: Path) -> None:
    models = load(
        tmp_path,
        core__one=KEY
        + "-- interval: kwh | Energy.\nselect run_id, 1 as kwh_low, 2 as kwh, 3 as kwh_high from seeds.runs",
        core__two=KEY + "select run_id, kwh_low, kwh, kwh_high from core.one",
    )
    assert models["core.two"].intervals == ("kwh",)
    assert models["core.two"].columns["kwh_low"] == "Lower bound (5th percentile). Energy."


def test_what_a_header_says_goes_before_what_passes_through(tmp_path: Path) -> None:
    text = KEY + "-- column: power_w | Power of all chips.\nselect run_id, power_w from seeds.runs"
    assert load(tmp_path, core__one=text)["core.one"].columns["power_w"] == "Power of all chips."


def test_a_header_may_take_key_and_columns_of_another(tmp_path: Path) -> None:
    models = load(
        tmp_path,
        core__one=KEY + "-- column: run_id | Key.\n-- interval: x | X.\n"
        "select run_id, 1 as x_low, 1 as x, 1 as x_high from seeds.runs",
        core__two="-- One row.\n-- as: core.one\n-- column: run_id | Another key.\n"
        "select unnest({'run_id': run_id, 'x_low': 1, 'x': 1, 'x_high': 1}) as figure from seeds.runs",
    )
    two = models["core.two"]
    assert (two.key, two.intervals, list(two.columns)) == (("run_id",), ("x",), ["run_id", "x_low", "x", "x_high"])
    assert two.columns["run_id"] == "Another key."


REFUSED = {
    "made from a column": (
        KEY + "select run_id, 2 * power_w as power_w from seeds.runs",
        "column power_w is not documented, and does not pass through. Add '-- column: power_w | …' to the header.",
    ),
    "taken from a column of another name": (
        KEY + "select run_id, power_w as watts from seeds.runs",
        "column watts is not documented, and does not pass through. Add '-- column: watts | …' to the header.",
    ),
    "one source of another name": (
        KEY + "select run_id, power_w from seeds.runs union all select chip_id as run_id, power_w from seeds.chips",
        "column run_id is not documented, and does not pass through. Add '-- column: run_id | …' to the header.",
    ),
    "two sources": (
        KEY + "-- column: run_id | Key.\n"
        "select run_id, power_w from seeds.runs union all select chip_id as run_id, power_w from seeds.chips",
        "column power_w comes from seeds.chips.power_w and seeds.runs.power_w, which are described differently. "
        "Add '-- column: power_w | …' to the header.",
    ),
    "key that is no column": (
        "-- One row.\n-- key: run_id, year\nselect run_id from seeds.runs",
        "'key:' must name columns of the table. Correct '-- key: column, …' in the header.",
    ),
    "header of another that is not there": (
        "-- One row.\n-- as: core.none\nselect run_id from seeds.runs",
        "'as: core.none' names no model with a header of its own. Correct the name.",
    ),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_column_without_one_description_is_refused(text: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as caught:
        load(tmp_path, core__one=text)
    assert str(caught.value) == f"sql/core/one.sql:1: {expected}"


def test_two_sources_that_say_the_same_are_one(tmp_path: Path) -> None:
    query = "select r.run_id, r.note from seeds.runs as r union all select c.chip_id as run_id, c.note from seeds.chips as c"
    model = load(tmp_path, core__one=f"{KEY}-- column: run_id | Key.\n{query}")["core.one"]
    assert model.columns["note"] == "A note."
