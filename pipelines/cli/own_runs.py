"""``ledger ingest`` and ``ledger record``: own runs into the store.

What belongs here: options and what is printed. What does not: what becomes of a file (``telemetry/taking_in.py``), and
running a command while meters are read (``telemetry/recording.py``).
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.state import STATE
from pipelines.errors import LedgerError, UsageError
from pipelines.logs import Level, logs_as_json, say

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.telemetry.recording import Reading, Recorded
    from pipelines.telemetry.taking_in import Outcome


def _tell(outcome: Outcome) -> None:
    if logs_as_json():
        level: Level = "error" if outcome.status == "refused" else "info"
        say("ingested", str(outcome), level=level, file=str(outcome.path), status=outcome.status)
    print(outcome)


def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, or folders of files of one run each (default: LEDGER_HOME/inbox)."),
    ] = None,
    run: Annotated[
        str | None, typer.Option(help="Name of the run (default: that of the folder, or of the file).")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Time zone of local times, such as UTC or Europe/Berlin.")] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="Work out energies at once, by cores or ray (default: a build does, by LEDGER_ENGINE)."),
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="Address of the Ray cluster (default: LEDGER_RAY_ADDRESS).")
    ] = None,
) -> None:
    """Take in measurements of your own hardware: logs of power, counters of energy, reports of runs."""
    from pipelines.telemetry.taking_in import find_files, take_in  # loads polars
    from pipelines.warehouse.own_run_inbox import take_in_inbox
    from pipelines.warehouse.own_runs import store

    settings = STATE.settings
    settings.prepare()
    _check_options(paths or (), run, zone, engine, address)
    began = time.perf_counter()
    _take_in_left(settings)
    if paths:
        files = [found for path in paths for found in find_files(path)]
        outcomes = take_in(store(settings), files, run=run, zone=zone, tell=_tell)
    else:
        outcomes = take_in_inbox(settings, _tell)
    _sum_up(outcomes, time.perf_counter() - began)
    if engine is not None:
        _integrate(replace(settings, engine=engine, ray_address=address or settings.ray_address))
    if not outcomes:
        print(f"nothing to take in; put files into {settings.inbox}, or name them")
    if any(outcome.status == "landed" for outcome in outcomes):
        print('To see the runs: ledger build, then ledger sql "from mart.telemetry_runs"')
    if any(outcome.status == "refused" for outcome in outcomes):
        raise typer.Exit(1)


def _check_options(
    paths: Sequence[Path], run: str | None, zone: str | None, engine: str | None, address: str | None
) -> None:
    """Raise UsageError for options that cannot be."""
    _check_run(run)
    if engine not in (None, "cores", "ray"):
        raise UsageError(f"--engine {engine}: expected cores or ray.")
    if address is not None and engine != "ray":
        raise UsageError("--address needs --engine ray.")
    if zone is not None:
        from pipelines.telemetry.formats.times import check_zone

        check_zone(zone)
    if missing := [path for path in paths if not path.exists() and not path.is_symlink()]:
        raise UsageError(f"{missing[0]}: there is no such file or folder.")


def _sum_up(outcomes: list[Outcome], seconds: float) -> None:
    if len(outcomes) > 1:
        counts = ", ".join(f"{count} {status}" for status, count in sorted(Counter(o.status for o in outcomes).items()))
        samples, size = sum(o.sample_count for o in outcomes), sum(o.byte_count for o in outcomes)
        print(f"{counts}: {samples:,} samples, {samples / seconds:,.0f} samples/s, {size / seconds / 1e6:,.1f} MB/s")


def _integrate(settings: Settings) -> None:
    """Work out the energies of files that are not there yet."""
    from pipelines.warehouse.own_runs import partials_of, store

    began = time.perf_counter()
    partials = partials_of(settings)
    parts = {part.path: part for part in store(settings).read_manifest().parts}
    fresh = [parts[path] for path in partials.missing()]
    partials.of_days()
    seconds = time.perf_counter() - began
    samples = sum(part.sample_count for part in fresh)
    size = sum((settings.landed / part.path).stat().st_size for part in fresh)
    print(
        f"integrated {len(fresh):,} files by {settings.engine}: {samples:,} samples, {samples / seconds:,.0f} samples/s, "
        f"{size / seconds / 1e6:,.1f} MB/s"
    )


def _check_run(run: str | None) -> None:
    from pipelines.telemetry.run_note import RUN_ID

    if run is not None and not re.fullmatch(RUN_ID, run):
        raise UsageError(f"--run {run!r}: expected letters, digits, dots, hyphens and underscores, at most 80.")


def _take_in_left(settings: Settings) -> None:
    """Take in the samples of recorders that were killed."""
    from pipelines.telemetry.recording import left_behind

    _land(settings, left_behind(settings.recordings))


def _land(settings: Settings, files: list[Path]) -> list[Outcome]:
    """Take in the files of recorders, and remove those that were taken in."""
    from pipelines.telemetry.recording import run_of
    from pipelines.telemetry.taking_in import find_files, take_in
    from pipelines.warehouse.own_runs import store

    outcomes = []
    for file in files:
        (outcome,) = take_in(store(settings), find_files(file), run=run_of(file))
        outcomes.append(outcome)
        if outcome.status != "refused":
            file.unlink(missing_ok=True)
        print(outcome, file=sys.stderr)
    return outcomes


class _Live:
    """One line on a terminal that says what a command takes so far: power, energy, and emissions of an average grid."""

    def __init__(self, grams_per_joule: float | None, usd_per_second: float | None) -> None:
        self.grams_per_joule, self.usd_per_second = grams_per_joule, usd_per_second
        self.is_shown = sys.stderr.isatty()

    def text(self, reading: Reading) -> str:
        """The line."""
        parts = [f"{reading.watts:,.1f} W", f"{reading.joules:,.1f} J", f"{reading.seconds:,.0f} s"]
        if self.usd_per_second is not None:
            parts.append(f"{self.usd_per_second * reading.seconds:,.4f} USD")
        if self.grams_per_joule is not None:
            parts.append(f"{self.grams_per_joule * reading.joules:,.3f} g CO2e")
        return "  ".join(parts)

    def show(self, reading: Reading) -> None:
        """Draw the line where a terminal is."""
        if self.is_shown:
            print(f"\r{self.text(reading)}\x1b[K", end="", file=sys.stderr, flush=True)


BUSY_CORE = "busy_core_power_w"
"""The assumption that a recorder uses where it finds no meter."""

BENCHMARK_TITLE = "Inference benchmark: float32 and int8 on processors"

FACTOR = """
    select 1000 * central_of(co2e_kg_of(multiply(exactly(1 / 3.6e6), amount(p.choice)), amount(g.choice)))
    from core.assumption_choices as p, core.assumption_choices as g
    where p.subject_kind = 'class' and p.subject_id = 'all' and p.assumption = 'pue'
        and g.subject_kind = 'class' and g.subject_id = 'all' and g.assumption = 'grid_intensity_kg_co2e_per_kwh'
"""


def _grams_per_joule(settings: Settings) -> float | None:
    """Emissions of a joule by the formulas of the published file; None where nothing is published yet."""
    from pipelines.warehouse.file import connect_published

    try:
        with connect_published(settings) as connection:
            return float(connection.execute(FACTOR).fetchall()[0][0])
    except (LedgerError, IndexError):
        return None


def _watts_per_core(settings: Settings) -> float:
    """Power of a busy core, as the assumptions have it."""
    from pipelines.seeds.files import read_seed_file
    from pipelines.seeds.prices_and_places import Assumptions

    table, _ = read_seed_file(settings.seeds / "assumptions.csv", "seeds/assumptions.csv", Assumptions)
    found = [row.central for _, row in table.rows if isinstance(row, Assumptions) and row.name == BUSY_CORE]
    if not found:
        raise LedgerError(f"seeds/assumptions.csv: no row {BUSY_CORE}. Restore it, or give --watts-per-core.")
    return found[0]


def _benchmark_command(settings: Settings, name: str, watts_per_core: float | None) -> list[str]:
    """The command of the benchmark, which adds its results to the file of its recorder."""
    from pipelines.telemetry.inference_benchmark import require_packages
    from pipelines.telemetry.recording import results_file

    require_packages()
    file = results_file(settings.recordings, name)
    stated = [] if watts_per_core is None else ["--watts-per-core", str(watts_per_core)]
    return [sys.executable, "-m", "pipelines.telemetry.inference_benchmark", str(file.resolve()), *stated]


def _new_name(run: str | None, command: str) -> str:
    """The name of a run: the one that is given, else the command and the time."""
    _check_run(run)
    return run or re.sub(r"[^A-Za-z0-9._]+", "-", f"{command}-{datetime.now(UTC):%Y%m%dT%H%M%S}").strip("-._")


def record(
    command: Annotated[list[str] | None, typer.Argument(help="The command, after --.")] = None,
    *,
    run: Annotated[str | None, typer.Option(help="Name of the run (default: the command and the time).")] = None,
    interval: Annotated[float, typer.Option(min=0.02, max=10, help="Seconds between samples.")] = 1.0,
    tokens: Annotated[float | None, typer.Option(help="Tokens that the command trains on, or writes.")] = None,
    usd_per_chip_hour: Annotated[float | None, typer.Option(min=0, help="Price of an accelerator and hour.")] = None,
    watts_per_core: Annotated[
        float | None,
        typer.Option(min=0.1, help="Power of a busy core, where no meter is there (default: the assumption, 6)."),
    ] = None,
    benchmark: Annotated[
        bool,
        typer.Option("--benchmark", help="Run a small inference benchmark on the processors in place of a command."),
    ] = False,
) -> None:
    """Run a command and record its energy: by NVIDIA's library or RAPL where there is one, else modelled from processor time."""
    from pipelines.telemetry import meters, recording

    if benchmark == bool(command):
        raise UsageError("expected a command, such as ledger record -- python train.py, or --benchmark without one.")
    settings = STATE.settings
    settings.prepare()
    name = _new_name(run, "benchmark" if benchmark else Path((command or [""])[0]).name)
    _take_in_left(settings)
    words = _benchmark_command(settings, name, watts_per_core) if benchmark else command or []
    found = meters.find_meters(watts_per_core or _watts_per_core(settings))
    title, work = (BENCHMARK_TITLE, "inference") if benchmark else (" ".join(words)[:200], None)
    given = {"title": title, "work": work, "tokens": tokens, "usd_per_chip_hour": usd_per_chip_hour}
    facts = {key: value for key, value in given.items() if value is not None}
    devices = sum(len(meter.devices) for meter in found)
    live = _Live(_grams_per_joule(settings), usd_per_chip_hour * devices / 3600 if usd_per_chip_hour else None)
    done = recording.record(
        words, found, settings.recordings, name, interval_s=interval, facts=facts, show=live.show
    )  # fmt: skip
    _report(live, done, [device.is_modelled for meter in found for device in meter.devices])
    _land(settings, done.files)
    if (status := recording.end_like(done.returncode)) != 0:
        raise typer.Exit(status)


def _report(live: _Live, done: Recorded, modelled: list[bool]) -> None:
    by = "modelled from processor time, no meter found" if any(modelled) else "measured"
    clear = "\r\x1b[K" if live.is_shown else ""
    print(f"{clear}recorded {live.text(done.reading)}  ({by})", file=sys.stderr)
