"""uvicorn as our servers use it: behind the guard, without handlers of signals of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from pipelines.server.guard import Access, Guard, Rules

if TYPE_CHECKING:
    from starlette.applications import Starlette

OPEN_REQUESTS_END_WITHIN_S = 1

KEEP_ALIVE_S = 75
"""Longer than programs wait between two questions: a connection that ends just as one is sent is an error to them."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to ``Ending``: uvicorn's handlers would end this process before its children."""
        yield


def guarded_server(app: Starlette, access: Access, rules: Rules | None = None) -> uvicorn.Server:
    """A server that answers with the application only what the guard lets through.

    With ``rules`` of its own, the application may begin and end something together with the server.
    """
    return _Server(
        uvicorn.Config(
            Guard(app, access, rules),
            log_level="warning",
            access_log=False,  # it would write the token that a browser brings in the address
            lifespan="off" if rules is None else "on",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=OPEN_REQUESTS_END_WITHIN_S,
        )
    )
