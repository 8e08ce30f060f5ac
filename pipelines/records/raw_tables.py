"""What every connector gives: a raw table, its rejects, and the count of its records.

What belongs here: the shape of a raw table's schema and the reading of a CSV into it. What does not: the
columns of a particular source. Raw means what the publisher said, typed: no arithmetic, no unit
change, no repair. Every row knows its record number and byte span in the snapshot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import unquote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pipelines.errors import LedgerError
from pipelines.records.csv_records import Record, Reject, Table, cut_csv, repeated_keys, type_records
from pipelines.records.fields import HEADERS, DatePrecision, plain_number
from pipelines.records.frames import field_descriptions, polars_schema

if TYPE_CHECKING:
    import polars as pl  # takes 0.1 s to load, which to know of a file does not need

MAX_REJECTED_SHARE = 0.01

ISO_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def _date_parts(value: str) -> tuple[str, str | None, str | None]:
    found = ISO_DATE.fullmatch(value)
    if found is None:
        raise ValueError("expected a date such as 2024-05-31, 2024-05 or 2024")
    return found[1], found[2], found[3]


def first_day(value: Any) -> Any:
    """A date that may lack its day or month, as the first day of what it names.

    >>> first_day("2024-05")
    datetime.date(2024, 5, 1)
    """
    if not isinstance(value, str):
        return value
    year, month, day = _date_parts(value)
    return date(int(year), int(month or 1), int(day or 1))


def spelled_precision(value: Any) -> Any:
    """What the spelling of a date names: a day, a month or a year.

    >>> spelled_precision("2024-05")
    'month'
    """
    if not isinstance(value, str):
        return value
    _, month, day = _date_parts(value)
    return "day" if day else "month" if month else "year"


RawNumber = Annotated[float, BeforeValidator(plain_number), Field(allow_inf_nan=False, ge=-1e60, le=1e60)]
"""A finite number in plain spelling."""

RawText = Annotated[str, Field(max_length=20_000)]
"""Text as it stands in the cell: blanks and line breaks included."""

RawDay = Annotated[date, BeforeValidator(first_day), Field(ge=date(1900, 1, 1), le=date(2100, 12, 31))]
"""A date in ISO spelling; a month or a year alone is its first day. A second column tells them apart."""

RawDayPrecision = Annotated[DatePrecision, BeforeValidator(spelled_precision)]
"""The companion of a RawDay: it reads the same cell and keeps how much of a date stood there."""

POSITION_COLUMNS = {
    "file_sha256": "SHA-256 of the snapshot that holds the record.",
    "record_no": "Number of the record in its file, header excluded.",
    "byte_start": "First byte of the record in its file.",
    "byte_end": "Byte after the record.",
}
"""Columns that every raw table ends with."""


class RawRow(BaseModel):
    """A record of a publisher's file. Subclasses name columns, types and the publisher's headers."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    table: ClassVar[str]
    """Name of the table, as raw.<name>."""
    source_id: ClassVar[str]
    """Key of SOURCES.toml."""
    headers: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Column -> the names its publisher has used for it, newest first: those of its fields."""
    key: ClassVar[tuple[str, ...]] = ()
    """Columns that identify a record; empty where the publisher gives no key."""
    optional: ClassVar[frozenset[str]] = frozenset()
    """Columns that some vintages of the file lack."""
    derived: ClassVar[frozenset[str]] = frozenset()
    """Columns that the publisher computes from others: a cell that cannot be used is empty, with a note, not a refusal."""
    volatile: ClassVar[frozenset[str]] = frozenset()
    """Columns that change all the time, such as counts of citations: not compared with the last snapshot."""
    min_rows: ClassVar[int] = 1
    """Fewer records than this cannot be the file."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: Any) -> None:
        said = {column: field.json_schema_extra for column, field in cls.model_fields.items()}
        cls.headers = {
            column: tuple(map(str, names))
            for column, extra in said.items()
            if isinstance(extra, dict) and isinstance(names := extra.get(HEADERS), list) and names
        } | dict(vars(cls).get("headers", {}))


@dataclass
class RawTable:
    """One table read from one file. accepted + rejected + duplicate = records."""

    schema: type[RawRow]
    file: str
    sha256: str
    frame: pl.DataFrame
    record_count: int
    rejects: list[Reject] = field(default_factory=list)
    duplicates: list[Reject] = field(default_factory=list)
    faults: list[Reject] = field(default_factory=list)
    """Parts of accepted records that cannot be used, such as odd lines of a log that is one record."""

    @property
    def accepted_count(self) -> int:
        """Records that became rows."""
        return self.frame.height

    @property
    def rejected_count(self) -> int:
        """Records that were refused: one may have several faults."""
        return len({reject.record_no for reject in self.rejects})

    @property
    def duplicate_count(self) -> int:
        """Records that say again what an accepted one says. The same key with other content is refused."""
        return len({reject.record_no for reject in self.duplicates})

    def settle(self, rows: Sequence[tuple[Record, BaseModel]], repeats: Sequence[Reject]) -> None:
        """Take the typed rows but those that repeat a key: the same again is a duplicate, other content a reject.

        Raises LedgerError where the table then cannot be used (``check_raw``).
        """
        repeated = {reject.record_no for reject in repeats}
        kept = [(record, row) for record, row in rows if record.record_no not in repeated]
        known = {row for _, row in kept}
        again = {record.record_no for record, row in rows if record.record_no in repeated and row in known}
        self.frame = to_frame(self.schema, kept, self.sha256)
        self.duplicates = [repeat for repeat in repeats if repeat.record_no in again]
        self.rejects = [*self.rejects, *(repeat for repeat in repeats if repeat.record_no not in again)]
        check_raw(self)


def raw_columns(schema: type[RawRow]) -> dict[str, str]:
    """Columns of the raw table and their descriptions, position columns last."""
    return {**field_descriptions(schema), **POSITION_COLUMNS}


def empty_raw_frame(schema: type[RawRow]) -> pl.DataFrame:
    """The raw table without rows, for a source that was never fetched."""
    import polars as pl

    kinds: dict[str, pl.DataType] = {**polars_schema(schema), "file_sha256": pl.String()}
    return pl.DataFrame(schema={**kinds, **dict.fromkeys(("record_no", "byte_start", "byte_end"), pl.Int64())})


def rename_headers(table: Table, schema: type[RawRow]) -> Table:
    """The cut file with our column names; columns that the schema does not know are left out.

    Raises LedgerError that lists missing and unknown names, where a column that is not optional has
    none of its names in the header.
    """
    position: dict[str, int] = {}
    for column in schema.model_fields:
        names = schema.headers.get(column, (column,))
        found = [name for name in names if name in table.header]
        if found:
            position[column] = table.header.index(found[0])
    missing = [c for c in schema.model_fields if c not in position and c not in schema.optional]
    if missing:
        wanted = "; ".join(" or ".join(repr(n) for n in schema.headers.get(c, (c,))) for c in missing)
        taken = set(position.values())
        extra = [repr(name) for index, name in enumerate(table.header) if index not in taken]
        raise LedgerError(
            f"{table.file}:1: header lacks {wanted}. Unknown names in the header: {', '.join(extra) or 'none'}. If a "
            f"column was renamed, add its new name to {schema.__module__.replace('.', '/')}.py."
        )
    records = [
        Record(r.record_no, r.line, r.byte_start, r.byte_end, tuple(r.cells[i] for i in position.values()))
        for r in table.records
    ]
    return Table(table.file, tuple(position), records, table.rejects)


def to_frame(schema: type[RawRow], rows: Sequence[tuple[Record, BaseModel]], sha256: str) -> pl.DataFrame:
    """Typed rows with their positions as a frame."""
    import polars as pl

    frame = pl.DataFrame([row.model_dump() for _, row in rows], schema=polars_schema(schema))
    return frame.with_columns(
        pl.lit(sha256).alias("file_sha256"),
        pl.Series("record_no", [r.record_no for r, _ in rows], dtype=pl.Int64),
        pl.Series("byte_start", [r.byte_start for r, _ in rows], dtype=pl.Int64),
        pl.Series("byte_end", [r.byte_end for r, _ in rows], dtype=pl.Int64),
    )


def read_raw_csv(data: bytes, file: str, sha256: str, schema: type[RawRow]) -> RawTable:
    """A publisher's CSV as a raw table.

    Raises LedgerError where the file as a whole cannot be used: header, too few records, more than
    MAX_REJECTED_SHARE of them refused.
    """
    table = rename_headers(cut_csv(data, file), schema)
    faults: list[Reject] = []
    rows, rejects = type_records(table, schema, allow_missing_columns=True, derived=schema.derived, faults=faults)
    repeats = repeated_keys(table, rows, schema.key) if schema.key else []
    result = RawTable(schema, file, sha256, empty_raw_frame(schema), count_csv_records(data), rejects, faults=faults)
    result.settle(rows, repeats)
    return result


def check_raw(table: RawTable) -> None:
    """Refuse a table that has too few records, too many rejects, or records that are lost; raises LedgerError.

    A build checks again that no record is lost: what passes here cannot stop it there.
    """
    schema = table.schema
    read = table.accepted_count + table.rejected_count + table.duplicate_count
    if read != table.record_count:
        raise LedgerError(
            f"{table.file}: {table.record_count:,} records by line ends and quotes, but {read:,} were read. An extra "
            f"or missing quote joins lines{_first_fault(table)}. Check the quotes there."
        )
    if table.record_count < schema.min_rows:
        raise LedgerError(f"{table.file}: {table.record_count:,} records; expected at least {schema.min_rows:,}.")
    if table.rejected_count > MAX_REJECTED_SHARE * table.record_count:
        raise LedgerError(
            f"{table.file}: {table.rejected_count:,} of {table.record_count:,} records are rejected, more than "
            f"{MAX_REJECTED_SHARE:.0%}. The first: {table.rejects[0]}"
        )


def _first_fault(table: RawTable) -> str:
    return f"; the first unreadable line is {table.rejects[0].line:,}" if table.rejects else ""


FIELD = rb"""(?:"(?:[^"]++|"")*+"?+[^,\r\n]*+|[^",\r\n][^,\r\n]*+)?+"""
RECORD = re.compile(FIELD + rb"(?:," + FIELD + rb")*+(\r\n|\r|\n|\Z)")
"""One record of RFC 4180 and its line end: quotes that open a field may hold commas and line ends."""


def count_csv_records(data: bytes) -> int:
    """Records of a CSV file, header excluded, counted by walking its quotes: not the reader that loads it.

    Empty lines are no records.

    >>> count_csv_records(b'name,note\\n"a","two\\nlines"\\n\\nb,5" disk\\n')
    2
    """
    body = data.removeprefix(b"\xef\xbb\xbf")
    return max(0, sum(found.start() < found.start(1) for found in RECORD.finditer(body)) - 1)


@dataclass(frozen=True)
class RemoteFile:
    """A file that a publisher serves, and how it becomes raw tables.

    ``read`` takes (bytes, file name for messages, SHA-256) and gives the tables of the file; it raises
    LedgerError where the bytes do not hold the source's contract.
    """

    source_id: str
    name: str
    url: str
    read: Callable[[bytes, str, str], list[RawTable]]
    tables: tuple[type[RawRow], ...]
    max_bytes: int = 50_000_000
    mirror_may_lack: bool = False
    """Whether a mirror may do without it: it is then absent, which is no failure."""
    excerpt_url: str | None = None
    """Address of an excerpt that stands in for it in a mirror which holds no more."""
    listing: Listing | None = None
    """Which more files it names, if it does."""
    earlier: type[RawRow] | None = None
    """Schema of the table that keeps what earlier accepted snapshots of it said; of the same columns as its only table."""
    round: str | None = None
    """Round of a benchmark suite that it holds, where a source has a file for each."""
    licence: str | None = None
    """Licence of this file, where it is not that of the source."""
    is_address_recalled: bool = False
    """Whether nobody has received a file from this address yet: if there is none, that is no failure."""

    @property
    def fetch_name(self) -> str:
        """How ``ledger fetch`` is asked for it: its source, and its round where it has one."""
        return f"{self.source_id}@{self.round}" if self.round else self.source_id


@dataclass(frozen=True)
class Listing:
    """The files that another file names: which there are is known once that one was fetched."""

    column: str
    """Column of its table that names them, each by a code."""
    seed: str
    """Curated file that gives for each ``code`` what the address of its file takes, ``asked_name``."""
    file_of: Callable[[str], RemoteFile]
    """The file that is asked for by this name."""
    tables: tuple[type[RawRow], ...]
    """The tables that such files hold."""


def remote_csv(
    schema: type[RawRow], url: str, max_bytes: int = 50_000_000, *, earlier: type[RawRow] | None = None
) -> RemoteFile:
    """A CSV file that holds one raw table and is named by the last part of its address."""

    def read(data: bytes, file: str, sha256: str) -> list[RawTable]:
        return [read_raw_csv(data, file, sha256, schema)]

    name = unquote(url.rpartition("/")[2])
    return RemoteFile(schema.source_id, name, url, read, (schema,), max_bytes, earlier=earlier)


@dataclass(frozen=True)
class PackagedFile:
    """Data that an installed package ships: always there, also offline.

    ``read`` gives the tables; their sha256 is that of the data, their file names package and version.
    """

    source_id: str
    package: str
    read: Callable[[], list[RawTable]]
    tables: tuple[type[RawRow], ...]
