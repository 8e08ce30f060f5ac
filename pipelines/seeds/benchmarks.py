"""Schemas of the files in seeds/benchmarks: results, measured energy and speed; rounds, models and rules of MLPerf."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipelines.records.fields import (
    ADDRESS,
    Count,
    Day,
    Flag,
    Identifier,
    Number,
    Positive,
    Share,
    Text,
    filled,
    nullable,
    plain_number,
)
from pipelines.seeds.fact import Fact, NumberFormat


class BenchmarkResults(Fact):
    """One row per published benchmark result."""

    key = ("benchmark_result_id",)
    benchmark_result_id: Identifier = filled("Key of the row.")
    suite: Literal[
        "mlperf training", "mlperf inference", "mlperf hpc", "mlperf tiny", "ml.energy", "dawnbench", "other"
    ] = filled(
        "Benchmark suite.",
    )
    round: Text = filled("Round or version, for example v5.0.")
    division: Literal["closed", "open", "none"] = filled("MLPerf division; none for other suites.")
    submitter: Text = filled("Organization that submitted or measured the result.")
    system: Text = filled("System as the submitter names it.")
    accelerator_id: Identifier | None = nullable("Key of seeds.accelerators.")
    accelerator_count: Count | None = nullable("Accelerators in the system.")
    benchmark: Text = filled("Task, in the suite's own short name, for example llama2_70b_lora.")
    scenario: Text | None = nullable("Offline, Server, SingleStream … for inference.")
    metric: Literal["time to train", "throughput", "latency", "energy", "power"] = filled("What value measures.")
    value: Positive = filled("Result, in the unit of the column unit.")
    unit: Literal["minute", "token/s", "sample/s", "query/s", "ms", "J", "J/token", "J/inference", "W"] = filled(
        "Unit of value."
    )
    power_w: Positive | None = nullable("Mean system power during the run, watts.")
    energy_j: Positive | None = nullable("Energy of the whole run, joules.")
    number_format: NumberFormat | None = nullable("Format of the matrix multiplications.")
    is_official: Flag = filled("True if the suite's organization published the result as reviewed.")
    is_inferred: Flag = Field(default=False, description="True if the publisher derived the row from another result.")
    published_date: Day | None = nullable("Date of publication of the round.")


class EnergyMeasurements(Fact):
    """One row per measured serving configuration of a language model: accelerator energy per output token."""

    key = ("energy_measurement_id",)
    energy_measurement_id: Identifier = filled(
        "Key of the row; the key of core.ml_energy_runs if the row is in that table."
    )
    publisher_model: Text = filled("Model as the publisher writes it.")
    task: Text = filled("Task, in the publisher's short name.")
    architecture_kind: Literal["dense", "moe", "hybrid", "other"] = filled("Kind of model.")
    total_params: Positive = filled("Total parameters, as the publisher rounds them.")
    active_params: Positive = filled("Active parameters, as the publisher rounds them.")
    number_format: NumberFormat = filled("Format of the weights.")
    accelerator_id: Identifier = filled("Key of seeds.accelerators.")
    accelerator_count: Count = filled("Number of accelerators that served the model.")
    max_batch_size: Count = filled("Maximum number of requests that run in parallel.")
    batch_size: Positive = filled("Average number of requests that ran in parallel.")
    output_tokens: Positive = filled("Mean length of an answer, tokens.")
    power_w: Positive = filled("Mean power of all accelerators together, watts.")
    tokens_per_s: Positive = filled("Output tokens per second.")
    joule_per_token: Positive = filled("Energy of the accelerators per output token, joules.")
    measured_date: Day = filled("Date of the publisher's data.")

    @model_validator(mode="after")
    def _energy_is_power_over_rate(self) -> EnergyMeasurements:
        ratio = self.power_w / self.tokens_per_s / self.joule_per_token
        if not 0.98 < ratio < 1.02:
            raise ValueError(f"power over tokens per second is {ratio:.3f} of joule_per_token; expected 1")
        return self


class LocalSpeeds(Fact):
    """One row per measured speed of a language model on one device that serves one user."""

    key = ("local_speed_id",)
    local_speed_id: Identifier = filled("Key of the row.")
    model_id: Identifier = filled("Key of seeds.models.")
    accelerator_id: Identifier = filled("Key of seeds.accelerators.")
    device: Text = filled("Device as the publisher names it.")
    runtime: Text = filled("Software that ran the model, and its backend where stated.")
    weight_format: Text = filled("Format of the weights as the runtime names it, such as Q4_K_M.")
    number_format: NumberFormat = filled("Number format with as many bits as that.")
    prompt_tokens: Count | None = nullable("Tokens of the prompt that prompt_tokens_per_s is for, if stated.")
    output_tokens: Count | None = nullable("Tokens generated while timed, if stated.")
    context_tokens: Annotated[int, BeforeValidator(plain_number), Field(ge=0, le=10**7)] | None = nullable(
        "Tokens in the cache when generation began, if stated."
    )
    prompt_tokens_per_s: Positive | None = nullable("Prompt tokens read per second.")
    tokens_per_s: Positive = filled("Output tokens per second, prompt not counted.")
    peak_system_power_w: Positive | None = nullable("Highest power of the whole system at the wall, watts.")
    published_date: Day | None = nullable("Date of the measurement or its publication.")

    @model_validator(mode="after")
    def _prompt_has_a_length(self) -> LocalSpeeds:
        if self.prompt_tokens_per_s is not None and self.prompt_tokens is None:
            raise ValueError("prompt_tokens_per_s needs prompt_tokens")
        return self


class BenchmarkModels(Fact):
    """One row per benchmark with a known model: the model, and the operations per token."""

    key = ("suite", "benchmark")
    suite: Literal["mlperf training", "mlperf inference", "mlperf tiny"] = filled("Benchmark suite.")
    benchmark: Text = filled("Task, in the suite's own short name.")
    model_id: Identifier = filled("Key of seeds.models.")
    work: Literal["pretraining", "finetuning with adapters", "inference"] = filled("What the benchmark does.")
    flop_per_param_and_token: Annotated[Number, Field(ge=2, le=8)] | None = nullable(
        "FLOP per parameter and token, where every parameter works on every token."
    )
    tokens_per_sample: Positive | None = nullable("Tokens per training sample, if the benchmark fixes their number.")
    samples_logged_as: Literal["samples_count", "tokens in epoch_num"] | None = nullable(
        "Name of the training samples in the logs of a training benchmark."
    )


Address = Annotated[str, Field(pattern=ADDRESS, max_length=400)]


class MlperfRounds(Fact):
    """One row per round of an MLPerf suite: when it was published, and which file of it is fetched."""

    key = ("suite", "round")
    suite: Literal["mlperf training", "mlperf inference", "mlperf tiny", "mlperf hpc"] = filled("Benchmark suite.")
    round: Annotated[str, Field(pattern=r"^v[0-9]+([.][0-9]+)+$")] = filled("Round, for example v5.1.")
    published_date: Day | None = nullable("Date of publication of the round.")
    file_format: Literal["training logs", "tiny logs", "summary list", "summary object"] | None = nullable(
        "Format of the file at url; empty if no file of the round is fetched for itself."
    )
    url: Address | None = nullable("Address of the results of the round.")
    excerpt_url: Address | None = nullable("Address of an excerpt that a mirror may hold in place of the file.")
    url_verified: Literal["seen", "recalled"] | None = nullable(
        "How the address was checked: a file was received from it (seen), or it follows from those of other rounds "
        "(recalled). If a recalled address has no file, that is no failure.",
    )
    licence: Text = filled("Licence of the results, as their repository states it, or 'not stated'.")

    @model_validator(mode="after")
    def _address_has_format(self) -> MlperfRounds:
        if len({self.url is None, self.file_format is None, self.url_verified is None}) > 1:
            raise ValueError("url, file_format and url_verified belong together: give all three or none")
        return self


class MlperfTrainingRules(Fact):
    """One row per benchmark of MLPerf Training: how many runs a result needs, and how many of them its score drops."""

    key = ("benchmark",)
    benchmark: Text = filled("Task, in the suite's own short name.")
    required_run_count: Annotated[Number, Field(ge=1, le=100)] = filled("Number of runs per result.")
    dropped_run_count: Annotated[Number, Field(ge=0, le=20)] = filled(
        "Number of runs that the score drops on each side, the fastest and the slowest."
    )


class InferencexModels(Fact):
    """One row per model code of InferenceX: the name under which its results are asked for, and the model that it means."""

    key = ("code",)
    code: Text = filled("Model in the publisher's code, as its list of what was measured has it.")
    asked_name: Text = filled("Name that the address of its results takes.")
    model_id: Identifier | None = nullable("Key of seeds.models, if the model is in that table.")


class ServingWorkloads(Fact):
    """One row per benchmark of serving whose results do not state lengths: mean tokens of a prompt and of an answer."""

    key = ("suite", "benchmark")
    suite: Literal["mlperf inference", "ml.energy"] = filled("Benchmark suite.")
    benchmark: Text = filled("Task, in the suite's own short name, without its target of accuracy.")
    prompt_tokens: Positive = filled("Mean length of a prompt, tokens.")
    answer_tokens: Positive | None = nullable("Mean length of an answer, tokens, if the results do not state it.")


class PublishedServing(Fact):
    """One row per published figure of a fleet or a prompt, with the operating point that it is compared at."""

    key = ("published_serving_id",)
    published_serving_id: Identifier = filled("Key of the row.")
    publisher: Text = filled("Organization that published the figure.")
    model_id: Identifier = filled("Key of seeds.models.")
    is_stand_in: Flag = filled("True if the served model is not published and this one stands in for it.")
    is_chosen_by_value: Flag = filled("True if a part of the operating point was chosen after a comparison with value.")
    accelerator_id: Identifier = filled("Key of seeds.accelerators.")
    accelerator_count: Count = filled("Accelerators that the comparison is for.")
    decode_count: Count = filled("Those of them that write answers.")
    group_count: Count = filled("Those that share one copy of the model.")
    number_format: NumberFormat = filled("Format of the weights.")
    prompt_tokens: Positive = filled("Tokens of a prompt.")
    answer_tokens: Positive = filled("Tokens of an answer, reasoning included.")
    cached_prompt_fraction: Share | None = nullable("Share of the prompt's tokens that are cached, if any.")
    concurrency: Positive = filled("Users at the same time.")
    is_speculative: Flag = filled("True with speculative or multi-token decoding.")
    software: Literal["stock", "tuned", "benchmark"] = filled("How far the software is set up for the case.")
    software_year: Positive = filled("Year of the software.")
    idle_fraction: Share | None = nullable("Share of the time in which the accelerators wait for users, if any.")
    price_usd_per_chip_hour: Positive | None = nullable("Price of an accelerator that a published cost is at.")
    quantity: Literal[
        "tokens_per_s_per_accelerator",
        "usd_per_million_tokens",
        "facility_joule_per_answer",
        "lifecycle_co2e_kg_per_answer",
        "water_l_per_answer",
    ] = filled("What value measures.")
    value: Positive = filled("Published figure, in the unit of the column unit.")
    unit: Literal["token/s", "USD/Mtoken", "J/request", "kg CO2e/request", "L/request"] = filled("Unit of value.")
