"""The ``ledger`` command: thin, calls the modules beside it.

Exit status 0 ok, 1 failed (the message says what to do), 2 bad usage, 3 `status` found something stale. Dagster is
imported only by the commands that run something.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer

from pipelines import __version__
from pipelines.answers.time_limit import time_limit
from pipelines.cli.examples import epilog
from pipelines.cli.exports import export, verify
from pipelines.cli.fetch_progress import FetchProgress
from pipelines.cli.own_runs import ingest, record
from pipelines.cli.printing import (
    Format,
    Json,
    TextFormat,
    fetch_frame,
    fetch_rows,
    print_doubts,
    print_json,
    print_table,
    write_frame,
)
from pipelines.cli.questions import audit, estimate, explain, search
from pipelines.cli.runs import prepare_instance, refuse_pattern, run_job
from pipelines.cli.serve import serve
from pipelines.cli.shortages import refuse_shortage, told
from pipelines.cli.state import STATE
from pipelines.cli.streams import discard, ends_at_once, prepare
from pipelines.errors import LedgerError, UsageError
from pipelines.logs import logs_as_json, say
from pipelines.settings import Settings, read_settings
from pipelines.warehouse.file import connect_published
from pipelines.warehouse.fingerprints import (
    digest_inputs,
    remember_build,
    remember_site,
    unchanged_build,
    unchanged_site,
)
from pipelines.warehouse.publish import build_lock, sweep

app = typer.Typer(
    name="ledger",
    help="What AI costs in compute, energy, money and carbon: build the warehouse, query it, draw its reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


TRY = (
    "select model_name, training_flop, training_flop_low, training_flop_high from mart.training_summary limit 5",
    "select accelerator_name, dense_16_bit_flop_per_joule from mart.accelerators order by 2 desc nulls last limit 5",
    "select metric, cohort, growth_per_year, doubling_time_months from mart.trends",
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(f"ledger {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="Folder for all state (default: LEDGER_HOME, else ./data).", show_default=False),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """What AI costs in compute, energy, money and carbon: build the warehouse, query it, draw its reports."""
    STATE.home = home
    refuse_shortage(context.invoked_subcommand)


def _where(settings: Settings) -> None:
    print(f"warehouse  {settings.published}")
    print(f"site       {settings.site / 'index.html'}")


def _stale_assets(settings: Settings) -> list[str]:
    from pipelines.defs.stale import stale_assets

    return stale_assets(settings)


def build(
    force: Annotated[bool, typer.Option(help="Make every table and page again, changed or not.")] = False,
    hints: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Build the warehouse from all sources, check it, publish it, and draw the site."""
    settings = STATE.settings
    refuse_pattern(settings)
    with build_lock(settings) as was_killed:
        if was_killed:
            sweep(settings)
        inputs = digest_inputs(settings)
        same = None if force else unchanged_build(settings, inputs)
        if same is None:
            from pipelines.warehouse.seed_layer import check_seeds  # loads polars

            check_seeds(settings)
            chosen = None if force else _stale_assets(settings)
    if same is not None:
        print(f"nothing changed since build {same}")
        if settings.copy_to is not None:
            from pipelines.warehouse.remote_copy import copy_published

            print(f"copy       {copy_published(settings)}")
    else:
        done = run_job(settings, "build_all", chosen, force=force)["meta/builds"]
        remember_build(settings, str(done["build_id"]), inputs)
        print(f"{'published' if done['is_new'] else 'data unchanged, still published:'} build {done['build_id']}")
        if done["set_aside"]:
            print(f"set aside  {done['set_aside']:,} records and rows of publishers, with reasons in meta.rejects")
    _where(settings)
    if hints:
        print("try        " + "\n           ".join(f'.venv/bin/ledger sql "{query}"' for query in TRY))


def fetch(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Sources to fetch, or one round of a source: mlperf_training@v5.1 (default: all)."),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Accept snapshots that differ a lot from the last one.")
    ] = False,
) -> None:
    """Fetch data from publishers. If a file fails or looks wrong, the last good snapshot stays in use."""
    from pipelines.warehouse.fetching import fetch_sources
    from pipelines.warehouse.raw_layer import check_connectors, fetched_files, remote_files, unnamed_rounds, why_unknown
    from pipelines.warehouse.seed_layer import described_sources

    settings = STATE.settings
    check_connectors(described_sources(settings))
    if unknown := why_unknown(sources or ()):
        raise typer.BadParameter(unknown)
    settings.prepare()
    files = remote_files(sources or ())
    with FetchProgress(len(fetched_files(settings, sources or ()))) as shown:
        outcomes = fetch_sources(
            settings,
            files,
            lambda file, how_far: shown.update(file.source_id, file.name, file.url, how_far),
            accept=accept,
        )
    for outcome in outcomes:
        if logs_as_json():
            say("fetched", str(outcome), level="error" if outcome.status in ("held", "failed") else "info",
                source_id=outcome.file.source_id, status=outcome.status)  # fmt: skip
        print(outcome)
        print_doubts(outcome.doubts)
    for line in unnamed_rounds(settings):
        print(line)
    counts = Counter(outcome.status for outcome in outcomes)
    print(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    if counts["failed"] or counts["held"]:
        raise typer.Exit(1)
    if not counts["new"]:
        print("nothing new")


def report() -> None:
    """Draw charts and pages from the published warehouse."""
    settings = STATE.settings
    with connect_published(settings):
        pass
    if unchanged_site(settings):
        print("nothing changed")
        print(f"site       {settings.site / 'index.html'}")
        return
    done = run_job(settings, "reports_only")
    remember_site(settings)
    changed = [key.partition("/")[2] for key, meta in done.items() if meta.get("changed_files", "none") != "none"]
    print(f"changed    {', '.join(sorted(changed))}" if changed else "nothing changed")
    print(f"site       {settings.site / 'index.html'}")


def status(
    output: Annotated[TextFormat, typer.Option("--format", help="How to print it.")] = TextFormat.text,
    json: Json = False,
) -> None:
    """Show the published build, what it changed, and the age of the sources.

    Exit status 3 if something is stale or held.
    """
    output = TextFormat.json if json else output
    from pipelines.cli.status import (
        NEEDS_ATTENTION,
        build_line,
        source_report,
        status_json,
        status_lines,
        terminal_width,
    )

    settings = STATE.settings
    if output is TextFormat.json:
        sources = source_report(settings)
        print(status_json(settings, sources))
    else:
        print(build_line(settings))
        _where(settings)
        sources = source_report(settings)
        for line in status_lines(settings, sources, terminal_width()):
            print(line)
    if sources.needs_attention:
        raise typer.Exit(NEEDS_ATTENTION)


def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Repair what it finds.")] = False,
) -> None:
    """Look for damage in LEDGER_HOME; exit status 1 if something is wrong."""
    from pipelines.cli.doctor import examine

    if not examine(read_settings(STATE.home), fix=fix):
        raise typer.Exit(1)


def sql(
    query: Annotated[str, typer.Argument(help="One SQL statement in DuckDB's dialect.")],
    output: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.table,
    timeout: Annotated[float, typer.Option(min=0.1, help="Time limit of the query in seconds.")] = 30,
    json: Json = False,
) -> None:
    """Query the published warehouse: read-only, without files, network or settings."""
    output = Format.json if json else output
    as_frame = output in (Format.csv, Format.parquet)
    with connect_published(STATE.settings, restricted=True) as connection:
        try:
            with time_limit(connection, timeout), ends_at_once():
                if (count := len(connection.extract_statements(query))) != 1:
                    raise UsageError(f"expected one SQL statement, got {count}.")
                found = fetch_frame(connection, query, output) if as_frame else fetch_rows(connection, query)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise UsageError(f"the query failed: {error}") from None
    if isinstance(found, tuple):
        names, rows = found
        (print_json if output is Format.json else print_table)(names, rows)
    else:
        write_frame(found, output)


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; an address other than loopback needs LEDGER_UI_TOKEN.")
    ] = "127.0.0.1",
) -> None:
    """Open the Dagster UI behind a guard and run the schedules; Ctrl-C ends the UI and its runs."""
    from pipelines.server.ui import run_ui

    run_ui(STATE.settings, prepare_instance(STATE.settings), host, port)


for command in (
    build, fetch, record, ingest, report, status, doctor, search, sql, explain, estimate, audit, export, verify, serve, ui,
):  # fmt: skip
    app.command(epilog=epilog(command.__name__))(command)


def _run(call: Callable[[], Any]) -> int:
    try:
        call()
    except LedgerError as error:
        say("failed", f"ledger: {error}", level="error")
        return error.exit_status
    except BrokenPipeError:
        discard()
    except KeyboardInterrupt:
        print("ledger: interrupted", file=sys.stderr)
        return 1
    except Exception as error:
        if isinstance(error, RuntimeError) and str(error) == "Query interrupted":  # DuckDB's word for Ctrl-C
            print("ledger: interrupted", file=sys.stderr)
            return 1
        if (line := told(error)) is None:
            raise
        say("failed", f"ledger: {line}", level="error")
        return 1
    return 0


COLLECT_AFTER = 100_000
"""Python looks for circles of objects after so many new ones. Its 700 cost a tenth of a build; few objects here are circles."""


def main() -> None:
    """Entry point of the ``ledger`` command."""
    prepare()
    gc.set_threshold(COLLECT_AFTER)
    try:
        status = _run(lambda: app(prog_name="ledger", standalone_mode=True))
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        discard()
    sys.exit(status)


if __name__ == "__main__":
    main()
