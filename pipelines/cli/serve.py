"""The command ``ledger serve``: options in, a server of answers running.

What belongs here: choosing the way to ask. What does not: the answers (``answers/service``), the server (``server/``).
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from pipelines.cli.state import STATE
from pipelines.errors import LedgerError
from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8321,
    host: Annotated[
        str, typer.Option(help="Address to listen on; an address other than loopback needs LEDGER_SERVE_TOKEN.")
    ] = "127.0.0.1",
    stdio: Annotated[
        bool,
        typer.Option("--stdio", help="Serve the tools of the Model Context Protocol on standard input and output."),
    ] = False,
) -> None:
    """Answer questions of other programs: a read-only HTTP API with OpenAPI, and MCP tools; Ctrl-C ends it."""
    settings = STATE.settings
    with connect_published(settings):
        pass  # says what to do where there is none
    try:
        _serve(settings, host, port, stdio=stdio)
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"ledger serve needs the package {error.name}. Install it: pip install 'compute-ledger[serve]'"
        ) from None


def _serve(settings: Settings, host: str, port: int, *, stdio: bool) -> None:
    from pipelines.answers.service.application import make_application, run_on_pipes
    from pipelines.answers.service.sandbox import preload

    preload("pipelines.cli.commands")  # what the started script imports, so that each query does not import it anew
    if stdio:
        asyncio.run(run_on_pipes(settings))
        return
    from pipelines.server.answering import run_server

    run_server(settings, lambda: make_application(settings), host, port)
