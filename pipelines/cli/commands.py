"""The ``ledger`` command: thin, calls the modules beside it.

Exit status 0 ok, 1 failed (the message says what to do), 2 bad usage, 3 `status` found something stale. Dagster is
imported only by the commands that run something.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console

from pipelines import __version__
from pipelines.answers.time_limit import time_limit
from pipelines.cli.fetch_progress import FetchProgress
from pipelines.cli.printing import (
    MOST_FITTED,
    Format,
    fetch_frame,
    fetch_rows,
    finite_or_null,
    json_value,
    print_doubts,
    print_fitted,
    print_json,
    print_table,
    print_whole,
    write_frame,
)
from pipelines.cli.runs import prepare_instance, run_job
from pipelines.cli.shortages import refuse_shortage, told
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
from pipelines.warehouse.home import refuse_newer
from pipelines.warehouse.publish import build_lock, sweep

app = typer.Typer(
    name="ledger",
    help="What AI costs in compute, energy, money and carbon: build the warehouse, query it, draw its reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


TRY = (
    "select model_name, training_flop, training_flop_low, training_flop_high from mart.training_summary limit 5",
    "select accelerator_name, dense_16_bit_flop_per_joule from mart.accelerators order by 2 desc nulls last limit 5",
    "select metric, cohort, growth_per_year, doubling_time_months from mart.trends",
)


class TextFormat(StrEnum):
    """How ``ledger explain`` and ``ledger status`` print."""

    text = "text"
    json = "json"


class EstimateFormat(StrEnum):
    """How ``ledger estimate`` prints."""

    table = "table"
    json = "json"


class AuditFormat(StrEnum):
    """How ``ledger audit`` prints."""

    table = "table"
    csv = "csv"
    json = "json"


class Architecture(StrEnum):
    """Architectures that ``ledger estimate`` knows a formula for."""

    dense = "dense"
    moe = "moe"
    encoder_decoder = "encoder-decoder"


class Operator(StrEnum):
    """Classes of operators that assumptions tell apart."""

    hyperscaler = "hyperscaler"
    other = "other"


def stated(text: str) -> Any:
    """The option of ``ledger estimate`` for a number or a range."""
    return typer.Option(help=text, metavar="NUMBER", show_default=False)


@dataclass
class State:
    """Options that come before the command."""

    home: Path | None = None

    @property
    def settings(self) -> Settings:
        """Settings with the ``--home`` option applied; raises LedgerError for the home of a newer version."""
        settings = read_settings(self.home)
        refuse_newer(settings)
        return settings


STATE = State()


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


@app.command()
def build(
    force: Annotated[bool, typer.Option(help="Make every table and page again, changed or not.")] = False,
    hints: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Build the warehouse from all sources, check it, publish it, and draw the site."""
    settings = STATE.settings
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
    _where(settings)
    if hints:
        print("try        " + "\n           ".join(f'.venv/bin/ledger sql "{query}"' for query in TRY))


@app.command()
def fetch(
    sources: Annotated[list[str] | None, typer.Argument(help="Sources to fetch (default: all).")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Accept snapshots that differ a lot from the last one.")
    ] = False,
) -> None:
    """Fetch data from publishers. If a file fails or looks wrong, the last good snapshot stays in use."""
    from pipelines.warehouse.raw_layer import check_connectors, fetch_sources, remote_files
    from pipelines.warehouse.seed_layer import described_sources

    settings = STATE.settings
    check_connectors(described_sources(settings))
    known = {file.source_id for file in remote_files()}
    if unknown := sorted(set(sources or ()) - known):
        raise typer.BadParameter(f"unknown source {', '.join(unknown)}; expected one of: {', '.join(sorted(known))}")
    settings.prepare()
    files = remote_files(sources or ())
    with FetchProgress(len(files)) as shown:
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
    counts = Counter(outcome.status for outcome in outcomes)
    print(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    if counts["failed"] or counts["held"]:
        raise typer.Exit(1)
    if not counts["new"]:
        print("nothing new")


@app.command()
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


@app.command()
def status(
    output: Annotated[TextFormat, typer.Option("--format", help="How to print it.")] = TextFormat.text,
) -> None:
    """Show the published build, what it changed, and the age of the sources.

    Exit status 3 if something is stale or held.
    """
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


@app.command()
def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Repair what it finds.")] = False,
) -> None:
    """Look for damage in LEDGER_HOME; exit status 1 if something is wrong."""
    from pipelines.cli.doctor import examine

    if not examine(read_settings(STATE.home), fix=fix):
        raise typer.Exit(1)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SQL statement in DuckDB's dialect.")],
    output: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.table,
    timeout: Annotated[float, typer.Option(min=0.1, help="Time limit of the query in seconds.")] = 30,
) -> None:
    """Query the published warehouse: read-only, without files, network or settings."""
    as_frame = output in (Format.csv, Format.parquet)
    with connect_published(STATE.settings, restricted=True) as connection:
        try:
            with time_limit(connection, timeout):
                if (count := len(connection.extract_statements(query))) != 1:
                    raise LedgerError(f"expected one SQL statement, got {count}.")
                found = fetch_frame(connection, query, output) if as_frame else fetch_rows(connection, query)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise LedgerError(f"the query failed: {error}") from None
    if isinstance(found, tuple):
        names, rows = found
        (print_json if output is Format.json else print_table)(names, rows)
    else:
        write_frame(found, output)


@app.command()
def explain(
    subject: Annotated[str, typer.Argument(help="Name or key of a training run, model, model family or machine.")],
    quantity: Annotated[
        str, typer.Argument(help="A column of mart.training_summary, such as facility_energy_kwh, or of mart.figures.")
    ],
    output: Annotated[TextFormat, typer.Option("--format", help="Output format.")] = TextFormat.text,
) -> None:
    """Trace a figure to its sources: formula, inputs, sources of the inputs, and other published values."""
    from pipelines.answers import explain as explaining

    with connect_published(STATE.settings) as connection:
        explanation = explaining.explain(connection, subject, quantity)
    if output is TextFormat.json:
        print(json.dumps(finite_or_null(explanation), default=json_value, ensure_ascii=False, indent=1))
    elif sys.stdout.isatty():
        Console().print(explaining.as_tree(explaining.as_nodes(explanation)))
    else:
        print("\n".join(explaining.as_lines(explaining.as_nodes(explanation))))


@app.command()
def estimate(
    *,
    accelerator: Annotated[
        str | None,
        typer.Option("--accelerator", "--device", help="Accelerator: key, name or alias.", show_default=False),
    ] = None,
    params: Annotated[str | None, stated("Parameters.")] = None,
    tokens: Annotated[str | None, stated("Training tokens, including repeats.")] = None,
    active_params: Annotated[str | None, stated("Active parameters (default: all parameters).")] = None,
    flop: Annotated[str | None, stated("Training compute in FLOP, instead of --tokens.")] = None,
    chip_hours: Annotated[str | None, stated("Chip-hours, if known.")] = None,
    hours: Annotated[str | None, stated("Duration of the run in hours, if known; needs --count.")] = None,
    count: Annotated[str | None, stated("Accelerators in parallel.")] = None,
    mfu: Annotated[str | None, stated("Model FLOP utilisation: share of the dense peak, 0 to 1.")] = None,
    pue: Annotated[str | None, stated("Power usage effectiveness, 1 or more.")] = None,
    price: Annotated[str | None, stated("Rental price, USD per chip-hour.")] = None,
    chip_price: Annotated[str | None, stated("Purchase price of one accelerator, USD.")] = None,
    country: Annotated[str | None, typer.Option(help="Country of the site: ISO code with three letters.")] = None,
    year: Annotated[int | None, typer.Option(help="Year of the run.")] = None,
    number_format: Annotated[str | None, typer.Option(help="Number format of the training, such as bf16.")] = None,
    architecture: Annotated[Architecture | None, typer.Option(help="Architecture (default: dense).")] = None,
    operator: Annotated[Operator | None, typer.Option(help="Operator of the hardware.")] = None,
    inference: Annotated[
        bool,
        typer.Option(
            "--inference", help="Estimate serving of --model; without --device: list devices that can serve it."
        ),
    ] = False,
    model: Annotated[str | None, typer.Option(help="Inference: key or name of an open model.")] = None,
    batch: Annotated[int | None, typer.Option(help="Inference: sequences decoded in parallel (default: 1).")] = None,
    context: Annotated[int | None, typer.Option(help="Inference: tokens kept per sequence.")] = None,
    max_usd: Annotated[float | None, typer.Option(help="Inference: maximum price of the devices, USD.")] = None,
    max_watts: Annotated[float | None, typer.Option(help="Inference: maximum power of the devices, W.")] = None,
    max_memory: Annotated[
        str | None, typer.Option(help="Inference: maximum memory of the devices, such as 16GB.")
    ] = None,
    output: Annotated[EstimateFormat, typer.Option("--format", help="Output format.")] = EstimateFormat.table,
) -> None:
    """Estimate a hypothetical training run with the rules of the warehouse. A number may be a range: LOW:CENTRAL:HIGH.

    With --inference: estimate the serving of a model, or list the devices that can serve it within a budget.
    """
    from pipelines.answers import training_estimate as whatif
    from pipelines.answers.given import read_stated

    serving = {"model": model, "batch": batch, "context": context, "max_usd": max_usd, "max_watts": max_watts,
               "max_memory": max_memory}  # fmt: skip
    training = {"params": params, "tokens": tokens, "active_params": active_params, "flop": flop, "mfu": mfu, "pue": pue,
                "chip_hours": chip_hours, "hours": hours, "chip_price": chip_price, "country": country, "year": year,
                "architecture": architecture, "operator": operator}  # fmt: skip
    _refuse_given(training if inference else serving, inference=inference)
    if inference:
        from pipelines.answers.serving_estimate import read_options

        given, budget = read_options(accelerator, number_format, count, price, serving)
        _estimate_serving(given, budget, output)
        return
    if accelerator is None:
        raise UsageError(
            "--accelerator is missing: give the accelerator of the run, such as --accelerator h100-sxm. "
            "(To serve a model: --inference.)"
        )
    numbers = {"params": params, "tokens": tokens, "active_params": active_params, "flop": flop, "mfu": mfu, "pue": pue,
               "chip_hours": chip_hours, "hours": hours, "count": count, "price": price, "chip_price": chip_price}  # fmt: skip
    scenario = whatif.Scenario(
        accelerator=accelerator,
        country=country.upper() if country else None,
        year=year,
        number_format=number_format.lower() if number_format else None,
        architecture=architecture.value if architecture else None,
        operator=operator.value if operator else None,
        **{
            name: read_stated(text, f"--{name.replace('_', '-')}") for name, text in numbers.items() if text is not None
        },
    )
    with whatif.open_whatif(STATE.settings) as connection:
        result = whatif.estimate(connection, scenario)
    if output is EstimateFormat.json:
        print(json.dumps(finite_or_null(result), default=json_value, ensure_ascii=False, indent=1))
    else:
        for names, *cells in whatif.as_tables(result):
            in_numbers = [name == "central" for name in names]
            (print_fitted if sys.stdout.isatty() else print_whole)(names, cells, in_numbers)
            print()
        print("\n".join(whatif.as_lines(result)))


def _refuse_given(options: dict[str, Any], *, inference: bool) -> None:
    """Options that say nothing here would be passed over silently; refuse them."""
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value is not None]
    if given:
        where = "only without --inference" if inference else "only with --inference"
        raise UsageError(f"{', '.join(given)}: allowed {where}.")


def _estimate_serving(given: Any, budget: Any, output: EstimateFormat) -> None:
    """What serving a model takes on a device, or which devices run it under a budget."""
    from pipelines.answers import serving_estimate as serving

    with serving.open_serving(STATE.settings) as connection:
        result = serving.choose(connection, given, budget) if budget else serving.estimate(connection, given)
    if output is EstimateFormat.json:
        print(json.dumps(finite_or_null(result), default=json_value, ensure_ascii=False, indent=1))
        return
    for names, *cells in serving.as_tables(result):
        in_numbers = [name in serving.NUMBER_HEADINGS for name in names]
        (print_fitted if sys.stdout.isatty() else print_whole)(names, cells, in_numbers)
        print()
    print("\n".join(serving.as_lines(result)))


MOST_FAULTS = 1000
"""Faults of a user's file that are listed; more are counted."""


@app.command()
def audit(
    file: Annotated[
        Path | None, typer.Argument(help="CSV file with claims, see docs/claims.md (default: the shipped documents).")
    ] = None,
    output: Annotated[AuditFormat, typer.Option("--format", help="Output format.")] = AuditFormat.table,
) -> None:
    """Check claims against our figures: verdict, ratio and reason for each claim."""
    from pipelines.answers import audit as auditing

    settings = STATE.settings
    done = auditing.audit_shipped(settings) if file is None else auditing.audit_file(settings, file)
    if output is AuditFormat.json:
        print(json.dumps([finite_or_null(row) for row in done.rows], default=json_value, ensure_ascii=False, indent=1))
    elif output is AuditFormat.csv:
        sys.stdout.write(auditing.as_csv(done.rows))
    else:
        names, cells = auditing.as_table(done.rows)
        fits = sys.stdout.isatty() and len(cells) <= MOST_FITTED
        (print_fitted if fits else print_whole)(names, cells, [name == "ratio" for name in names])
        print(auditing.summary(done.rows))
    faults = [*done.rejects, *done.notes]
    for line in faults[:MOST_FAULTS]:
        print(line, file=sys.stderr)
    if len(faults) > MOST_FAULTS:
        print(f"… and {len(faults) - MOST_FAULTS:,} more", file=sys.stderr)
    if done.rejects:
        raise LedgerError(
            f"{len(done.rejects):,} fault{('' if len(done.rejects) == 1 else 's')}; the other rows were audited."
        )


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; an address other than loopback needs LEDGER_UI_TOKEN.")
    ] = "127.0.0.1",
) -> None:
    """Open the Dagster UI behind a guard and run the schedules; Ctrl-C ends the UI and its runs."""
    from pipelines.server.ui import run_ui

    run_ui(STATE.settings, prepare_instance(STATE.settings), host, port)


def _run(call: Callable[[], Any]) -> int:
    try:
        call()
    except LedgerError as error:
        say("failed", f"ledger: {error}", level="error")
        return error.exit_status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("ledger: interrupted", file=sys.stderr)
        return 1
    except Exception as error:
        if (line := told(error)) is None:
            raise
        say("failed", f"ledger: {line}", level="error")
        return 1
    return 0


def main() -> None:
    """Entry point of the ``ledger`` command."""
    sys.exit(_run(app))


if __name__ == "__main__":
    main()
