"""One orderly end: a signal that came before the server was there still ends it."""

import os
import signal
import time
from contextlib import suppress

import uvicorn

from pipelines.server.ending import Ending


async def app(scope, receive, send) -> None:
    """Answers nothing."""


def test_a_signal_that_a_library_swallowed_ends_the_server_once_there_is_one() -> None:
    server = uvicorn.Server(uvicorn.Config(app))
    with Ending() as ending:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)  # the signal ends it
        ending.attach(server)
    assert server.should_exit


def test_without_a_signal_the_server_goes_on() -> None:
    server = uvicorn.Server(uvicorn.Config(app))
    with Ending() as ending:
        ending.attach(server)
    assert not server.should_exit
