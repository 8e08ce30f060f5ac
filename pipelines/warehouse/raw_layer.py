"""Snapshots and packaged data -> ``raw.*`` tables in the build file.

What belongs here: which connectors there are, reading their newest accepted snapshots into tables, and
accounting for every record in ``meta``. What does not: fetching (``snapshots.py``), the columns of a
source (``sources/``).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from types import ModuleType

import duckdb

import pipelines.sources as connectors
from pipelines.errors import LedgerError, did_you_mean
from pipelines.fetch.raw_cache import keep_tables, kept_tables
from pipelines.fetch.store import Snapshot, latest_accepted, read_history, read_verified, verify
from pipelines.records.csv_records import cut_csv, file_name
from pipelines.records.frames import columns_without_unit
from pipelines.records.raw_tables import (
    Listing,
    PackagedFile,
    RawRow,
    RawTable,
    RemoteFile,
    empty_raw_frame,
    raw_columns,
)
from pipelines.settings import ROOT, Settings, read_settings
from pipelines.sources.mlperf.rounds import RoundFormat
from pipelines.warehouse.models.tables import write_table
from pipelines.warehouse.rounds import MLPERF_ROUNDS, round_files, unnamed_in_mirrors

RawFile = RemoteFile | PackagedFile

MOST_EARLIER = 12
"""Earlier snapshots of a file that a table of what it said before is read from."""


@cache
def _modules() -> tuple[ModuleType, ...]:
    """The connectors, in the order of their names."""
    names = sorted(m.name for m in pkgutil.walk_packages(connectors.__path__, f"{connectors.__name__}."))
    return tuple(importlib.import_module(name) for name in names)


def round_formats() -> tuple[RoundFormat, ...]:
    """Formats of rounds that the connectors read."""
    return tuple(each for module in _modules() for each in getattr(module, "ROUND_FORMATS", ()))


def raw_files() -> tuple[RawFile, ...]:
    """Every file that a connector of ``pipelines.sources`` reads: those that it names itself, in the order of module
    names, then those of the rounds that seeds/benchmarks/mlperf_rounds.csv names.

    Raises LedgerError where that file has faults.
    """
    own = (file for module in _modules() for file in getattr(module, "FILES", ()))
    return (*own, *round_files(read_settings().seeds, round_formats()))


def remote_among(files: Iterable[RawFile]) -> list[RemoteFile]:
    """Those that are fetched."""
    return [file for file in files if isinstance(file, RemoteFile)]


def remote_files(names: Iterable[str] = ()) -> list[RemoteFile]:
    """Files that are fetched; those of the named sources and rounds (``source@round``) only, if any are named."""
    wanted = set(names)
    return [file for file in remote_among(raw_files()) if not wanted or wanted & {file.source_id, file.fetch_name}]


def why_unknown(names: Iterable[str]) -> str | None:
    """What is wrong with the names of sources and rounds that somebody gave; None where all are known."""
    files = remote_files()
    sources = sorted({file.source_id for file in files})
    for name in sorted(set(names) - {file.fetch_name for file in files} - set(sources)):
        source_id, at, _ = name.partition("@")
        rounds = [file.round for file in files if file.source_id == source_id and file.round]
        if at and rounds:
            return (
                f"unknown round {name}; expected one of: {', '.join(rounds)}. For another round add a row to "
                f"seeds/{MLPERF_ROUNDS}."
            )
        if at and source_id in sources:
            return f"{name}: {source_id} has no rounds; name the source alone"
        return f"unknown source {name}; expected one of: {', '.join(sources)}"
    return None


def unnamed_rounds(settings: Settings) -> list[str]:
    """One line for each file of a round that lies in the mirror and that no row names."""
    return list(unnamed_in_mirrors(settings.mirrors, remote_files(), round_formats()))


def fetched_files(settings: Settings, source_ids: Iterable[str] = ()) -> list[RemoteFile]:
    """Files that are fetched, each followed by those that its snapshot in use names."""
    return [each for file in remote_files(source_ids) for each in (file, *listed_files(settings, file))]


def known_files(settings: Settings) -> list[RawFile]:
    """Files that are fetched, those that others name included, and those that packages ship."""
    return [*fetched_files(settings), *(file for file in raw_files() if isinstance(file, PackagedFile))]


def listed_files(settings: Settings, file: RemoteFile) -> list[RemoteFile]:
    """The files that a file names in its snapshot in use; none where it names none or was never fetched.

    Those that its curated file gives no name for are ``unlisted_codes``.
    """
    asked, _ = _named_by(settings, file)
    return [file.listing.file_of(name) for name in asked] if file.listing else []


def unlisted_codes(settings: Settings, file: RemoteFile) -> list[str]:
    """What a file names and nobody can ask for: the curated file gives no name for it."""
    return _named_by(settings, file)[1]


def _named_by(settings: Settings, file: RemoteFile) -> tuple[list[str], list[str]]:
    """Names to ask for, and codes without a name, of the files that a file lists."""
    if (listing := file.listing) is None or latest_accepted(settings, file) is None:
        return [], []
    (schema,) = file.tables
    codes = {code for table in _read(file, schema, settings) for code in table.frame[listing.column]}
    known = _asked_names(settings, listing)
    return sorted({known[code] for code in codes if code in known}), sorted(codes - known.keys())


def _asked_names(settings: Settings, listing: Listing) -> dict[str, str]:
    """code -> name in the address, by the curated file of a listing; its other columns do not count here."""
    path = settings.seeds / listing.seed
    table = cut_csv(path.read_bytes(), file_name(path, ROOT))
    code, name = table.header.index("code"), table.header.index("asked_name")
    return {record.cells[code]: record.cells[name] for record in table.records}


@cache
def raw_schemas() -> dict[str, type[RawRow]]:
    """Raw tables by name, ``raw.`` included: also those that no file feeds."""
    return {f"raw.{schema.table}": schema for schema in _schemas()}


def _schemas() -> Iterator[type[RawRow]]:
    """The schemas of all files, those that other files name and those of rounds included."""
    for module in _modules():
        for file in getattr(module, "FILES", ()):
            yield from file.tables
            if isinstance(file, RemoteFile):
                yield from file.listing.tables if file.listing else ()
                yield from (file.earlier,) if file.earlier else ()
        for each in getattr(module, "ROUND_FORMATS", ()):
            yield from each.tables


def check_connectors(source_ids: Collection[str]) -> None:
    """Refuse connectors that a build would trip over late; raises LedgerError that names file and remedy.

    A source must be in SOURCES.toml (``source_ids``), a table have one schema, and a column of numbers a unit.
    """
    owners: dict[str, type[RawRow]] = {}
    problems = []
    for schema in dict.fromkeys(_schemas()):
        module = f"{schema.__module__.replace('.', '/')}.py"
        if schema.source_id not in source_ids:
            problems.append(
                f"{module}: {schema.__name__}.source_id: '{schema.source_id}' is not in seeds/SOURCES.toml."
                f"{did_you_mean(schema.source_id, source_ids)} Add [{schema.source_id}] with title, url, licence and kind there."
            )
        problems += [
            f"{module}: {schema.__name__}.{column}: the name ends in no unit that pipelines/records/units.py lists. End it in "
            "its unit, such as _w or _kwh, and name the publisher's header in headers."
            for column in columns_without_unit(schema)
        ]
        if (owner := owners.setdefault(schema.table, schema)) is not schema:
            problems.append(
                f"{module}: {schema.__name__}.table: raw.{schema.table} is made by {owner.__module__}.{owner.__name__} already. "
                "Give one of them another name."
            )
    if problems:
        raise LedgerError("\n".join(problems))


def packaged_among(files: Iterable[RawFile]) -> dict[str, str]:
    """The sources whose files a package ships, each with that package."""
    return {file.source_id: file.package for file in files if isinstance(file, PackagedFile)}


def feeding_files(schema: type[RawRow], settings: Settings | None = None) -> list[RawFile]:
    """The files that a raw table is read from: with settings also those that a fetched file names, else that file."""
    found = [file for file in raw_files() if schema in file.tables]
    for file in remote_files():
        if file.earlier is schema:
            found.append(file)
        if file.listing and schema in file.listing.tables:
            found += listed_files(settings, file) if settings else [file]
    return found


def file_versions(schema: type[RawRow], settings: Settings) -> dict[str, str]:
    """What a raw table would be read from now: snapshots by address, packages by name."""
    found = {}
    for file in feeding_files(schema, settings):
        if isinstance(file, PackagedFile):
            found[f"package {file.package}"] = version(file.package)
        elif file.earlier is schema:
            found[f"before {file.url}"] = " ".join(snapshot.sha256[:16] for snapshot in _before(settings, file))
        else:
            snapshot = latest_accepted(settings, file)
            found[file.url] = snapshot.sha256[:16] if snapshot else "never fetched"
    return found


def note_fetch_times(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Say in meta.snapshots when the bytes in use were last fetched: the same bytes may have been fetched again."""
    from pipelines.warehouse.meta_tables import note_snapshot  # loads polars and sqlglot, for builds alone

    used = dict(connection.execute("select url, sha256 from meta.snapshots").fetchall())
    for file in fetched_files(settings):
        snapshot = latest_accepted(settings, file) if used else None
        if snapshot is not None and used.get(snapshot.url) == snapshot.sha256:
            note_snapshot(connection, file, snapshot)


def _read(file: RawFile, schema: type[RawRow], settings: Settings) -> list[RawTable]:
    """Tables of a schema in one file: of the newest accepted snapshot, or none if it was never fetched."""
    if isinstance(file, PackagedFile):
        return file.read()
    snapshot = latest_accepted(settings, file)
    if snapshot is None:
        return []
    verify(snapshot)
    kept = kept_tables(settings, file, snapshot.sha256, schema)
    if kept is not None:
        return kept
    tables = file.read(read_verified(snapshot), file.name, snapshot.sha256)
    keep_tables(settings, file, snapshot.sha256, tables)
    return tables


def _before(settings: Settings, file: RemoteFile) -> list[Snapshot]:
    """Accepted snapshots of a file before the one in use, the newest first, each content once."""
    accepted = [snapshot for snapshot in read_history(settings, file) if snapshot.status == "accepted"]
    newest_first = {snapshot.sha256: snapshot for snapshot in reversed(accepted)}
    return [*newest_first.values()][1 : MOST_EARLIER + 1]


def _read_before(file: RemoteFile, settings: Settings) -> Iterator[RawTable]:
    """Tables of the earlier snapshots; those that are damaged, or that this code reads no more, stop nothing."""
    for snapshot in _before(settings, file):
        with suppress(LedgerError):
            yield from file.read(read_verified(snapshot), file.name, snapshot.sha256)


def load_raw(connection: duckdb.DuckDBPyConnection, name: str, settings: Settings) -> dict[str, str]:
    """Make one raw table from all files that feed it; returns its columns and their types.

    A source that was never fetched gives an empty table. Raises LedgerError where a snapshot no longer
    holds its contract.
    """
    import polars as pl

    from pipelines.warehouse.meta_tables import clear_source_files, note_raw_table, note_snapshot

    schema = raw_schemas()[name]
    frames = [empty_raw_frame(schema)]
    clear_source_files(connection, name)
    for file in feeding_files(schema, settings):
        if isinstance(file, RemoteFile) and file.earlier is schema:
            frames += [table.frame for table in _read_before(file, settings)]
            continue
        for table in _read(file, schema, settings):
            if table.schema is schema:
                frames.append(table.frame)
                note_raw_table(connection, name, table)
        if isinstance(file, RemoteFile) and (snapshot := latest_accepted(settings, file)) is not None:
            note_snapshot(connection, file, snapshot)
    description = " ".join((schema.__doc__ or "").split())
    return write_table(connection, name, pl.concat(frames, how="vertical"), description, raw_columns(schema))
