"""The processes behind the UI: started as one group, ended as one group, whatever happens to the process that started them.

A small shell, the keeper, leads the group and waits on a pipe from the UI. When the UI is killed, the pipe closes, and
the keeper ends the group. It holds the lock of the UI too, so that the next one starts after the last process is gone.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pipelines.logs import logs_as_json, say, scrubbed

GRACE_S = 5
"""Seconds that the processes have to end by themselves: a run in them writes how it ended."""

KEEPER = f"trap '' INT TERM HUP; read -r _; kill -TERM 0; sleep {GRACE_S}; kill -KILL 0"


class Processes:
    """A group of processes with names. As a context manager, it ends all of them."""

    def __init__(self, environment: Mapping[str, str], folder: Path, held: int) -> None:
        """Start the keeper; ``held`` is the descriptor of a lock that lasts as long as the group."""
        self._environment = environment
        self._folder = folder
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._keeper = subprocess.Popen(
            ["sh", "-c", KEEPER], env=environment, stdin=subprocess.PIPE, pass_fds=[held], process_group=0, cwd="/"
        )

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a process in the group; away from the terminal, whose Ctrl-C only the UI itself gets.

        Where logs are JSON, each line that it writes becomes one event of the UI's log.
        """
        as_json = logs_as_json()
        process = subprocess.Popen(
            command, env=self._environment, cwd=self._folder, stdin=subprocess.DEVNULL, process_group=self._keeper.pid,
            stdout=subprocess.PIPE if as_json else None, stderr=subprocess.STDOUT if as_json else None,
        )  # fmt: skip
        self._started[name] = process
        if process.stdout is not None:
            threading.Thread(target=tell_lines, args=(name, process.stdout), daemon=True).start()

    def ended(self) -> str | None:
        """The name and exit status of a process that ended, if one did."""
        for name, process in {"keeper": self._keeper, **self._started}.items():
            if process.poll() is not None:
                return f"{name} ended with status {process.returncode}"
        return None

    def ask_to_end(self) -> None:
        """Tell all processes of the group to end, those too that its processes started."""
        self._signal(signal.SIGTERM)

    def end(self) -> None:
        """End all processes of the group at once."""
        self._signal(signal.SIGKILL)
        for process in (*self._started.values(), self._keeper):
            process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._keeper.poll() is None:  # its number, which is that of the group, is in use as long as it lives
            os.killpg(self._keeper.pid, number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def tell_lines(process: str, output: IO[bytes]) -> None:
    """Tell each line that a process writes as an event, until it ends.

    A line that is an event already (of a sensor, say, which logs as JSON too) goes through as it is, without secrets.
    """
    for raw in output:
        line = raw.decode("utf-8", "replace").rstrip()
        if is_event(line):
            print(scrubbed(line), file=sys.stderr, flush=True)
        elif line:
            say("output", line, process=process)


def is_event(line: str) -> bool:
    """Whether a line is one of our events."""
    try:
        told = json.loads(line)
    except ValueError:
        return False
    return isinstance(told, dict) and {"at", "level", "event", "message"} <= set(told)
