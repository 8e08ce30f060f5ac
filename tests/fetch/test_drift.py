"""Values of a new snapshot beside the last good one: what is blanked, scaled or replaced is found, ordinary change is not."""

import csv
import io
import random
from collections.abc import Callable
from typing import Annotated, ClassVar

import pytest
from pydantic import Field

from pipelines.fetch.drift import Doubt, drift, identity
from pipelines.records.raw_tables import RawNumber, RawRow, RawTable, RawText, read_raw_csv
from pipelines.sources.epoch.hardware import EpochHardware
from pipelines.sources.epoch.models import EpochModels
from tests.conftest import SHARED_MIRROR

Change = Callable[[int, str], str]
VINTAGES = SHARED_MIRROR.parent / "vintages"
ROWS = 100


class Runs(RawRow):
    """Runs and what they took, for tests."""

    table: ClassVar[str] = "runs"
    source_id: ClassVar[str] = "runs"
    key: ClassVar = ("name", "energy_kwh")
    optional: ClassVar = frozenset({"note"})
    volatile: ClassVar = frozenset({"citations_count"})

    name: RawText = Field(description="Name.")
    energy_kwh: RawNumber | None = Field(default=None, description="Energy.")
    hours: RawNumber | None = Field(default=None, description="Time.")
    citations_count: RawNumber | None = Field(default=None, description="Citations.")
    note: RawText | None = Field(default=None, description="Note.")


class Unkeyed(Runs):
    """The same without a key."""

    key: ClassVar = ()


def numbers(change: Callable[[int, float], float]) -> Change:
    return lambda row, cell: repr(change(row, float(cell))) if cell else cell


def runs_csv(count: int = ROWS) -> bytes:
    random_state = random.Random(5)
    lines = [
        f"run {i},{10 ** random_state.uniform(2, 6):.6g},{1 + i % 40},{i},note {i}"
        if i % 5
        else f"run {i},,,{i},note {i}"
        for i in range(count)
    ]
    return "\n".join(["name,energy_kwh,hours,citations_count,note", *lines, ""]).encode()


def mutated(data: bytes, column: str, change: Change) -> bytes:
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    place = header.index(column)
    for number, row in enumerate(rows):
        row[place] = change(number, row[place])
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue().encode()


def read(data: bytes, schema: type[RawRow] = Runs) -> RawTable:
    return read_raw_csv(data, "runs.csv", "0" * 64, schema)


def found(data: bytes, schema: type[RawRow] = Runs, before: bytes | None = None) -> list[Doubt]:
    return drift(read(data, schema), read(before or runs_csv(), schema))


WRONG: dict[str, Change] = {
    "blanked": lambda row, cell: "",
    "half blanked": lambda row, cell: cell if row % 2 else "",
    "zeroed": numbers(lambda row, value: 0.0),
    "turned round": numbers(lambda row, value: -value),
    "ten times": numbers(lambda row, value: value * 10),
    "days as hours": numbers(lambda row, value: value * 24),
    "another prefix": numbers(lambda row, value: value / 1e3),
    "another unit": numbers(lambda row, value: value / 1e15),
    "a third moved": numbers(lambda row, value: value * 1.5 if row % 3 == 0 else value),
}
"""What happened to columns of real files, or could."""


@pytest.mark.parametrize("column", ["energy_kwh", "hours"])
@pytest.mark.parametrize("change", WRONG)
def test_a_column_that_went_wrong_is_named_with_both_values(column, change):
    doubts = found(mutated(runs_csv(), column, WRONG[change]))
    assert [doubt.column for doubt in doubts] == [column]
    assert doubts[0].before
    assert doubts[0].before != doubts[0].now


@pytest.mark.parametrize("change", WRONG)
def test_without_a_key_whole_columns_are_still_compared(change):
    assert "energy_kwh" in [doubt.column for doubt in found(mutated(runs_csv(), "energy_kwh", WRONG[change]), Unkeyed)]


def test_without_a_key_a_column_that_few_rows_fill_is_compared_too():
    sparse = mutated(runs_csv(200), "hours", lambda row, cell: cell if row % 4 == 1 else "")
    assert found(sparse, Unkeyed, sparse) == []
    lost = mutated(sparse, "hours", lambda row, cell: cell if row % 3 else "")
    assert [doubt.column for doubt in found(lost, Unkeyed, sparse)] == ["hours"]


class Loads(Runs):
    """Runs that a number is part of the name of."""

    key: ClassVar = ("name", "users_count")

    users_count: Annotated[int, Field(ge=0)] = Field(description="Users.")


def test_a_number_that_is_part_of_the_key_is_compared_too():
    lines = runs_csv().decode().splitlines()
    loads = "\n".join(
        [f"{lines[0]},users_count", *(f"{line},{2 ** (i % 7)}" for i, line in enumerate(lines[1:])), ""]
    ).encode()
    assert found(loads, Loads, loads) == []
    moved = mutated(loads, "users_count", lambda row, cell: str(10 * int(cell)) if row % 3 == 0 else cell)
    assert "users_count" in [doubt.column for doubt in found(moved, Loads, loads)]


def test_without_a_key_a_file_that_grows_is_no_doubt():
    assert found(runs_csv(130), Unkeyed) == []


@pytest.mark.parametrize("rows", [100, 12])
def test_a_renamed_optional_column_is_a_column_whose_values_are_gone(rows):
    known = runs_csv(rows)
    [doubt] = found(known.replace(b",note\n", b",remark\n", 1), before=known)
    assert (doubt.column, doubt.what) == ("note", "all values are missing")


def test_records_twice_without_a_key_are_seen():
    body = runs_csv().split(b"\n", 1)[1]
    [doubt] = found(runs_csv() + body, Unkeyed)
    assert (doubt.column, doubt.before, doubt.now) == (None, "0 of 100", "100 of 200")


def test_ordinary_change_raises_nothing():
    assert found(runs_csv()) == []
    assert found(runs_csv(140)) == [], "new records"
    assert found(mutated(runs_csv(), "hours", numbers(lambda row, value: value * 3 if row % 10 == 1 else value))) == []
    assert found(mutated(runs_csv(), "citations_count", numbers(lambda row, value: value * 9 + 1))) == [], "volatile"
    assert found(mutated(runs_csv(), "energy_kwh", numbers(lambda row, value: round(value, 1)))) == [], "rounding"


def test_records_are_paired_by_what_they_are_about():
    assert identity(Runs) == ["name"]
    assert identity(EpochModels) == ["model", "organization", "publication_date", "link"]


def publisher_file(schema: type[RawRow]) -> bytes:
    name = {EpochModels: "notable_ai_models.csv", EpochHardware: "ml_hardware.csv"}[schema]
    path = SHARED_MIRROR / "epoch.ai/data" / name
    if not path.exists():
        pytest.skip(f"no mirror of published files at {SHARED_MIRROR}")
    return path.read_bytes()


@pytest.mark.parametrize("change", WRONG)
@pytest.mark.parametrize(
    ("schema", "column", "name"),
    [
        (EpochModels, "Training compute (FLOP)", "training_compute_flop"),
        (EpochModels, "Training time (hours)", "training_time_hours"),
        (EpochHardware, "TDP (W)", "tdp_w"),
        (EpochHardware, "Release price (USD)", "release_price_usd"),
    ],
)
def test_a_column_of_a_real_file_that_went_wrong_is_named(schema, column, name, change):
    data = publisher_file(schema)
    assert name in [doubt.column for doubt in found(mutated(data, column, WRONG[change]), schema, data)]


def test_real_files_of_other_months():
    if not VINTAGES.is_dir():
        pytest.skip(f"no earlier files at {VINTAGES}")
    hardware = read((VINTAGES / "2025-11_ml_hardware.csv").read_bytes(), EpochHardware)
    assert (hardware.accepted_count, hardware.rejected_count, len(hardware.faults)) == (169, 0, 128)
    assert {fault.value for fault in hardware.faults} == {"inf"}
    assert drift(read(publisher_file(EpochHardware), EpochHardware), hardware) == []
    models = read((VINTAGES / "2025-02_notable_ai_models.csv").read_bytes(), EpochModels)
    columns = {doubt.column for doubt in drift(read(publisher_file(EpochModels), EpochModels), models)}
    assert "training_power_draw_w" in columns, "the publisher computed it anew"
    assert len(columns) == 7
