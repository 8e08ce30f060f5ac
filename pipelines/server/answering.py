"""The server of answers: an application behind the guard, on loopback unless a token is set; Ctrl-C ends it.

What belongs here: running it. What does not: what it answers (``answers/service``).
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from pipelines.server.ending import Ending
from pipelines.server.guard import OF_ANSWERS
from pipelines.server.listening import Listening, Service, listen

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.applications import Starlette

    from pipelines.settings import Settings

SERVE = Service("ledger serve", "LEDGER_SERVE_TOKEN", "whoever reaches it can take up its time with queries")

POLL_S = 0.02


def run_server(settings: Settings, make: Callable[[], Starlette], host: str, port: int) -> None:
    """Serve until a signal; the address is printed as soon as it answers."""
    listening = listen(host, port, settings.serve_token, SERVE)
    with listening.socket, Ending() as ending:
        try:
            asyncio.run(_serve(make(), settings, listening, ending))
        except KeyboardInterrupt:
            ending.begin()


async def _serve(app: Starlette, settings: Settings, listening: Listening, ending: Ending) -> None:
    from pipelines.server.serving import guarded_server

    server = guarded_server(app, listening.access, OF_ANSWERS)
    ending.attach(server)
    serving = asyncio.create_task(server.serve(sockets=[listening.socket]))
    while not (server.started or serving.done()):
        await asyncio.sleep(POLL_S)
    needs = ", with Authorization: Bearer and the token of LEDGER_SERVE_TOKEN" if settings.serve_token else ""
    print(f"answers    {listening.url}v1/ (HTTP; openapi.json describes it) and {listening.url}mcp (MCP){needs}")
    print(f"warehouse  {settings.published}; stop with Ctrl-C", flush=True)
    await serving
    sys.stdout.flush()
