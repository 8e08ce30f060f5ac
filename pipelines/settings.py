"""Every path and option, read in one place.

Options are environment variables that start with ``LEDGER_``; the table in README.md lists them.
No other module reads the environment or joins a path of its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import LedgerError

PACKAGE = Path(__file__).resolve().parent
"""The Python code."""

_INSTALLED = PACKAGE / "_data"

IS_INSTALLED = _INSTALLED.is_dir()
"""Whether the code was installed from a wheel: its folder then holds what lies beside it in a checkout."""

ROOT = _INSTALLED if IS_INSTALLED else PACKAGE.parent
"""Holds ``sql/``, ``seeds/``, ``reports/`` and workspace.yaml: the checkout, or a folder of the installed package."""

SQL = ROOT / "sql"
SEEDS = ROOT / "seeds"
REPORTS = ROOT / "reports"

OWN_RUN_FORMULAS = SQL / "macros" / "telemetry.sql"
"""The formulas by which samples of own runs become energy."""

LATEST_SOURCE_DATE = 253_402_300_799
"""End of the year 9999, in seconds since 1970."""

PICTURES = "/charts"
"""Where the server of ``ledger ui`` gives the pictures of the page."""


@dataclass(frozen=True)
class Settings:
    """Where state lives and how much of the machine a build may use."""

    home: Path
    site: Path
    seeds: Path = SEEDS
    keep_versions: int = 5
    threads: int = 2
    memory_limit: str = "2GB"
    mirrors: tuple[Path, ...] = ()
    """Folders that stand for the network: ``https://HOST/PATH`` is ``HOST/PATH`` in the first that has it."""
    fetch_deadline_s: int = 300
    """Seconds that one file may take, all tries and redirects together."""
    fetch_max_bytes: int | None = None
    """Largest file, unpacked, in place of the limit that its connector names."""
    fetch_max_ratio: int = 200
    """How many times its transferred size a compressed answer may unpack to."""
    webhook_url: str | None = field(default=None, repr=False)
    """Where a run that failed is told to, by an HTTP POST of JSON."""
    copy_to: str | None = field(default=None, repr=False)
    """Folder or object storage that every published file is copied to: ``s3://BUCKET/FOLDER`` or ``file:///FOLDER``."""
    ui_token: str | None = field(default=None, repr=False)
    """What a browser has to know to use the UI; required for any address but loopback."""
    serve_token: str | None = field(default=None, repr=False)
    """What a program has to know to ask ``ledger serve``; required for any address but loopback."""
    history_runs: int = 30
    """Runs that the history keeps."""
    history_days: int = 90
    """Days that it keeps them."""
    history_mb: int = 50
    """Megabytes that it may take."""
    engine: str = "cores"
    """What integrates own runs: the cores of this machine, or a cluster of Ray."""
    ray_address: str | None = None
    """Address of the cluster; without one, Ray runs on this machine."""
    max_file_bytes: int = 50_000_000
    """Largest file that a command reads for a user."""

    @property
    def published(self) -> Path:
        """The symlink that readers open."""
        return self.home / "warehouse.duckdb"

    @property
    def home_note(self) -> Path:
        """Says which version of the program laid out the home."""
        return self.home / "home.json"

    @property
    def versions(self) -> Path:
        """Folder of published files, one a build."""
        return self.home / "versions"

    @property
    def build(self) -> Path:
        """Folder that a build writes in; nothing else is written before a publish."""
        return self.home / "build"

    @property
    def build_file(self) -> Path:
        """The warehouse under construction."""
        return self.build / "warehouse.duckdb"

    @property
    def lock(self) -> Path:
        """File whose flock the one running build holds; names the holder."""
        return self.home / "build.lock"

    @property
    def inputs_file(self) -> Path:
        """Digest of the inputs of the last finished build, so that an unchanged build ends at once."""
        return self.home / "inputs.json"

    @property
    def raw(self) -> Path:
        """Fetched bytes, each under its SHA-256; nothing in it is ever edited."""
        return self.home / "raw"

    @property
    def raw_manifest(self) -> Path:
        """What was fetched, from where and when, one JSON object a line; only ever appended to."""
        return self.raw / "manifest.jsonl"

    @property
    def raw_checks(self) -> Path:
        """How the last attempt at each file ended."""
        return self.raw / "checks.json"

    @property
    def raw_lock(self) -> Path:
        """File whose flock is held while the store of fetched bytes changes."""
        return self.raw / ".lock"

    @property
    def parsed(self) -> Path:
        """Raw tables as they were read from snapshots; may be removed at any time."""
        return self.home / "parsed"

    @property
    def inbox(self) -> Path:
        """Folder that files of own runs are put into, to be taken in."""
        return self.home / "inbox"

    @property
    def recordings(self) -> Path:
        """Samples of ``ledger record`` while it runs; those that a killed one left are taken in next time."""
        return self.home / "recordings"

    @property
    def landed(self) -> Path:
        """Samples of own runs, as they were taken in."""
        return self.home / "landed"

    @property
    def ui_lock(self) -> Path:
        """File whose flock the one UI of this home holds; names its process and address."""
        return self.home / "ui.lock"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance folder: run history, schedules, logs."""
        return self.home / "dagster"

    def prepare(self) -> None:
        """Make the folders; raises LedgerError where that is not possible."""
        try:
            for folder in (self.home, self.versions, self.build, self.dagster_home):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(
                f"cannot create {error.filename}: {error.strerror}. Set LEDGER_HOME (or --home) to a writable folder."
            ) from None
        if not self.is_writable:
            raise LedgerError(
                f"{self.home} is read-only, or you may not write there. "
                "Set LEDGER_HOME (or --home) to a writable folder."
            )

    @property
    def is_writable(self) -> bool:
        """Whether this process may write below the home."""
        return all(os.access(folder, os.W_OK) for folder in (self.home, self.versions, self.build, self.dagster_home))


def _whole_number(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise LedgerError(f"{name}={text!r}: expected a whole number of 1 or more.")
    return int(text)


def _folders(name: str) -> tuple[Path, ...]:
    """Folders that a variable lists as PATH does."""
    listed = os.environ.get(name, "").split(os.pathsep)
    return tuple(Path(folder).expanduser().resolve() for folder in listed if folder)


def _threads() -> int:
    """Threads of DuckDB: more than there are cores only cost memory, and some machines cannot start them."""
    cores = os.cpu_count() or 1
    threads = _whole_number("LEDGER_THREADS", min(2, cores))
    if threads > cores:
        raise LedgerError(f"LEDGER_THREADS={threads}: this machine has {cores} cores. Set it to {cores} or less.")
    return threads


def source_date() -> datetime | None:
    """The time that SOURCE_DATE_EPOCH names, as tools of reproducible builds do: it stands for that of every build."""
    if not (text := os.environ.get("SOURCE_DATE_EPOCH")):
        return None
    if not text.isdecimal() or int(text) > LATEST_SOURCE_DATE:
        raise LedgerError(f"SOURCE_DATE_EPOCH={text!r}: expected seconds since 1970, a whole number.")
    return datetime.fromtimestamp(int(text), UTC)


def max_columns() -> int:
    """Most columns that the header of a CSV file may name."""
    return _whole_number("LEDGER_MAX_COLUMNS", 10_000)


def read_settings(home: Path | None = None) -> Settings:
    """Settings from the environment; ``home`` (the ``--home`` option) goes before ``LEDGER_HOME``."""
    in_checkout = ROOT / "data"
    chosen = home or Path(os.environ.get("LEDGER_HOME") or ("data" if IS_INSTALLED else in_checkout))
    chosen = chosen.expanduser().resolve()
    in_place = not IS_INSTALLED and chosen == in_checkout.resolve()
    site = os.environ.get("LEDGER_SITE")
    if (log := os.environ.get("LEDGER_LOG") or "text") not in ("text", "json"):
        raise LedgerError(f"LEDGER_LOG={log!r}: expected text or json.")
    if (engine := os.environ.get("LEDGER_ENGINE") or "cores") not in ("cores", "ray"):
        raise LedgerError(f"LEDGER_ENGINE={engine!r}: expected cores or ray.")
    max_bytes = os.environ.get("LEDGER_FETCH_MAX_BYTES")
    return Settings(
        home=chosen,
        site=Path(site).expanduser().resolve() if site else (REPORTS / "site" if in_place else chosen / "site"),
        seeds=Path(os.environ.get("LEDGER_SEEDS") or SEEDS).expanduser().resolve(),
        keep_versions=_whole_number("LEDGER_KEEP_VERSIONS", 5),
        threads=_threads(),
        memory_limit=os.environ.get("LEDGER_MEMORY_LIMIT", "2GB"),
        mirrors=_folders("LEDGER_MIRROR"),
        fetch_deadline_s=_whole_number("LEDGER_FETCH_DEADLINE_S", 300),
        fetch_max_bytes=_whole_number("LEDGER_FETCH_MAX_BYTES", 1) if max_bytes else None,
        fetch_max_ratio=_whole_number("LEDGER_FETCH_MAX_RATIO", 200),
        webhook_url=os.environ.get("LEDGER_WEBHOOK_URL") or None,
        copy_to=os.environ.get("LEDGER_COPY_TO") or None,
        ui_token=os.environ.get("LEDGER_UI_TOKEN") or None,
        serve_token=os.environ.get("LEDGER_SERVE_TOKEN") or None,
        engine=engine,
        ray_address=os.environ.get("LEDGER_RAY_ADDRESS") or None,
        history_runs=_whole_number("LEDGER_HISTORY_RUNS", 30),
        history_days=_whole_number("LEDGER_HISTORY_DAYS", 90),
        history_mb=_whole_number("LEDGER_HISTORY_MB", 50),
        max_file_bytes=_whole_number("LEDGER_MAX_FILE_BYTES", 50_000_000),
    )
