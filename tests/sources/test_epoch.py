"""Epoch AI's files: read in every published format, typed without loss, every record accounted for.

The rows here are invented. Names of columns are the publisher's, as its files of several months have them.
"""

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import duckdb
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.errors import LedgerError
from pipelines.records.frames import polars_schema
from pipelines.records.raw_tables import (
    RawRow,
    RawTable,
    RemoteFile,
    count_csv_records,
    empty_raw_frame,
    raw_columns,
)
from pipelines.records.units import unit_of
from pipelines.sources.epoch import clusters, costs, hardware, models
from pipelines.sources.epoch.clusters import EpochClusters, EpochDataCenters
from pipelines.sources.epoch.costs import (
    EpochChips,
    EpochHardwarePrices,
    EpochMlSystems,
    EpochModelCosts,
    EpochPriceIndex,
    FirstModelCosts,
    UpdatedModelCosts,
    plain_dollars,
)
from pipelines.sources.epoch.hardware import EpochHardware
from pipelines.sources.epoch.models import EpochLargeModels, EpochModels
from pipelines.warehouse.models.tables import write_table
from tests.conftest import SHARED_MIRROR, needs_shared_mirror

BOM = b"\xef\xbb\xbf"
ALL_FILES: dict[str, RemoteFile] = {
    file.name: file for module in (models, hardware, clusters, costs) for file in module.FILES
}
FILE_OF: dict[type[RawRow], RemoteFile] = {file.tables[0]: file for file in reversed(ALL_FILES.values())}
SCHEMAS = list(FILE_OF)
WHOLE_FILES = [schema for schema in SCHEMAS if schema is not EpochModelCosts]
"""Tables whose schema says itself which columns its file may lack; costs of models come from two files."""
ENOUGH = 250
"""Records of which one may be refused without the file being refused."""

Rows = Sequence[Mapping[str, str]]


def published_names(schema: type[RawRow]) -> list[str]:
    """The newest name of each column of a file, each once, with one that no schema keeps."""
    names = [schema.headers[column][0] for column in schema.model_fields]
    return [*dict.fromkeys(names), "Abstract"]


def csv_bytes(names: Sequence[str], rows: Rows, *, line_end: str = "\n", start: bytes = b"") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return start + text.getvalue().encode()


def read_small(file: RemoteFile, data: bytes) -> RawTable:
    """Read bytes as the file of that name is read, however few their records are."""
    with pytest.MonkeyPatch.context() as patch:
        for schema in (*SCHEMAS, FirstModelCosts, UpdatedModelCosts):
            patch.setattr(schema, "min_rows", 1)
        [table] = file.read(data, file.name, hashlib.sha256(data).hexdigest())
    return table


def read(schema: type[RawRow], data: bytes) -> RawTable:
    """Read bytes as the first file of a table is read."""
    return read_small(FILE_OF[schema], data)


def read_rows(schema: type[RawRow], rows: Rows, names: Sequence[str] | None = None) -> RawTable:
    return read(schema, csv_bytes(names or published_names(schema), rows))


def name_column(schema: type[RawRow]) -> str:
    """The publisher's name of the column that names a record."""
    return schema.headers[next(iter(schema.model_fields))][0]


def good_rows(schema: type[RawRow], count: int) -> list[dict[str, str]]:
    """Records that differ in their name only."""
    if schema is EpochPriceIndex:
        return [{"observation_date": f"{1900 + i // 12}-{i % 12 + 1:02}-01"} for i in range(count)]
    required = {schema.headers[c][0]: "x" for c, f in schema.model_fields.items() if f.is_required()}
    return [{**required, name_column(schema): f"Invented {i}"} for i in range(count)]


def refused(schema: type[RawRow], cells: Mapping[str, str]) -> list[str]:
    """Messages about one record with these cells that follows good ones."""
    rows = [*good_rows(schema, ENOUGH), {**good_rows(schema, ENOUGH + 1)[-1], **cells}]
    table = read_rows(schema, rows)
    assert_accounted(table, csv_bytes(published_names(schema), rows))
    assert all(reject.record_no == ENOUGH + 1 for reject in table.rejects)
    return [str(reject) for reject in table.rejects]


def only(table: RawTable) -> dict[str, object]:
    [row] = table.frame.to_dicts()
    return row


def assert_accounted(table: RawTable, data: bytes) -> None:
    """Every record is a row, refused or a repeat, only one of these, and none is missing."""
    refused_numbers = {r.record_no for r in table.rejects}
    repeats = {r.record_no for r in table.duplicates}
    numbers = [*table.frame["record_no"], *refused_numbers, *repeats]
    assert sorted(numbers) == list(range(1, table.record_count + 1))
    assert table.accepted_count + table.rejected_count + table.duplicate_count == count_csv_records(data)


# --- what the connectors offer ---------------------------------------------------------------------------------------


def test_the_files_are_those_that_are_published_and_every_address_is_plain() -> None:
    assert {name: file.url for name, file in ALL_FILES.items()} == {
        "notable_ai_models.csv": "https://epoch.ai/data/notable_ai_models.csv",
        "large_scale_ai_models.csv": "https://epoch.ai/data/large_scale_ai_models.csv",
        "all_ai_models.csv": "https://epoch.ai/data/all_ai_models.csv",
        "ml_hardware.csv": "https://epoch.ai/data/ml_hardware.csv",
        "gpu_clusters.csv": "https://epoch.ai/data/gpu_clusters.csv",
        "data_centers.csv": "https://epoch.ai/data/data_centers.csv",
        **{
            name: f"https://raw.githubusercontent.com/epoch-research/training-cost-trends/main/{path}"
            for name, path in {
                "All ML Systems - full view.csv": "data/All%20ML%20Systems%20-%20full%20view.csv",
                "Chip dataset-Grid view.csv": "data/Chip%20dataset-Grid%20view.csv",
                "Hardware prices.csv": "data/Hardware%20prices.csv",
                "PCU518210518210.csv": "data/PCU518210518210.csv",
                "model_costs.csv": "model_costs.csv",
                "model_costs_updated.csv": "model_costs_updated.csv",
            }.items()
        },
    }
    assert all(file.source_id == file.tables[0].source_id for file in ALL_FILES.values())


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: s.table)
def test_every_column_has_a_header_a_description_and_measured_ones_a_unit(schema: type[RawRow]) -> None:
    assert set(schema.headers) == set(schema.model_fields)
    assert schema.optional <= set(schema.model_fields)
    assert not set(schema.key) & schema.optional, "the columns of a key are in every file"
    with duckdb.connect() as connection:
        types = write_table(connection, f"raw.{schema.table}", empty_raw_frame(schema), "A table.", raw_columns(schema))
    for column, kind in types.items():
        unit_of(column, kind)  # raises KeyError for a number without unit
        assert len(raw_columns(schema)[column]) > 10, f"{column} is not described"


OTHER_WORDS = {
    "8-bit OP/s", "16-bit OP/s", "16-bit OP/s (log)", "32-bit OP/s", "% of largest cluster when first operational",
    "Google Cloud pricing ($ per hour) data from 17 dec 2022",
}  # fmt: skip
"""Names that cannot be part of a column's name as they are."""


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: s.table)
def test_a_column_is_named_by_its_header_and_no_header_feeds_two(schema: type[RawRow]) -> None:
    feeding = [n for c in schema.model_fields if not c.endswith("_precision") for n in schema.headers[c]]
    assert len(feeding) == len(set(feeding))
    for column, (newest, *_) in schema.headers.items():
        words = re.findall(r"[a-z0-9]+", re.sub(r"\(.*?\)", "", newest).lower())
        assert newest in OTHER_WORDS or set(words) <= set(column.split("_")), f"{column} from {newest!r}"
        if column.endswith("_precision"):
            assert schema.headers[column.removesuffix("_precision")] == schema.headers[column]


UNITS = {
    "megawatts": "MW", "mhz": "MHz", "bits": "bit", "millions": "Mcount", "billion_usd": "GUSD", "hours": "h",
    "samples_per_s": "example/s", "bits_per_s": "bit/s", "bytes_per_s": "byte/s", "op_per_s": "op/s",
    "op_per_s_bits": "op*bit/s", "op_per_s_per_w": "op/s/W", "op_per_s_per_usd": "op/s/USD", "tops": "Top/s",
    "usd_per_hour": "USD/h", "usd_per_chip_hour": "USD/h", "flop_per_s": "FLOP/s", "log10": "1", "index": "1",
}  # fmt: skip


@pytest.mark.parametrize("suffix", UNITS)
def test_units_of_the_columns_are_the_publishers(suffix: str) -> None:
    columns = {
        column
        for schema in SCHEMAS
        for column, kind in polars_schema(schema).items()
        if kind == pl.Float64() and column.endswith(f"_{suffix}")
    }
    longer = {c for c in columns for other in UNITS if len(other) > len(suffix) and c.endswith(f"_{other}")}
    assert columns - longer, "no column has this unit"
    assert {unit_of(column, "DOUBLE") for column in columns - longer} == {UNITS[suffix]}


# --- names of columns, month by month --------------------------------------------------------------------------------

NOTABLE_2024_06 = """System,Domain,Organization,Authors,Publication date,Reference,Link,Notability criteria,
Notability criteria notes,Parameters,Parameters notes,Training compute (FLOP),Training compute notes,Training dataset,
Training dataset size (datapoints),Dataset size notes,Abstract,Confidence,Epochs,Model accessibility,
Country (from Organization),Organization categorization,Training dataset notes,Training time (hours),
Training time notes,Training hardware,Finetune compute notes,Hardware quantity,Hardware utilization,Base model,
Citations,Compute cost notes,Finetune compute (FLOP),Training compute cost (2023 USD),Batch size,Batch size notes"""

NOTABLE_2024_12 = """Model,Domain,Organization,Organization categorization,Country (from Organization),Authors,
Publication date,Reference,Link,Citations,Notability criteria,Notability criteria notes,Parameters,Parameters notes,
Training compute (FLOP),Training compute notes,Training dataset,Training dataset notes,
Training dataset size (datapoints),Dataset size notes,Epochs,Training time (hours),Training time notes,
Training hardware,Hardware quantity,Hardware utilization,Training compute cost (2023 USD),Compute cost notes,Confidence,
Abstract,Base model,Finetune compute (FLOP),Finetune compute notes,Batch size,Batch size notes,Model accessibility,
Training code accessibility,Inference code accessibility,Accessibility notes,Frontier model,Training power draw (W)"""

NOTABLE_2025_05 = """Model,Organization,Publication date,Domain,Task,Parameters,Parameters notes,
Training compute (FLOP),Training compute notes,Training dataset,Training dataset size (datapoints),Dataset size notes,
Confidence,Link,Reference,Citations,Authors,Abstract,Organization categorization,Country (of organization),
Notability criteria,Notability criteria notes,Epochs,Training time (hours),Training time notes,Training hardware,
Hardware quantity,Hardware utilization,Training compute cost (2023 USD),Compute cost notes,Training power draw (W),
Base model,Finetune compute (FLOP),Finetune compute notes,Batch size,Batch size notes,Model accessibility,
Training code accessibility,Inference code accessibility,Accessibility notes,Numerical format,Frontier model"""

NOTABLE_2026_04 = """Model,Organization,Publication date,Domain,Task,Parameters,Parameters notes,
Training compute (FLOP),Training compute notes,Training dataset,Training dataset size (total),Dataset size notes,
Confidence,Link,Reference,Citations,Authors,Abstract,Organization categorization,Country (of organization),
Notability criteria,Notability criteria notes,Epochs,Training time (hours),Training time notes,Training hardware,
Hardware quantity,Hardware utilization (MFU),Training compute cost (2023 USD),Compute cost notes,
Training power draw (W),Base model,Finetune compute (FLOP),Finetune compute notes,Batch size,Batch size notes,
Model accessibility,Training code accessibility,Inference code accessibility,Accessibility notes,Numerical format,
Frontier model,Hardware acquisition cost,Hardware utilization (HFU),Training compute cost (cloud),
Training compute cost (upfront),Open model weights?"""

LARGE_2025_04 = """Model,Domain,Task,Authors,Model accessibility,Link,Citations,Reference,Publication date,
Organization,Parameters,Parameters notes,Training compute (FLOP),Training compute notes,Training dataset,
Training dataset notes,Training dataset size (datapoints),Dataset size notes,Training time (hours),
Training time notes,Training hardware,Confidence,Abstract,Country (of organization),Base model,
Finetune compute (FLOP),Finetune compute notes,Hardware quantity,Training code accessibility,Accessibility notes,
Organization categorization (from Organization)"""

LARGE_2025_10 = """Model,Domain,Task,Authors,Model accessibility,Link,Citations,Reference,Publication date,
Organization,Parameters,Parameters notes,Training compute (FLOP),Training compute notes,Training dataset,
Training dataset notes,(DEPRECATED) Training dataset size (datapoints),Dataset size notes,Training time (hours),
Training time notes,Training hardware,Confidence,Abstract,Country (of organization),Base model,
Finetune compute (FLOP),Finetune compute notes,Hardware quantity,Hardware utilization (MFU),
Training code accessibility,Accessibility notes,Hardware utilization (HFU),Training compute cost (cloud),
Training compute cost (upfront)"""

CENTERS_2025_12 = """Handle,Title,Project,Sentinel satellite timelapse,Address,Latitude,Longitude,Owner,Users,
Investors,Construction companies,Energy companies,Current H100 equivalents,Current power (MW),
Current total capital cost (2025 USD billions)"""

CENTERS_2026_06 = """Name,Current H100 equivalents,Current power (MW),Current total capital cost (2025 USD billions),
Owner,Users,Selected Sources,Calculations sheet,Project,Current chip types,All chip types,Investors,
Construction companies,Energy companies,Country,Address"""

MODEL_CELLS = {
    "Model": "Invented-7B ", "System": "Invented-7B ", "Organization": "Imagined Labs,Example University",
    "Publication date": "2024-05-31", "Parameters": "7000000000.0", "Training compute (FLOP)": "6.3e+22",
    "Training dataset size (total)": "1500000000000", "Training dataset size (gradients)": "1500000000000",
    "Training dataset size (datapoints)": "1500000000000",
    "(DEPRECATED) Training dataset size (datapoints)": "1500000000000",
    "Training time (hours)": "336.5", "Hardware quantity": "64.0", "Hardware utilization (MFU)": "0.41",
    "Hardware utilization": "0.41", "Country (of organization)": "Utopia,Erewhon",
    "Country (from Organization)": "Utopia,Erewhon", "Organization categorization": "Industry,Academia",
    "Organization categorization (from Organization)": "Industry,Academia", "Abstract": "An abstract.",
}  # fmt: skip


def split_names(header: str) -> list[str]:
    return header.replace("\n", "").split(",")


@pytest.mark.parametrize(
    ("schema", "header"),
    [
        (EpochModels, NOTABLE_2024_06),
        (EpochModels, NOTABLE_2024_12),
        (EpochModels, NOTABLE_2025_05),
        (EpochModels, NOTABLE_2026_04),
        (EpochLargeModels, LARGE_2025_04),
        (EpochLargeModels, LARGE_2025_10),
    ],
    ids=["notable 2024-06", "notable 2024-12", "notable 2025-05", "notable 2026-04", "large 2025-04", "large 2025-10"],
)
def test_one_schema_reads_the_model_files_of_all_months(schema: type[RawRow], header: str) -> None:
    names = split_names(header)
    table = read_rows(schema, [MODEL_CELLS], names)
    row = only(table)

    assert row["model"] == "Invented-7B ", "the blank at the end is the publisher's"
    assert row["publication_date"] == date(2024, 5, 31)
    assert row["parameters_params"] == 7e9
    assert row["training_compute_flop"] == 6.3e22
    assert row["training_dataset_size"] == "1500000000000", "text: other cells hold two numbers"
    assert row["training_time_hours"] == 336.5
    assert row["hardware_quantity_count"] == 64
    assert row["country_of_organization"] == "Utopia,Erewhon"
    assert row["hardware_utilization_mfu"] == (
        0.41 if any("tilization (MFU)" in n or n == "Hardware utilization" for n in names) else None
    )
    assert row["organization_categorization"] == (
        "Industry,Academia" if any(n.startswith("Organization cat") for n in names) else None
    )
    assert "An abstract." not in row.values(), "abstracts are left out"
    assert table.frame.schema == empty_raw_frame(schema).schema, "columns are the same whatever the month"


@pytest.mark.parametrize("name", EpochModels.headers["training_dataset_size"])
def test_the_size_of_the_dataset_is_found_under_each_of_its_names(name: str) -> None:
    names = [name if n == "Training dataset size (total)" else n for n in published_names(EpochModels)]
    assert only(read_rows(EpochModels, [{**MODEL_CELLS, name: "12345"}], names))["training_dataset_size"] == "12345"


def test_the_newest_name_goes_before_older_ones_that_are_still_there() -> None:
    names = [*published_names(EpochModels), "(DEPRECATED) Training dataset size (datapoints)"]
    cells = {**MODEL_CELLS, "Training dataset size (total)": "2", names[-1]: "1"}
    assert only(read_rows(EpochModels, [cells], names))["training_dataset_size"] == "2"


@pytest.mark.parametrize("header", [CENTERS_2025_12, CENTERS_2026_06], ids=["2025-12", "2026-06"])
def test_one_schema_reads_the_data_centres_of_both_years(header: str) -> None:
    cells = {
        "Name": "Imagined Valley", "Title": "Imagined Valley", "Handle": "Imagined Valley Utopia",
        "Current H100 equivalents": "1234.5", "Current power (MW)": "56",
        "Current total capital cost (2025 USD billions)": "7.25", "Latitude": "1°02'03\"N ", "Country": "Utopia",
        "Address": "1 Example Road, Nowhere", "Users": "Imagined Labs #likely, Nobody #confident",
    }  # fmt: skip
    names = split_names(header)
    row = only(read_rows(EpochDataCenters, [cells], names))
    assert row["name"] == "Imagined Valley"
    assert row["current_h100_equivalents_count"] == 1234.5
    assert row["current_power_megawatts"] == 56
    assert row["current_total_capital_cost_2025_billion_usd"] == 7.25
    assert row["users"] == "Imagined Labs #likely, Nobody #confident"
    assert row["latitude"] == ("1°02'03\"N " if "Latitude" in names else None)
    assert row["country"] == ("Utopia" if "Country" in names else None)


@pytest.mark.parametrize("schema", WHOLE_FILES, ids=lambda s: s.table)
def test_a_file_without_any_of_its_optional_columns_gives_the_same_columns(schema: type[RawRow]) -> None:
    kept = {schema.headers[c][0] for c in schema.model_fields if c not in schema.optional}
    table = read_rows(schema, good_rows(schema, 3), [n for n in published_names(schema) if n in kept])
    assert table.accepted_count == 3
    assert table.frame.schema == empty_raw_frame(schema).schema
    lacking = [c for c in schema.optional if not kept & set(schema.headers[c])]
    assert [c for c in lacking if table.frame[c].null_count() < 3] == []


@pytest.mark.parametrize("schema", WHOLE_FILES, ids=lambda s: s.table)
def test_every_other_column_that_is_renamed_is_an_error_that_says_so(schema: type[RawRow]) -> None:
    required = [c for c in schema.model_fields if c not in schema.optional]
    names = published_names(schema)
    for column in required:
        known = schema.headers[column]
        renamed = ["A new name" if n == known[0] else n for n in names]
        with pytest.raises(LedgerError) as caught:
            read_rows(schema, good_rows(schema, 3), renamed)
        message = str(caught.value)
        assert f"header lacks {' or '.join(map(repr, known))}." in message
        assert "'A new name'" in message
        assert f"{schema.__module__.replace('.', '/')}.py" in message


def test_the_error_lists_all_that_is_missing_and_all_that_is_left_over() -> None:
    names = published_names(EpochModels)
    new = {"Parameters": "Size", "Link": "Links", "Training dataset size (total)": "Training tokens"}
    with pytest.raises(LedgerError) as caught:
        read_rows(EpochModels, good_rows(EpochModels, 3), [new.get(n, n) for n in names])
    assert str(caught.value) == (
        "notable_ai_models.csv:1: header lacks 'Parameters'; 'Training dataset size (total)' or 'Training dataset size "
        "(gradients)' or 'Training dataset size (datapoints)' or '(DEPRECATED) Training dataset size (datapoints)'; "
        "'Link'. Unknown names in the header: 'Size', 'Training tokens', 'Links', 'Abstract'. If a column was "
        "renamed, add its new name to pipelines/sources/epoch/models.py."
    )


# --- cells: nothing is lost, nothing is mended -----------------------------------------------------------------------


def test_text_stays_as_it_stands_in_the_cell() -> None:
    cells = {
        "Model": "Invented  ",
        "Organization": " Imagined Labs , Nobody",
        "Link": "https://example.org/a\n\nhttps://example.org/b\r\n",
        "Reference": 'A "quoted" title, with a comma',
        "Finetune compute notes": "\n",
        "Training dataset size (total)": "2260000000,2290000001",
        "Authors": "Ünï Cødé, 文心\t",
    }
    row = only(read_rows(EpochModels, [cells]))
    for name, cell in cells.items():
        [column] = [c for c, names in EpochModels.headers.items() if names[0] == name]
        assert row[column] == cell


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=4))
@example([("=1+1", '"'), ("\r", "\n"), ("﻿", "\x85")])
def test_any_text_comes_back_from_its_cell(cells: list[tuple[str, str]]) -> None:
    rows = [{"Model": f"m{i}", "Link": a, "Authors": b} for i, (a, b) in enumerate(cells)]
    text = io.StringIO()
    names = published_names(EpochModels)
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([names, *([row.get(n, "") for n in names] for row in rows)])
    table = read(EpochModels, text.getvalue().encode())
    found = list(table.frame.select("link", "authors").iter_rows())
    assert found == [(a or None, b or None) for a, b in cells]


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e60, max_value=1e60))
@example(3.8e25)
@example(0.1 + 0.2)
@example(9642947.0)
@example(5e-324)
def test_any_number_comes_back_from_its_cell(number: float) -> None:
    row = only(read_rows(EpochModels, [{"Model": "m", "Training compute (FLOP)": repr(number)}]))
    assert row["training_compute_flop"] == number


@pytest.mark.parametrize(
    ("cell", "value"), [("9.90E+22", 9.9e22), ("2E+11", 2e11), (".5", 0.5), ("0", 0.0), ("-1.50", -1.5), ("007", 7.0)]
)
def test_spellings_of_a_number(cell: str, value: float) -> None:
    assert only(read_rows(EpochModels, [{"Model": "m", "Epochs": cell}]))["epochs"] == value


def test_zero_is_kept_where_the_publisher_means_unknown() -> None:
    rows = [{"Model": "a", "Hardware acquisition cost": "0.0"}, {"Model": "b", "Hardware acquisition cost": ""}]
    assert list(read_rows(EpochModels, rows).frame["hardware_acquisition_cost_usd"]) == [0.0, None]


@pytest.mark.parametrize(
    "cell", ["1,000", "1_000", "NaN", "inf", "Infinity", " 5", "5 ", "5%", "~5", "5-6", "1e61", "0x1F"]
)
def test_what_is_no_plain_number_is_refused_by_name_and_value(cell: str) -> None:
    [message] = refused(EpochModels, {"Training time (hours)": cell})
    assert message.startswith(f"notable_ai_models.csv:{ENOUGH + 2}: column training_time_hours: value {cell!r}: ")


@pytest.mark.parametrize(
    ("cell", "value", "precision"),
    [
        ("2024-05-31", date(2024, 5, 31), "day"),
        ("2024-05", date(2024, 5, 1), "month"),
        ("2024", date(2024, 1, 1), "year"),
        ("1950-07-02", date(1950, 7, 2), "day"),
        ("", None, None),
    ],
)
def test_a_date_may_be_partial_and_says_so(cell: str, value: date | None, precision: str | None) -> None:
    row = only(read_rows(EpochModels, [{"Model": "m", "Publication date": cell}]))
    assert (row["publication_date"], row["publication_date_precision"]) == (value, precision)


@pytest.mark.parametrize(
    "cell", ["2024-02-30", "2024-13", "24-05-31", "5/31/2024", "20240531", "1719792000", "2024-05-31T10:00", "May 2024"]
)
def test_what_is_no_date_is_refused_not_guessed(cell: str) -> None:
    messages = refused(EpochModels, {"Publication date": cell})
    assert any(f"column publication_date: value {cell!r}: " in message for message in messages)


@pytest.mark.parametrize(
    ("cell", "value", "precision"),
    [
        ("7/22/2025", date(2025, 7, 22), "day"),
        ("12/1/2019", date(2019, 12, 1), "day"),
        ("2025-07-22", date(2025, 7, 22), "day"),
        ("2021-07", date(2021, 7, 1), "month"),
    ],
)
def test_clusters_spell_dates_in_two_ways(cell: str, value: date, precision: str) -> None:
    row = only(read_rows(EpochClusters, [{"Name": "n", "Decommissioned Date (if applicable)": cell}]))
    assert (row["decommissioned_date"], row["decommissioned_date_precision"]) == (value, precision)


@pytest.mark.parametrize("cell", ["31/12/2024", "7/22/25", "2/30/2024", "Planned 2030"])
def test_dates_of_clusters_have_the_month_first(cell: str) -> None:
    messages = refused(EpochClusters, {"First Operational Date": cell})
    assert any("column first_operational_date: " in message for message in messages)


MONEY = {"$5412.00": 5412.0, "$1,234.50": 1234.5, "$12,345,678": 12345678.0, "$0.22": 0.22, "9642947.5": 9642947.5}


@pytest.mark.parametrize("cell", MONEY)
def test_money_is_read_with_or_without_its_sign(cell: str) -> None:
    systems = only(read_rows(EpochMlSystems, [{"Model": "m", "Training compute cost (2023 USD)": cell}]))
    chips = only(read_rows(EpochChips, [{"Hardware name": "c", "Release price (USD)": cell}]))
    assert systems["training_compute_cost_2023_usd"] == chips["release_price_usd"] == MONEY[cell]


@pytest.mark.parametrize(
    "cell",
    ["$1,23", "1,234", "$1,2345", "$12,34,567", "$-5", "-$5", "$", "$ 5", "€5", "US$5", "$5M", "$1.234,50", "$1e3"],
)
def test_money_that_is_spelled_otherwise_is_refused(cell: str) -> None:
    [message] = refused(EpochChips, {"Release price (USD)": cell})
    assert f"column release_price_usd: value {cell!r}: expected a plain number" in message


@given(st.decimals(min_value=0, max_value=10**15, places=2))
def test_the_sign_and_commas_of_money_are_spelling_only(amount: Decimal) -> None:
    assert Decimal(plain_dollars(f"${amount:,}")) == Decimal(plain_dollars(f"${amount:f}")) == amount


def test_a_cell_may_be_long_but_not_endless() -> None:
    rows = [*good_rows(EpochModels, ENOUGH), {"Model": "long", "Authors": "x" * 20_000}]
    table = read_rows(EpochModels, rows)
    assert len(table.frame["authors"][-1]) == 20_000
    [message] = refused(EpochModels, {"Authors": "x" * 20_001})
    assert "column authors: " in message
    assert "at most 20000 characters" in message
    assert len(message) < 600, "the message shows the beginning of the cell"


# --- records: accounted for, found again by their bytes --------------------------------------------------------------


def test_bad_records_are_refused_and_those_around_them_kept() -> None:
    names = published_names(EpochModels)
    rows = [*good_rows(EpochModels, 3 * ENOUGH), {**MODEL_CELLS}, {**MODEL_CELLS}]
    rows[4]["Parameters"] = "seven"
    rows[4]["Epochs"] = "some"
    rows[7]["Model"] = ""
    lines = csv_bytes(names, rows).splitlines(keepends=True)
    lines.insert(11, b"too,few\n")
    lines.insert(13, b'a stray "quote" in the open,' + b"," * (len(names) - 2) + b"\n")
    data = b"".join(lines)
    table = read(EpochModels, data)

    assert_accounted(table, data)
    assert table.record_count == 3 * ENOUGH + 4
    assert sorted({reject.record_no for reject in table.rejects}) == [5, 8, 11]
    assert [r.column for r in table.rejects if r.record_no == 5] == ["parameters_params", "epochs"]
    assert table.frame.filter(pl.col("record_no") == 13)["model"].to_list() == ['a stray "quote" in the open']
    [repeat] = table.duplicates
    assert (repeat.record_no, repeat.line) == (3 * ENOUGH + 4, 3 * ENOUGH + 5)
    assert f"line {3 * ENOUGH + 4} already has this key" in repeat.reason


def test_a_file_with_many_bad_records_is_refused_as_a_whole() -> None:
    rows = [*good_rows(EpochModels, 90), *({"Model": f"bad {i}", "Parameters": "?"} for i in range(10))]
    with pytest.raises(
        LedgerError, match=r"10 of 100 records are rejected, more than 1%\. The first: .*parameters_params"
    ):
        read_rows(EpochModels, rows)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: s.table)
def test_the_remnant_of_a_file_is_refused(schema: type[RawRow]) -> None:
    file = FILE_OF[schema]
    with pytest.raises(LedgerError, match=f"{file.name}: 5 records; expected at least {schema.min_rows:,}\\."):
        file.read(csv_bytes(published_names(schema), good_rows(schema, 5)), file.name, "")


def test_two_entries_of_a_model_are_both_kept_if_their_figures_differ() -> None:
    again = {**MODEL_CELLS, "Training compute (FLOP)": "7.2e+23"}
    unknown = {**MODEL_CELLS, "Training compute (FLOP)": ""}
    table = read_rows(EpochModels, [MODEL_CELLS, again, unknown, dict(MODEL_CELLS)])
    assert table.frame["training_compute_flop"].to_list() == [6.3e22, 7.2e23, None]
    assert [reject.record_no for reject in table.duplicates] == [4]


@pytest.mark.parametrize("schema", [EpochClusters, EpochHardwarePrices], ids=lambda s: s.table)
def test_equal_records_without_a_key_are_different_things(schema: type[RawRow]) -> None:
    table = read_rows(schema, [good_rows(schema, 1)[0]] * 5)
    assert (table.accepted_count, table.duplicate_count) == (5, 0)


def cells_of(schema: type[RawRow]) -> list[str]:
    """Cells that need quotes, in the columns that are text."""
    kinds = polars_schema(schema)
    text = {schema.headers[c][0] for c, k in kinds.items() if k == pl.String() and not c.endswith("_precision")}
    return [n for n in published_names(schema) if n in text]


@pytest.mark.parametrize("start", [b"", BOM], ids=["no mark", "byte-order mark"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: s.table)
def test_the_bytes_of_a_row_are_its_record(schema: type[RawRow], line_end: str, start: bytes) -> None:
    names = published_names(schema)
    awkward = 'é, "two"\nlines \r\n'
    rows = [{**row, **dict.fromkeys(cells_of(schema), f"{awkward}{i}")} for i, row in enumerate(good_rows(schema, 4))]
    data = csv_bytes(names, rows, line_end=line_end, start=start)
    table = read(schema, data)
    assert_accounted(table, data)
    assert_spans_hold(table, data, [[row.get(n, "") for n in names] for row in rows])


def assert_spans_hold(table: RawTable, data: bytes, records: Sequence[Sequence[str]]) -> None:
    """Spans do not overlap, and the bytes of a span alone are the record that the row was made from."""
    assert set(table.frame["file_sha256"]) == {hashlib.sha256(data).hexdigest()}
    before = 0
    for number, start, end in table.frame.select("record_no", "byte_start", "byte_end").iter_rows():
        assert before <= start < end <= len(data)
        [record] = csv.reader(io.StringIO(data[start:end].decode(), newline=""), strict=True)
        assert record == list(records[number - 1])
        before = end


# --- files with a trap of their own ----------------------------------------------------------------------------------


def test_a_line_end_in_a_name_tears_a_chip_in_two_and_both_halves_are_found() -> None:
    names = published_names(EpochChips)
    rows = [*good_rows(EpochChips, ENOUGH), {"Hardware name": "Torn", "TDP (W)": "250.0", "Energy efficiency": "NaN"}]
    data = csv_bytes(names, rows, start=BOM).replace(b"Torn,", b"Torn\r,").removesuffix(b"\n")
    table = read(EpochChips, data)

    assert_accounted(table, data)
    assert table.record_count == ENOUGH + 2
    [reject] = table.rejects
    assert (reject.record_no, reject.value) == (ENOUGH + 1, "Torn")
    assert f"has 1 cells; expected {len(names)}" in reject.reason
    last = table.frame.to_dicts()[-1]
    assert (last["hardware_name"], last["tdp_w"], last["energy_efficiency"]) == (None, 250.0, "NaN")
    assert data[last["byte_start"] : last["byte_end"]].startswith(b",")


def test_efficiencies_of_the_chip_dataset_are_text_those_of_the_hardware_table_numbers() -> None:
    for cell in ("0", "2580645161290", "Infinity", "NaN"):
        assert (
            only(read_rows(EpochChips, [{"Hardware name": "c", "Energy efficiency": cell}]))["energy_efficiency"]
            == cell
        )
    table = read_rows(EpochHardware, [{"Hardware name": "c", "Energy efficiency": "Infinity"}])
    assert only(table)["energy_efficiency_op_per_s_per_w"] is None, "the publisher derives it: empty, with a note"
    assert "column energy_efficiency_op_per_s_per_w: value 'Infinity'" in str(table.faults[0])


def test_both_tables_of_chips_read_memory_and_transistors_under_their_names() -> None:
    names = {
        "Memory (bytes)": "Memory size per board (Byte)",
        "Transistors (millions)": "Number of transistors (millions)",
    }
    cells = {"Hardware name": "c", **dict.fromkeys([*names, *names.values()], "80000000000")}
    for schema in (EpochHardware, EpochChips):
        for header in (published_names(schema), [names.get(n, n) for n in published_names(schema)]):
            row = only(read_rows(schema, [cells], header))
            assert row["memory_bytes"] == row["transistors_millions"] == 8e10


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n\n\n", "\r\n", "\r\n\r\n"])
def test_empty_lines_at_the_end_of_the_price_index_are_no_records(end: str) -> None:
    data = f"observation_date,PCU518210518210\n2001-01-01,100.600\n2001-02-01,101.400{end}".encode()
    table = read(EpochPriceIndex, data)
    assert_accounted(table, data)
    assert table.record_count == 2
    assert table.rejects == []
    assert table.frame["observation_date"].to_list() == [date(2001, 1, 1), date(2001, 2, 1)]
    assert table.frame["pcu518210518210_index"].to_list() == [100.6, 101.4]
    assert data[table.frame["byte_end"][-1] :].strip() == b""


FIRST_COSTS = "Model,Cloud_Cost,Hardware_Acquisition_Cost,Hardware_Capex_Energy_Cost\nInvented,,3.5,1.25\n"
UPDATED_COSTS = "Model,Cost\nInvented,2.5\n"


def read_costs(name: str, text: str) -> RawTable:
    return read_small(ALL_FILES[name], text.encode())


def test_two_files_of_model_costs_feed_one_table() -> None:
    first, updated = read_costs("model_costs.csv", FIRST_COSTS), read_costs("model_costs_updated.csv", UPDATED_COSTS)
    assert first.schema is updated.schema is EpochModelCosts
    both = pl.concat([empty_raw_frame(EpochModelCosts), first.frame, updated.frame], how="vertical")
    costs = ["cloud_cost_usd", "hardware_acquisition_cost_usd", "hardware_capex_energy_cost_usd", "cost_usd"]
    assert both.select("model", *costs).rows() == [
        ("Invented", None, 3.5, 1.25, None),
        ("Invented", None, None, None, 2.5),
    ]
    assert both["file_sha256"].n_unique() == 2


@pytest.mark.parametrize(
    ("name", "text", "missing"),
    [
        ("model_costs.csv", UPDATED_COSTS, "'Cloud_Cost'; 'Hardware_Acquisition_Cost'; 'Hardware_Capex_Energy_Cost'"),
        ("model_costs_updated.csv", FIRST_COSTS, "'Cost'"),
    ],
)
def test_a_file_of_model_costs_with_the_other_ones_columns_is_refused(name: str, text: str, missing: str) -> None:
    with pytest.raises(LedgerError, match=f"{name}:1: header lacks {missing}\\."):
        read_costs(name, text)


# --- the count of records that does not rely on the reader -----------------------------------------------------------


def csv_module_count(data: bytes) -> int | None:
    """Records by Python's csv, header excluded, empty lines left out; None where it refuses the file."""
    lines = io.StringIO(data.removeprefix(BOM).decode(), newline="")
    try:
        return max(0, sum(record != [] for record in csv.reader(lines, strict=True)) - 1)
    except csv.Error:
        return None


PIECES = st.lists(
    st.sampled_from(
        ["a", ",", '"', '""', "\n", "\r\n", "\r", "\n\n", '"x\ny"', '"",', ' "b"', "é", '5" disk', "\u2028"]
    ),
    max_size=30,
).map("".join)


@st.composite
def written_files(draw: st.DrawFn) -> tuple[bytes, int]:
    """A file as csv writes it, with empty lines strewn in, and the number of its records."""
    width = draw(st.integers(1, 4))
    cells = CELL | st.sampled_from([",", '"', '""', "a\nb", "\r", "\r\n", '"\n"', ",\n,"])
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6))
    ends = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\r\n\r\n\r\n"])
    text = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    for row in [["name"] * width, *rows]:
        csv.writer(text, quoting=quoting, lineterminator=draw(ends)).writerow(row)
    body = text.getvalue().rstrip("\r\n") if draw(st.booleans()) else text.getvalue()
    return (BOM if draw(st.booleans()) else b"") + body.encode(), len(rows)


@settings(deadline=None)
@given(written_files())
def test_the_count_is_that_of_the_records_that_were_written(file: tuple[bytes, int]) -> None:
    data, count = file
    assert count_csv_records(data) == count


@settings(deadline=None, max_examples=500)
@given(PIECES)
@example('a,b\n1,5" disk\n2,6" disk, the second one"\n3,x\n')
@example('a\n"x""\n""y"\nb')
@example("")
def test_the_count_is_that_of_the_csv_module_where_that_reads_the_file(text: str) -> None:
    data = text.encode()
    expected = csv_module_count(data)
    if expected is not None:
        assert count_csv_records(data) == expected


def test_a_quote_that_never_closes_takes_the_rest_of_the_file() -> None:
    assert count_csv_records(b'a,b\n1,2\n3,"four\n5,6\n7,8\n') == 2


# --- whole files: small ones of our own, and the real ones where a mirror of them lies beside the checkout ------------


@dataclass(frozen=True)
class Published:
    """A published file, the table read from it, and its records by Python's csv."""

    file: RemoteFile
    data: bytes
    table: RawTable
    header: list[str]
    records: list[list[str]]


@cache
def read_published(name: str, mirror: Path) -> Published:
    file = ALL_FILES[name]
    data = (mirror / unquote(file.url.removeprefix("https://"))).read_bytes()
    [table] = file.read(data, name, hashlib.sha256(data).hexdigest())
    lines = io.StringIO(data.removeprefix(BOM).decode(), newline="")
    header, *records = (record for record in csv.reader(lines, strict=True) if record)
    return Published(file, data, table, header, records)


def read_real(name: str) -> Published:
    """A file as its publisher serves it; for tests that need the shared mirror."""
    return read_published(name, SHARED_MIRROR)


@pytest.fixture(
    params=[*ALL_FILES, *(pytest.param((name,), marks=needs_shared_mirror, id=f"{name}, real") for name in ALL_FILES)]
)
def whole(request: pytest.FixtureRequest, small_mirror: Path) -> Published:
    """Each file twice: ours, and that of its publisher."""
    return (
        read_real(*request.param) if isinstance(request.param, tuple) else read_published(request.param, small_mirror)
    )


RECORDS = {
    "notable_ai_models.csv": 1_036, "large_scale_ai_models.csv": 473, "all_ai_models.csv": 3_170,
    "ml_hardware.csv": 176, "gpu_clusters.csv": 786,
    "data_centers.csv": 16, "All ML Systems - full view.csv": 1_892, "Chip dataset-Grid view.csv": 5_775,
    "Hardware prices.csv": 591, "PCU518210518210.csv": 295, "model_costs.csv": 82, "model_costs_updated.csv": 61,
}  # fmt: skip


def test_every_record_of_a_whole_file_is_a_row_refused_or_a_repeat(whole: Published) -> None:
    assert_accounted(whole.table, whole.data)
    assert whole.table.record_count == len(whole.records)
    assert whole.table.accepted_count >= 0.99 * len(whole.records)


@needs_shared_mirror
@pytest.mark.parametrize("name", ALL_FILES)
def test_every_published_record_is_a_row_but_the_torn_chip(name: str) -> None:
    real = read_real(name)
    table = real.table
    assert table.record_count == RECORDS[name]
    assert table.duplicates == []
    torn = ["has 1 cells; expected 53, as in the header. Check commas and quotes."]
    assert [reject.reason for reject in table.rejects] == (torn if name.startswith("Chip") else [])


def test_every_cell_of_a_whole_file_is_in_its_row(whole: Published) -> None:
    schema = whole.table.schema
    rows = {row["record_no"]: row for row in whole.table.frame.to_dicts()}
    for column, kind in polars_schema(schema).items():
        index = next((whole.header.index(n) for n in schema.headers[column] if n in whole.header), None)
        for number, row in rows.items():
            cell = whole.records[number - 1][index] if index is not None else ""
            value = row[column]
            if cell == "":
                assert value is None
            elif kind == pl.Float64():
                assert Decimal(repr(value)) == Decimal(cell.removeprefix("$").replace(",", "")), (column, cell)
            elif kind == pl.Date():
                month_first = f"{value.month}/{value.day}/{value.year}"
                assert cell in (month_first, value.isoformat(), f"{value:%Y-%m}", f"{value.year}"), (column, cell)
            elif not column.endswith("_precision"):
                assert value == cell


def test_the_bytes_of_the_rows_of_a_whole_file_are_their_records(whole: Published) -> None:
    assert_spans_hold(whole.table, whole.data, whole.records)


def test_only_columns_that_are_meant_to_be_left_out_are(whole: Published) -> None:
    schema = whole.table.schema
    known = {name for names in schema.headers.values() for name in names}
    left_out = {
        "Abstract", "Created by", "Datasheet", "Sentinel satellite timelapse", "Archived links", "Possibly over 1e23 FLOP",
        "WikiText and Penn Treebank data",
    }  # fmt: skip
    assert set(whole.header) - known <= left_out


@needs_shared_mirror
def test_coverage_of_the_notable_models_is_as_measured_before() -> None:
    frame = read_real("notable_ai_models.csv").table.frame
    filled = {column: frame.height - frame[column].null_count() for column in frame.columns}
    assert {column: filled[column] for column in COVERAGE} == COVERAGE
    complete = frame.drop_nulls(["training_hardware", "hardware_quantity_count", "training_time_hours"])
    assert complete.height == 157
    assert (frame["hardware_acquisition_cost_usd"] == 0).sum() == 285
    assert frame["model"].n_unique() == 1_036


COVERAGE = {
    "training_compute_flop": 529, "parameters_params": 708, "training_dataset_size": 664, "training_time_hours": 239,
    "training_hardware": 363, "hardware_quantity_count": 249, "training_power_draw_w": 215,
    "hardware_utilization_mfu": 34, "training_compute_cost_2023_usd": 179,
}  # fmt: skip


@needs_shared_mirror
def test_what_the_keys_rest_on_in_the_real_files() -> None:
    systems = read_real("All ML Systems - full view.csv").table.frame
    twice = systems.filter(pl.struct("model", "publication_date", "link").is_duplicated())
    assert twice.height == 2, "one model has two entries: same link and date, different compute"
    assert twice["training_compute_flop"].null_count() == 1

    chips = read_real("Chip dataset-Grid view.csv").table.frame.filter(pl.col("hardware_name").is_not_null())
    assert chips.height - chips["hardware_name"].n_unique() == 6, "names of chips repeat with other figures"

    clusters = read_real("gpu_clusters.csv").table.frame
    figures = clusters.drop("file_sha256", "record_no", "byte_start", "byte_end")
    assert clusters.height - figures.unique().height == 52, "anonymized systems that equal each other"
    assert set(clusters.filter(figures.is_duplicated())["name"]) == {"Anonymized Chinese System"}


@needs_shared_mirror
def test_spot_values_of_the_real_files() -> None:
    hardware = read_real("ml_hardware.csv").table.frame
    [h100] = hardware.filter(pl.col("hardware_name") == "NVIDIA H100 SXM5 80GB").to_dicts()
    assert (h100["tdp_w"], h100["process_size_nm"], h100["manufacturer"]) == (700.0, 5.0, "NVIDIA")
    assert h100["tensor_fp16_bf16_performance_flop_per_s"] == pytest.approx(989.4e12, rel=1e-3)
    prices = read_real("Hardware prices.csv").table.frame
    assert prices["price_on_demand_usd_per_chip_hour"].count() == 465
    assert prices["price_hardware_purchase_usd"].count() == 122
    index = read_real("PCU518210518210.csv").table.frame
    assert index.row(0)[:2] == (date(2000, 12, 1), 100.0)
