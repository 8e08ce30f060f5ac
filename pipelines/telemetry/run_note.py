"""run.toml: what a team says of a run beside its measurements.

What belongs here: the fields and reading them. What does not: what they are joined with in the warehouse.
"""

from __future__ import annotations

import hashlib
import tomllib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipelines.errors import LedgerError, did_you_mean
from pipelines.records.model_config import parse_config
from pipelines.records.regular_files import read_regular_file
from pipelines.telemetry.formats.times import check_zone

NAME = "run.toml"
MAX_NOTE_BYTES, MAX_CONFIG_BYTES = 100_000, 10_000_000
RUN_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"


def _zone(value: object) -> object:
    if isinstance(value, str):
        try:
            check_zone(value)
        except LedgerError as error:
            raise ValueError(str(error)) from None
    return value


def one_line(text: str) -> str:
    """A name as one line: line breaks and tabs, of a recorded command for example, become blanks."""
    return " ".join(text.split())


OneLine = Annotated[str, Field(max_length=200), AfterValidator(one_line)]


class RunNote(BaseModel):
    """What run.toml says. Everything is optional; what is missing makes no figure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run_id: str | None = Field(None, pattern=RUN_ID)
    title: OneLine | None = None
    work: Literal["training", "inference", "other"] | None = None
    accelerator: OneLine | None = None
    accelerator_count: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    model: OneLine | None = None
    config: Annotated[str, Field(pattern=r"^[^/\\]+$", max_length=200)] | None = None
    """Name of the model's config.json beside run.toml; once it is counted, with the beginning of its SHA-256."""
    active_params: Annotated[float, Field(gt=0, le=1e15)] | None = None
    number_format: str | None = Field(None, max_length=40)
    tokens: Annotated[float, Field(gt=0, le=1e18)] | None = None
    country: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    usd_per_chip_hour: Annotated[float, Field(ge=0, le=10_000)] | None = None
    timezone: Annotated[str, BeforeValidator(_zone)] | None = None
    started_at: AwareDatetime | None = None
    interval_s: Annotated[float, Field(gt=0, le=86_400)] | None = None

    @property
    def started_at_ms(self) -> int | None:
        """The start in milliseconds since 1970."""
        return None if self.started_at is None else round(self.started_at.astimezone(UTC).timestamp() * 1000)

    def over(self, other: RunNote) -> RunNote:
        """This note, and what it leaves open as the other says it."""
        return RunNote.model_validate({**other.model_dump(exclude_none=True), **self.model_dump(exclude_none=True)})


def read_note(data: bytes, file: str) -> RunNote:
    """The note of a run; raises LedgerError that names the field and what was expected."""
    try:
        found = tomllib.loads(data.decode("utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise LedgerError(f"{file}: not TOML: {error}.") from None
    try:
        return RunNote.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise LedgerError(f"{file}: unknown field {field}.{did_you_mean(field, RunNote.model_fields)}") from None
        if first["type"] == "timezone_aware":
            raise LedgerError(
                f"{file}: {field}: expected a time with its zone, such as 2026-11-30T10:00:00Z."
            ) from None
        raise LedgerError(
            f"{file}: {field}: {first['msg'].removeprefix('Value error, ')}, got {first['input']!r}."
        ) from None


def named_config(folder: Path) -> str | None:
    """The name of the config.json that the run.toml of a folder names, where that can be read."""
    with suppress(LedgerError, OSError):
        return read_note(read_regular_file(folder / NAME, MAX_NOTE_BYTES), NAME).config
    return None


def read_note_of(folder: Path) -> RunNote | None:
    """The note of a folder, with parameters counted from the config.json that it names; None without one.

    Raises LedgerError where a file of the two cannot be used.
    """
    path = folder / NAME
    if not path.exists() and not path.is_symlink():
        return None
    note = read_note(read_regular_file(path, MAX_NOTE_BYTES), str(path))
    if note.config is None:
        return note
    if note.active_params is not None:
        raise LedgerError(f"{path}: config and active_params both say how large the model is. Leave one out.")
    data = read_regular_file(folder / note.config, MAX_CONFIG_BYTES)
    counted = parse_config(data, str(folder / note.config))
    named = f"{note.config} (sha256 {hashlib.sha256(data).hexdigest()[:12]})"
    return note.model_copy(update={"config": named, "active_params": counted.active_params})


def now_utc() -> datetime:
    """Now, UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
