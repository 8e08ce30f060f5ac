"""Own runs in the build file: what was taken in, what was said of it, and the energy of each device in each file.

What belongs here: tables that are read from the store of own runs. What does not: the store and its integration
(``telemetry/``), figures of a run (sql/core/telemetry).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import polars as pl

from pipelines.settings import OWN_RUN_FORMULAS, Settings
from pipelines.telemetry.landed import FileEntry, Landed, Manifest
from pipelines.telemetry.partials import on_cores
from pipelines.telemetry.parts import Partials, overlapping_parts
from pipelines.telemetry.run_note import RunNote, one_line
from pipelines.warehouse.meta_tables import MAX_VALUE_CHARS, clear_source_files
from pipelines.warehouse.models.tables import write_table

OWN = "own_runs"
"""Source of all own measurements: its key in SOURCES.toml."""

FILES, NOTES = "raw.telemetry_files", "raw.telemetry_notes"
RESULTS, PARTIALS = "raw.telemetry_results", "core.telemetry_partials"

FILE_COLUMNS = {
    "run_id": "Run that the file has samples of.",
    "file_sha256": "SHA-256 of the file as it was delivered.",
    "file_name": "Its name.",
    "format": "Format, as its content says.",
    "byte_count": "Its size in bytes.",
    "record_count": "Records in it.",
    "duplicate_count": "Records that an earlier file had already.",
    "folded_count": "Times at which its local clock was put back an hour.",
    "sample_count": "Samples of the run in it that are new.",
    "landed_path": "Where its samples are, below LEDGER_HOME/landed.",
    "landed_sha256": "SHA-256 of that file.",
}
NOTE_COLUMNS = {
    "run_id": "Key of the run.",
    "title": "What the run is called.",
    "work": "training, inference or other.",
    "accelerator": "Accelerator as run.toml or a file names it.",
    "accelerator_count": "Accelerators, where run.toml or a file says.",
    "model": "Model as run.toml or a file names it.",
    "config": "Configuration of the model that its parameters were counted from, with the beginning of its SHA-256.",
    "active_params": "Parameters that work on a token, where run.toml says or names a configuration.",
    "number_format": "Number format of the matrix multiplications, where run.toml says.",
    "tokens": "Tokens trained on, or written.",
    "country": "Country of the machines, ISO 3166 alpha-3.",
    "usd_per_chip_hour": "Price of an accelerator and hour, where run.toml says.",
}
RESULT_COLUMNS = {
    "run_id": "Key of the run.",
    "file_sha256": "SHA-256 of the file as it was delivered.",
    "result_no": "Number of the result in the run, from 1.",
    "model_name": "Model, and its version.",
    "framework": "Software that ran it.",
    "processor_name": "Processor as the system names it.",
    "number_format": "Number format of weights and activations.",
    "is_optimized": "True if the software was allowed to rewrite the graph of the model.",
    "batch_size": "Inferences in a batch.",
    "thread_count": "Threads that it was allowed to use.",
    "repeat_no": "Number of the repeat, from 1.",
    "inference_count": "Inferences of the repeat.",
    "wall_s": "Time that they took, seconds.",
    "processor_s": "Processor time that they took, seconds, summed over threads.",
    "energy_j": "Energy as a meter counted it, joules; null without a meter.",
    "core_power_w": "Power of a busy core, watts, where the person who measured gave one.",
    "same_answer_fraction": "Share of inputs on which the answer is that of the model as it is.",
}
PARTIAL_COLUMNS = {
    "run_id": "Key of the run.",
    "landed_path": "File of the samples, below LEDGER_HOME/landed; the first of several that overlap.",
    "device_id": "Device as its driver numbers it.",
    "part": "accelerator, processor, memory, or system for all of it.",
    "device_name": "Name of the device, as its driver prints it.",
    "is_modelled": "True if the power follows from a model, not from a meter.",
    "reading": "What samples read: power, or counter for a counter of energy.",
    "is_numbered": "True if who took the samples numbered them: the numbers then order several files, else times do.",
    "file_count": "Files that overlap and are integrated as one series; else 1.",
    "sample_count": "Samples.",
    "energy_j": "Energy between samples of the file, joules.",
    "measured_s": "Time over which energy is known, seconds.",
    "gap_count": "Gaps: times over ten seconds without a sample of power.",
    "gap_s": "Length of all gaps, seconds; they add no energy.",
    "reset_count": "Times at which the clock went back or stood, or a counter was set back; such steps add no energy.",
    "wrap_count": "Times at which a counter was full and began again.",
    "peak_power_w": "Highest power; of a counter the highest mean between two readings.",
    "first_seq": "Number of the first sample.",
    "last_seq": "Number of the last.",
    "first_at_ms": "Time of the first sample, milliseconds since 1970, UTC.",
    "last_at_ms": "Time of the last.",
    "first_power_w": "Power at the first sample; null for a counter.",
    "last_power_w": "Power at the last.",
    "first_counter_j": "Counter at the first sample; null for power.",
    "last_counter_j": "Counter at the last.",
    "counter_range_j": "Where the counter begins again at zero, if that is known.",
}
COLUMNS = {FILES: FILE_COLUMNS, NOTES: NOTE_COLUMNS, RESULTS: RESULT_COLUMNS, PARTIALS: PARTIAL_COLUMNS}

POLARS: dict[str, pl.DataType] = {
    **dict.fromkeys(("batch_size", "result_no", "repeat_no"), pl.Int64()),
    **dict.fromkeys(("is_modelled", "is_numbered", "is_optimized"), pl.Boolean()),
    **dict.fromkeys(
        ("active_params", "tokens", "usd_per_chip_hour", "energy_j", "measured_s", "gap_s", "peak_power_w", "first_power_w",
         "last_power_w", "first_counter_j", "last_counter_j", "counter_range_j", "wall_s", "processor_s", "core_power_w",
         "same_answer_fraction"), pl.Float64(),
    ),
}  # fmt: skip


def _schema(table: str) -> dict[str, pl.DataType]:
    whole = ("_count", "_seq", "_ms")
    return {name: POLARS.get(name, pl.Int64() if name.endswith(whole) else pl.String()) for name in COLUMNS[table]}


def store(settings: Settings) -> Landed:
    """The store of own runs of a home."""
    return Landed(settings.landed)


def partials_of(settings: Settings) -> Partials:
    """The integration of the store, with the formulas of this version."""
    macros = OWN_RUN_FORMULAS.read_text(encoding="utf-8")
    if settings.engine == "ray":
        from pipelines.telemetry.cluster import on_ray, piece_count

        return Partials(store(settings), macros, on_ray(settings.ray_address), piece_count)
    return Partials(store(settings), macros, on_cores(settings.threads), lambda _files: settings.threads)


def landed_version(settings: Settings) -> dict[str, str]:
    """What was taken in, and the formulas of its energy, as versions: digests of the manifest and of the file of formulas."""
    path = store(settings).manifest_file
    data = path.read_bytes() if path.exists() else b""
    return {
        "landed/manifest.jsonl": hashlib.sha256(data).hexdigest()[:16] if data else "nothing taken in",
        "sql/macros/telemetry.sql": hashlib.sha256(OWN_RUN_FORMULAS.read_bytes()).hexdigest()[:16],
    }


def _write(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    frame = pl.DataFrame(rows, schema=_schema(table))
    return write_table(connection, table, frame, TABLES[table].description, COLUMNS[table])


def load_files(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, str]:
    """Make raw.telemetry_files, and account in meta for every record of the files."""
    landed = store(settings)
    manifest = landed.read_manifest()
    clear_source_files(connection, FILES)
    for entry in manifest.files:
        _note_file(connection, landed, entry)
    rows = [
        {
            "run_id": part.run_id, "file_sha256": entry.sha256, "file_name": entry.name, "format": entry.format,
            "byte_count": entry.byte_count, "record_count": entry.record_count, "duplicate_count": entry.duplicate_count,
            "folded_count": entry.folded_count, "sample_count": part.sample_count, "landed_path": part.path,
            "landed_sha256": part.sha256,
        }
        for entry in manifest.files
        for part in entry.parts
    ]  # fmt: skip
    return _write(connection, FILES, sorted(rows, key=lambda row: (row["run_id"], row["landed_path"])))


def _note_file(connection: duckdb.DuckDBPyConnection, landed: Landed, entry: FileEntry) -> None:
    counts = [entry.record_count, entry.accepted_count, entry.rejected_count, entry.duplicate_count]
    connection.execute(
        "insert into meta.files values (?, ?, ?, ?, ?, ?, ?, ?)", [FILES, OWN, entry.name, entry.sha256, *counts]
    )
    for reject in landed.read_rejects(entry.sha256):
        value = None if reject.value is None else reject.value[:MAX_VALUE_CHARS]
        connection.execute(
            "insert into meta.rejects values (?, ?, ?, ?, ?, ?, ?)",
            [FILES, OWN, entry.sha256, reject.record_no, reject.column, value, reject.reason],
        )


def _runs(manifest: Manifest) -> list[str]:
    return sorted({part.run_id for part in manifest.parts})


def load_notes(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, str]:
    """Make raw.telemetry_notes: run.toml goes before what a file itself says."""
    manifest = store(settings).read_manifest()
    rows = []
    for run_id in _runs(manifest):
        said: dict[str, Any] = {}
        for entry in manifest.files:
            facts = {name: value for name, value in entry.facts.get(run_id, {}).items() if value is not None}
            said |= {name: one_line(value) if isinstance(value, str) else value for name, value in facts.items()}
        note = manifest.notes.get(run_id) or RunNote()
        said |= note.model_dump(exclude_none=True)
        if said.get("accelerator_count") is not None:
            said["accelerator_count"] = int(said["accelerator_count"])
        rows.append({name: said.get(name) for name in NOTE_COLUMNS} | {"run_id": run_id})
    return _write(connection, NOTES, rows)


def load_results(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, str]:
    """Make raw.telemetry_results: the results of benchmarks, as their files say."""
    manifest = store(settings).read_manifest()
    rows = []
    for run_id in _runs(manifest):
        said = [
            {"run_id": run_id, "file_sha256": entry.sha256, **result}
            for entry in manifest.files
            for result in entry.facts.get(run_id, {}).get("results", [])
        ]
        rows += [{**row, "result_no": number} for number, row in enumerate(said, 1)]
    return _write(connection, RESULTS, rows)


def load_partials(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, str]:
    """Make core.telemetry_partials: files of a run that overlap are integrated as one series."""
    manifest = store(settings).read_manifest()
    partials = partials_of(settings)
    found = partials.of_days()
    overlapping = overlapping_parts(manifest.parts, found)
    joined = {part.path for group in overlapping for part in group}
    by_path = {part.path: part for part in manifest.parts}
    counted = [(row, 1) for row in found.iter_rows(named=True) if row["path"] not in joined]
    for group, frame in zip(overlapping, partials.merged(overlapping), strict=True):
        counted += [(row, len(group)) for row in frame.iter_rows(named=True)]
    rows = []
    for row, file_count in counted:
        part = by_path[row["path"]]
        device = _device(manifest, part.run_id, row["device_id"])
        is_power = part.kind == "power"
        rows.append(
            {name: row[name] for name in PARTIAL_COLUMNS if name in row}
            | {
                "run_id": part.run_id, "landed_path": part.path, "file_count": file_count, "reading": part.kind,
                "part": device["part"], "device_name": device["name"], "is_modelled": device["is_modelled"],
                "is_numbered": all(each.is_numbered for each in manifest.parts_of(part.run_id)),
                "first_power_w": row["first_reading"] if is_power else None,
                "last_power_w": row["last_reading"] if is_power else None,
                "first_counter_j": None if is_power else row["first_reading"],
                "last_counter_j": None if is_power else row["last_reading"],
                "counter_range_j": device["counter_range_j"],
            }
        )  # fmt: skip
    rows.sort(key=lambda each: (each["run_id"], each["device_id"], each["landed_path"]))
    return _write(connection, PARTIALS, rows)


def _device(manifest: Manifest, run_id: str, device_id: str) -> dict[str, Any]:
    """What files say of a device of a run; the first that names it."""
    listed = [one for part in manifest.parts_of(run_id) for one in part.devices if one["device_id"] == device_id]
    named = [one for one in listed if one["name"]]
    return (named or listed)[0]


@dataclass(frozen=True)
class OwnTable:
    """A table that is read from the store: no SQL makes it."""

    table: str
    description: str
    key: tuple[str, ...]
    load: Callable[[duckdb.DuckDBPyConnection, Settings], dict[str, str]]
    intervals: tuple[str, ...] = ()
    checks: Mapping[str, str] = field(default_factory=dict)
    warnings: frozenset[str] = frozenset()


TABLES = {
    each.table: each
    for each in (
        OwnTable(
            FILES,
            "One row per delivered file and run: what was taken in of own runs.",
            ("run_id", "landed_path"),
            load_files,
        ),
        OwnTable(NOTES, "One row per own run: what run.toml, or a file itself, says of it.", ("run_id",), load_notes),
        OwnTable(
            RESULTS,
            "One row per repeat of a benchmark of own runs: so many inferences, and what they took.",
            ("run_id", "result_no"),
            load_results,
        ),
        OwnTable(
            PARTIALS,
            "One row per device and landed file of an own run: energy between its samples, and what is needed to go on "
            "in the next file.",
            ("run_id", "device_id", "landed_path"),
            load_partials,
        ),
    )
}
"""Tables of own runs that no SQL makes, by name."""
