"""What ``ledger record`` writes while a command runs: a line that says what is measured, then a line a sample.

What belongs here: the lines. What does not: meters, and running the command (``recording.py`` of the room).
A benchmark adds lines of its own, each a result, between those of samples.

Lines are added one by one, so that whatever ends the recorder leaves all samples but the last. A last line that was
cut is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import polars as pl

from pipelines.errors import LedgerError
from pipelines.records.csv_records import Reject
from pipelines.telemetry.formats.delivered import Delivered, Device, Kind, settle
from pipelines.telemetry.formats.logs import Context
from pipelines.telemetry.results import Result

BEGIN = '{"compute_ledger": "recording"'

ROW = ("device_id", "at_ms", "reading", "utilisation_percent", "memory_used_bytes", "temperature_c")
"""What the line of a sample holds, in this order."""

Row = tuple[str, int, float, float | None, int | None, float | None]


def head_line(kind: Kind, devices: Sequence[Device], facts: Mapping[str, object]) -> bytes:
    """The first line."""
    head = {
        "compute_ledger": "recording",
        "kind": kind,
        "devices": [asdict(device) for device in devices],
        "facts": facts,
    }
    return json.dumps(head).encode() + b"\n"


def row_line(row: Row) -> bytes:
    """The line of a sample."""
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def result_line(result: Mapping[str, object]) -> bytes:
    """The line of a result."""
    return json.dumps({"result": result}, separators=(",", ":")).encode() + b"\n"


def is_recording(head: str) -> bool:
    """Whether a file begins as a recording."""
    return head.startswith(BEGIN)


def read_recording(data: bytes, context: Context) -> Delivered:
    """A recording; samples are numbered in the order of their lines."""
    first, *lines = data[: data.rfind(b"\n") + 1].splitlines() or [b""]
    try:
        head = json.loads(first)
        devices = {one["device_id"]: Device(**one) for one in head["devices"]}
        kind: Kind = head["kind"]
    except (ValueError, KeyError, TypeError):
        raise LedgerError(f"{context.file}:1: expected the first line of a recording.") from None
    rows, results, rejects = [], [], []
    for number, line in enumerate(lines, 1):
        try:
            values = json.loads(line)
            if isinstance(values, dict):
                results.append(Result.model_validate(values["result"]).model_dump())
            else:
                rows.append((number, number + 1, number, None, *values[: len(ROW)]))
        except (ValueError, TypeError, KeyError):
            what = "expected a sample or a result"
            rejects.append(Reject(context.file, number, number + 1, None, line.decode(errors="replace"), what))
    schema = {
        "record_no": pl.Int64(), "line": pl.Int64(), "seq": pl.Int64(), "run": pl.String(), "device_id": pl.String(),
        "at_ms": pl.Int64(), "reading": pl.Float64(), "utilisation_percent": pl.Float32(), "memory_used_bytes": pl.Int64(),
        "temperature_c": pl.Float32(),
    }  # fmt: skip
    samples = pl.DataFrame(rows, schema=schema, orient="row", strict=False)
    facts = {**head["facts"], **({"results": results} if results else {})}
    record_count = len(lines) - len(results)
    return settle(Delivered("recording", context.file, kind, samples, devices, record_count, rejects, {"": facts}))
