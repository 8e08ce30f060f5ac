"""Our own Parquet: what lands, what ``ledger record`` writes, and what another home has landed.

What belongs here: columns, the note in the file, and reading with verified checksums. What does not: folders.

Columns: device_id, seq, at_ms, power_w or energy_j (with counter_range_j), and optionally run_id, utilisation_percent,
memory_used_bytes, temperature_c. Every page has a checksum: Parquet readers do not notice a flipped byte otherwise.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import LedgerError
from pipelines.telemetry.formats.delivered import Delivered, Device, Kind, settle
from pipelines.telemetry.formats.logs import Context

MAGIC = b"PAR1"
NOTE = b"compute_ledger"
READINGS: dict[Kind, str] = {"power": "power_w", "counter": "energy_j"}
NEEDED = ("device_id", "seq", "at_ms")
ROW_GROUP = 1_000_000


def read_parquet(data: bytes, context: Context) -> Delivered:
    """A Parquet file of samples; raises LedgerError where it is cut, damaged, or has other columns."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LedgerError(f"{context.file}: not a whole Parquet file: {str(error).splitlines()[0]}") from None
    names = table.column_names
    kind: Kind | None = next((kind for kind, column in READINGS.items() if column in names), None)
    if kind is None or (lacking := [name for name in NEEDED if name not in names]):
        lacking = [] if kind else ["power_w or energy_j"]
        lacking += [name for name in NEEDED if name not in names]
        raise LedgerError(f"{context.file}: this Parquet file lacks {', '.join(lacking)}; it has {', '.join(names)}.")
    frame = _typed(table, context, kind)
    note = _note(file, context, frame)
    devices = {one["device_id"]: Device(**one) for one in note.get("devices", [])}
    ranges = dict(frame.group_by("device_id").agg(pl.col("counter_range_j").max()).iter_rows())
    for device_id in ranges.keys() - devices.keys():
        devices[device_id] = Device(device_id, "accelerator", counter_range_j=ranges[device_id])
    delivered = Delivered(
        "parquet", context.file, kind, frame, devices, frame.height, facts=note.get("facts", {}),
        is_numbered=note.get("is_numbered", True),
    )  # fmt: skip
    return settle(delivered)


def _typed(table: pa.Table, context: Context, kind: Kind) -> pl.DataFrame:
    """The samples in our columns; raises LedgerError where a column has another type."""
    wanted = {"run_id": pl.String, "counter_range_j": pl.Float64, "utilisation_percent": pl.Float32,
              "memory_used_bytes": pl.Int64, "temperature_c": pl.Float32}  # fmt: skip
    loaded = pl.from_arrow(table)
    assert isinstance(loaded, pl.DataFrame)
    optional = [
        (pl.col(name) if name in loaded.columns else pl.lit(None)).cast(kind_of).alias(name)
        for name, kind_of in wanted.items()
    ]
    try:
        return loaded.select(
            pl.col("device_id").cast(pl.String), pl.col("seq").cast(pl.Int64), pl.col("at_ms").cast(pl.Int64),
            pl.col(READINGS[kind]).cast(pl.Float64).alias("reading"), *optional,
            record_no=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        ).rename({"run_id": "run"})  # fmt: skip
    except pl.exceptions.PolarsError as error:
        raise LedgerError(f"{context.file}: {str(error).splitlines()[0]}") from None


def _note(file: pq.ParquetFile, context: Context, samples: pl.DataFrame) -> dict[str, Any]:
    """What the file says of its devices and run; nothing where it is not ours. Raises LedgerError where it is damaged.

    Checksums of pages do not cover the footer, which holds this note, names of columns and where pages are.
    """
    text = (file.schema_arrow.metadata or {}).get(NOTE)
    if text is None:
        return {}
    try:
        found: dict[str, Any] = json.loads(text)
        is_whole = found.pop("crc32") == _checksum(samples, found)
    except (ValueError, KeyError, AttributeError):
        is_whole = False
    if not is_whole:
        raise LedgerError(
            f"{context.file}: not a whole Parquet file: its content has another checksum than was written."
        )
    return found


def _checksum(samples: pl.DataFrame, note: Mapping[str, Any]) -> int:
    """Checksum of samples and of what the note says of them."""
    crc = zlib.crc32(json.dumps(note, sort_keys=True).encode())
    devices = samples["device_id"].rle().struct.unnest()
    crc = zlib.crc32(repr(devices.rows()).encode(), crc)
    for column in ("seq", "at_ms", "reading"):
        crc = zlib.crc32(samples[column].rechunk().to_numpy().tobytes(), crc)
    return crc


def write_parquet(
    path: Path | BytesIO,
    samples: pl.DataFrame,
    kind: Kind,
    devices: Mapping[str, Device],
    *,
    facts: Mapping[str, object] | None = None,
    is_numbered: bool = True,
) -> None:
    """Write samples that are in order of device and seq; the reading goes under the name of its unit."""
    samples = samples.with_columns(pl.col("reading").cast(pl.Float64))
    used = [devices[name] for name in samples["device_id"].unique().sort() if name in devices]
    more = ("utilisation_percent", "memory_used_bytes", "temperature_c")
    frame = samples.select(*NEEDED, pl.col("reading").alias(READINGS[kind]), *more)
    if kind == "counter":
        ranges = {device.device_id: device.counter_range_j for device in used}
        frame = frame.with_columns(
            counter_range_j=pl.col("device_id").replace_strict(ranges, default=None, return_dtype=pl.Float64)
        )
    note: dict[str, Any] = {
        "kind": kind,
        "devices": [asdict(device) for device in used],
        "is_numbered": is_numbered,
        "facts": facts or {},
    }
    note["crc32"] = _checksum(samples, note)
    table = frame.to_arrow().cast(_plain(frame))
    table = table.replace_schema_metadata({NOTE: json.dumps(note, sort_keys=True).encode()})
    pq.write_table(
        table, path, compression="zstd", row_group_size=ROW_GROUP, write_page_checksum=True,
        use_dictionary=["device_id", READINGS[kind]], column_encoding=dict.fromkeys(("seq", "at_ms"), "DELTA_BINARY_PACKED"),
    )  # fmt: skip


def _plain(frame: pl.DataFrame) -> pa.Schema:
    """Arrow types that every reader knows: plain strings instead of views."""
    kinds = {pl.String: pa.string(), pl.Int64: pa.int64(), pl.Float64: pa.float64(), pl.Float32: pa.float32()}
    return pa.schema([(name, kinds[type(kind)]) for name, kind in frame.schema.items()])
