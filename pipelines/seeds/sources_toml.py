"""SOURCES.toml: the works that facts are taken from.

What belongs here: the fields of an entry, reading the file, and saying in our words what is wrong with
it. What does not: whether the source that a fact or a connector names is there (``files.py``, ``raw_layer.py``).
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.errors import LedgerError, did_you_mean, shown
from pipelines.records.fields import ADDRESS, PATTERN_WORDS, SOURCE_ID, expectation, filled, nullable

ENTRY = re.compile(r"\s*\[\s*[\"']?([^\[\]\"']+?)[\"']?\s*\]\s*(?:#.*)?")
FIELD = re.compile(r"\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*=")
PLACE = re.compile(r"\(at line (\d+), column \d+\)")
DIGEST = r"^[0-9a-f]{64}$"
MAX_LISTED = 20


def listed(problems: list[str]) -> str:
    """Problems on a line each, the first MAX_LISTED in full."""
    more = f"\n… and {len(problems) - MAX_LISTED} more" if len(problems) > MAX_LISTED else ""
    return "\n".join(problems[:MAX_LISTED]) + more


class Source(BaseModel):
    """One entry of SOURCES.toml: a work that provides facts."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str = Field(min_length=1, description="Title of the work.")
    authors: str | None = nullable("Authors or publisher.")
    year: int | None = Field(default=None, ge=1900, le=2035, description="Year of publication.")
    url: str | None = Field(default=None, pattern=ADDRESS, description="Address of the work.")
    licence: str = Field(min_length=1, description="Licence as the publisher states it, or 'not stated'.")
    kind: Literal[
        "paper",
        "model card",
        "datasheet",
        "dataset",
        "web page",
        "package",
        "report",
        "repository",
        "judgement",
        "text",
    ] = filled(
        "Kind of work; a judgement is our own and explained in docs/methods.md; a text has no address.",
    )
    accessed: date | None = nullable("Date on which the work was read; empty if it was not.")

    @model_validator(mode="after")
    def _has_address(self) -> Source:
        if self.url is None and self.kind not in ("judgement", "package", "text"):
            raise ValueError("a work needs an address (url)")
        return self


class SourceEntry(Source):
    """An entry as the file has it: what a table of sources shows, and what fetching it must bring."""

    pins: dict[Annotated[str, Field(pattern=ADDRESS)], Annotated[str, Field(pattern=DIGEST)]] = Field(
        default={}, exclude=True, description="SHA-256 that an address must give, by address."
    )


def read_sources(path: Path, shown_as: str) -> dict[str, SourceEntry]:
    """SOURCES.toml as {source_id: Source}; raises LedgerError that names every line, entry and field at fault."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise LedgerError(f"{shown_as}: the file is missing. Restore it from version control.") from None
    return dict(_read(data, shown_as))


@lru_cache(maxsize=4)
def _read(data: bytes, shown_as: str) -> dict[str, SourceEntry]:
    """The entries of the file's bytes; kept, because a build asks for them several times."""
    try:
        text = data.decode("utf-8")
        entries = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise LedgerError(f"{shown_as}: byte {error.start} is not UTF-8. Save the file as UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise LedgerError("\n".join(_spelling_faults(text, str(error), shown_as))) from None
    sources, problems = {}, []
    lines = _lines(text)
    for source_id, entry in entries.items():
        try:
            sources[source_id] = SourceEntry.model_validate(entry)
        except ValidationError as error:
            for problem in error.errors():
                field = str(problem["loc"][0]) if problem["loc"] else ""
                line = next(iter(lines[source_id, field] or lines[source_id, ""] or lines["", source_id]), 1)
                problems.append(f"{shown_as}:{line}: {_field_fault(source_id, field, dict(problem))}")
        if not re.fullmatch(SOURCE_ID, source_id):
            line = next(iter(lines[source_id, ""]), 1)
            problems.append(f"{shown_as}:{line}: [{source_id}]: expected {PATTERN_WORDS[SOURCE_ID]}")
    if problems:
        raise LedgerError(listed(problems))
    return sources


def _lines(text: str) -> defaultdict[tuple[str, str], list[int]]:
    """Lines on which each (entry, field) begins; the field of an entry's own line is empty."""
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    entry = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if begins := ENTRY.fullmatch(line):
            entry = begins[1]
            found[entry, ""].append(number)
        elif gives := FIELD.match(line):
            found[entry, gives[1]].append(number)
    return found


def _spelling_faults(text: str, said: str, shown_as: str) -> Iterator[str]:
    """What keeps the file from being read: entries and fields that stand twice, else the line that is at fault."""
    twice = {place: lines for place, lines in _lines(text).items() if len(lines) > 1}
    for (entry, field), numbers in twice.items():
        if field and (entry, "") in twice:
            continue  # its fields are there twice because it is
        what, each = (f"[{entry}] {field}", "field") if field else (f"[{entry}]", "source")
        for number in numbers[1:]:
            yield f"{shown_as}:{number}: {what} is on line {numbers[0]} already; expected each {each} once"
    if not twice:
        lines = text.splitlines() or [""]
        place = PLACE.search(said)
        number = min(int(place[1]) if place else len(lines), len(lines))
        yield (
            f"{shown_as}:{number}: {shown(lines[number - 1])} cannot be read. Expected [source_id] alone on the line, "
            'or field = value: text in "quotes", years and dates (2026-03-31) without.'
        )


def _field_fault(source_id: str, field: str, problem: dict[str, Any]) -> str:
    """What is wrong with one field, or with an entry as a whole where ``field`` is empty."""
    kind = problem["type"]
    if kind == "model_type":
        return f"{source_id}: expected an entry: [{source_id}] alone on a line, and its fields on the lines below"
    if kind == "extra_forbidden":
        fields = list(SourceEntry.model_fields)
        return (
            f"[{source_id}] {field}: not a field of a source.{did_you_mean(field, fields)} Fields: {', '.join(fields)}"
        )
    expected = expectation(kind, problem["msg"], problem.get("ctx", {}))
    if not field:
        return f"[{source_id}]: {expected}"
    value = "" if kind == "missing" else f"value {shown(str(problem['input']))}: "
    return f"[{source_id}] {field}: {value}{expected}"
