"""Schemas of the files in seeds/models: models, shapes, training runs, published figures; and of corrections.csv."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipelines.records.fields import (
    Count,
    Country,
    DatePrecision,
    Day,
    Flag,
    Identifier,
    Number,
    Positive,
    SourceId,
    Text,
    Year,
    filled,
    nullable,
    plain_number,
)
from pipelines.seeds.fact import Fact, NumberFormat


class Models(Fact):
    """One row per model."""

    key = ("model_id",)
    model_id: Identifier = filled("Key of the model, for example llama-3.1-70b.")
    model_name: Text = filled("Name as the developer writes it.")
    organization: Text = filled("Organizations that developed it, the lead organization first.")
    country: Country | None = nullable("Country of the lead organization, ISO 3166 alpha-3.")
    publication_date: Day = filled("Date of first publication (paper, card or announcement).")
    publication_date_precision: DatePrecision = filled("Precision of publication_date.")
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
    ] = filled(
        "Domain of the task.",
    )
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
    ] = filled(
        "Architecture class: it decides which FLOP formula applies.",
    )
    total_params: Positive | None = nullable("Total parameters.")
    active_params: Positive | None = nullable("Active parameters: below total_params for mixtures of experts.")
    has_open_weights: Flag | None = nullable("True if the weights can be downloaded.")
    is_frontier: Flag = Field(
        default=False,
        description="True if the model was among the ten largest known training runs when it was published.",
    )
    base_model_id: Identifier | None = nullable("Base model of this model.")

    @model_validator(mode="after")
    def _active_within_total(self) -> Models:
        if self.active_params and self.total_params and self.active_params > self.total_params:
            raise ValueError("active_params may not exceed total_params")
        return self


class ModelShapes(Fact):
    """One row per model: the shape of its layers from the published configuration; it decides the cost per token."""

    key = ("model_id",)
    model_id: Identifier = filled("Key of seeds.models.")
    layers_count: Count = filled("Layers, of whatever kind.")
    hidden_dimension: Count = filled("Width of the residual stream.")
    attention_heads_count: Count | None = nullable("Heads of queries; empty without any attention.")
    kv_heads_count: Count | None = nullable("Heads of keys and values.")
    head_dimension: Count | None = nullable("Dimension of a head of queries and keys.")
    attention_kind: Literal["multi-head", "grouped", "multi-query", "latent", "sliding-window", "hybrid"] = filled(
        "What the layers store about earlier tokens: keys and values of all heads, of groups of heads, of one head; "
        "a compressed latent; those of the last tokens only (in some layers or all); a state of fixed size in most "
        "layers.",
    )
    full_attention_layers_count: Annotated[int, BeforeValidator(plain_number), Field(ge=0, le=10**6)] = filled(
        "Layers that attend to all earlier tokens."
    )
    window_attention_layers_count: Count | None = nullable("Layers that attend to the last sliding_window_tokens only.")
    sliding_window_tokens: Count | None = nullable("Tokens that such a layer looks back to.")
    kv_lora_dimension: Count | None = nullable(
        "Latent attention: dimension of the compressed keys and values (kv_lora_rank)."
    )
    rope_dimension: Count | None = nullable("Latent attention: dimension of the shared key that carries positions.")
    indexer_dimension: Count | None = nullable(
        "Sparse attention: dimension of the key by which an indexer chooses tokens."
    )
    recurrent_layers_count: Count | None = nullable(
        "Layers that keep a state of fixed size (state space, linear attention)."
    )
    recurrent_state_count: Count | None = nullable("Numbers in the state of one such layer and sequence.")
    experts_count: Count | None = nullable("Experts of a layer that a router chooses from.")
    experts_per_token_count: Count | None = nullable("Experts that it chooses for a token.")
    max_context_tokens: Count = filled("Longest context that the configuration allows.")

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


class ReleasedWeights(Fact):
    """One row per open model whose weights were released in another format than 16 bits."""

    key = ("model_id",)
    model_id: Identifier = filled("Key of seeds.models.")
    number_format: NumberFormat = filled("Format of nearly all weights in the developer's release.")


class ModelAliases(Fact):
    """One row per published name of a model, if the name alone is ambiguous."""

    key = ("alias",)
    alias: Text = filled("Name as printed by the publisher.")
    model_id: Identifier = filled("Key of seeds.models.")


class Corrections(Fact):
    """One row per wrong cell in a publisher's file: the wrong value, the correct value, and the reason."""

    key = ("table_name", "record_name", "column_name")
    table_name: Annotated[str, Field(pattern=r"^raw\.[a-z0-9_]+$")] = filled("Raw table.")
    record_name: Text = filled("Name of the record, as the publisher writes it.")
    column_name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")] = filled("Column of the raw table.")
    expect: Number = filled("The wrong value; once the publisher changes it, the correction is retired with a finding.")
    corrected: Number | None = nullable("The correct value; empty if it is not known.")
    reason: Text = filled("Why the value is wrong, in our words.")


class TrainingRuns(Fact):
    """One row per training run: the model, the amount of data, and the hardware."""

    key = ("training_run_id",)
    training_run_id: Identifier = filled("Key of the run; equal to model_id for the main run of a model.")
    model_id: Identifier = filled("Key of seeds.models.")
    run_kind: Literal["pretraining", "finetuning", "distillation", "pruning", "reinforcement learning"] = filled(
        "Kind of run; 6ND applies to pretraining and finetuning only."
    )
    training_tokens: Positive | None = nullable("Tokens processed, including repeated passes (for language models).")
    training_examples: Positive | None = nullable(
        "Examples (images, clips, positions) processed, including repeated passes."
    )
    forward_mac_per_example: Positive | None = nullable("Multiply-accumulates of one forward pass over one example.")
    epochs: Positive | None = nullable("Passes over the data set, if published.")
    recompute: Literal["full", "selective", "none"] | None = nullable(
        "Activation recomputation during training, if published."
    )
    number_format: NumberFormat | None = nullable("Format of the matrix multiplications.")
    accelerator_id: Identifier | None = nullable("Main accelerator: key of seeds.accelerators.")
    accelerator_count: Count | None = nullable("Accelerators in parallel.")
    training_country: Country | None = nullable("Country of the data centre, if published.")
    started_year: Year | None = nullable("Year in which most of the run took place.")
    operator_kind: Literal["hyperscaler", "other"] | None = nullable(
        "Operator of the hardware: a hyperscale operator or another (university, public, colocation)."
    )
    hardware_source_id: SourceId | None = nullable("Source of the hardware columns, if not source_id.")
    hardware_locator: Text | None = nullable("Location in that source.")


QUANTITIES: dict[str, str] = {
    "training_flop": "FLOP", "chip_hours": "chip-hour", "training_hours": "hour", "mfu": "ratio", "hfu": "ratio",
    "throughput_flop_per_s": "FLOP/s per chip", "chip_hours_per_trillion_tokens": "chip-hour per 1e12 tokens",
    "energy_kwh": "kWh", "co2e_kg": "kg CO2e", "water_l": "L", "cost_usd": "USD", "chip_power_w": "W",
    "cloud_price_usd_per_chip_hour": "USD/chip-hour",
    "development_energy_kwh": "kWh", "development_co2e_kg": "kg CO2e", "lifecycle_co2e_kg": "kg CO2e",
    "node_power_w": "W", "node_power_ratio": "ratio", "inference_j_per_token": "J/token",
    "inference_j_per_request": "J/request", "inference_co2e_kg_per_request": "kg CO2e/request",
    "inference_l_per_request": "L/request",
}  # fmt: skip
"""Quantities that a published figure may be of, and the unit its value is entered in."""


class PublishedFigures(Fact):
    """One row per published figure about a run, a model or a machine."""

    key = ("published_figure_id",)
    published_figure_id: Identifier = filled("Key of the row.")
    subject_kind: Literal["training_run", "stage", "model", "family", "inference", "machine"] = filled(
        "Subject of the figure; a stage is part of a run, or a run without its own row."
    )
    subject_id: Identifier = filled(
        "Key of the subject: training_run_id for a training run, model_id for a model, else a name of our own."
    )
    subject_name: Text = filled("Name of the subject for readers.")
    quantity: str = filled("Quantity of the figure (closed list in seed_tables.QUANTITIES).")
    value: Positive = filled("The figure, in the unit of the column unit.")
    value_low: Positive | None = nullable("Lower bound, if the source gives a range.")
    value_high: Positive | None = nullable("Upper bound, if the source gives a range.")
    unit: str = filled("Unit of value: the unit of its quantity.")
    printed: Text | None = nullable("Number and unit as the source prints them.")
    boundary: Literal[
        "chip",
        "server",
        "facility",
        "location",
        "market",
        "lifecycle",
        "onsite",
        "generation",
        "cloud",
        "owned",
        "unstated",
        "none",
    ] = filled(
        "What the figure includes: machine boundary, carbon basis, water or cost basis.",
    )
    counting: Literal["6nd", "with attention", "8nd", "chips x time", "operation count", "unstated"] | None = nullable(
        "How the publisher counted a FLOP figure."
    )
    kind: Literal["measured", "reported", "estimated"] = filled(
        "Measured by the publisher, reported by the developer, or estimated by a third party."
    )
    is_circular: Flag = filled(
        "True if the publisher derived the figure with the same formula as ours, so that it is not independent."
    )
    accelerator_id: Identifier | None = nullable("Accelerator that the figure refers to.")
    accelerator_count: Count | None = nullable("Accelerators that the figure refers to.")

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
