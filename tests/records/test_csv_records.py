"""Cutting and typing of CSV files: no byte is lost, and whatever does not fit is named by line and column."""

import csv
import io
import itertools
import re
from datetime import date
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from pipelines.errors import MAX_SHOWN, LedgerError
from pipelines.records.csv_records import (
    MAX_FIELD_CHARS,
    Record,
    Reject,
    Table,
    cut_csv,
    file_name,
    repeated_keys,
    type_records,
)
from pipelines.records.fields import Count, Day, Flag, Year
from pipelines.seeds.hardware import AcceleratorPeaks

FILE = "hardware/peaks.csv"
BOM = b"\xef\xbb\xbf"
PHYSICAL_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")


def line_of(data: bytes, offset: int) -> int:
    """Number of the physical line that begins at a byte offset, counted without the code under test."""
    starts = [match.start() for match in PHYSICAL_LINE.finditer(data)]
    return [0, *starts[1:]].index(offset) + 1


def messages(table: Table) -> list[str]:
    return [str(reject) for reject in table.rejects]


# --- cutting: round trip and conservation ---------------------------------------------------------------------------

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["", ",", '"', '""', "a\nb", "a\r\nb", "\r", "\n", '"\n"', " x ", "Ω𝄞", "\x85", "\u2028", "\x1c"]
)


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[bytes, int, list[list[str]]]:
    """A CSV file as csv writes it, with or without BOM, with any mix of line ends: bytes, header bytes, rows."""
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=6))
    ends = st.sampled_from([b"\n", b"\r\n", b"\r"])
    start = BOM if draw(st.booleans()) else b""
    header = start + ",".join(f"column_{n}" for n in range(width)).encode() + draw(ends)
    body = b""
    for number, row in enumerate(rows, start=1):
        text = io.StringIO()
        quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
        csv.writer(text, quoting=quoting, lineterminator="\r\n").writerow(row)
        last_without_end = number == len(rows) and draw(st.booleans())
        body += text.getvalue().removesuffix("\r\n").encode() + (b"" if last_without_end else draw(ends))
    return header + body, len(header), rows


@settings(deadline=None)
@given(csv_files())
@example((b"a\n", 2, []))
def test_written_records_come_back_and_their_spans_conserve_the_bytes(
    file: tuple[bytes, int, list[list[str]]],
) -> None:
    data, header_bytes, rows = file
    table = cut_csv(data, FILE)

    assert table.rejects == []
    assert [list(record.cells) for record in table.records] == rows
    assert [record.record_no for record in table.records] == list(range(1, len(rows) + 1))

    edges = [header_bytes, *(record.byte_end for record in table.records)]
    assert [record.byte_start for record in table.records] == edges[:-1], "each span begins where the last one ends"
    assert edges[-1] == len(data)
    assert sum(record.byte_end - record.byte_start for record in table.records) == len(data) - header_bytes
    assert [record.line for record in table.records] == [line_of(data, r.byte_start) for r in table.records]


@settings(deadline=None)
@given(csv_files())
def test_the_bytes_of_a_span_read_alone_are_the_record(file: tuple[bytes, int, list[list[str]]]) -> None:
    data, _, _ = file
    table = cut_csv(data, FILE)
    header = (",".join(table.header) + "\n").encode()
    for record in table.records:
        alone = cut_csv(header + data[record.byte_start : record.byte_end], FILE)
        assert [each.cells for each in alone.records] == [record.cells]


def table_or_error(data: bytes) -> Table | LedgerError:
    try:
        return cut_csv(data, FILE)
    except LedgerError as error:
        return error


BROKEN = st.lists(
    st.sampled_from(
        [b"a", b",", b'"', b"\n", b"\r", b"\r\n", b"1,2\n", b'"x\ny",2\n', "é".encode(), BOM, b"\xff", b"\0", b"  "]
    ),
    max_size=30,
).map(b"".join)


@settings(deadline=None)
@given(BROKEN | st.binary(max_size=60))
@example(b'a,b\n1,"x\n2,3\n')
@example(b'a,b\n"1"x,2\n3,4\n')
@example(b"\r\n\r\n")
def test_any_bytes_give_a_table_or_one_readable_error(data: bytes) -> None:
    table = table_or_error(data)
    if isinstance(table, LedgerError):
        assert str(table).startswith(FILE)
        return
    assert len(table.header) > 0
    numbers = sorted([r.record_no for r in table.records] + [r.record_no for r in table.rejects])
    assert numbers == list(range(1, len(numbers) + 1)), "each record is either kept or refused, never both or neither"

    spans = [(r.byte_start, r.byte_end) for r in table.records]
    assert spans == sorted(spans)
    assert all(start < end <= len(data) for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans)), "spans overlap"
    assert {r.line for r in table.records}.isdisjoint(r.line for r in table.rejects)
    for record in table.records:
        assert record.line == line_of(data, record.byte_start)
        assert len(record.cells) == len(table.header)


# --- cutting: single faults -----------------------------------------------------------------------------------------


def test_a_short_and_a_long_record_are_refused_the_others_kept_and_an_empty_line_passed_over() -> None:
    table = cut_csv(b"a,b,c\n1,2,3\n4,5\n6,7,8\n9,10,11,12\n\n13,14,15\n", FILE)
    assert [(r.record_no, r.line, r.cells) for r in table.records] == [
        (1, 2, ("1", "2", "3")), (3, 4, ("6", "7", "8")), (5, 7, ("13", "14", "15")),
    ]  # fmt: skip
    assert messages(table) == [
        f"{FILE}:3: has 2 cells; expected 3, as in the header. Check commas and quotes.",
        f"{FILE}:5: has 4 cells; expected 3, as in the header. Check commas and quotes.",
    ]
    assert [(r.record_no, r.value) for r in table.rejects] == [(2, "4,5"), (4, "9,10,11,12")]


def test_an_open_quote_is_named_where_it_opens_and_takes_no_row_before_it() -> None:
    table = cut_csv(b'a,b\n1,2\n3,"open\n5,6\n7,8\n', FILE)
    assert [r.cells for r in table.records] == [("1", "2")]
    assert messages(table) == [
        f"{FILE}:3: cannot be read: unexpected end of data. Check the quotes. It takes in 3 lines, to line 5."
    ]
    assert table.records[0].byte_end == len(b"a,b\n1,2\n")


def test_rows_after_a_stray_quote_are_recovered() -> None:
    table = cut_csv(b'a,b\n"1"x,2\n3,4\n5,"open\n7,"8"\n9,10\n', FILE)
    assert [(r.record_no, r.line, r.cells) for r in table.records] == [(2, 3, ("3", "4")), (4, 6, ("9", "10"))]
    assert [(r.record_no, r.line) for r in table.rejects] == [(1, 2), (3, 4)]
    assert all("cannot be read: ',' expected after '\"'. Check the quotes." in text for text in messages(table))


def test_lines_are_counted_through_quoted_newlines() -> None:
    data = b'"a\nname",b\n1,"two\nlines"\n"x\r\ny\rz",3\nlast,4\nshort\n'
    table = cut_csv(data, FILE)
    assert table.header == ("a\nname", "b")
    assert [(r.line, r.cells) for r in table.records] == [
        (3, ("1", "two\nlines")), (5, ("x\r\ny\rz", "3")), (8, ("last", "4")),
    ]  # fmt: skip
    assert messages(table)[0].startswith(f"{FILE}:9: has 1 cells")


CLEAN = b'id,name\n1,alpha\n2,"be,ta"\n3,gamma\n'


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(BOM + CLEAN, id="byte-order mark"),
        pytest.param(CLEAN.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(CLEAN.replace(b"\n", b"\r"), id="CR"),
        pytest.param(b'id,name\r\n1,alpha\n2,"be,ta"\r3,gamma', id="mixed, no end at the last line"),
        pytest.param(b'"id","name"\n"1","alpha"\n"2","be,ta"\n"3","gamma"\n', id="all quoted"),
    ],
)
def test_marks_and_line_ends_do_not_change_the_content(data: bytes) -> None:
    clean, table = cut_csv(CLEAN, FILE), cut_csv(data, FILE)
    assert table.header == clean.header
    assert [(r.record_no, r.line, r.cells) for r in table.records] == [
        (r.record_no, r.line, r.cells) for r in clean.records
    ]
    assert table.rejects == []
    assert table.records[-1].byte_end == len(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            "id,name\n1,α\n2,café\n".encode("latin-1", errors="replace"),
            f"{FILE}:3: byte 17 is not UTF-8 (invalid continuation byte). Save the file as UTF-8 CSV.",
            id="latin-1",
        ),
        pytest.param(
            BOM + b"id\n\xff\n",
            f"{FILE}:2: byte 6 is not UTF-8 (invalid start byte). Save the file as UTF-8 CSV.",
            id="latin-1 after a byte-order mark",
        ),
        pytest.param(b"id\n\xc3", f"{FILE}:2: byte 3 is not UTF-8 (unexpected end of data).", id="cut character"),
        pytest.param(
            b"id,name\n1,a\0b\n", f"{FILE}: byte 11 is NUL; expected UTF-8 text. Save the file as UTF-8 CSV.", id="NUL"
        ),
        pytest.param(BOM + b"id\n\0\n", f"{FILE}: byte 6 is NUL; expected UTF-8 text.", id="NUL after BOM"),
        pytest.param("id\n1\n".encode("utf-16-le"), f"{FILE}: byte 1 is NUL; expected UTF-8 text.", id="UTF-16"),
        pytest.param(b"", f"{FILE}: the file is empty; expected a header line. Restore it", id="empty"),
        pytest.param(BOM, f"{FILE}: the file is empty; expected a header line.", id="only a byte-order mark"),
        pytest.param(b"\n1,2\n", f"{FILE}:1: header has blank names", id="blank first line"),
        pytest.param(b"id,,name\n1,2,3\n", f"{FILE}:1: header has blank names", id="blank name"),
        pytest.param(b"id,name,id,x,x\n", f"{FILE}:1: header has repeated id, x", id="repeated names"),
        pytest.param(b'"id,name\n1,2\n', f"{FILE}:1: the header cannot be read (unexpected end", id="open header"),
    ],
)
def test_what_is_no_table_stops_with_place_and_expectation(data: bytes, message: str) -> None:
    with pytest.raises(LedgerError) as caught:
        cut_csv(data, FILE)
    assert str(caught.value).startswith(message)


def test_a_header_alone_has_no_records_and_no_rejects() -> None:
    for data in (b"id,name", b"id,name\n", BOM + b"id,name\r\n"):
        assert cut_csv(data, FILE) == Table(FILE, ("id", "name"), [], [])


def test_a_huge_cell_is_refused_by_line_and_one_at_the_limit_is_kept() -> None:
    at_limit, above = b"x" * MAX_FIELD_CHARS, b"y" * (MAX_FIELD_CHARS + 1)
    table = cut_csv(b"a,b\n1," + at_limit + b"\n2," + above + b'\n3,"' + above + b'"\n4,z\n', FILE)
    assert [(r.record_no, r.line, len(r.cells[1])) for r in table.records] == [(1, 2, MAX_FIELD_CHARS), (4, 5, 1)]
    assert messages(table) == [
        f"{FILE}:{line}: cannot be read: field larger than field limit ({MAX_FIELD_CHARS}). Check the quotes."
        for line in (3, 4)
    ]


# --- typing ---------------------------------------------------------------------------------------------------------

PEAKS = "accelerator_id,number_format,is_tensor,is_sparse,peak_flop_per_s,source_id,locator,verified,verified_in,note\n"


def peaks(*numbers: str) -> tuple[list[tuple[Record, AcceleratorPeaks]], list[Reject]]:
    """One record of accelerator peaks per number, typed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row, number in enumerate(numbers):
        writer.writerow([f"chip-{row}", "bf16", "true", "false", number, "a_datasheet", "table 1", "seen", "", ""])
    return type_records(cut_csv((PEAKS + text.getvalue()).encode(), FILE), AcceleratorPeaks)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        *((text, "expected a plain number such as 1200, 0.38 or 3.14e23")
          for text in ("1_000", "1,000", "1.000,5", "1 000", "nan", "NaN", "inf", "-inf", "Infinity", "0x10", "5 W",
                       " 5", "5 ", "1e", "--5", "٣٫٥", "½", "=1+1", "5\n")),
        ("1e400", "expected a finite number"),
        ("9" * 400, "expected a finite number"),
        ("-5", "expected greater than 0"),
        ("-1e400", "expected"),
        ("0", "expected greater than 0"),
        ("1e41", f"expected less than {10**40}"),
        ("٣", "expected a number"),
        ("", "expected a value; the cell is empty"),
    ],
)  # fmt: skip
def test_a_number_that_readers_disagree_on_is_refused_with_its_column(number: str, expected: str) -> None:
    rows, rejects = peaks("1e15", number, "2e15")
    assert [row.peak_flop_per_s for _, row in rows] == [1e15, 2e15], "the rows beside it stay"
    assert [(r.record_no, r.line, r.column, r.value) for r in rejects] == [(2, 3, "peak_flop_per_s", number or None)]
    assert str(rejects[0]).startswith(f"{FILE}:3: column peak_flop_per_s: value ")
    assert expected in rejects[0].reason


@pytest.mark.parametrize(
    ("text", "value"), [("1200", 1200.0), ("0.38", 0.38), ("3.14e23", 3.14e23), ("+5", 5.0), (".5", 0.5), ("5.", 5.0)]
)
def test_plain_numbers_are_read(text: str, value: float) -> None:
    rows, rejects = peaks(text)
    assert rejects == []
    assert rows[0][1].peak_flop_per_s == value


@settings(deadline=None)
@given(st.floats(min_value=1e-300, max_value=9.9e39))
def test_a_number_as_python_writes_it_comes_back_to_the_bit(number: float) -> None:
    rows, rejects = peaks(repr(number))
    assert rejects == []
    assert rows[0][1].peak_flop_per_s == number


COLUMNS = "Columns of Sample (tests/records/test_csv_records.py): count, year, day, flag."


class Sample(BaseModel):
    """A small schema with the kinds of column that the peaks do not have."""

    count: Count | None = None
    year: Year | None = None
    day: Day | None = None
    flag: Flag | None = None


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("count", "1.5", "expected a whole number"),
        ("count", "-5", "expected greater than 0"),
        ("count", "1_000", "expected a plain number"),
        ("count", "eight", "expected a plain number"),
        ("year", "1066", "expected greater than or equal to 1990"),
        ("year", "3000", "expected less than or equal to 2035"),
        ("day", "2024-02-30", "expected a day that exists, such as 2026-03-31"),
        ("day", "30.06.2024", "expected a date such as 2026-03-31"),
        ("day", "1899-12-31", "expected greater than or equal to 1990-01-01"),
        ("flag", "True", "expected true or false"),
        ("flag", "1", "expected true or false"),
        ("flag", "yes", "expected true or false"),
    ],
)
def test_counts_years_days_and_flags_are_refused_with_their_column(column: str, value: str, expected: str) -> None:
    cells = {"count": "", "year": "", "day": "", "flag": "", column: value}
    data = f"{','.join(cells)}\n8,2024,2024-02-29,true\n{','.join(cells.values())}\n"
    rows, rejects = type_records(cut_csv(data.encode(), FILE), Sample)
    assert [row for _, row in rows] == [Sample(count=8, year=2024, day=date(2024, 2, 29), flag=True)]
    assert [(r.line, r.column, r.value) for r in rejects] == [(3, column, value)]
    assert expected in rejects[0].reason
    assert "Input should be" not in rejects[0].reason
    assert "Value error" not in rejects[0].reason


def test_every_fault_of_a_record_is_told_and_records_that_could_not_be_cut_come_along() -> None:
    data = b"count,year,day,flag\n-1,1066,,maybe\n1,2020\n2,2021,,false\n"
    rows, rejects = type_records(cut_csv(data, FILE), Sample)
    assert [record.record_no for record, _ in rows] == [3]
    assert sorted((r.line, r.column or "") for r in rejects) == [(2, "count"), (2, "flag"), (2, "year"), (3, "")]


def test_columns_are_matched_by_name_not_by_place() -> None:
    one, _ = type_records(cut_csv(b"count,year,day,flag\n8,2024,,true\n", FILE), Sample)
    other, _ = type_records(cut_csv(b"flag,day,year,count\ntrue,,2024,8\n", FILE), Sample)
    assert one[0][1] == other[0][1] == Sample(count=8, year=2024, flag=True)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("count,year,day", "lacks flag."),
        ("count,year,day,flag,price", "has unknown 'price'."),
        ("count,Year,day,flag", "lacks year; it has unknown 'Year'. Did you mean year?"),
        ("count,year,day,flag ", "lacks flag; it has unknown 'flag '. Did you mean flag?"),
    ],
)
def test_a_header_with_other_columns_names_them_and_those_expected(header: str, found: str) -> None:
    rows, rejects = type_records(cut_csv(f"{header}\n".encode(), FILE), Sample)
    assert (rows, [str(reject) for reject in rejects]) == ([], [f"{FILE}:1: the header {found} {COLUMNS}"])


def test_a_header_without_any_of_the_columns_is_that_of_another_file() -> None:
    with pytest.raises(LedgerError) as caught:
        type_records(cut_csv(b"<!DOCTYPE html>\n", FILE), Sample)
    assert str(caught.value) == (
        f"{FILE}:1: the header lacks count, day, flag, year; it has unknown '<!DOCTYPE html>'. {COLUMNS}"
    )


def test_the_columns_that_are_there_are_typed_also_where_the_header_is_wrong() -> None:
    data = b"count,yaer,day,flag\n8,2024,2024-02-29,true\n-1,2024,,maybe\n"
    rows, rejects = type_records(cut_csv(data, FILE), Sample)
    assert [row for _, row in rows] == [Sample(count=8, day=date(2024, 2, 29), flag=True)]
    assert [(reject.line, reject.column) for reject in rejects] == [(1, None), (3, "count"), (3, "flag")]


def test_a_key_that_stands_twice_names_both_lines() -> None:
    data = b"count,year,day,flag\n1,2020,,\n2,2020,,\n1,2020,,true\n1,2021,,\n"
    table = cut_csv(data, FILE)
    rows, _ = type_records(table, Sample)
    found = repeated_keys(table, rows, ("count", "year"))
    assert [str(reject) for reject in found] == [
        f"{FILE}:4: column count+year: value '1, 2020': line 2 already has this key; expected each (count, year) once"
    ]
    assert repeated_keys(table, rows, ("count", "year", "flag")) == []


# --- messages -------------------------------------------------------------------------------------------------------


def test_values_in_messages_are_escaped_and_cut() -> None:
    escape = Reject(FILE, 1, 2, "name", "\x1b[31mred\r\n", "expected text")
    assert str(escape) == f"{FILE}:2: column name: value '\\x1b[31mred\\r\\n': expected text"
    long = str(Reject(FILE, 1, 2, "name", "z" * 5000, "expected text"))
    assert f"'{'z' * MAX_SHOWN}…' (5,000 characters)" in long
    assert len(long) < MAX_SHOWN + 100
    assert "value (empty): expected text" in str(Reject(FILE, 1, 2, "name", None, "expected text"))


def test_files_inside_the_project_are_named_relative_to_it() -> None:
    root = PurePosixPath("/somewhere/project")
    assert file_name(root / "seeds" / "a.csv", root) == "seeds/a.csv"
    assert file_name(PurePosixPath("/elsewhere/a.csv"), root) == "/elsewhere/a.csv"


# Files that are too large in one direction


def test_a_header_of_too_many_columns_is_refused_by_the_name_of_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LedgerError, match=r"x\.csv:1: the header names 1,000,000 columns; expected at most 10,000\."):
        cut_csv(b",".join(b"c%d" % i for i in range(1_000_000)) + b"\n", "x.csv")
    monkeypatch.setenv("LEDGER_MAX_COLUMNS", "3")
    assert cut_csv(b"a,b,c\n", "x.csv").header == ("a", "b", "c")
    with pytest.raises(
        LedgerError, match=r"the header names 4 columns; expected at most 3\..*raise LEDGER_MAX_COLUMNS"
    ):
        cut_csv(b"a,b,c,d\n", "x.csv")


def test_repeated_names_are_found_in_a_wide_header() -> None:
    names = [f"c{i}" for i in range(9_997)]
    with pytest.raises(LedgerError, match=r"header has repeated c17, c4711\."):
        cut_csv(",".join([*names, "c4711", "c17"]).encode() + b"\n", "x.csv")


def test_a_cell_of_forty_megabytes_is_one_reject_and_the_rows_around_it_are_kept() -> None:
    table = cut_csv(b"a,b\n0,x\n1," + b"x" * 40_000_000 + b"\n2,y\n", "x.csv")
    assert [record.cells for record in table.records] == [("0", "x"), ("2", "y")]
    assert [(reject.line, reject.record_no) for reject in table.rejects] == [(3, 2)]
    assert "field larger than field limit" in table.rejects[0].reason
