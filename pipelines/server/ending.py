"""One orderly end, whichever signal asks for it: Ctrl-C, SIGTERM, or the terminal that closes."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import uvicorn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ending:
    """As a context manager: the first signal ends what runs, further ones do not disturb the end.

    SIGHUP stays ignored where it was, so that ``nohup ledger ui`` outlives its terminal.
    """

    def __init__(self) -> None:
        self.server: uvicorn.Server | None = None
        """The server to end, once there is one; before that, a signal raises KeyboardInterrupt."""
        self._has_begun = False

    def begin(self) -> None:
        """Ignore further signals: the end is under way."""
        self._has_begun = True

    def attach(self, server: uvicorn.Server) -> None:
        """From now on a signal ends this server; at once where one came before that a library swallowed."""
        self.server = server
        server.should_exit = self._has_begun

    def __enter__(self) -> Self:
        self._former = {number: signal.getsignal(number) for number in SIGNALS}
        for number, former in self._former.items():
            if not (number is signal.SIGHUP and former is signal.SIG_IGN):
                signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        if self.server is None:
            raise KeyboardInterrupt
        self.server.should_exit = True
