"""The commands ``ledger export`` and ``ledger verify``: data for other tools and other people.

What belongs here: options in, what was written or found printed. What does not: the files (``answers/export``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.state import STATE
from pipelines.errors import LedgerError
from pipelines.warehouse.file import connect_published


def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write: a new one, or an export to replace.")],
) -> None:
    """Write every mart as Parquet and CSV, described by a Frictionless data package and Croissant metadata."""
    from pipelines.answers.export.export import export as write_export

    with connect_published(STATE.settings) as connection:
        try:
            found = write_export(connection, folder.expanduser().resolve())
        except ModuleNotFoundError as error:
            raise LedgerError(
                f"ledger export needs the package {error.name}. Install it: pip install 'compute-ledger[export]'"
            ) from None
    tables = sum(name.endswith(".parquet") for name in found)
    print(f"export     {folder} ({tables} tables as Parquet and CSV; datapackage.json, croissant.json, ATTRIBUTION.md)")
