"""Dagster's run history, kept small and whole.

What belongs here: forgetting old runs, finding damaged files of the history, and starting it anew. What does not: which
runs are gone (``killed_runs.py``). The history is a record of how tables came about; no table depends on it.

Layout below ``$LEDGER_HOME/dagster``: ``history/runs.db`` lists the runs, ``history/runs/index.db`` what is known of each
asset, ``history/runs/<run_id>.db`` the events of one run, ``schedules/schedules.db`` the state of schedules and sensors,
``storage/<run_id>`` what its steps printed.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance, RunRecord

DAY_S = 86_400
MEGABYTE = 1_000_000


def _index(settings: Settings) -> Path:
    return settings.dagster_home / "history" / "runs" / "index.db"


def _events_of(settings: Settings, run_id: str) -> Path:
    return settings.dagster_home / "history" / "runs" / f"{run_id}.db"


def _read_only(database: Path) -> sqlite3.Connection:
    """A connection that writes nothing, no file beside the database either unless another process has written there."""
    log = database.with_name(f"{database.name}-wal")
    is_quiet = not log.exists() or not log.stat().st_size
    return sqlite3.connect(f"{database.as_uri()}?mode=ro{'&immutable=1' if is_quiet else ''}", uri=True)


# --- keeping it small -----------------------------------------------------------------------------------------------


def prune_history(instance: DagsterInstance, settings: Settings) -> None:
    """Forget ended runs beyond the number, the age and the size that the settings allow; the newest run stays.

    Beyond number and age a run goes with all that is known of it. Beyond the size only its events go, the oldest
    first, those last that made what is the newest of some asset: the run stays in the list.
    """
    ended = _ended_runs(instance)
    oldest = time.time() - settings.history_days * DAY_S
    kept = [
        record
        for place, record in enumerate(ended)
        if place == 0 or (place < settings.history_runs and record.create_timestamp.timestamp() >= oldest)
    ]
    for record in ended:
        if record not in kept:
            _forget(instance, settings, record.dagster_run.run_id)
            _forget_checks(instance, record.dagster_run.run_id)
    limit = settings.history_mb * MEGABYTE
    if _byte_count(settings) > limit:
        for record in _by_need(instance, kept[1:]):
            if _byte_count(settings) <= limit:
                break
            instance.event_log_storage.delete_events(record.dagster_run.run_id)
            _forget_checks(instance, record.dagster_run.run_id)
            _give_back_space(_events_of(settings, record.dagster_run.run_id))
    _give_back_space(_index(settings))


def _ended_runs(instance: DagsterInstance) -> list[RunRecord]:
    """Runs that have ended, newest first."""
    from dagster import DagsterRunStatus, RunsFilter

    ended = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
    return list(instance.get_run_records(RunsFilter(statuses=ended)))


def _by_need(instance: DagsterInstance, records: list[RunRecord]) -> list[RunRecord]:
    """Runs whose events are needed least first: old ones, and those last that hold the newest state of an asset."""
    made = [asset.asset_entry.last_materialization_record for asset in instance.get_asset_records()]
    newest = {record.run_id for record in made if record is not None}
    oldest_first = records[::-1]
    return sorted(oldest_first, key=lambda record: record.dagster_run.run_id in newest)


def _forget(instance: DagsterInstance, settings: Settings, run_id: str) -> None:
    instance.delete_run(run_id)
    for path in settings.dagster_home.glob(f"history/runs/{run_id}.db*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(settings.dagster_home / "storage" / run_id, ignore_errors=True)


def _forget_checks(instance: DagsterInstance, run_id: str) -> None:
    """Forget how checks ended in a run, but for those that none after it repeated: Dagster deletes none of them."""
    from sqlalchemy import text

    storage: Any = instance.event_log_storage
    with storage.index_connection() as connection:
        connection.execute(
            text(
                "delete from asset_check_executions where run_id = :run_id and id not in "
                "(select max(id) from asset_check_executions group by asset_key, check_name)"
            ),
            {"run_id": run_id},
        )


def _byte_count(settings: Settings) -> int:
    """Bytes of the history in use.

    Those that SQLite keeps free for later do not count, nor its logs of what a run under way has written: they are
    several times as large as what remains of them.
    """
    logs = ("-wal", "-shm")
    files = [path for path in settings.dagster_home.rglob("*") if path.is_file() and not path.name.endswith(logs)]
    return sum(path.stat().st_size for path in files) - _free_bytes(_index(settings))


def _free_bytes(database: Path) -> int:
    with suppress(sqlite3.Error), closing(_read_only(database)) as connection:
        free, size = (connection.execute(f"pragma {name}").fetchone()[0] for name in ("freelist_count", "page_size"))
        return int(free) * int(size)
    return 0


def _give_back_space(database: Path) -> None:
    """Give bytes that are no longer used back to the disk, where they are a quarter or more of the file.

    Another process may hold the file: then it is done after a later run.
    """
    if not database.exists() or _free_bytes(database) * 4 < database.stat().st_size:
        return
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(database, timeout=1)) as connection:
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")


# --- keeping it whole -----------------------------------------------------------------------------------------------


def damaged_files(settings: Settings) -> Iterator[tuple[Path, str]]:
    """Files of the history that SQLite cannot read, or that are gone while others speak of them, and why."""
    runs = settings.dagster_home / "history" / "runs.db"
    events = [*settings.dagster_home.glob("history/runs/*.db")]
    databases = [runs, settings.dagster_home / "schedules" / "schedules.db", *sorted(events)]
    for path in databases:
        if path.exists() and (problem := _problem(path)):
            yield path, problem
    for path in (runs, _index(settings)):
        if not path.exists() and any(other.exists() for other in (runs, *events)):
            yield path, "it is gone, and the other files of the history speak of it"


def _problem(database: Path) -> str | None:
    try:
        with closing(_read_only(database)) as connection:
            found = connection.execute("pragma integrity_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        return None if "locked" in str(error) else str(error)
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == "ok" else str(found)


def set_aside(settings: Settings, damaged: Path) -> None:
    """Take a damaged file out of the history; the list of runs and the index of assets take all of it along.

    What is taken out lies in ``dagster/set-aside``, in place of what lay there before.
    """
    aside = settings.dagster_home / "set-aside"
    aside.mkdir(exist_ok=True)
    history = settings.dagster_home / "history"
    taken = list(damaged.parent.glob(f"{damaged.name}*"))
    if damaged in (history / "runs.db", _index(settings)):
        taken = [folder for folder in (history, settings.dagster_home / "storage") if folder.exists()]
    for path in taken:
        if (before := aside / path.name).is_dir():
            shutil.rmtree(before)
        path.replace(before)
