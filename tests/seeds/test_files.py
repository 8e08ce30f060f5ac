"""Curated files: the real ones hold, each kind of fault stops the build by name, and the content is plausible."""

import csv
import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from pipelines.errors import LedgerError
from pipelines.records.units import UNITS
from pipelines.seeds.catalogue import SEED_FILES
from pipelines.seeds.files import Seeds, read_seeds
from pipelines.seeds.models import QUANTITIES
from pipelines.seeds.sources_toml import MAX_LISTED
from pipelines.settings import ROOT, SEEDS, Settings
from tests.conftest import run_ledger

CHIPS = "hardware/accelerators.csv"
PEAKS = "hardware/accelerator_peaks.csv"
MODELS = "models/models.csv"
RUNS = "models/training_runs.csv"
FIGURES = "models/published_figures.csv"
ASSUMPTIONS = "assumptions.csv"

MAY_BE_EMPTY = {"corrections"}
"""Curated tables that need no row: nothing to correct is good news."""


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    """The real curated files, read once."""
    return read_seeds(SEEDS, ROOT)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the curated files that a test may break."""
    return Path(shutil.copytree(SEEDS, tmp_path / "seeds"))


def read_cells(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def write_cells(path: Path, cells: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(cells)


def set_cell(path: Path, line: int, column: str, value: str) -> None:
    """Write one cell; lines count from 1, the header being line 1."""
    cells = read_cells(path)
    cells[line - 1][cells[0].index(column)] = value
    write_cells(path, cells)


def fault_of(folder: Path) -> str:
    """What reading the folder says; fails where nothing is said."""
    with pytest.raises(LedgerError) as caught:
        read_seeds(folder, ROOT)
    return str(caught.value)


# --- the real files -------------------------------------------------------------------------------------------------


def test_the_real_files_hold(seeds: Seeds) -> None:
    assert list(seeds.tables) == [Path(file).stem for file in SEED_FILES]
    for table in seeds.tables.values():
        assert table.rows or table.name in MAY_BE_EMPTY, f"{table.file} has no rows"
        assert table.sha256 == hashlib.sha256((ROOT / table.file).read_bytes()).hexdigest()


def test_every_csv_below_seeds_has_a_schema() -> None:
    there = {path.relative_to(SEEDS).as_posix() for path in SEEDS.rglob("*.csv")}
    assert there == set(SEED_FILES)


def test_an_entry_is_called_seen_or_secondary_only_if_what_was_read_has_a_date_of_reading(seeds: Seeds) -> None:
    read_in = [
        (table.file, record.line, row.source_id if row.verified == "seen" else row.verified_in)
        for table in seeds.tables.values()
        for record, row in table.rows
        if row.verified in ("seen", "secondary")
    ]
    works = {name for name, source in seeds.sources.items() if source.accessed or source.kind == "judgement"}
    assert len(read_in) > 1000
    assert [entry for entry in read_in if entry[2] not in works] == []


def test_no_row_was_checked_in_its_own_source_and_called_secondary(seeds: Seeds) -> None:
    rows = [(table.file, record.line, row) for table in seeds.tables.values() for record, row in table.rows]
    assert [(f, n) for f, n, row in rows if row.verified == "secondary" and row.verified_in == row.source_id] == []
    assert [(f, n) for f, n, row in rows if row.verified == "recalled" and row.verified_in is not None] == []
    assert [(f, n) for f, n, row in rows if not row.locator.strip()] == []


def test_a_partial_folder_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    for file in ("SOURCES.toml", CHIPS, PEAKS):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(SEEDS / file, tmp_path / file)
    assert set(read_seeds(tmp_path, tmp_path, partial=True).tables) == {"accelerators", "accelerator_peaks"}
    with pytest.raises(LedgerError, match=r"accelerator_aliases\.csv: the file is missing\. Restore it"):
        read_seeds(tmp_path, tmp_path)


# --- one broken cell ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One cell that is made wrong, and what must be said about it after ``file:line: column: value: ``."""

    name: str
    file: str
    column: str
    value: str
    expected: str

    def told(self, folder: Path, line: int) -> str:
        value = f"'{self.value}'" if self.value else "(empty)"
        return f"{(folder / self.file).as_posix()}:{line}: column {self.column}: value {value}: {self.expected}"


PLAIN_NUMBER = "expected a plain number such as 1200, 0.38 or 3.14e23"
KNOWN_SOURCE = "expected an existing source_id of SOURCES.toml; describe the source there"
KNOWN_MODEL = "expected an existing model_id of the table models"
KNOWN_CHIP = "expected an existing accelerator_id of the table accelerators"

FAULTS = [
    Fault("wrong type", CHIPS, "tdp_w", "many", PLAIN_NUMBER),
    Fault("thousands separator", CHIPS, "tdp_w", "1,000", PLAIN_NUMBER),
    Fault("negative power", CHIPS, "tdp_w", "-700", "expected greater than 0"),
    Fault("overflowing power", CHIPS, "tdp_w", "1e400", "expected a finite number"),
    Fault("missing source", CHIPS, "source_id", "", "expected a value; the cell is empty"),
    Fault("missing key", CHIPS, "accelerator_id", "", "expected a value; the cell is empty"),
    Fault("unknown source", PEAKS, "source_id", "hearsay", KNOWN_SOURCE),
    Fault("unknown second source", PEAKS, "verified_in", "hearsay", KNOWN_SOURCE),
    Fault("unknown price source", CHIPS, "price_source_id", "hearsay", KNOWN_SOURCE),
    Fault("ill-written source", CHIPS, "source_id", "Some Datasheet", "expected lower-case letters, digits and _ only"),
    Fault("no such day", MODELS, "publication_date", "2023-02-29", "expected a day that exists"),
    Fault("future day", MODELS, "publication_date", "2036-01-01", "expected less than or equal to 2035-12-31"),
    Fault("unlisted word", MODELS, "domain", "poetry", "expected 'language', 'vision',"),
    Fault("unlisted check", MODELS, "verified", "certainly", "expected 'seen', 'secondary', 'recalled' or 'judged'"),
    Fault("flag in other words", MODELS, "is_frontier", "yes", "expected true or false"),
    Fault("unknown base model", MODELS, "base_model_id", "no-such-model", KNOWN_MODEL),
    Fault("unknown model", RUNS, "model_id", "no-such-model", KNOWN_MODEL),
    Fault("unknown chip", RUNS, "accelerator_id", "no-such-chip", KNOWN_CHIP),
    Fault("half a chip", RUNS, "accelerator_count", "1.5", "expected a whole number"),
    Fault(
        "price above all", "prices/cloud_prices.csv", "price_usd_per_chip_hour", "4100", "expected less than or equal"
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_one_wrong_cell_is_told_by_file_line_column_value_and_expectation(fault: Fault, copy: Path) -> None:
    set_cell(copy / fault.file, 3, fault.column, fault.value)
    said = fault_of(copy)
    assert fault.told(copy, line=3) in said
    assert said.splitlines()[0].endswith("in the curated files:")


ROW_FAULTS = {
    "own judgement called seen": (
        "assumptions.csv",
        {"source_id": "compute_ledger", "verified": "seen"},
        "verified is 'judged' exactly where source_id is 'compute_ledger'",
    ),
    "a datasheet called our own judgement": (
        CHIPS,
        {"verified": "judged"},
        "verified is 'judged' exactly where source_id is 'compute_ledger'",
    ),
    "secondary without the work that was read": (
        CHIPS,
        {"verified": "secondary", "verified_in": ""},
        "verified is 'secondary', so verified_in must name the source that was read",
    ),
    "source of a power that is empty": (
        CHIPS,
        {"tdp_w": "", "tdp_source_id": "epoch_hardware"},
        "tdp_source_id is the source of tdp_w, which is empty",
    ),
    "date without precision": (
        CHIPS,
        {"release_date": "2021-01-01", "release_date_precision": ""},
        "release_date and release_date_precision come together",
    ),
    "more parameters active than there are": (
        MODELS,
        {"total_params": "1e9", "active_params": "2e9"},
        "active_params may not exceed total_params",
    ),
    "unlisted quantity": (FIGURES, {"quantity": "glory"}, "quantity is none of: chip_hours,"),
    "unit of another quantity": (
        FIGURES,
        {"quantity": "energy_kwh", "unit": "MWh"},
        "unit of energy_kwh is 'kWh', got 'MWh'",
    ),
    "percent for a fraction": (
        FIGURES,
        {"quantity": "mfu", "unit": "ratio", "value": "46"},
        "mfu is a fraction of 1, got 46.0",
    ),
    "bounds out of order": (ASSUMPTIONS, {"low": "2", "central": "1", "high": "3"}, "expected low <= central <= high"),
}


@pytest.mark.parametrize(("file", "cells", "expected"), ROW_FAULTS.values(), ids=ROW_FAULTS.keys())
def test_cells_that_contradict_each_other_are_told_by_file_and_line(
    file: str, cells: dict[str, str], expected: str, copy: Path
) -> None:
    for column, value in cells.items():
        set_cell(copy / file, 4, column, value)
    said = fault_of(copy)
    assert f"1 fault in the curated files:\n{(copy / file).as_posix()}:4: {expected}" in said


def test_all_faults_of_a_row_are_told_with_the_names_that_may_be_meant(copy: Path) -> None:
    set_cell(copy / RUNS, 3, "accelerator_count", "many")
    set_cell(copy / RUNS, 3, "accelerator_id", "h100-smx")
    set_cell(copy / RUNS, 3, "source_id", "llama_3_papr")
    told = {line.split(": ", 2)[1]: line.rpartition(": ")[2] for line in fault_of(copy).splitlines()[1:]}
    assert told["column accelerator_id"].startswith(f"{KNOWN_CHIP}. Did you mean h100-sxm")
    assert told["column source_id"].startswith(f"{KNOWN_SOURCE}. Did you mean ")
    assert told["column accelerator_count"] == PLAIN_NUMBER
    assert len(told) == 3


UNIT_COLUMNS = [(file, column) for file, schema in SEED_FILES.items() for column in ("unit", "base_unit")
                if column in schema.model_fields and (file, column) != ("claims/claim_units.csv", "unit")]  # fmt: skip
"""Columns of units, but the one whose rows are themselves the list that claims are checked against."""


@pytest.mark.parametrize(("file", "column"), UNIT_COLUMNS)
def test_a_unit_that_is_on_no_list_is_refused_in_every_file(file: str, column: str, copy: Path) -> None:
    cells = read_cells(copy / file)
    place = cells[0].index(column)
    line = next(number for number, row in enumerate(cells[1:], start=2) if row[place])
    set_cell(copy / file, line, column, "furlong")
    said = fault_of(copy)
    assert f"{(copy / file).as_posix()}:{line}: " in said
    assert "furlong" in said


def test_a_unit_is_refused_with_the_nearest_ones(copy: Path) -> None:
    set_cell(copy / ASSUMPTIONS, 5, "unit", "kg CO2/kWh")
    set_cell(copy / "claims/claims.csv", 4, "unit", "petaFLOP-dais")
    assert fault_of(copy).splitlines()[1:] == [
        f"{(copy / ASSUMPTIONS).as_posix()}:5: column unit: value 'kg CO2/kWh': expected a unit of the list in "
        "pipelines/records/units.py. Did you mean kg CO2e/kWh or kg CO2e?",
        f"{(copy / 'claims/claims.csv').as_posix()}:4: column unit: value 'petaFLOP-dais': expected an existing unit of "
        "the table claim_units. Did you mean petaFLOP-day or petaFLOP/s or petaFLOP?",
    ]


def test_fixed_units_of_a_schema_are_on_the_list_too() -> None:
    fixed = {
        (file, unit)
        for file, schema in SEED_FILES.items()
        for unit in get_args(schema.model_fields["unit"].annotation if "unit" in schema.model_fields else None)
        if isinstance(unit, str)
    }
    assert len(fixed) > 5
    assert {(file, unit) for file, unit in fixed if unit not in UNITS} == set()
    assert set(QUANTITIES.values()) <= set(UNITS)


def test_a_row_that_is_refused_is_not_also_missed_by_the_rows_that_name_it(copy: Path) -> None:
    cells = read_cells(copy / CHIPS)
    line = next(number for number, row in enumerate(cells, start=1) if row[0] == "h100-sxm")
    set_cell(copy / CHIPS, line, "tdp_w", "many")
    assert fault_of(copy).splitlines() == ["1 fault in the curated files:", FAULTS[0].told(copy, line)]


@pytest.mark.parametrize(
    ("file", "key"),
    [
        (CHIPS, ("accelerator_id",)),
        (PEAKS, ("accelerator_id", "number_format", "is_tensor", "is_sparse")),
        (ASSUMPTIONS, ("name", "applies_to")),
    ],
)
def test_a_key_that_stands_twice_names_both_lines(file: str, key: tuple[str, ...], copy: Path) -> None:
    cells = read_cells(copy / file)
    places = [cells[0].index(name) for name in key]
    cells.insert(4, list(cells[1]))
    write_cells(copy / file, cells)
    value = ", ".join(cells[1][place] for place in places)
    assert fault_of(copy) == (
        f"1 fault in the curated files:\n{(copy / file).as_posix()}:5: column {'+'.join(key)}: value '{value}': "
        f"line 2 already has this key; expected each ({', '.join(key)}) once"
    )


def rename_column(cells: list[list[str]]) -> None:
    cells[0][cells[0].index("tdp_w")] = "tdp_kw"


def drop_column(cells: list[list[str]]) -> None:
    place = cells[0].index("tdp_w")
    for row in cells:
        del row[place]


def add_column(cells: list[list[str]]) -> None:
    for row in cells:
        row.append("")
    cells[0][-1] = "colour"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (rename_column, "lacks tdp_w; it has unknown 'tdp_kw'. Did you mean tdp_w?"),
        (drop_column, "lacks tdp_w."),
        (add_column, "has unknown 'colour'."),
    ],
)
def test_a_column_too_many_or_too_few_is_named(
    change: Callable[[list[list[str]]], None], found: str, copy: Path
) -> None:
    cells = read_cells(copy / CHIPS)
    change(cells)
    write_cells(copy / CHIPS, cells)
    said = fault_of(copy)
    start = f"1 fault in the curated files:\n{(copy / CHIPS).as_posix()}:1: the header {found} Columns of Accelerators "
    assert said.startswith(start)
    assert "memory_bandwidth_bytes_per_s" in said, "the message lists the columns that are expected"


def test_a_ragged_row_stops_the_build(copy: Path) -> None:
    path = copy / CHIPS
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[6] += ",one,more"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    width = len(read_cells(path)[0])
    assert f"{path.as_posix()}:7: has {width + 2} cells; expected {width}, as in the header." in fault_of(copy)


def test_all_faults_are_told_at_once_and_a_long_list_is_cut(copy: Path) -> None:
    set_cell(copy / CHIPS, 2, "tdp_w", "many")
    set_cell(copy / MODELS, 3, "domain", "poetry")
    set_cell(copy / ASSUMPTIONS, 5, "source_id", "hearsay")
    said = fault_of(copy)
    assert said.startswith("3 faults in the curated files:\n")
    assert all(text in said for text in ("accelerators.csv:2: ", "models.csv:3: ", "assumptions.csv:5: "))

    cells = read_cells(copy / PEAKS)
    for row in cells[1 : MAX_LISTED + 6]:
        row[cells[0].index("peak_flop_per_s")] = "nan"
    write_cells(copy / PEAKS, cells)
    said = fault_of(copy)
    assert len(said.splitlines()) == MAX_LISTED + 2
    assert said.endswith(f"\n… and {3 + 5} more")


# --- SOURCES.toml ---------------------------------------------------------------------------------------------------

ENTRY = '[late_entry]\ntitle = "T"\nurl = "https://example.org"\nlicence = "MIT"\nkind = "paper"\n'
UNREADABLE = (
    'Expected [source_id] alone on the line, or field = value: text in "quotes", years and dates (2026-03-31) without.'
)

SOURCE_FAULTS = {
    # what is added: text, line of it that is at fault, what is said after the line
    "an open bracket": ("[late_entry\n", 1, f"'[late_entry' cannot be read. {UNREADABLE}"),
    "text without quotes": (ENTRY + "authors = A. Writer\n", 6, f"'authors = A. Writer' cannot be read. {UNREADABLE}"),
    "an entry twice": (ENTRY * 2, 6, "[late_entry] is on line {first} already; expected each source once"),
    "a field twice": (
        ENTRY + 'title = "U"\n',
        6,
        "[late_entry] title is on line {second} already; expected each field once",
    ),
    "no licence": (ENTRY.replace('licence = "MIT"\n', ""), 1, "[late_entry] licence: expected a value"),
    "no address": (
        ENTRY.replace('url = "https://example.org"\n', ""),
        1,
        "[late_entry]: a work needs an address (url)",
    ),
    "another kind": (
        ENTRY.replace("paper", "rumour"),
        5,
        "[late_entry] kind: value 'rumour': expected 'paper', 'model card',",
    ),
    "another scheme": (
        ENTRY.replace("https://example.org", "javascript:alert(1)"),
        3,
        "[late_entry] url: value 'javascript:alert(1)': expected an address that begins with https:// or http://",
    ),
    "a year in quotes of letters": (
        ENTRY + 'year = "late"\n',
        6,
        "[late_entry] year: value 'late': expected a whole number",
    ),
    "a number for a title": (ENTRY.replace('"T"', "5"), 2, "[late_entry] title: value '5': expected text (in quotes)"),
    "no such day": (
        ENTRY + 'accessed = "2026-02-30"\n',
        6,
        "[late_entry] accessed: value '2026-02-30': expected a day that exists",
    ),
    "a misspelt field": (
        ENTRY + "acessed = 2026-01-01\n",
        6,
        "[late_entry] acessed: not a field of a source. Did you mean accessed? Fields: title, authors, year, url,",
    ),
    "a source_id of other letters": (
        ENTRY.replace("late_entry", "Late-Entry"),
        1,
        "[Late-Entry]: expected lower-case letters,",
    ),
}


@pytest.mark.parametrize(("text", "line", "expected"), SOURCE_FAULTS.values(), ids=SOURCE_FAULTS.keys())
def test_a_wrong_source_is_named_with_line_and_field(text: str, line: int, expected: str, copy: Path) -> None:
    path = copy / "SOURCES.toml"
    real = path.read_text(encoding="utf-8")
    path.write_text(real + text, encoding="utf-8")
    before = real.count("\n")
    told = expected.format(first=before + 1, second=before + 2) if "{" in expected else expected
    said = fault_of(copy)
    assert said.startswith(f"1 fault in the curated files:\n{path.as_posix()}:{before + line}: {told}")
    assert len(said.splitlines()) == 2


def test_a_value_where_an_entry_should_be_is_named(copy: Path) -> None:
    path = copy / "SOURCES.toml"
    path.write_text("late_entry = 5\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    told = f"{path.as_posix()}:1: late_entry: expected an entry: [late_entry] alone on a line, and its fields on the lines below"
    assert fault_of(copy) == f"1 fault in the curated files:\n{told}"


def test_every_fault_of_the_sources_is_told_together_with_those_of_other_files(copy: Path) -> None:
    path = copy / "SOURCES.toml"
    wrong = ENTRY.replace("MIT", "").replace("paper", "rumour")
    path.write_text(path.read_text(encoding="utf-8") + wrong, encoding="utf-8")
    (copy / MODELS).write_text("nonsense\n", encoding="utf-8")
    set_cell(copy / CHIPS, 3, "tdp_w", "many")
    said = fault_of(copy)
    assert said.startswith("4 faults in the curated files:\n")
    for text in ("[late_entry] licence: ", "[late_entry] kind: ", "models.csv:1: ", "accelerators.csv:3: "):
        assert text in said


def test_sources_that_are_not_there_are_asked_for(copy: Path) -> None:
    (copy / "SOURCES.toml").unlink()
    assert fault_of(copy).endswith("SOURCES.toml: the file is missing. Restore it from version control.")


# --- the command ----------------------------------------------------------------------------------------------------

NAMED = {fault.name: fault for fault in FAULTS}
MISPLACED_SOURCE = Fault("unknown source", ASSUMPTIONS, "source_id", "hearsay", KNOWN_SOURCE)


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param((NAMED["wrong type"], NAMED["negative power"]), id="wrong type, negative power"),
        pytest.param((NAMED["missing source"], MISPLACED_SOURCE), id="missing source, unknown source"),
    ],
)
def test_a_build_from_broken_files_says_so_and_leaves_the_published_file_alone(
    faults: tuple[Fault, ...], copy: Path, own_home: Settings
) -> None:
    for line, fault in enumerate(faults, start=3):
        set_cell(copy / fault.file, line, fault.column, fault.value)
    target = own_home.published.readlink()
    digest = hashlib.sha256(own_home.published.read_bytes()).hexdigest()

    done = run_ledger("build", home=own_home.home, LEDGER_SEEDS=str(copy))

    assert done.returncode == 1
    for line, fault in enumerate(faults, start=3):
        assert fault.told(copy, line) in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert own_home.published.readlink() == target
    assert hashlib.sha256(own_home.published.read_bytes()).hexdigest() == digest
    assert not Path(f"{own_home.published.resolve()}.wal").exists()


# --- what the curated files say -------------------------------------------------------------------------------------


def rows_of(seeds: Seeds, table: str) -> list[BaseModel]:
    return [row for _, row in seeds.tables[table].rows]


def dense_peaks(seeds: Seeds) -> Iterator[tuple[str, str, float]]:
    for row in rows_of(seeds, "accelerator_peaks"):
        if row.is_tensor and not row.is_sparse:
            yield row.accelerator_id, row.number_format, row.peak_flop_per_s


REFERENCE_CHIPS = {
    # chip: (format of the dense matrix peak, FLOP/s, rated power in W, bandwidths that its datasheets state in byte/s)
    "h100-sxm": ("bf16", 989.4e12, 700, {3.35e12}),
    "a100-sxm-80gb": ("bf16", 312e12, 400, {2.039e12}),
    "v100-sxm-16gb": ("fp16", 125e12, 300, {0.9e12}),
    "v100-sxm-32gb": ("fp16", 125e12, 300, {0.9e12}),
    "rtx-4090": ("bf16", 165.2e12, 450, {1.008e12}),
    "mi300x": ("bf16", 1307.4e12, 750, {5.3e12}),
    "b200-sxm": ("bf16", 2250e12, 1000, {7.7e12, 8e12}),
}


@pytest.mark.parametrize(("chip", "known"), REFERENCE_CHIPS.items(), ids=REFERENCE_CHIPS.keys())
def test_well_known_accelerators_have_the_figures_of_their_datasheets(
    chip: str, known: tuple[str, float, float, set[float]], seeds: Seeds
) -> None:
    number_format, peak, power, bandwidths = known
    row = next(row for row in rows_of(seeds, "accelerators") if row.accelerator_id == chip)
    assert row.tdp_w == power
    assert row.memory_bandwidth_bytes_per_s in bandwidths
    assert [p for c, f, p in dense_peaks(seeds) if (c, f) == (chip, number_format)] == [peak]


def test_a_sparse_peak_is_never_below_the_dense_one(seeds: Seeds) -> None:
    rows = rows_of(seeds, "accelerator_peaks")
    rate = {(r.accelerator_id, r.number_format, r.is_tensor, r.is_sparse): r.peak_flop_per_s for r in rows}
    pairs = {key: (rate[*key[:3], False], value) for key, value in rate.items() if key[3] and (*key[:3], False) in rate}
    assert len(pairs) > 50
    assert {key: pair for key, pair in pairs.items() if pair[1] < pair[0]} == {}


def test_a_narrower_format_is_never_slower_on_the_same_matrix_unit(seeds: Seeds) -> None:
    rate = {(chip, number_format): peak for chip, number_format, peak in dense_peaks(seeds)}
    both = [(c, rate[c, "fp8"], rate[c, "bf16"]) for c, f in rate if f == "fp8" and (c, "bf16") in rate]
    assert len(both) > 20
    assert [entry for entry in both if entry[1] < entry[2]] == []


def test_there_are_as_many_facts_as_the_product_needs(seeds: Seeds) -> None:
    kinds = Counter(row.kind for row in rows_of(seeds, "accelerators"))
    published = {row.model_id: row.publication_date.year for row in rows_of(seeds, "models")}
    years = {published[row.model_id] for row in rows_of(seeds, "training_runs")}
    prices = rows_of(seeds, "cloud_prices") + rows_of(seeds, "purchase_prices")

    assert kinds.total() >= 150
    assert kinds["edge"] + kinds["npu"] + kinds["cpu"] >= 40
    assert len(rows_of(seeds, "accelerator_peaks")) >= 400
    assert len(rows_of(seeds, "training_runs")) >= 250
    assert years >= set(range(2012, 2027)), "a year between 2012 and 2026 has no training run"
    assert len(prices) >= 150
    assert len({row.country for row in rows_of(seeds, "electricity_prices")}) >= 40
    assert len(rows_of(seeds, "site_efficiency")) >= 40
    assert len(rows_of(seeds, "efficiency_levers")) >= 40


def test_prices_power_use_and_grids_are_within_what_exists(seeds: Seeds) -> None:
    cloud = {
        (r.provider, r.accelerator_id, r.observed_date): r.price_usd_per_chip_hour
        for r in rows_of(seeds, "cloud_prices")
    }
    pue = {(r.operator, r.place, r.year): r.value for r in rows_of(seeds, "site_efficiency") if r.metric == "pue"}
    grids = {(r.place, r.year, r.operator): r.intensity_kg_co2e_per_kwh for r in rows_of(seeds, "grid_carbon")}
    assert {key: price for key, price in cloud.items() if not 0.05 <= price <= 20} == {}
    assert {key: ratio for key, ratio in pue.items() if not 1 <= ratio <= 3} == {}
    assert {key: intensity for key, intensity in grids.items() if not 0 <= intensity <= 1.6} == {}


def test_a_model_uses_no_more_parameters_than_it_has(seeds: Seeds) -> None:
    models = [row for row in rows_of(seeds, "models") if row.active_params and row.total_params]
    assert len(models) > 30
    assert [row.model_id for row in models if row.active_params > row.total_params] == []


def test_stated_ranges_hold_their_central_value(seeds: Seeds) -> None:
    ranges = [
        (row.published_figure_id, row.value_low, row.value, row.value_high)
        for row in rows_of(seeds, "published_figures")
    ]
    ranges += [
        (row.efficiency_lever_id, row.factor_low, row.factor, row.factor_high)
        for row in rows_of(seeds, "efficiency_levers")
    ]
    ranges += [
        (row.item, row.embodied_kg_co2e_low, row.embodied_kg_co2e, row.embodied_kg_co2e_high)
        for row in rows_of(seeds, "embodied_carbon")
    ]
    stated = [entry for entry in ranges if entry[1] is not None or entry[3] is not None]
    assert len(stated) > 10
    assert [e for e in stated if not (e[1] or e[2]) <= e[2] <= (e[3] or e[2])] == []
