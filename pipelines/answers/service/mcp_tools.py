"""The questions as tools of the Model Context Protocol, and the data dictionary as its resources.

What belongs here: which questions are tools, and what a model that uses them has to know. What does not: the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.types import ToolAnnotations

from pipelines import __version__
from pipelines.answers.service.questions import Questions
from pipelines.errors import LedgerError

INSTRUCTIONS = """Compute Ledger: compute, energy, money and carbon of AI models and chips. Every figure has an interval (the
central 90 %), a method, its inputs and their sources; give the interval and the kind (measured, reported, estimated,
derived, assumed) together with a figure. Begin with search, then explain a quantity of a subject. For everything else
use sql; the tables for readers are in the schema mart, and the resources ledger://tables describe them. Answers name the
build that they come from."""

READS_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

P = ParamSpec("P")
R = TypeVar("R")


def make_tools(questions: Questions) -> MCPServer[None]:
    """The server of tools; it runs on standard input and output, or as a part of the HTTP application."""
    server: MCPServer[None] = MCPServer(
        "compute-ledger", title="Compute Ledger", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING"
    )
    estimates = (questions.estimate, questions.estimate_serving, questions.find_devices, questions.estimate_installed)
    for ask in (questions.search, questions.sql, questions.explain, *estimates, questions.audit):
        server.add_tool(_telling(ask, ToolError), annotations=READS_ONLY, structured_output=True)
    server.resource(
        "ledger://tables", description="All tables, with what a row of each is.", mime_type="application/json"
    )(_telling(lambda: questions.tables().model_dump_json(), ResourceError, "tables"))
    server.resource(
        "ledger://sources", description="All sources, with address and licence.", mime_type="application/json"
    )(_telling(lambda: questions.sources().model_dump_json(), ResourceError, "sources"))

    def table(table: str) -> str:
        """The columns of a table, each with type, unit and meaning."""
        return questions.table(table).model_dump_json()

    server.resource("ledger://tables/{table}", mime_type="application/json")(_telling(table, ResourceError))
    return server


def _telling(ask: Callable[P, R], kind: type[Exception], name: str | None = None) -> Callable[P, R]:
    """A question whose failures are told to the model that asked, word for word."""

    @wraps(ask)
    def asked(*given: P.args, **named: P.kwargs) -> R:
        try:
            return ask(*given, **named)
        except LedgerError as error:
            raise kind(str(error)) from None

    if name:
        asked.__name__ = name
    return asked
