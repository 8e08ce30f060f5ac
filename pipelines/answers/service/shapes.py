"""What each question is answered with: the types that the OpenAPI document and the tools describe.

What belongs here: names, types and meanings of the parts of an answer. What does not: making one.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A part of an answer: nothing in it that is not described."""

    model_config = ConfigDict(extra="forbid")


class Answer(Part):
    """What every answer says: which data it comes from."""

    build_id: str = Field(description="Key of the published build that answered: meta.builds.")
    data_version: str = Field(description="Digest of all tables: the same for the same data.")


class Hit(Part):
    """One thing that a search found."""

    kind: str = Field(description="subject, accelerator, table, column or source.")
    id: str = Field(description="Key of the thing.")
    name: str = Field(description="Its name.")
    about: str | None = Field(description="What is known of it: quantities of a subject, description of a table.")


class Hits(Answer):
    """What a search found, the best first."""

    hits: list[Hit]


class Column(Part):
    """A column of a result."""

    name: str
    type: str = Field(description="Type in DuckDB.")


class Rows(Answer):
    """Rows of a query."""

    columns: list[Column]
    rows: list[list[Any]] = Field(description="One list a row, in the order of the columns.")
    is_cut: bool = Field(description="True if there are more rows.")


class Source(Part):
    """Where a value comes from."""

    title: str
    authors: str | None
    year: int | None
    url: str | None
    kind: str
    licence: str | None = None


class Term(Part):
    """A value that enters a formula: an input with its source, or a figure that is explained in turn."""

    name: str
    low: float | None = Field(description="Lower bound of the central 90 %.")
    value: float
    high: float | None = Field(description="Upper bound of the central 90 %.")
    unit: str
    kind: str = Field(description="measured, reported, estimated, derived or assumed; given by you in an estimate.")
    source_id: str | None = None
    locator: str | None = Field(default=None, description="Place in the source.")
    verified: str | None = Field(default=None, description="How the value was checked.")
    basis: str | None = Field(default=None, description="Why this value was chosen.")
    description: str | None = None
    source: Source | None = None
    figure: Figure | None = None


class Figure(Part):
    """A figure with its interval, method and inputs."""

    figure_id: str
    quantity: str
    boundary: str
    value_low: float | None = Field(description="Lower bound of the central 90 %.")
    value: float
    value_high: float | None = Field(description="Upper bound of the central 90 %.")
    unit: str
    kind: str = Field(description="measured, reported, estimated (by a third party), derived or assumed.")
    method: str
    is_circular: bool = Field(description="True for a published figure made with the same formula as ours.")
    formula: str
    formula_with_numbers: str | None
    inputs: list[Term]
    ratio_to_preferred: float | None = None


class Subject(Part):
    """What a figure is about."""

    kind: str
    id: str
    name: str


class Explanation(Answer):
    """A figure followed to its sources, and other values of the same quantity beside it."""

    subject: Subject
    quantity: str
    figure: Figure
    other_methods: list[Figure]
    published: list[Figure]


class Choice(Part):
    """What is no number: as given, or what stands for it and why."""

    name: str
    value: str | int | None
    kind: str
    note: str | None


class EstimatedFigure(Part):
    """A figure of an estimate. Its inputs are named here and listed once for all figures."""

    quantity: str
    value_low: float | None
    value: float
    value_high: float | None
    unit: str
    kind: str
    method: str
    formula: str
    formula_with_numbers: str | None
    inputs: list[str]


class Estimate(Answer):
    """What a hypothetical training run would take."""

    choices: list[Choice]
    figures: list[EstimatedFigure]
    inputs: list[Term]
    memory: dict[str, Any] | None
    reinforcement: dict[str, Any] | None = None
    notes: list[str]


class ServedModel(Part):
    """The model that is served."""

    model_id: str
    model_name: str
    total_params: float
    active_params: float
    attention_kind: str


class ServingDevice(Part):
    """The accelerator that serves it."""

    accelerator_id: str
    accelerator_name: str


class CaseChoice(Part):
    """A part of the operating point: as given, or what stands for it and why."""

    name: str
    value: Any
    is_given: bool
    note: str


class ServingFigure(Part):
    """A figure of serving."""

    quantity: str
    value_low: float | None
    value: float
    value_high: float | None
    unit: str
    formula: str


class NamedTerm(Part):
    """An input with its interval and its source, by title."""

    name: str
    low: float | None
    value: float
    high: float | None
    unit: str
    kind: str
    source_id: str | None
    locator: str | None
    verified: str | None
    basis: str | None
    source: str | None


class ServingMemory(Part):
    """Memory that the case needs, and that the accelerators have for it."""

    needed_bytes: float
    available_bytes: float


class Measurement(Part):
    """A published measurement at the same operating point."""

    benchmark_result_id: str
    joule_per_token: float
    accelerator_count: float | None
    benchmark: str
    source_id: str


class ServingEstimate(Answer):
    """What serving a model takes."""

    model: ServedModel
    device: ServingDevice
    case: list[CaseChoice]
    figures: list[ServingFigure]
    per_request: list[ServingFigure] = Field(description="Figures of a whole answer.")
    bound_by: str | None = Field(description="bandwidth or compute: what limits the speed.")
    inputs: list[NamedTerm]
    memory: ServingMemory
    measured: list[Measurement]
    notes: list[str]


class Budget(Part):
    """What the devices may cost, draw and hold at most."""

    usd: float | None
    watts: float | None
    memory_bytes: float | None


class FittingDevice(Part):
    """A device, or several, that run the model within the budget."""

    accelerator_id: str
    accelerator_count: int
    number_format: str
    weight_bits: float
    needed_bytes: float
    available_bytes: float
    memory_bytes: float | None
    purchase_usd: float | None
    tdp_w: float | None
    tokens_per_s_bound: float | None = Field(description="Most tokens per second that bandwidth and peak allow.")
    tokens_per_s: float | None
    joule_per_token: float | None


class FittingDevices(Answer):
    """The devices that run a model within a budget, the fastest first."""

    model: ServedModel
    budget: Budget
    batch: int
    context_tokens: int | None
    devices: list[FittingDevice]


class InstalledFigure(Part):
    """A quantity of all counted AI chips in a year."""

    quantity: str
    value_low: float
    value: float
    value_high: float
    unit: str
    ratio: float = Field(description="Value over the published one of base_year.")


class GivenNumber(Part):
    """A number that takes the place of an assumption."""

    name: str
    low: float
    value: float
    high: float
    unit: str


class InstalledEstimate(Answer):
    """What all counted AI chips take in a year."""

    year: int
    base_year: int = Field(description="Year whose counts are used.")
    figures: list[InstalledFigure]
    given: list[GivenNumber]


class AuditedClaim(Part):
    """A claim with its verdict."""

    model_config = ConfigDict(extra="ignore")
    claim_id: str
    document: str | None
    paraphrase: str | None
    subject: str | None
    quantity: str | None
    claimed_low: float | None
    claimed_high: float | None
    computed_low: float | None
    computed: float | None
    computed_high: float | None
    unit: str | None
    ratio: float | None
    verdict: str = Field(description="supported, partly, contradicted, unsupported or untestable.")
    reason: str
    figure_ids: list[str] | None = Field(description="Figures that the claim was held against: mart.figures.")


class AuditAnswer(Answer):
    """Claims with their verdicts, and what of a list could not be tested."""

    claims: list[AuditedClaim]
    notes: list[str]


class TableName(Part):
    """A table in the list of all."""

    table_name: str
    description: str | None = Field(description="What a row is.")
    row_count: int


class Tables(Answer):
    """All tables, those for readers first."""

    tables: list[TableName]


class DescribedColumn(Part):
    """A column of a table."""

    column_name: str
    column_type: str
    unit: str | None
    description: str


class Table(Answer):
    """A table and its columns."""

    table_name: str
    description: str | None
    row_count: int
    columns: list[DescribedColumn]


class SourceRow(Source):
    """A source in the list of all."""

    source_id: str


class Sources(Answer):
    """All sources."""

    sources: list[SourceRow]


class Problem(Part):
    """Why a question is not answered."""

    error: str = Field(description="What was found, what was expected, and what to do.")
