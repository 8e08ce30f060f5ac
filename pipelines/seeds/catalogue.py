"""The schema of every curated CSV under ``seeds/``: one class a file, one typed field a column.

What belongs here: names, types, ranges and descriptions of curated columns. What does not: reading
files (``quarantine.py``), arithmetic (``sql/``). The description of a field becomes the comment of
the DuckDB column; its unit is the suffix of its name (``units.py``).

Every row of every table names its source, where in the source the fact stands, and how the entry
was checked. An empty cell means "not known" and becomes NULL; it is never a zero.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def plain_number(value: Any) -> Any:
    """Refuse the number spellings that readers disagree on: ``1,000``, ``1_000``, ``inf``, blanks."""
    if isinstance(value, str) and not PLAIN_NUMBER.fullmatch(value):
        raise ValueError("expected a plain number such as 1200, 0.38 or 3.14e23")
    return value


def iso_day(value: Any) -> Any:
    """Refuse other spellings of a date than the ISO one: seconds since 1970, times of day."""
    if isinstance(value, str) and not ISO_DAY.fullmatch(value):
        raise ValueError("expected a date such as 2026-03-31")
    return value


def _true_or_false(value: Any) -> Any:
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("expected true or false")
    return value


Number = Annotated[float, BeforeValidator(plain_number), Field(allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0, lt=1e40)]
Share = Annotated[Number, Field(gt=0, le=1)]
Count = Annotated[int, BeforeValidator(plain_number), Field(gt=0, le=10**9)]
Year = Annotated[int, BeforeValidator(plain_number), Field(ge=1990, le=2035)]
Flag = Annotated[bool, BeforeValidator(_true_or_false)]
Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2035, 12, 31)), BeforeValidator(iso_day)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+-]*$", max_length=80)]
SourceId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=80)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Text = Annotated[str, Field(min_length=1, max_length=400)]
DatePrecision = Literal["day", "month", "quarter", "year"]
NumberFormat = Literal[
    "fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp6", "fp4", "int16", "int8", "int4", "int1", "mixed"
]


class Fact(BaseModel):
    """A curated row: the columns that say where it comes from and how far to trust the entry."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: ClassVar[tuple[str, ...]] = ()

    source_id: SourceId = Field(description="Source of the row: a key of seeds/SOURCES.toml.")
    locator: Text = Field(description="Where in the source the fact stands: page, table, section or row.")
    verified: Literal["seen", "secondary", "recalled"] = Field(
        description="How the entry was checked: the source itself was read (seen), another work quoting it was read "
        "(secondary), or it was entered from memory (recalled)."
    )
    verified_in: SourceId | None = Field(
        default=None, description="Source that was read to check the entry, when that is not the source itself."
    )
    note: Text | None = Field(default=None, description="What a reader should know about the row, in our words.")

    @model_validator(mode="after")
    def _secondary_names_what_was_read(self) -> Fact:
        if self.verified == "secondary" and not self.verified_in:
            raise ValueError("verified is 'secondary', so verified_in must name the source that was read")
        return self


class Accelerators(Fact):
    """One row per accelerator: a chip, card, module or system that runs AI work and has a power rating of its own."""

    key = ("accelerator_id",)
    accelerator_id: Identifier = Field(description="Key of the accelerator, for example h100-sxm.")
    accelerator_name: Text = Field(description="Name as its vendor writes it, without marks.")
    vendor: Text = Field(description="Company that designs it.")
    kind: Literal["gpu", "tpu", "npu", "asic", "cpu", "edge"] = Field(description="Class of device.")
    segment: Literal["datacentre", "workstation", "consumer", "edge", "mobile"] = Field(description="Market segment.")
    form_factor: Text | None = Field(default=None, description="SXM, PCIe, OAM, chip, board, module, laptop SoC ….")
    release_date: Day | None = Field(default=None, description="Date of availability, else of announcement.")
    release_date_precision: DatePrecision | None = Field(
        default=None, description="How exact release_date is; a month or year is entered as its first day."
    )
    process_nm: Positive | None = Field(default=None, description="Marketing name of the process node, nanometres.")
    tdp_w: Positive | None = Field(default=None, description="Rated (thermal design) power of the device, watts.")
    memory_bytes: Positive | None = Field(
        default=None, description="Memory attached to the device, bytes (vendor GB taken as 1e9, GiB as 2^30)."
    )
    memory_type: Text | None = Field(default=None, description="HBM2e, HBM3, GDDR6X, LPDDR5, SRAM ….")
    memory_bandwidth_bytes_per_s: Positive | None = Field(default=None, description="Peak memory bandwidth, byte/s.")
    interconnect_bytes_per_s: Positive | None = Field(
        default=None, description="Total chip-to-chip bandwidth within a node (both directions), byte/s."
    )
    die_area_mm2: Positive | None = Field(default=None, description="Die area, square millimetres.")
    transistor_count: Positive | None = Field(default=None, description="Transistors on the package.")
    release_price_usd: Positive | None = Field(
        default=None, description="Price at release, nominal US dollars: list price where one exists."
    )
    price_source_id: SourceId | None = Field(default=None, description="Source of the price, when not source_id.")

    @model_validator(mode="after")
    def _date_has_precision(self) -> Accelerators:
        if (self.release_date is None) != (self.release_date_precision is None):
            raise ValueError("release_date and release_date_precision come together")
        return self


class AcceleratorPeaks(Fact):
    """One row per accelerator, number format, unit and sparsity: a peak rate that the vendor states."""

    key = ("accelerator_id", "number_format", "is_tensor", "is_sparse")
    accelerator_id: Identifier = Field(description="Key of seeds.accelerators.")
    number_format: NumberFormat = Field(description="Number format of the inputs.")
    is_tensor: Flag = Field(description="True for matrix (tensor, MXU, NPU) units, false for vector units.")
    is_sparse: Flag = Field(description="True where the peak counts skipped zeros (structured sparsity).")
    peak_flop_per_s: Positive = Field(
        description="Peak rate in FLOP/s, a multiply and an add counted as two; operations for integer formats."
    )


class AcceleratorAliases(Fact):
    """One row per name under which a publisher mentions an accelerator."""

    key = ("alias",)
    alias: Text = Field(description="Name as printed by the publisher.")
    accelerator_id: Identifier = Field(description="Key of seeds.accelerators.")


class Models(Fact):
    """One row per model."""

    key = ("model_id",)
    model_id: Identifier = Field(description="Key of the model, for example llama-3.1-70b.")
    model_name: Text = Field(description="Name as its maker writes it.")
    organization: Text = Field(description="Organizations that made it, the first one leading.")
    country: Country | None = Field(default=None, description="Country of the lead organization, ISO 3166 alpha-3.")
    publication_date: Day = Field(description="Date of first publication (paper, card or announcement).")
    publication_date_precision: DatePrecision = Field(description="How exact publication_date is.")
    domain: Literal[
        "language",
        "vision",
        "multimodal",
        "image generation",
        "video",
        "speech",
        "audio",
        "games",
        "biology",
        "robotics",
        "weather",
        "recommendation",
        "mathematics",
        "other",
    ] = Field(description="Domain of the task.")
    architecture: Literal[
        "dense decoder",
        "moe decoder",
        "encoder",
        "encoder-decoder",
        "moe encoder-decoder",
        "cnn",
        "vision transformer",
        "diffusion",
        "dual encoder",
        "rnn",
        "ssm hybrid",
        "reinforcement learning",
        "other",
    ] = Field(description="Architecture class: it decides which FLOP formula applies.")
    total_params: Positive | None = Field(default=None, description="Parameters stored.")
    active_params: Positive | None = Field(
        default=None, description="Parameters used per token: below total_params for mixtures of experts."
    )
    has_open_weights: Flag | None = Field(default=None, description="True if the weights can be downloaded.")
    is_frontier: Flag = Field(
        default=False, description="True if the model was among the ten largest training runs known at its publication."
    )
    base_model_id: Identifier | None = Field(default=None, description="Model that this one was derived from.")

    @model_validator(mode="after")
    def _active_within_total(self) -> Models:
        if self.active_params and self.total_params and self.active_params > self.total_params:
            raise ValueError("active_params may not exceed total_params")
        return self


class ModelShapes(Fact):
    """One row per model: the shape of its layers, as the published configuration states it; it decides what a token costs."""

    key = ("model_id",)
    model_id: Identifier = Field(description="Key of seeds.models.")
    layers_count: Count = Field(description="Layers, of whatever kind.")
    hidden_dimension: Count = Field(description="Width of the residual stream.")
    attention_heads_count: Count | None = Field(
        default=None, description="Heads of queries; empty without any attention."
    )
    kv_heads_count: Count | None = Field(default=None, description="Heads of keys and values.")
    head_dimension: Count | None = Field(default=None, description="Dimension of a head of queries and keys.")
    attention_kind: Literal["multi-head", "grouped", "multi-query", "latent", "sliding-window", "hybrid"] = Field(
        description="What the layers keep of earlier tokens: keys and values of all heads, of groups of heads, of one head; "
        "a compressed latent; those of the last tokens only (in some layers or all); a state of fixed size in most layers."
    )
    full_attention_layers_count: Annotated[int, BeforeValidator(plain_number), Field(ge=0, le=10**6)] = Field(
        description="Layers that attend to all earlier tokens."
    )
    window_attention_layers_count: Count | None = Field(
        default=None, description="Layers that attend to the last sliding_window_tokens only."
    )
    sliding_window_tokens: Count | None = Field(default=None, description="Tokens that such a layer looks back to.")
    kv_lora_dimension: Count | None = Field(
        default=None, description="Latent attention: dimension of the compressed keys and values (kv_lora_rank)."
    )
    rope_dimension: Count | None = Field(
        default=None, description="Latent attention: dimension of the shared key that carries positions."
    )
    indexer_dimension: Count | None = Field(
        default=None, description="Sparse attention: dimension of the key by which an indexer chooses tokens."
    )
    recurrent_layers_count: Count | None = Field(
        default=None, description="Layers that keep a state of fixed size (state space, linear attention)."
    )
    recurrent_state_count: Count | None = Field(
        default=None, description="Numbers in the state of one such layer and sequence."
    )
    experts_count: Count | None = Field(default=None, description="Experts of a layer that a router chooses from.")
    experts_per_token_count: Count | None = Field(default=None, description="Experts that it chooses for a token.")
    max_context_tokens: Count = Field(description="Longest context that the configuration allows.")

    @model_validator(mode="after")
    def _kind_fits_numbers(self) -> ModelShapes:
        heads, kv_heads = self.attention_heads_count, self.kv_heads_count
        fits = {
            "multi-head": heads is not None and kv_heads == heads,
            "grouped": heads is not None and kv_heads is not None and 1 < kv_heads < heads,
            "multi-query": kv_heads == 1,
            "latent": self.kv_lora_dimension is not None,
            "sliding-window": self.window_attention_layers_count is not None,
            "hybrid": self.recurrent_layers_count is not None,
        }
        if not fits[self.attention_kind]:
            raise ValueError(f"attention_kind '{self.attention_kind}' does not fit the numbers of the row")
        together = (
            ("window_attention_layers_count", "sliding_window_tokens"),
            ("kv_lora_dimension", "rope_dimension"),
            ("recurrent_layers_count", "recurrent_state_count"),
            ("experts_count", "experts_per_token_count"),
        )
        for one, other in together:
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"{one} and {other} come together")
        return self

    @model_validator(mode="after")
    def _layers_add_up(self) -> ModelShapes:
        kinds = (
            self.full_attention_layers_count,
            self.window_attention_layers_count or 0,
            self.recurrent_layers_count or 0,
        )
        if sum(kinds) > self.layers_count:
            raise ValueError(f"layers of three kinds ({' + '.join(map(str, kinds))}) exceed layers_count")
        if (kinds[0] + kinds[1] > 0) != (self.attention_heads_count is not None):
            raise ValueError("attention_heads_count is given exactly where layers attend")
        if self.experts_count and self.experts_per_token_count and self.experts_per_token_count > self.experts_count:
            raise ValueError("experts_per_token_count may not exceed experts_count")
        return self


class ModelAliases(Fact):
    """One row per name under which a publisher mentions a model, where the name alone does not tell."""

    key = ("alias",)
    alias: Text = Field(description="Name as printed by the publisher.")
    model_id: Identifier = Field(description="Key of seeds.models.")


class Corrections(Fact):
    """One row per cell of a publisher's file that is wrong: what it says, what it should say, and why."""

    key = ("table_name", "record_name", "column_name")
    table_name: Annotated[str, Field(pattern=r"^raw\.[a-z0-9_]+$")] = Field(description="Raw table.")
    record_name: Text = Field(description="Name of the record, as the publisher writes it.")
    column_name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")] = Field(description="Column of the raw table.")
    expect: Number = Field(description="The wrong value: the build fails once the publisher says something else.")
    corrected: Number | None = Field(default=None, description="The right value; empty where none is known.")
    reason: Text = Field(description="Why the value is wrong, in our words.")


class TrainingRuns(Fact):
    """One row per training run: what was trained, on how much data, on which machines."""

    key = ("training_run_id",)
    training_run_id: Identifier = Field(description="Key of the run; equal to model_id for a model's main run.")
    model_id: Identifier = Field(description="Key of seeds.models.")
    run_kind: Literal["pretraining", "finetuning", "distillation", "pruning", "reinforcement learning"] = Field(
        description="What the run does; 6ND applies to pretraining and finetuning only."
    )
    training_tokens: Positive | None = Field(
        default=None, description="Tokens processed, repeated passes included (for language models)."
    )
    training_examples: Positive | None = Field(
        default=None, description="Examples (images, clips, positions) processed, repeated passes included."
    )
    forward_mac_per_example: Positive | None = Field(
        default=None, description="Multiply-accumulates of one forward pass over one example."
    )
    epochs: Positive | None = Field(default=None, description="Passes over the data set, where the source states it.")
    recompute: Literal["full", "selective", "none"] | None = Field(
        default=None, description="Activation recomputation during training, where the source states it."
    )
    number_format: NumberFormat | None = Field(default=None, description="Format of the matrix multiplications.")
    accelerator_id: Identifier | None = Field(default=None, description="Main accelerator: key of seeds.accelerators.")
    accelerator_count: Count | None = Field(default=None, description="Accelerators used at the same time.")
    training_country: Country | None = Field(default=None, description="Country of the data centre, where stated.")
    started_year: Year | None = Field(default=None, description="Year in which most of the run took place.")
    operator_kind: Literal["hyperscaler", "other"] | None = Field(
        default=None,
        description="Who ran the machines: a hyperscale operator or another (university, public, colocation).",
    )
    hardware_source_id: SourceId | None = Field(
        default=None, description="Source of the hardware columns, when not source_id."
    )
    hardware_locator: Text | None = Field(default=None, description="Where in that source.")


QUANTITIES: dict[str, str] = {
    "training_flop": "FLOP", "chip_hours": "chip-hour", "training_hours": "hour", "mfu": "ratio", "hfu": "ratio",
    "throughput_flop_per_s": "FLOP/s per chip", "chip_hours_per_trillion_tokens": "chip-hour per 1e12 tokens",
    "energy_kwh": "kWh", "co2e_kg": "kg CO2e", "water_l": "L", "cost_usd": "USD", "chip_power_w": "W",
    "development_energy_kwh": "kWh", "development_co2e_kg": "kg CO2e", "lifecycle_co2e_kg": "kg CO2e",
    "node_power_w": "W", "node_power_ratio": "ratio", "inference_j_per_token": "J/token",
    "inference_j_per_request": "J/request", "inference_co2e_kg_per_request": "kg CO2e/request",
    "inference_l_per_request": "L/request",
}  # fmt: skip
"""Quantities that a published figure may be of, and the unit its value is entered in."""


class PublishedFigures(Fact):
    """One row per figure that somebody published about a run, a model or a machine."""

    key = ("published_figure_id",)
    published_figure_id: Identifier = Field(description="Key of the row.")
    subject_kind: Literal["training_run", "stage", "model", "family", "inference", "machine"] = Field(
        description="What the figure is about; a stage is part of a run, or a run without a row of its own."
    )
    subject_id: Identifier = Field(
        description="Key of the subject: training_run_id for a training run, model_id for a model, else a name of our own."
    )
    subject_name: Text = Field(description="Name of the subject as a reader would write it.")
    quantity: str = Field(description="Quantity that the figure gives (closed list in seed_tables.QUANTITIES).")
    value: Positive = Field(description="The figure, in the unit column's unit.")
    value_low: Positive | None = Field(default=None, description="Lower bound where the source gives a range.")
    value_high: Positive | None = Field(default=None, description="Upper bound where the source gives a range.")
    unit: str = Field(description="Unit of value: the unit of its quantity.")
    printed: Text | None = Field(default=None, description="The number and unit as the source prints them.")
    boundary: Literal[
        "chip", "server", "facility", "location", "market", "lifecycle", "cloud", "owned", "unstated", "none"
    ] = Field(description="What the figure includes: machine boundary, carbon basis or cost basis.")
    counting: Literal["6nd", "with attention", "8nd", "chips x time", "operation count", "unstated"] | None = Field(
        default=None, description="How a published FLOP figure was counted."
    )
    kind: Literal["measured", "reported", "estimated"] = Field(
        description="Measured by its publisher, reported by the maker of the model, or estimated by a third party."
    )
    is_circular: Flag = Field(
        description="True if the figure was computed from others by a formula like ours, so that it tests arithmetic only."
    )
    accelerator_id: Identifier | None = Field(default=None, description="Accelerator that the figure refers to.")
    accelerator_count: Count | None = Field(default=None, description="Accelerators that the figure refers to.")

    @property
    def subject_id_of_run(self) -> str | None:
        """The subject where it is a training run: it must exist."""
        return self.subject_id if self.subject_kind == "training_run" else None

    @model_validator(mode="after")
    def _unit_is_the_quantitys(self) -> PublishedFigures:
        if self.quantity not in QUANTITIES:
            raise ValueError(f"quantity is none of: {', '.join(sorted(QUANTITIES))}")
        if self.unit != QUANTITIES[self.quantity]:
            raise ValueError(f"unit of {self.quantity} is '{QUANTITIES[self.quantity]}', got '{self.unit}'")
        if self.quantity in ("mfu", "hfu") and self.value > 1:
            raise ValueError(f"{self.quantity} is a fraction of 1, got {self.value}")
        return self


class BenchmarkResults(Fact):
    """One row per published benchmark result."""

    key = ("benchmark_result_id",)
    benchmark_result_id: Identifier = Field(description="Key of the row.")
    suite: Literal[
        "mlperf training", "mlperf inference", "mlperf hpc", "mlperf tiny", "ml.energy", "dawnbench", "other"
    ] = Field(description="Benchmark suite.")
    round: Text = Field(description="Round or version, for example v5.0.")
    division: Literal["closed", "open", "none"] = Field(description="MLPerf division; none for other suites.")
    submitter: Text = Field(description="Who submitted or measured.")
    system: Text = Field(description="System as the submitter names it.")
    accelerator_id: Identifier | None = Field(default=None, description="Key of seeds.accelerators.")
    accelerator_count: Count | None = Field(default=None, description="Accelerators in the system.")
    benchmark: Text = Field(description="Task, in the suite's own short name, for example llama2_70b_lora.")
    scenario: Text | None = Field(default=None, description="Offline, Server, SingleStream … for inference.")
    metric: Literal["time to train", "throughput", "latency", "energy", "power"] = Field(
        description="What value measures."
    )
    value: Positive = Field(description="The result, in the unit column's unit.")
    unit: Literal["minute", "token/s", "sample/s", "query/s", "ms", "J", "J/token", "J/inference", "W"] = Field(
        description="Unit of value."
    )
    power_w: Positive | None = Field(default=None, description="Mean system power during the run, watts.")
    energy_j: Positive | None = Field(default=None, description="Energy of the whole run, joules.")
    number_format: NumberFormat | None = Field(default=None, description="Format of the matrix multiplications.")
    is_official: Flag = Field(description="True if the suite's organization published the result as reviewed.")
    is_inferred: Flag = Field(default=False, description="True if the publisher derived the row from another result.")
    published_date: Day | None = Field(default=None, description="Date of publication of the round.")


class EnergyMeasurements(Fact):
    """One row per measured configuration of a language model that was served: energy of the accelerators per output token."""

    key = ("energy_measurement_id",)
    energy_measurement_id: Identifier = Field(
        description="Key of the row; that of core.ml_energy_runs where it is one."
    )
    publisher_model: Text = Field(description="Model as the publisher writes it.")
    task: Text = Field(description="Task, in the publisher's short name.")
    architecture_kind: Literal["dense", "moe", "hybrid", "other"] = Field(description="Kind of model.")
    total_params: Positive = Field(description="Parameters stored, as the publisher rounds them.")
    active_params: Positive = Field(description="Parameters used per token, as the publisher rounds them.")
    number_format: NumberFormat = Field(description="Format of the weights.")
    accelerator_id: Identifier = Field(description="Key of seeds.accelerators.")
    accelerator_count: Count = Field(description="Accelerators that served.")
    max_batch_size: Count = Field(description="Most requests that may run at the same time.")
    batch_size: Positive = Field(description="Requests that ran at the same time, on average.")
    output_tokens: Positive = Field(description="Mean length of an answer, tokens.")
    power_w: Positive = Field(description="Mean power of all accelerators together, watts.")
    tokens_per_s: Positive = Field(description="Output tokens per second.")
    joule_per_token: Positive = Field(description="Energy of the accelerators per output token, joules.")
    measured_date: Day = Field(description="Day of the publisher's data.")

    @model_validator(mode="after")
    def _energy_is_power_over_rate(self) -> EnergyMeasurements:
        ratio = self.power_w / self.tokens_per_s / self.joule_per_token
        if not 0.98 < ratio < 1.02:
            raise ValueError(f"power over tokens per second is {ratio:.3f} of joule_per_token; expected 1")
        return self


class BenchmarkModels(Fact):
    """One row per benchmark whose model is one that we know: the model, and the operations of one token of its work."""

    key = ("suite", "benchmark")
    suite: Literal["mlperf training", "mlperf inference", "mlperf tiny"] = Field(description="Benchmark suite.")
    benchmark: Text = Field(description="Task, in the suite's own short name.")
    model_id: Identifier = Field(description="Key of seeds.models.")
    work: Literal["pretraining", "finetuning with adapters", "inference"] = Field(
        description="What the benchmark does."
    )
    flop_per_param_and_token: Annotated[Number, Field(ge=2, le=8)] | None = Field(
        default=None, description="FLOP per parameter and token, where every parameter works on every token."
    )
    tokens_per_sample: Positive | None = Field(
        default=None, description="Tokens of a training sample, where the benchmark fixes their number."
    )
    samples_logged_as: Literal["samples_count", "tokens in epoch_num"] | None = Field(
        default=None, description="What the logs of a training benchmark call the samples trained on."
    )


class MlperfTrainingRules(Fact):
    """One row per benchmark of MLPerf Training: how many runs a result takes, and how many of them its score drops."""

    key = ("benchmark",)
    benchmark: Text = Field(description="Task, in the suite's own short name.")
    required_run_count: Annotated[Number, Field(ge=1, le=100)] = Field(description="Runs of a result.")
    dropped_run_count: Annotated[Number, Field(ge=0, le=20)] = Field(
        description="Runs that the score drops on each side, the fastest and the slowest."
    )


class CloudPrices(Fact):
    """One row per observed rental price of an accelerator."""

    key = ("provider", "accelerator_id", "terms", "region", "observed_date", "instance")
    provider: Text = Field(description="Who rents it out.")
    accelerator_id: Identifier = Field(description="Key of seeds.accelerators.")
    instance: Text | None = Field(default=None, description="Instance type, for example p5.48xlarge.")
    instance_accelerator_count: Count | None = Field(default=None, description="Accelerators in that instance.")
    terms: Literal["on demand", "spot", "reserved 1 year", "reserved 3 years", "marketplace"] = Field(
        description="Terms of the price."
    )
    region: Text | None = Field(default=None, description="Region, where stated.")
    observed_date: Day = Field(description="Date at which the price held.")
    observed_date_precision: DatePrecision = Field(description="How exact observed_date is.")
    price_usd_per_chip_hour: Annotated[Number, Field(ge=0.01, le=50)] = Field(
        description="Price of one accelerator for one hour, nominal US dollars."
    )


class PurchasePrices(Fact):
    """One row per observed purchase price of an accelerator or a system that holds several."""

    key = ("accelerator_id", "seller", "observed_date", "what")
    accelerator_id: Identifier = Field(description="Key of seeds.accelerators.")
    seller: Text = Field(description="Who offered or paid it, or who reports it.")
    what: Literal["chip", "card", "board", "server", "rack", "device"] = Field(description="What the price buys.")
    accelerators_per_item_count: Count = Field(description="Accelerators in what the price buys.")
    observed_date: Day = Field(description="Date at which the price held.")
    observed_date_precision: DatePrecision = Field(description="How exact observed_date is.")
    price_usd: Positive = Field(description="Price of the item, nominal US dollars.")


class ElectricityPrices(Fact):
    """One row per country and year: price of electricity for industry."""

    key = ("country", "year", "consumer")
    country: Country = Field(description="ISO 3166 alpha-3 code.")
    year: Year = Field(description="Year of the price.")
    consumer: Literal["industrial", "business", "wholesale"] = Field(description="Class of consumer.")
    price_usd_per_kwh: Annotated[Number, Field(ge=0.001, le=1)] = Field(description="Price, nominal USD per kWh.")


class GridCarbon(Fact):
    """One row per place, year and basis: carbon intensity of electricity."""

    key = ("place", "year", "basis", "operator")
    place: Text = Field(description="ISO 3166 alpha-3 code, or WOR for the world, or a named grid region.")
    year: Year = Field(description="Year of the intensity.")
    basis: Literal["location", "market"] = Field(description="Location-based (grid mix) or market-based (contracts).")
    operator: Text | None = Field(default=None, description="Whose market-based figure it is.")
    intensity_kg_co2e_per_kwh: Annotated[Number, Field(ge=0, le=2)] = Field(description="kg CO2e per kWh.")
    scope: Literal["direct", "lifecycle", "unstated"] = Field(description="Direct emissions or life cycle.")


class SiteEfficiency(Fact):
    """One row per operator, place, year and metric: PUE or water use."""

    key = ("operator", "place", "year", "metric")
    operator: Text = Field(description="Who runs the site, or whose survey it is.")
    place: Text = Field(description="Site, country or 'fleet'.")
    year: Year = Field(description="Year of the figure.")
    metric: Literal["pue", "wue_l_per_kwh"] = Field(
        description="Power usage effectiveness, or water used on site per kWh of IT energy."
    )
    value: Annotated[Number, Field(ge=0, le=20)] = Field(description="The figure: a ratio, or litres per kWh.")
    unit: Literal["ratio", "L/kWh"] = Field(description="Unit of value.")


class EmbodiedCarbon(Fact):
    """One row per item: carbon emitted to make it."""

    key = ("item", "source_id")
    item: Text = Field(description="What was made, for example H100 SXM module.")
    accelerator_id: Identifier | None = Field(default=None, description="Accelerator that the row is about.")
    what: Literal["chip", "card", "module", "server", "device", "memory", "building"] = Field(
        description="What the figure includes."
    )
    embodied_kg_co2e: Positive = Field(description="Cradle-to-gate emissions, kg CO2e.")
    embodied_kg_co2e_low: Positive | None = Field(default=None, description="Lower bound, where stated.")
    embodied_kg_co2e_high: Positive | None = Field(default=None, description="Upper bound, where stated.")
    kind: Literal["measured", "reported", "estimated"] = Field(description="How the figure came about.")


class EfficiencyLevers(Fact):
    """One row per lever and piece of evidence: what a technique changes, as a factor."""

    key = ("efficiency_lever_id",)
    efficiency_lever_id: Identifier = Field(description="Key of the row.")
    lever: Text = Field(description="Technique, for example quantization 16 to 4 bit.")
    family: Literal[
        "pre-trained model",
        "fine-tuning",
        "quantization",
        "pruning",
        "distillation",
        "mixture of experts",
        "batching",
        "runtime",
        "hardware",
        "utilisation",
        "clean grid",
        "data",
        "attention",
        "decoding",
    ] = Field(description="Family of the technique.")
    baseline: Text = Field(description="What it is compared with: model, hardware, software.")
    metric: Literal[
        "energy",
        "time",
        "throughput",
        "memory",
        "parameters",
        "training flop",
        "inference flop",
        "cost",
        "carbon",
        "accuracy",
    ] = Field(description="What the factor is of.")
    factor: Positive = Field(
        description="How many times better the metric gets: above 1 is an improvement (for accuracy: share kept)."
    )
    factor_low: Positive | None = Field(default=None, description="Lower bound, where stated.")
    factor_high: Positive | None = Field(default=None, description="Upper bound, where stated.")
    kind: Literal["published", "measured here"] = Field(description="Who measured it.")


class Assumptions(Fact):
    """One row per assumption that a formula uses and no source states for the run at hand."""

    key = ("name", "applies_to")
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="Name by which the formulas ask for it."
    )
    applies_to: Text = Field(description="Where it holds: 'all', or a class such as an accelerator_id or a country.")
    low: Number = Field(description="5th percentile.")
    central: Number = Field(description="Central value (median).")
    high: Number = Field(description="95th percentile.")
    unit: Text = Field(description="Unit of the three values.")
    description: Text = Field(description="What it means.")

    @model_validator(mode="after")
    def _ordered(self) -> Assumptions:
        if not self.low <= self.central <= self.high:
            raise ValueError("expected low <= central <= high")
        return self


class Claims(Fact):
    """One row per claim that a document makes: what it says in our words, and the number in it that can be tested.

    The source of the row is the document; the locator says where in it.
    """

    key = ("source_id", "claim_id")
    claim_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=40)] = Field(
        description="Key of the claim within its document."
    )
    paraphrase: Text = Field(description="What the document says, in our words.")
    subject: Text = Field(
        description="What the claim is about: key or name of a run, model or accelerator, a class of claim_classes, an "
        "amount such as '2.0e25 FLOP', or a workload such as '1e17 FLOP on rtx-4090'."
    )
    quantity: Text = Field(description="What is claimed of it: a quantity of claim_quantities.")
    comparison: Literal["about", "range", "at least", "at most", "none"] = Field(
        description="How the number is meant; none where the claim states no number."
    )
    scope: Literal["typical", "some", "every"] = Field(
        description="Where the subject is a class: what is claimed of its typical, of some or of every member."
    )
    low: Number | None = Field(
        default=None, description="Lower bound, in the claim's unit; of 'about' the number itself."
    )
    high: Number | None = Field(
        default=None, description="Upper bound, in the claim's unit; of 'about' the number itself."
    )
    unit: Text | None = Field(default=None, description="Unit of low and high: one of claim_units.")
    reading: Text | None = Field(default=None, description="How words became numbers, where the document has words.")

    @model_validator(mode="after")
    def _bounds_are_those_of_the_comparison(self) -> Claims:
        if problem := bounds_problem(self.comparison, self.low, self.high):
            raise ValueError(problem)
        return self


def bounds_problem(comparison: str, low: float | None, high: float | None) -> str | None:
    """What is wrong with the bounds of a claim; None where they are what its comparison needs.

    >>> bounds_problem("at least", None, 3)
    "comparison 'at least' needs low and no high"
    """
    needs = {"about": (True, True), "range": (True, True), "at least": (True, False), "at most": (False, True)}
    has_low, has_high = needs.get(comparison, (False, False))
    if (low is not None, high is not None) != (has_low, has_high):
        words = f"{'low' if has_low else 'no low'} and {'high' if has_high else 'no high'}"
        return f"comparison '{comparison}' needs {words}"
    if low is not None and high is not None and (low > high or (comparison == "about" and low != high)):
        return f"comparison '{comparison}' needs low {'= high' if comparison == 'about' else '<= high'}"
    return None


class ClaimClasses(Fact):
    """One row per class of subjects and condition: a member of the class satisfies all conditions."""

    key = ("claim_class_id", "attribute")
    claim_class_id: Identifier = Field(description="Key of the class.")
    claim_class_name: Text = Field(description="Name of the class.")
    subject_kind: Literal["training_run", "accelerator", "lever"] = Field(description="What its members are.")
    attribute: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="Attribute that the condition is about: one of mart.audit_attributes."
    )
    low: Number | None = Field(default=None, description="Least value, for an attribute that is a number.")
    high: Number | None = Field(default=None, description="Greatest value, for an attribute that is a number.")
    unit: Text | None = Field(default=None, description="Unit of low and high.")
    matches: Text | None = Field(
        default=None, description="Patterns of which one must match, for an attribute that is a text: 'a100*|h100*'."
    )

    @model_validator(mode="after")
    def _is_one_kind_of_condition(self) -> ClaimClasses:
        if (self.matches is None) == (self.low is None and self.high is None):
            raise ValueError("expected low or high, or matches")
        return self


class ClaimQuantities(Fact):
    """One row per name of a quantity that a claim may be about."""

    key = ("quantity",)
    quantity: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(description="Name of the quantity.")
    measured_quantity: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="Quantity of mart.audit_points that tests it."
    )
    unit: Text = Field(description="Unit of those points: a base unit of claim_units.")
    description: Text = Field(description="What it means.")
    spellings: Text | None = Field(default=None, description="Other names of it, between bars.")


class SiteScenarios(Fact):
    """One row per cluster or site whose whole cost is reckoned."""

    key = ("site_id",)
    site_id: Identifier = Field(description="Key of the site.")
    site_name: Text = Field(description="What it is.")
    it_megawatts: Positive | None = Field(
        default=None, description="Rated power of its computers, where that describes it."
    )
    accelerator_id: Identifier | None = Field(default=None, description="Its accelerators, where those describe it.")
    accelerator_count: Count | None = Field(default=None, description="How many.")
    operator_kind: Literal["hyperscaler", "other"] = Field(description="Who runs it.")
    country: Country = Field(description="Where: ISO 3166 alpha-3.")
    it_lifetime_years: Positive | None = Field(
        default=None, description="Years over which its computers are written off; else the assumption."
    )

    @model_validator(mode="after")
    def _is_described_once(self) -> SiteScenarios:
        if (self.it_megawatts is None) != (self.accelerator_count is not None and self.accelerator_id is not None):
            raise ValueError("expected it_megawatts, or accelerator_id and accelerator_count")
        return self


class LeverFamilies(Fact):
    """One row per family of levers: what it acts on, which decides how it combines with others."""

    key = ("family",)
    family: Text = Field(description="Family of seeds.efficiency_levers.")
    phase: Literal["training", "inference", "both"] = Field(description="Where it saves.")
    acts_on: Literal[
        "training work", "work per token", "bytes read", "utilisation", "energy per operation", "carbon per kWh"
    ] = Field(description="What it changes.")


class LeverExceptions(Fact):
    """One row per pair of lever families that does not combine as what they act on says."""

    key = ("family", "other_family")
    family: Text = Field(description="One family.")
    other_family: Text = Field(description="The other, later in the alphabet.")
    combination: Literal["multiplies", "overlaps", "excludes"] = Field(
        description="multiplies: both count in full; overlaps: their product is an upper bound; excludes: one or the other."
    )
    reason: Text = Field(description="Why.")


class LeverCases(Fact):
    """One row per worked case and step: which evidence is used for which lever."""

    key = ("lever_case_id", "step")
    lever_case_id: Identifier = Field(description="Key of the case.")
    step: Count = Field(description="Order of the steps.")
    phase: Literal["training", "inference"] = Field(description="What the step saves.")
    efficiency_lever_id: Identifier = Field(description="Evidence: a row of mart.efficiency_levers.")
    text: Text = Field(description="What is done.")


class Questions(Fact):
    """One row per question of a document that mart.answers answers with computed numbers."""

    key = ("question_no",)
    question_no: Count = Field(description="Number of the question.")
    question: Text = Field(description="The question, in our words.")


class ClaimUnits(Fact):
    """One row per unit that a claim may be stated in."""

    key = ("unit",)
    unit: Text = Field(description="Name of the unit.")
    base_unit: Text = Field(description="Unit that its quantities are tested in.")
    factor: Positive = Field(description="Base units in one of it.")
    spellings: Text | None = Field(
        default=None, description="Other names of it, between bars; case, blanks and hyphens aside."
    )


SEED_FILES: dict[str, type[Fact]] = {
    "hardware/accelerators.csv": Accelerators,
    "hardware/accelerator_peaks.csv": AcceleratorPeaks,
    "hardware/accelerator_aliases.csv": AcceleratorAliases,
    "models/models.csv": Models,
    "models/model_aliases.csv": ModelAliases,
    "models/model_shapes.csv": ModelShapes,
    "models/training_runs.csv": TrainingRuns,
    "models/published_figures.csv": PublishedFigures,
    "benchmarks/benchmark_results.csv": BenchmarkResults,
    "benchmarks/benchmark_models.csv": BenchmarkModels,
    "benchmarks/mlperf_training_rules.csv": MlperfTrainingRules,
    "benchmarks/energy_measurements.csv": EnergyMeasurements,
    "prices/cloud_prices.csv": CloudPrices,
    "prices/purchase_prices.csv": PurchasePrices,
    "prices/electricity_prices.csv": ElectricityPrices,
    "environment/grid_carbon.csv": GridCarbon,
    "environment/site_efficiency.csv": SiteEfficiency,
    "environment/embodied_carbon.csv": EmbodiedCarbon,
    "levers/efficiency_levers.csv": EfficiencyLevers,
    "levers/lever_families.csv": LeverFamilies,
    "levers/lever_exceptions.csv": LeverExceptions,
    "levers/lever_cases.csv": LeverCases,
    "sites/site_scenarios.csv": SiteScenarios,
    "claims/claims.csv": Claims,
    "claims/questions.csv": Questions,
    "claims/claim_classes.csv": ClaimClasses,
    "claims/claim_quantities.csv": ClaimQuantities,
    "claims/claim_units.csv": ClaimUnits,
    "assumptions.csv": Assumptions,
    "corrections.csv": Corrections,
}
"""Every curated file and its schema; the table is named like the file."""

REFERENCES: tuple[tuple[str, str, str, str], ...] = (
    ("accelerator_peaks", "accelerator_id", "accelerators", "accelerator_id"),
    ("accelerator_aliases", "accelerator_id", "accelerators", "accelerator_id"),
    ("training_runs", "model_id", "models", "model_id"),
    ("models", "base_model_id", "models", "model_id"),
    ("model_aliases", "model_id", "models", "model_id"),
    ("model_shapes", "model_id", "models", "model_id"),
    ("training_runs", "accelerator_id", "accelerators", "accelerator_id"),
    ("published_figures", "subject_id_of_run", "training_runs", "training_run_id"),
    ("published_figures", "accelerator_id", "accelerators", "accelerator_id"),
    ("benchmark_results", "accelerator_id", "accelerators", "accelerator_id"),
    ("energy_measurements", "accelerator_id", "accelerators", "accelerator_id"),
    ("benchmark_models", "model_id", "models", "model_id"),
    ("cloud_prices", "accelerator_id", "accelerators", "accelerator_id"),
    ("purchase_prices", "accelerator_id", "accelerators", "accelerator_id"),
    ("embodied_carbon", "accelerator_id", "accelerators", "accelerator_id"),
    ("site_scenarios", "accelerator_id", "accelerators", "accelerator_id"),
)
"""(table, column, referenced table, referenced column): a value must exist in what it refers to."""
