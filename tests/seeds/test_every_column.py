"""Every column of the curated files that is no free text refuses a value that cannot be, in each file."""

import csv
import io
from collections.abc import Collection

import pytest

from pipelines.seeds.catalogue import REFERENCES, SEED_FILES
from pipelines.seeds.files import Seeds, read_seed_file, read_seeds, unknown_values
from pipelines.settings import ROOT, SEEDS

IMPOSSIBLE = "no such value"
FREE = {
    "accelerator_name", "alias", "applies_to", "asked_name", "baseline", "benchmark", "chip_name", "claim_class_name",
    "code", "description", "device", "driver_name", "form_factor", "generation", "hardware_locator", "instance", "item",
    "lever", "licence", "locator", "matches", "memory_type", "model_name", "name", "note", "operator", "organization",
    "other_publisher_name", "owner", "paraphrase", "place", "printed", "provider", "publisher", "publisher_model",
    "publisher_name", "question", "reading", "reason", "record_name", "region", "round", "runtime", "scenario", "scope",
    "seller", "site_name", "spellings", "subject", "subject_name", "submitter", "system", "taken_for", "task", "text",
    "total_name", "vendor", "weight_format",
}  # fmt: skip
"""Columns of texts that may be anything."""
JUDGED_LATER = {
    ("published_figures", "quantity"), ("claims", "quantity"), ("lever_families", "family"), ("lever_exceptions", "family"),
    ("lever_exceptions", "other_family"), ("claim_units", "unit"), ("claim_names", "subject_id"),
}  # fmt: skip
"""Columns that models judge: by a check, or by a reason that says what is not known."""


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return read_seeds(SEEDS, ROOT)


def with_cell(relative: str, column: str, value: str) -> bytes:
    """A file of one row: the first that has something in a column, with another value there."""
    with (SEEDS / relative).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    place = header.index(column)
    row = next((row for row in rows if row[place]), rows[0])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, [*row[:place], value, *row[place + 1 :]]])
    return text.getvalue().encode()


CELLS = [
    (relative, column)
    for relative in SEED_FILES
    for lines in [(SEEDS / relative).read_text(encoding="utf-8").splitlines()]
    if len(lines) > 1
    for column in lines[0].split(",")
]


@pytest.mark.parametrize("relative", sorted({relative for relative, _ in CELLS}))
def test_a_value_that_cannot_be_is_refused_in_every_column_but_free_texts(
    seeds: Seeds, tmp_path, relative: str
) -> None:
    def known(target: str, key: str) -> Collection[str]:
        return seeds.sources if target == "sources" else seeds.tables[target].values(key)

    path = tmp_path / relative.rpartition("/")[2]
    accepted = set()
    for column in [column for file, column in CELLS if file == relative]:
        path.write_bytes(with_cell(relative, column, IMPOSSIBLE))
        table, rejects = read_seed_file(path, relative, SEED_FILES[relative])
        if not [*rejects, *unknown_values(table, known)]:
            accepted.add(column)
    assert {column for column in accepted - FREE if (path.stem, column) not in JUDGED_LATER} == set()


OTHERS = [reference for reference in REFERENCES if reference[0] != reference[2]]
"""References to other tables; the test above tries those of a table to itself."""


@pytest.mark.parametrize(("name", "column", "target", "key"), OTHERS)
def test_a_row_of_another_table_that_is_not_there_is_missed(
    seeds: Seeds, name: str, column: str, target: str, key: str
) -> None:
    faults = unknown_values(seeds.tables[name], lambda asked, by: set() if (asked, by) == (target, key) else None)
    assert {fault.column for fault in faults} == {column.removesuffix("_of_run")}
