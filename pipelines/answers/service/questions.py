"""The questions that other programs may ask, each as one function.

What belongs here: names, limits and meanings of what may be given, and the answer of the module that the command line
asks too. HTTP and the tools of the Model Context Protocol both read these signatures: one definition, two ways to ask.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field

from pipelines.answers import audit as auditing
from pipelines.answers import dictionary, installed_estimate, serving_estimate, training_estimate
from pipelines.answers import explain as explaining
from pipelines.answers import search as searching
from pipelines.answers.as_json import finite_or_null
from pipelines.answers.audit import ListedClaim
from pipelines.answers.given import read_stated
from pipelines.answers.service.reader import PublishedReader
from pipelines.answers.service.sandbox import run_query
from pipelines.answers.service.shapes import (
    AuditAnswer,
    Estimate,
    Explanation,
    FittingDevices,
    Hits,
    InstalledEstimate,
    Rows,
    ServingEstimate,
    Sources,
    Table,
    Tables,
)
from pipelines.answers.serving_case import read_options
from pipelines.answers.serving_scenarios import open_serving
from pipelines.answers.training_case import read_scenario
from pipelines.answers.training_work import Work
from pipelines.settings import Settings
from pipelines.warehouse.file import data_version

MOST_CACHED = 2_000
"""Explanations that are kept: what a build says of a figure never changes."""

Text = Annotated[str, Field(min_length=1, max_length=400)]
Stated = Annotated[
    float | str | None,
    Field(description="A number (70e9, 70b, 40%) or a range LOW:CENTRAL:HIGH."),
]
QueryText = Annotated[str, Field(min_length=1, max_length=20_000, description="One SQL statement in DuckDB's dialect.")]
QueryTime = Annotated[float, Field(ge=0.1, le=60, description="Time limit in seconds.")]
MostRows = Annotated[int, Field(ge=1, le=10_000, description="Most rows to return.")]

Tokens = Annotated[int | None, Field(ge=1, le=1_000_000_000)]
Count = Annotated[int | None, Field(ge=1, le=1_000_000)]
ShareBelowOne = Annotated[float | None, Field(ge=0, lt=1)]
ServedModelName = Annotated[Text, Field(description="Model: key or name, such as llama-3.1-8b.")]
Users = Annotated[Count, Field(description="Sequences at the same time (default: 1).")]
WeightFormat = Annotated[Text | None, Field(description="Number format of the weights, such as bf16, fp8 or int4.")]
PromptTokens = Annotated[Tokens, Field(description="Tokens of a prompt (default: 500).")]
AnswerTokens = Annotated[Tokens, Field(description="Tokens of an answer, reasoning included (default: 1,000).")]

NO_BUDGET: dict[str, None] = dict.fromkeys(("max_usd", "max_watts", "max_memory"))


def as_text(given: float | str | None) -> str | None:
    """A number as the command line has it."""
    return None if given is None else str(given)


class Questions:
    """Questions asked of the file that is published at the time of asking."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.reader = PublishedReader(settings)
        self._explained: dict[tuple[str, str, str], Explanation] = {}

    def search(
        self,
        text: Annotated[
            Text, Field(description="Name of a model, run, chip, table, column or source, or words about it.")
        ],
        kind: Annotated[
            Literal["subject", "accelerator", "table", "column", "source"] | None,
            Field(description="Only things of this kind."),
        ] = None,
        limit: Annotated[int, Field(ge=1, le=100, description="Most things to list.")] = 20,
    ) -> Hits:
        """Find subjects with their quantities, accelerators, tables, columns and sources by name or words. Ask this first."""
        with self.reader.open() as connection:
            return Hits.model_validate({
                "hits": searching.search(connection, text, kind, limit), **data_version(connection)
            })  # fmt: skip

    def sql(
        self,
        query: QueryText,
        timeout_s: QueryTime = 30,
        limit: MostRows = 1_000,
    ) -> Rows:
        """Query the published warehouse: read-only, without files, network or settings. Tables for readers are in mart."""
        return Rows.model_validate(json.loads(run_query(self.settings, query, timeout_s, limit)))

    def explain(
        self,
        subject: Annotated[Text, Field(description="Name or key of a training run, model, model family or machine.")],
        quantity: Annotated[Text, Field(description="Quantity, such as facility_energy_kwh or training_flop.")],
    ) -> Explanation:
        """Trace a figure to its sources: interval, method, formula, inputs with sources, and other published values."""
        file = self.reader.current()
        catalogue = file.catalogue()
        key = (catalogue.version["build_id"], subject, quantity)
        if (known := self._explained.get(key)) is not None:
            return known
        with file.open() as connection:
            explanation = explaining.explain(connection, subject, quantity, catalogue)
        answer = Explanation.model_validate(finite_or_null(explanation))
        while len(self._explained) >= MOST_CACHED:
            self._explained.pop(next(iter(self._explained)), None)
        self._explained[key] = answer
        return answer

    def estimate(
        self,
        accelerator: Annotated[Text, Field(description="Accelerator: key, name or alias, such as h100-sxm.")],
        *,
        params: Annotated[Stated, Field(description="Parameters.")] = None,
        tokens: Annotated[Stated, Field(description="Training tokens, including repeats.")] = None,
        active_params: Annotated[Stated, Field(description="Active parameters (default: all parameters).")] = None,
        flop: Annotated[Stated, Field(description="Training compute in FLOP, instead of tokens.")] = None,
        chip_hours: Annotated[Stated, Field(description="Chip-hours, if known.")] = None,
        hours: Annotated[Stated, Field(description="Duration of the run in hours; needs count.")] = None,
        count: Annotated[Stated, Field(description="Accelerators in parallel.")] = None,
        mfu: Annotated[Stated, Field(description="Model FLOP utilisation: share of the dense peak, 0 to 1.")] = None,
        pue: Annotated[Stated, Field(description="Power usage effectiveness, 1 or more.")] = None,
        price: Annotated[Stated, Field(description="Rental price, USD per chip-hour.")] = None,
        chip_price: Annotated[Stated, Field(description="Purchase price of one accelerator, USD.")] = None,
        country: Annotated[Text | None, Field(description="Country of the site: a name or an ISO code.")] = None,
        year: Annotated[int | None, Field(description="Year of the run.")] = None,
        number_format: Annotated[Text | None, Field(description="Number format of the training, such as bf16.")] = None,
        architecture: Annotated[
            Literal["dense", "moe", "encoder-decoder"] | None, Field(description="Architecture (default: dense).")
        ] = None,
        operator: Annotated[
            Literal["hyperscaler", "other"] | None, Field(description="Operator of the hardware.")
        ] = None,
        rl: Annotated[
            bool, Field(description="Reinforcement learning: tokens are those of its own answers that it learns from.")
        ] = False,
        rollouts: Annotated[Stated, Field(description="With rl: tokens generated per token learned from.")] = None,
        rollout_mfu: Annotated[
            Stated, Field(description="With rl: share of the 16-bit peak while answers are generated.")
        ] = None,
    ) -> Estimate:
        """Estimate a hypothetical training run with the rules of the warehouse. A number may be a range LOW:CENTRAL:HIGH."""
        numbers = {
            **{
                "params": params,
                "tokens": tokens,
                "active_params": active_params,
                "flop": flop,
                "mfu": mfu,
                "pue": pue,
            },
            **{"chip_hours": chip_hours, "hours": hours, "count": count, "price": price, "chip_price": chip_price},
            **{"rollouts": rollouts, "rollout_mfu": rollout_mfu},
        }
        scenario = read_scenario(
            accelerator,
            numbers,
            country=country,
            year=year,
            number_format=number_format,
            architecture=architecture,
            operator=operator,
            work=Work(is_reinforced=rl),
        )
        with training_estimate.open_whatif(self.settings) as connection:
            return Estimate.model_validate(finite_or_null(training_estimate.estimate(connection, scenario)))

    def estimate_serving(
        self,
        model: ServedModelName,
        device: Annotated[Text, Field(description="Accelerator: key, name or alias, such as h100-sxm.")],
        *,
        batch: Users = None,
        context: Annotated[
            Tokens, Field(description="Tokens of context (default: prompt and half of the answer).")
        ] = None,
        number_format: WeightFormat = None,
        count: Annotated[Count, Field(description="Accelerators (default: as many as memory needs).")] = None,
        price: Annotated[Stated, Field(description="Rental price, USD per chip-hour.")] = None,
        prompt_tokens: PromptTokens = None,
        answer_tokens: AnswerTokens = None,
        cached_prompt: Annotated[ShareBelowOne, Field(description="Share of prompt tokens that are cached.")] = None,
        group: Annotated[Count, Field(description="Accelerators that share one copy of the model.")] = None,
        decode_count: Annotated[Count, Field(description="Accelerators of count that only write answers.")] = None,
        cache_bits: Annotated[Literal[4, 8, 16] | None, Field(description="Bits of a number in the KV-cache.")] = None,
        speculative: Annotated[bool | None, Field(description="With speculative or multi-token decoding.")] = None,
        software: Annotated[
            Literal["stock", "tuned", "benchmark"] | None,
            Field(description="How the software is set up (default: tuned)."),
        ] = None,
        software_year: Annotated[
            float | None, Field(ge=2022, le=2028, description="Year of the software (default: 2026).")
        ] = None,
        idle: Annotated[ShareBelowOne, Field(description="Share of the time without users.")] = None,
    ) -> ServingEstimate:
        """Estimate the serving of a model on an accelerator: memory, tokens per second, energy, cost and emissions per token."""
        point = {
            **{"prompt_tokens": prompt_tokens, "answer_tokens": answer_tokens, "cached_prompt": cached_prompt},
            **{"group": group, "decode_count": decode_count, "cache_bits": cache_bits, "speculative": speculative},
            **{"software": software, "software_year": software_year, "idle": idle},
        }
        case, _ = read_options(
            device, number_format, as_text(count), as_text(price),
            {"model": model, "batch": batch, "context": context, **NO_BUDGET, **point},
        )  # fmt: skip
        with open_serving(self.settings) as connection:
            return ServingEstimate.model_validate(finite_or_null(serving_estimate.estimate(connection, case)))

    def find_devices(
        self,
        model: ServedModelName,
        *,
        max_usd: Annotated[float | None, Field(gt=0, description="Highest price of the devices, USD.")] = None,
        max_watts: Annotated[float | None, Field(gt=0, description="Highest rated power of the devices, W.")] = None,
        max_memory: Annotated[Text | None, Field(description="Most memory of the devices, such as 16GB.")] = None,
        batch: Users = None,
        context: Annotated[Tokens, Field(description="Tokens of context.")] = None,
        number_format: WeightFormat = None,
        prompt_tokens: PromptTokens = None,
        answer_tokens: AnswerTokens = None,
    ) -> FittingDevices:
        """List the devices that serve a model within a budget of money, power or memory, the fastest first."""
        limits = {"max_usd": max_usd, "max_watts": max_watts, "max_memory": max_memory}
        point = {"prompt_tokens": prompt_tokens, "answer_tokens": answer_tokens}
        case, budget = read_options(
            None, number_format, None, None, {"model": model, "batch": batch, "context": context, **limits, **point}
        )
        assert budget is not None  # there is no device
        with open_serving(self.settings) as connection:
            found = serving_estimate.choose(connection, case, budget)
        return FittingDevices.model_validate(finite_or_null(found))

    def estimate_installed(
        self,
        year: Annotated[int | None, Field(description="Year (default: the last of the counts).")] = None,
        *,
        utilisation: Annotated[Stated, Field(description="Share of the time in which hardware is busy.")] = None,
        pue: Annotated[Stated, Field(description="Power usage effectiveness of the facilities.")] = None,
        grid: Annotated[Stated, Field(description="Intensity of the grids, kg CO2e per kWh.")] = None,
        growth: Annotated[
            Stated, Field(description="Growth factor per year after the last year of the counts.")
        ] = None,
    ) -> InstalledEstimate:
        """Estimate what all counted AI chips take in a year: power, energy, emissions, water and cost, with other assumptions."""
        numbers = {"utilisation": utilisation, "pue": pue, "grid": grid, "growth": growth}
        stated = {name: read_stated(str(one), f"--{name}") for name, one in numbers.items() if one is not None}
        found = installed_estimate.estimate(self.settings, installed_estimate.Given(year=year, **stated))
        return InstalledEstimate.model_validate(finite_or_null(found))

    def audit(
        self,
        claims: Annotated[
            list[ListedClaim] | None,
            Field(max_length=1_000, description="Claims (default: those of the shipped documents)."),
        ] = None,
    ) -> AuditAnswer:
        """Check claims against our figures: verdict, ratio and reason for each claim."""
        done = auditing.audit_shipped(self.settings) if claims is None else auditing.audit_claims(self.settings, claims)
        return AuditAnswer.model_validate({
            "claims": finite_or_null(done.rows), "notes": [*done.rejects, *done.notes], **done.version
        })  # fmt: skip

    def tables(self) -> Tables:
        """List all tables with what a row of each is."""
        with self.reader.open() as connection:
            return Tables.model_validate({"tables": dictionary.tables(connection), **data_version(connection)})

    def table(
        self, table: Annotated[Text, Field(description="Name with its schema, such as mart.training_summary.")]
    ) -> Table:
        """Describe a table: every column with type, unit and meaning."""
        with self.reader.open() as connection:
            return Table.model_validate({**dictionary.table(connection, table), **data_version(connection)})

    def sources(self) -> Sources:
        """List all sources with authors, year, address and licence."""
        with self.reader.open() as connection:
            return Sources.model_validate({"sources": dictionary.sources(connection), **data_version(connection)})
