"""The questions that other programs may ask, each as one function.

What belongs here: names, limits and meanings of what may be given, and the answer of the module that the command line
asks too. HTTP and the tools of the Model Context Protocol both read these signatures: one definition, two ways to ask.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field

from pipelines.answers import audit as auditing
from pipelines.answers import dictionary, training_estimate
from pipelines.answers import explain as explaining
from pipelines.answers import search as searching
from pipelines.answers.as_json import finite_or_null
from pipelines.answers.audit import ListedClaim
from pipelines.answers.service.reader import PublishedReader
from pipelines.answers.service.sandbox import run_query
from pipelines.answers.service.shapes import (
    AuditAnswer,
    Estimate,
    Explanation,
    Hits,
    Rows,
    Sources,
    Table,
    Tables,
)
from pipelines.answers.training_case import read_scenario
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
        with self.reader.open() as connection:
            version = data_version(connection)
            key = (version["build_id"], subject, quantity)
            if (known := self._explained.get(key)) is not None:
                return known
            explanation = explaining.explain(connection, subject, quantity)
        answer = Explanation.model_validate(finite_or_null({**explanation, **version}))
        while len(self._explained) >= MOST_CACHED:
            self._explained.pop(next(iter(self._explained)))
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
        }
        scenario = read_scenario(
            accelerator,
            numbers,
            country=country,
            year=year,
            number_format=number_format,
            architecture=architecture,
            operator=operator,
        )
        with training_estimate.open_whatif(self.settings) as connection:
            result = training_estimate.estimate(connection, scenario)
            return Estimate.model_validate(finite_or_null({**result, **data_version(connection, "ledger.meta")}))

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
