"""The one application that ``ledger serve`` answers with: the HTTP API, and the tools at ``/mcp``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from mcp.server.transport_security import TransportSecuritySettings

from pipelines.answers.service.http_api import make_api
from pipelines.answers.service.mcp_tools import make_tools
from pipelines.answers.service.questions import Questions
from pipelines.settings import Settings

TOOLS_PATH = "/mcp"


def make_application(settings: Settings) -> FastAPI:
    """Every question over HTTP and as a tool, of one file at a time."""
    questions = Questions(settings)
    tools = make_tools(questions)
    over_http = tools.streamable_http_app(
        streamable_http_path=TOOLS_PATH,
        json_response=True,
        stateless_http=True,  # each request stands alone: nothing is lost when the server starts anew
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # the guard in front does
    )

    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        async with tools.session_manager.run():
            yield

    api = make_api(questions, lifespan)
    api.router.routes.extend(over_http.routes)
    return api


async def run_on_pipes(settings: Settings) -> None:
    """The tools on standard input and output, until the input ends."""
    await make_tools(Questions(settings)).run_stdio_async()
