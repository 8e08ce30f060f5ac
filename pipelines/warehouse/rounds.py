"""Rounds of MLPerf: rows of seeds/benchmarks/mlperf_rounds.csv and the formats that read them -> files to fetch.

What belongs here: one file for each row that has an address, and what a mirror holds that no row names. What does not:
the formats (``sources/mlperf``), fetching (``fetch/``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines.errors import LedgerError
from pipelines.records.csv_records import cut_csv, file_name
from pipelines.records.raw_tables import RemoteFile
from pipelines.settings import ROOT
from pipelines.sources.mlperf.rounds import RoundFormat

MLPERF_ROUNDS = "benchmarks/mlperf_rounds.csv"
"""The curated file of rounds."""

READ = ("suite", "round", "file_format", "url", "excerpt_url", "url_verified", "licence")
"""Its columns that say what is fetched. They are read as they are: what decides a raw table does not depend on the
schema of curated files, which a build and ``ledger fetch`` hold the file to."""

ROW_TO_ADD = "{suite},{round},,{file_format},{url},,seen,{licence},{source_id},{locator},recalled,,"
"""A row of the file of rounds, as far as a mirror tells what is in it."""

ANY_ARCHIVE = "github.com/mlcommons/*_results_v*/archive/*.tar.gz"
"""Archives of results of any suite, in a mirror."""


def round_files(seeds: Path, formats: Sequence[RoundFormat]) -> list[RemoteFile]:
    """The files of all rounds that have an address, in the order of the rows; raises LedgerError naming what is wrong."""
    by_name = {(each.suite, each.file_format): each for each in formats}
    shown_as = file_name(seeds / MLPERF_ROUNDS, ROOT)
    found = []
    for line, row in _read_rows(seeds / MLPERF_ROUNDS, shown_as):
        if not row["url"]:
            continue
        reader = by_name.get((row["suite"], row["file_format"]))
        if reader is None:
            known = ", ".join(sorted(name for suite, name in by_name if suite == row["suite"])) or "none"
            raise LedgerError(
                f"{shown_as}:{line}: column file_format: value '{row['file_format']}': no connector reads it for "
                f"{row['suite']}; expected one of: {known}."
            )
        found.append(
            reader.remote_file(
                row["round"],
                row["url"],
                excerpt_url=row["excerpt_url"] or None,
                licence=row["licence"] or None,
                is_address_recalled=row["url_verified"] == "recalled",
            )
        )
    return found


def _read_rows(path: Path, shown_as: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its line."""
    try:
        table = cut_csv(path.read_bytes(), shown_as)
    except FileNotFoundError:
        raise LedgerError(f"{shown_as}: the file is missing. Restore it from version control.") from None
    if lacking := [name for name in READ if name not in table.header]:
        raise LedgerError(f"{shown_as}:1: header lacks {', '.join(lacking)}. Restore the file from version control.")
    positions = {name: table.header.index(name) for name in READ}
    for record in table.records:
        yield record.line, {name: record.cells[at] for name, at in positions.items()}


def unnamed_in_mirrors(
    mirrors: Sequence[Path], files: Sequence[RemoteFile], formats: Sequence[RoundFormat]
) -> Iterator[str]:
    """One line for each file of results in mirrors that no row names: which it is, and the row to add."""
    seen = {url.removeprefix("https://") for file in files for url in (file.url, file.excerpt_url) if url}
    for each in formats:
        glob, name = _patterns(each.address)
        for place in _places(mirrors, glob):
            if place not in seen and (found := name.fullmatch(place)):
                seen.add(place)
                yield f"{_unnamed(place)} To take it in, add this row: {_row(each, found['round'], place)}"
    for place in _places(mirrors, ANY_ARCHIVE):
        if place not in seen:
            yield f"{_unnamed(place)} No connector reads files of this suite."


def _patterns(address: str) -> tuple[str, re.Pattern[str]]:
    """How the files of a format are found in a mirror, and the round in their place there."""
    place = address.removeprefix("https://")
    parts = {r"\{round\}": r"(?P<round>v[0-9]+(?:\.[0-9]+)+)", r"\*": "[^/]*"}
    pattern = re.escape(place)
    for mark, part in parts.items():
        pattern = pattern.replace(mark, part)
    return place.replace("{round}", "*"), re.compile(pattern)


def _places(mirrors: Sequence[Path], glob: str) -> list[str]:
    return sorted({path.relative_to(one).as_posix() for one in mirrors for path in one.glob(glob) if path.is_file()})


def _unnamed(place: str) -> str:
    return f"{place} is in the mirror, but no row of seeds/{MLPERF_ROUNDS} names it."


def _row(each: RoundFormat, round_name: str, place: str) -> str:
    return ROW_TO_ADD.format(
        suite=each.suite,
        round=round_name,
        file_format=each.file_format,
        url=f"https://{place}",
        licence="not stated",
        source_id=each.source_id,
        locator=f"repository of the results of {round_name}",
    )
