"""The commands ``ledger export`` and ``ledger verify``: data for other tools and other people.

What belongs here: options in, what was written or found printed. What does not: the files (``answers/export``).
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.answers.as_json import as_json
from pipelines.answers.numbers import number
from pipelines.cli.printing import Json
from pipelines.cli.state import STATE
from pipelines.errors import LedgerError, UsageError
from pipelines.warehouse.file import connect_published


class ExportFormat(StrEnum):
    """What ``ledger export DIR`` writes."""

    tables = "tables"
    boamps = "boamps"


MOST_FAULTS = 20
"""Differences that are listed; more are counted."""


def export(
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR", help="Folder to write, new or an export; with --figure a file.", show_default=False
        ),
    ] = None,
    format: Annotated[
        ExportFormat, typer.Option(help="tables, or boamps for reports of own runs.")
    ] = ExportFormat.tables,
    figure: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="SUBJECT QUANTITY", help="Write the evidence of one figure instead.", show_default=False),
    ] = None,
) -> None:
    """Write every mart as Parquet and CSV with descriptions, or with --figure an archive that proves one figure.

    With --format boamps, write a BoAmps report of the energy of each of your own runs.
    With --figure, SUBJECT may also be the key of a benchmark result, or MODEL/ACCELERATOR/NUMBER FORMAT/BATCH.
    """
    if figure is not None:
        if format is not ExportFormat.tables:
            raise UsageError("--format has no meaning with --figure.")
        _export_figure(*figure, target)
        return
    if target is None:
        raise UsageError("the folder is missing: ledger export DIR, or ledger export --figure SUBJECT QUANTITY.")
    folder = target.expanduser().resolve()
    if format is ExportFormat.boamps:
        _export_reports(folder)
    else:
        _export_tables(folder)


def _export_reports(folder: Path) -> None:
    from pipelines.answers.export.boamps import write_reports
    from pipelines.answers.export.export import export as write_export

    with connect_published(STATE.settings) as connection:
        found = write_export(connection, folder, write_reports)
    print(f"export     {folder} ({len(found)} own runs as BoAmps reports)")


def _export_tables(folder: Path) -> None:
    from pipelines.answers.export.export import export as write_export
    from pipelines.answers.export.marts import write_marts

    with connect_published(STATE.settings) as connection:
        try:
            found = write_export(connection, folder, write_marts)
        except ModuleNotFoundError as error:
            raise LedgerError(
                f"ledger export needs the package {error.name}. Install it: pip install 'compute-ledger[export]'"
            ) from None
    tables = sum(name.endswith(".parquet") for name in found)
    print(f"export     {folder} ({tables} tables as Parquet and CSV; datapackage.json, croissant.json, ATTRIBUTION.md)")


def _export_figure(subject: str, quantity: str, file: Path | None) -> None:
    from pipelines.answers.evidence.figure import write_evidence

    path = file or Path(re.sub(r"[^\w.-]+", "-", f"{subject}-{quantity}").lower() + ".evidence.zip")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; expected the name of a file.")
    with connect_published(STATE.settings) as connection:
        write_evidence(connection, STATE.settings, subject, quantity, path.expanduser())
    print(f"evidence   {path} ({path.stat().st_size:,} bytes). To compute it again: ledger verify {path}")


def verify(
    file: Annotated[Path, typer.Argument(help="Archive that ledger export --figure wrote.")],
    json: Json = False,
) -> None:
    """Compute the figure of an archive again, from what is in it alone: equal, or what differs. Needs no warehouse."""
    from pipelines.answers.evidence.figure import verify as check

    done = check(file)
    if json:
        print(as_json({"is_equal": not done.faults, "faults": done.faults, "key": done.key, "column": done.column,
                       "row": done.row, **done.build}))  # fmt: skip
        raise typer.Exit(1 if done.faults else 0)
    if done.faults:
        shown = [
            *done.faults[:MOST_FAULTS],
            *([f"and {len(done.faults) - MOST_FAULTS:,} more"] if len(done.faults) > MOST_FAULTS else []),
        ]
        raise LedgerError("\n".join([f"{file} differs", *(f"  {line}" for line in shown)]))
    low, high = (done.row.get(f"{done.column}_{side}") for side in ("low", "high"))
    interval = "" if low is None or high is None else f" ({number(low)} to {number(high)})"
    key = ", ".join(str(part) for part in done.key.values())
    print(f"equal      {key}: {done.column} = {number(done.row[done.column])}{interval}")
    print(f"build      {done.build['build_id']}, data version {done.build['data_version']}")
