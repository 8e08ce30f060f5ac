"""The UI as one command: opens the port, starts what it needs, serves behind the guard, ends everything with it.

Dagster's web server runs in this process, inside the guard. The code location answers on a socket in a folder that only
this user may enter; the daemon (queue, schedules, sensors) opens nothing. So the guarded port is the only way in.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import LedgerError
from pipelines.server.ending import Ending
from pipelines.server.killed_runs import end_killed_runs, end_runs_of_ui, runs_of_ui
from pipelines.server.listening import Listening, listen
from pipelines.server.lock import private_folder, ui_lock
from pipelines.server.processes import GRACE_S, Processes
from pipelines.server.run_history import prune_history
from pipelines.settings import ROOT, Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance
    from starlette.applications import Starlette

MODULE, LOCATION = "pipelines.definitions", "compute_ledger"
"""What Dagster loads, and its name in the UI; workspace.yaml says the same to other commands of Dagster."""

CODE_SERVER_STARTS_WITHIN_S = 180

REFRESH_MS = 2000
"""How often a page of the UI asks for news."""

POLL_S = 0.1


def run_ui(settings: Settings, environment: Mapping[str, str], host: str, port: int) -> None:
    """Serve the UI until a signal ends it, and this process with it.

    Raises LedgerError if it cannot start, or if a process of it ends.
    """
    listening = listen(host, port, settings.ui_token)
    with (
        listening.socket,
        Ending() as ending,
        private_folder() as folder,
        ui_lock(settings, listening.url, folder) as lock,
        Processes(_of_children(environment, folder), ROOT, held=lock) as processes,
    ):
        try:
            _serve(settings, listening, processes, folder, ending)
        except KeyboardInterrupt:
            ending.begin()
    sys.stdout.flush()
    os._exit(0)  # nothing is left to do, and Python would search all objects of Dagster for circles first, for seconds


def _serve(settings: Settings, listening: Listening, processes: Processes, folder: Path, ending: Ending) -> None:
    code_socket = folder / "code.sock"
    _make_history(settings)
    processes.start("code server", _code_server(code_socket))
    # Dagster takes seconds to import, in which the code server starts.
    from dagster import DagsterInstance
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import GrpcServerTarget
    from dagster_webserver.webserver import DagsterWebserver

    from pipelines.server.pictures import pictures_route

    with DagsterInstance.get() as instance:
        end_killed_runs(instance)
        end_runs_of_ui(instance)
        prune_history(instance, settings)
        _wait_for(code_socket, processes)
        processes.start("daemon", _daemon(code_socket))
        target = GrpcServerTarget(host="localhost", port=None, socket=str(code_socket), location_name=LOCATION)
        with WorkspaceProcessContext(instance, target) as workspace:
            app = DagsterWebserver(workspace, live_data_poll_rate=REFRESH_MS).create_asgi_app()
            app.router.routes.insert(0, pictures_route(settings))
            try:
                asyncio.run(_answer_requests(app, settings, listening, processes, ending))
            finally:
                ending.begin()
                _end_processes(processes, instance)


def _make_history(settings: Settings) -> None:
    """Make the files of a new run history before several processes do so at once, which leaves them unreadable."""
    if (settings.dagster_home / "schedules" / "schedules.db").exists():
        return
    from dagster import DagsterInstance

    with DagsterInstance.get() as instance:
        instance.get_runs_count()
        instance.all_instigator_state()


def _end_processes(processes: Processes, instance: DagsterInstance) -> None:
    """End the processes; a run in them gets time to write how it ended, the others need none."""
    under_way = len(runs_of_ui(instance))
    with suppress(OSError):  # the terminal may be gone
        print(f"The UI ends{f', and {under_way} run with it' if under_way else ''}.", file=sys.stderr, flush=True)
    processes.ask_to_end()
    deadline = time.monotonic() + GRACE_S
    while runs_of_ui(instance) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    processes.end()
    end_runs_of_ui(instance)


async def _answer_requests(
    app: Starlette, settings: Settings, listening: Listening, processes: Processes, ending: Ending
) -> None:
    """Serve until a signal or the end of a process; print the address as soon as it answers."""
    from pipelines.server.serving import guarded_server

    server = guarded_server(app, listening.access)
    ending.attach(server)
    serving = asyncio.create_task(server.serve(sockets=[listening.socket]))
    while not (server.started or serving.done()):
        await asyncio.sleep(POLL_S / 10)
    sign_in = "?token=… with the token of LEDGER_UI_TOKEN, once" if settings.ui_token else ""
    print(f"Dagster UI at {listening.url}{sign_in} (stop with Ctrl-C); state in {settings.home}", flush=True)
    while not serving.done():
        ended = processes.ended()
        if ended and not server.should_exit:
            server.should_exit = True
            await serving
            raise LedgerError(f"the UI ended because its {ended}. Its messages are above; start again with: ledger ui")
        await asyncio.sleep(POLL_S)
    await serving


def _of_children(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Without the token, and without options of Dagster that could open a port; temporary files go to the folder."""
    kept = {
        name: value
        for name, value in environment.items()
        if name != "LEDGER_UI_TOKEN" and (name == "DAGSTER_HOME" or not name.startswith("DAGSTER_"))
    }
    return {**kept, "TMPDIR": str(folder)}


def _code_server(code_socket: Path) -> list[str]:
    """It starts the process that holds the definitions, and starts that anew when somebody reloads them."""
    return [sys.executable, "-m", "dagster", "code-server", "start", "--socket", str(code_socket), "-m", MODULE,
            "-d", str(ROOT), "--location-name", LOCATION, "--startup-timeout", str(CODE_SERVER_STARTS_WITHIN_S),
            "--use-python-environment-entry-point", "--log-level", "warning"]  # fmt: skip


def _daemon(code_socket: Path) -> list[str]:
    """It finds the code server, under the name that runs know it by, in a file beside the socket."""
    place = {"host": "localhost", "socket": str(code_socket), "location_name": LOCATION}
    workspace = code_socket.with_name("workspace.yaml")
    workspace.write_text(json.dumps({"load_from": [{"grpc_server": place}]}), encoding="utf-8")  # JSON is YAML
    return [sys.executable, "-m", "dagster._daemon", "run", "--workspace", str(workspace), "--log-level", "warning"]


def _wait_for(code_socket: Path, processes: Processes) -> None:
    deadline = time.monotonic() + CODE_SERVER_STARTS_WITHIN_S
    while not code_socket.exists():
        ended = processes.ended()
        if ended or time.monotonic() > deadline:
            raise LedgerError(
                f"the UI cannot start: {ended or 'its code server does not answer'}. Its messages are above."
            )
        time.sleep(POLL_S)
