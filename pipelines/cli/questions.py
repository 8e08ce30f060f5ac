"""The commands that ask the published file: explain, estimate and audit.

What belongs here: options in, answers printed. What does not: the answers (``answers/``).
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pipelines.answers.as_json import as_json
from pipelines.cli.printing import MOST_FITTED, Json, TextFormat, print_fitted, print_whole
from pipelines.cli.state import STATE
from pipelines.errors import LedgerError, UsageError, shown
from pipelines.warehouse.file import connect_published


class EstimateFormat(StrEnum):
    """How ``ledger estimate`` prints."""

    table = "table"
    json = "json"


class AuditFormat(StrEnum):
    """How ``ledger audit`` prints."""

    table = "table"
    csv = "csv"
    json = "json"


class Kind(StrEnum):
    """What ``ledger search`` finds."""

    subject = "subject"
    accelerator = "accelerator"
    table = "table"
    column = "column"
    source = "source"


class Architecture(StrEnum):
    """Architectures that ``ledger estimate`` knows a formula for."""

    dense = "dense"
    moe = "moe"
    encoder_decoder = "encoder-decoder"


class Operator(StrEnum):
    """Classes of operators that assumptions tell apart."""

    hyperscaler = "hyperscaler"
    other = "other"


def search(
    text: Annotated[
        str, typer.Argument(help="Name of a model, run, chip, table, column or source, or words about it.")
    ],
    kind: Annotated[Kind | None, typer.Option(help="Only things of this kind.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most things to list.")] = 20,
    json: Json = False,
) -> None:
    """Find models with their quantities, accelerators, tables, columns and sources by name or words."""
    from pipelines.answers.search import search as find

    with connect_published(STATE.settings) as connection:
        hits = find(connection, text, kind.value if kind else None, limit)
    if json:
        print(as_json(hits))
        return
    cells = [[hit["kind"], hit["id"], hit["name"] or "", (hit["about"] or "").replace("\n", " ")] for hit in hits]
    (print_fitted if sys.stdout.isatty() else print_whole)(["kind", "key", "name", "about"], cells, [False] * 4)
    if not hits:
        raise LedgerError(f"nothing has the name or the words {shown(text)}. Try fewer words.")


def stated(text: str) -> Any:
    """The option of ``ledger estimate`` for a number or a range."""
    return typer.Option(help=text, metavar="NUMBER", show_default=False)


def explain(
    subject: Annotated[str, typer.Argument(help="Name or key of a training run, model, model family or machine.")],
    quantity: Annotated[
        str, typer.Argument(help="A column of mart.training_summary, such as facility_energy_kwh, or of mart.figures.")
    ],
    output: Annotated[TextFormat, typer.Option("--format", help="Output format.")] = TextFormat.text,
    json: Json = False,
) -> None:
    """Trace a figure to its sources: formula, inputs, sources of the inputs, and other published values."""
    output = TextFormat.json if json else output
    from pipelines.answers import explain as explaining

    with connect_published(STATE.settings) as connection:
        explanation = explaining.explain(connection, subject, quantity)
    if output is TextFormat.json:
        print(as_json(explanation))
    elif sys.stdout.isatty():
        Console().print(explaining.as_tree(explaining.as_nodes(explanation)))
    else:
        print("\n".join(explaining.as_lines(explaining.as_nodes(explanation))))


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
    country: Annotated[
        str | None, typer.Option(help="Country of the site: a name, or an ISO code such as DE or DEU.")
    ] = None,
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
    batch: Annotated[
        int | None, typer.Option("--batch", "--users", help="Inference: users at the same time in all (default: 1).")
    ] = None,
    context: Annotated[
        int | None, typer.Option(help="Tokens of a training sequence; for inference: tokens kept per sequence.")
    ] = None,
    layers: Annotated[int | None, typer.Option(help="Layers of the model, for attention over --context.")] = None,
    width: Annotated[int | None, typer.Option(help="Width of the model, for attention over --context.")] = None,
    full_attention: Annotated[
        bool | None, typer.Option("--full-attention", help="Count attention in full, not only its causal half.")
    ] = None,
    adapter: Annotated[str | None, typer.Option(help="Train adapters above frozen weights: lora or qlora.")] = None,
    rl: Annotated[
        bool | None,
        typer.Option("--rl", help="Reinforcement learning: --tokens are those of its own answers that it learns from."),
    ] = None,
    rollouts: Annotated[str | None, stated("With --rl: tokens generated per token learned from, 1 or more.")] = None,
    rollout_mfu: Annotated[
        str | None, stated("With --rl: share of the 16-bit peak while answers are generated.")
    ] = None,
    prompt_tokens: Annotated[int | None, typer.Option(help="Inference: tokens of a prompt (default: 500).")] = None,
    answer_tokens: Annotated[
        int | None, typer.Option(help="Inference: tokens of an answer, reasoning included (default: 1,000).")
    ] = None,
    cached_prompt: Annotated[
        float | None, typer.Option(help="Inference: share of prompt tokens cached from earlier requests (default: 0).")
    ] = None,
    group: Annotated[
        int | None, typer.Option(help="Inference: accelerators that share one copy of the model (default: a server).")
    ] = None,
    decode_count: Annotated[
        int | None,
        typer.Option(help="Inference: accelerators of --count that only write answers; the rest read prompts."),
    ] = None,
    cache_bits: Annotated[
        int | None, typer.Option(help="Inference: bits of a number in the KV-cache (default: 16).")
    ] = None,
    speculative: Annotated[
        bool | None, typer.Option("--speculative", help="Inference: with speculative or multi-token decoding.")
    ] = None,
    software: Annotated[
        str | None, typer.Option(help="Inference: stock, tuned or benchmark settings (default: tuned).")
    ] = None,
    software_year: Annotated[
        float | None, typer.Option(help="Inference: year of the software, such as 2025.5 (default: 2026).")
    ] = None,
    idle: Annotated[float | None, typer.Option(help="Inference: share of the time without users (default: 0).")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Inference: config.json of a model on Hugging Face, instead of --model.")
    ] = None,
    max_usd: Annotated[float | None, typer.Option(help="Inference: maximum price of the devices, USD.")] = None,
    max_watts: Annotated[float | None, typer.Option(help="Inference: maximum power of the devices, W.")] = None,
    max_memory: Annotated[
        str | None, typer.Option(help="Inference: maximum memory of the devices, such as 16GB.")
    ] = None,
    installed: Annotated[
        bool, typer.Option("--installed", help="Estimate all counted AI chips; takes --year and --pue too.")
    ] = False,
    utilisation: Annotated[str | None, stated("Installed: share of the time in which hardware is busy.")] = None,
    grid: Annotated[str | None, stated("Installed: intensity of the grids, kg CO2e per kWh.")] = None,
    growth: Annotated[
        str | None, stated("Installed: growth factor per year after the last year of the counts.")
    ] = None,
    output: Annotated[EstimateFormat, typer.Option("--format", help="Output format.")] = EstimateFormat.table,
    json: Json = False,
) -> None:
    """Estimate a hypothetical training run with the rules of the warehouse. A number may be a range: LOW:CENTRAL:HIGH.

    With --inference: estimate the serving of a model, or list the devices that can serve it within a budget.
    With --installed: estimate what all counted AI chips take in a year.
    """
    output = EstimateFormat.json if json else output
    from pipelines.answers import training_estimate as whatif
    from pipelines.answers import training_text
    from pipelines.answers.training_case import read_scenario
    from pipelines.answers.training_work import read_work

    serving = {"model": model, "batch": batch, "max_usd": max_usd, "max_watts": max_watts,
               "max_memory": max_memory, "prompt_tokens": prompt_tokens, "answer_tokens": answer_tokens,
               "cached_prompt": cached_prompt, "group": group, "decode_count": decode_count, "cache_bits": cache_bits,
               "speculative": speculative, "software": software, "software_year": software_year, "idle": idle,
               "config": config}  # fmt: skip
    training = {"params": params, "tokens": tokens, "active_params": active_params, "flop": flop, "mfu": mfu, "pue": pue,
                "chip_hours": chip_hours, "hours": hours, "chip_price": chip_price, "country": country, "year": year,
                "architecture": architecture, "operator": operator, "layers": layers, "width": width,
                "full_attention": full_attention, "adapter": adapter, "rl": rl, "rollouts": rollouts,
                "rollout_mfu": rollout_mfu}  # fmt: skip
    together = {"utilisation": utilisation, "grid": grid, "growth": growth}
    if installed:
        others = {**serving, **training, "context": context, "pue": None, "year": None, "count": count, "price": price,
                  "accelerator": accelerator, "number_format": number_format, "inference": inference or None}  # fmt: skip
        _refuse_given(others, "only without --installed")
        _estimate_installed(year, {**together, "pue": pue}, output)
        return
    _refuse_given(together, "only with --installed")
    _refuse_given(training if inference else serving, f"only {'without' if inference else 'with'} --inference")
    if inference:
        from pipelines.answers.serving_case import read_options

        given, budget = read_options(accelerator, number_format, count, price, {**serving, "context": context})
        _estimate_serving(given, budget, output)
        return
    numbers = {"params": params, "tokens": tokens, "active_params": active_params, "flop": flop, "mfu": mfu, "pue": pue,
               "chip_hours": chip_hours, "hours": hours, "count": count, "price": price, "chip_price": chip_price,
               "rollouts": rollouts, "rollout_mfu": rollout_mfu}  # fmt: skip
    scenario = read_scenario(
        accelerator, numbers, country=country, year=year, number_format=number_format,
        architecture=architecture.value if architecture else None, operator=operator.value if operator else None,
        work=read_work({**training, "context": context}),
    )  # fmt: skip
    with whatif.open_whatif(STATE.settings) as connection:
        result = whatif.estimate(connection, scenario)
    if output is EstimateFormat.json:
        print(as_json(result))
    else:
        for names, *cells in training_text.as_tables(result):
            in_numbers = [name == "central" for name in names]
            (print_fitted if sys.stdout.isatty() else print_whole)(names, cells, in_numbers)
            print()
        print("\n".join(training_text.as_lines(result)))


def _refuse_given(options: dict[str, Any], where: str) -> None:
    """Options that say nothing here would be passed over silently; refuse them."""
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value is not None]
    if given:
        raise UsageError(f"{', '.join(given)}: allowed {where}.")


def _estimate_installed(year: int | None, numbers: dict[str, str | None], output: EstimateFormat) -> None:
    """What all counted AI chips take in a year, with what was given in place of assumptions."""
    from pipelines.answers import installed_estimate
    from pipelines.answers.given import read_stated

    given = {name: read_stated(text, f"--{name}") for name, text in numbers.items() if text is not None}
    result = installed_estimate.estimate(STATE.settings, installed_estimate.Given(year=year, **given))
    if output is EstimateFormat.json:
        print(as_json(result))
        return
    names, *cells = installed_estimate.as_table(result)
    (print_fitted if sys.stdout.isatty() else print_whole)(names, cells, [name == "central" for name in names])
    if result["year"] > result["base_year"]:
        print(
            f"\n{result['year']}: {result['base_year']} grown by --growth each year, with the same mix of chips and owners."
        )


def _estimate_serving(given: Any, budget: Any, output: EstimateFormat) -> None:
    """What serving a model takes on a device, or which devices run it under a budget."""
    from pipelines.answers import serving_estimate as serving
    from pipelines.answers import serving_text
    from pipelines.answers.serving_scenarios import open_serving

    with open_serving(STATE.settings) as connection:
        result = serving.choose(connection, given, budget) if budget else serving.estimate(connection, given)
    if output is EstimateFormat.json:
        print(as_json(result))
        return
    for names, *cells in serving_text.as_tables(result):
        in_numbers = [name in serving_text.NUMBER_HEADINGS for name in names]
        (print_fitted if sys.stdout.isatty() else print_whole)(names, cells, in_numbers)
        print()
    print("\n".join(serving_text.as_lines(result)))


MOST_FAULTS = 1000
"""Faults of a user's file that are listed; more are counted."""


def audit(
    file: Annotated[
        Path | None, typer.Argument(help="CSV file with claims, see docs/claims.md (default: the shipped documents).")
    ] = None,
    output: Annotated[AuditFormat, typer.Option("--format", help="Output format.")] = AuditFormat.table,
    json: Json = False,
) -> None:
    """Check claims against our figures: verdict, ratio and reason for each claim."""
    output = AuditFormat.json if json else output
    from pipelines.answers import audit as auditing

    settings = STATE.settings
    done = auditing.audit_shipped(settings) if file is None else auditing.audit_file(settings, file)
    if output is AuditFormat.json:
        print(as_json(done.rows))
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
