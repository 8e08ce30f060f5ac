"""What went wrong with real files of publishers, or could: it is refused, held or set aside, and the last good file stays in use.

The files are those of the mirror of published files; one is changed in a mirror of its own that lies over it.
"""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.fetch.snapshots import FetchOutcome, fetch
from pipelines.fetch.store import latest_accepted, read_verified
from pipelines.records.raw_tables import RemoteFile
from pipelines.settings import Settings
from pipelines.sources.epoch.hardware import FILES as HARDWARE_FILES
from pipelines.sources.epoch.models import FILES as MODEL_FILES
from pipelines.warehouse.file import connect
from pipelines.warehouse.meta_tables import ensure_meta
from pipelines.warehouse.raw_layer import load_raw
from tests.conftest import SHARED_MIRROR, needs_shared_mirror

pytestmark = needs_shared_mirror
VINTAGES = SHARED_MIRROR.parent / "vintages"
NOTABLE, ALL = MODEL_FILES[0], MODEL_FILES[2]
HARDWARE = HARDWARE_FILES[0]

Change = Callable[[int, str], str]


def published(file: RemoteFile) -> bytes:
    return (SHARED_MIRROR / file.url.removeprefix("https://")).read_bytes()


def mutated(data: bytes, column: str, change: Change) -> bytes:
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    place = header.index(column)
    for number, row in enumerate(rows):
        row[place] = change(number, row[place])
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue().encode()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home of its own; what a test puts in the first mirror goes before the published files."""
    (tmp_path / "mirror").mkdir()
    return Settings(home=tmp_path / "home", site=tmp_path / "site", mirrors=(tmp_path / "mirror", SHARED_MIRROR))


def fetched_after(settings: Settings, file: RemoteFile, data: bytes, *, accept: bool = False) -> FetchOutcome:
    """How a fetch of these bytes ends where the published ones are in use already."""
    if latest_accepted(settings, file) is None:
        assert fetch(settings, [file])[0].status == "new"
    path = settings.mirrors[0] / file.url.removeprefix("https://")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    [outcome] = fetch(settings, [file], accept=accept)
    return outcome


def scaled(factor: float) -> Change:
    return lambda row, cell: repr(float(cell) * factor) if cell else cell


@pytest.mark.parametrize(
    ("file", "column", "change", "named"),
    [
        (NOTABLE, "Training compute (FLOP)", lambda row, cell: "", "training_compute_flop"),
        (NOTABLE, "Training compute (FLOP)", lambda row, cell: cell and "0", "training_compute_flop"),
        (NOTABLE, "Training compute (FLOP)", scaled(1e-15), "training_compute_flop"),
        (ALL, "Finetune compute (FLOP)", lambda row, cell: "", "finetune_compute_flop"),
        (ALL, "Training chip-hours", scaled(24), "training_chip_hours"),
        (HARDWARE, "TDP (W)", scaled(1_000), "tdp_w"),
        (
            NOTABLE, "Training time (hours)",
            lambda row, cell: repr(float(cell) * 1.5) if cell and row % 3 == 0 else cell, "training_time_hours",
        ),
    ],
    ids=["blanked", "zeroed", "other unit", "blanked in all models", "days as hours", "milliwatts", "a third moved"],
)  # fmt: skip
def test_a_column_that_went_wrong_is_held_until_a_person_accepts_it(
    settings: Settings, file: RemoteFile, column: str, change: Change, named: str
) -> None:
    good = published(file)
    bad = mutated(good, column, change)
    outcome = fetched_after(settings, file, bad)
    assert outcome.status == "held"
    assert named in {doubt.column for doubt in outcome.doubts}
    assert f"ledger fetch {file.source_id} --accept" in outcome.reason
    in_use = latest_accepted(settings, file)
    assert in_use is not None
    assert read_verified(in_use) == good
    assert fetched_after(settings, file, bad, accept=True).status == "new"


def test_a_renamed_optional_column_is_held(settings: Settings) -> None:
    outcome = fetched_after(settings, NOTABLE, published(NOTABLE).replace(b"Training power draw (W)", b"Power (kW)", 1))
    assert (outcome.status, [doubt.column for doubt in outcome.doubts]) == ("held", ["training_power_draw_w"])


def test_a_stray_quote_is_refused_and_the_last_good_file_feeds_the_build(settings: Settings) -> None:
    good = published(NOTABLE)
    lines = good.splitlines(keepends=True)
    lines[401] = lines[401].replace(b",", b',"', 1)
    outcome = fetched_after(settings, NOTABLE, b"".join(lines))
    assert outcome.status == "failed"
    assert "notable_ai_models.csv" in outcome.reason
    assert "quote" in outcome.reason
    with connect(settings.home / "build.duckdb", settings) as connection:
        ensure_meta(connection)
        load_raw(connection, "raw.epoch_models", settings)
        assert connection.execute("select count(*) from raw.epoch_models").fetchall() == [(1_036,)]


def test_a_header_of_many_columns_is_refused(settings: Settings) -> None:
    header, _, rest = published(HARDWARE).partition(b"\n")
    wide = header.rstrip(b"\r") + b"".join(b",c%d" % n for n in range(40_000)) + b"\n" + rest
    outcome = fetched_after(settings, HARDWARE, wide)
    assert outcome.status == "failed"
    assert "names 40,039 columns; expected at most 10,000" in outcome.reason


def test_infinite_quotients_of_an_earlier_file_are_empty_cells_of_good_rows(settings: Settings) -> None:
    if not VINTAGES.is_dir():
        pytest.skip(f"no earlier files at {VINTAGES}")
    path = settings.mirrors[0] / HARDWARE.url.removeprefix("https://")
    path.parent.mkdir(parents=True)
    path.write_bytes((VINTAGES / "2025-11_ml_hardware.csv").read_bytes())
    assert fetch(settings, [HARDWARE])[0].status == "new"
    with connect(settings.home / "build.duckdb", settings) as connection:
        ensure_meta(connection)
        load_raw(connection, "raw.epoch_hardware", settings)
        counts = "select record_count, accepted_count, rejected_count from meta.files"
        assert connection.execute(counts).fetchall() == [(169, 169, 0)]
        noted = "select column_name, value, count(*) from meta.rejects group by all order by 1"
        assert connection.execute(noted).fetchall() == [
            ("energy_efficiency_op_per_s_per_w", "inf", 18),
            ("price_performance_op_per_s_per_usd", "inf", 110),
        ]
        empty = "select count(*) from raw.epoch_hardware where price_performance_op_per_s_per_usd is null"
        assert connection.execute(empty).fetchall() >= [(110,)]
