"""InferenceX: nightly measurements of serving language models, by chip, software, format, parallelism and load.

What belongs here: the columns of both answers of its interface: what was measured (``availability``), and the newest
result of each configuration of one model (``benchmarks``). What does not: names of models and accelerators that we know,
any arithmetic.

Rates are per accelerator, and those of separate prefill and decoding count only the accelerators of that part. Power
is that of the accelerator boards. A row that lacks ``power_metric_schema_version`` gives the energy per output token of the
decoding part alone where parts are separate.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar
from urllib.parse import quote

from pydantic import BeforeValidator, Field, StrictBool, StrictInt

from pipelines.records.fields import Text, filled, nullable
from pipelines.records.json_records import (
    JsonDay,
    JsonRecord,
    JsonText,
    Values,
    canonical_text,
    cut_items,
    json_table,
    named_columns,
)
from pipelines.records.raw_tables import Listing, RawNumber, RawRow, RemoteFile

INTERFACE = "https://inferencex.semianalysis.com/api/v1"


def _zero_or_one(value: Any) -> Any:
    return bool(value) if type(value) is int and value in (0, 1) else value


ZeroOrOne = Annotated[StrictBool, BeforeValidator(_zero_or_one)]
"""A flag that its publisher writes as 0 or 1."""

Measured = Annotated[RawNumber, Field(ge=0)]
Seconds = Annotated[RawNumber, Field(ge=0, le=1e7)]
Whole = Annotated[StrictInt, Field(ge=0, le=10_000_000)]
Length = Annotated[StrictInt, Field(gt=0, le=100_000_000)]


class _Configuration(RawRow):
    """What was run on what: the columns that both answers have."""

    source_id = "inferencex"

    model: Text = filled("Model, in the publisher's code.")
    hardware: Text = filled("Accelerator, in the publisher's code.")
    framework: Text = filled("Software that served the model.")
    precision: Text = filled("Number format of the weights.")
    spec_method: Text | None = nullable("Method of speculative decoding; none where there is none.")
    disagg: StrictBool = filled("True where separate accelerators read prompts and write answers.")
    isl_tokens: Length | None = nullable("Length of a prompt, tokens, where it is fixed.")
    osl_tokens: Length | None = nullable("Length of an answer, tokens, where it is fixed.")
    benchmark_type: Text | None = nullable("Kind of load, where published.")


class InferencexAvailability(_Configuration):
    """One row per configuration that InferenceX has measured, and day on which it did."""

    table = "inferencex_availability"
    key = (
        "model", "hardware", "framework", "precision", "spec_method", "disagg", "isl_tokens", "osl_tokens",
        "benchmark_type", "date",
    )  # fmt: skip
    headers: ClassVar[dict[str, tuple[str, ...]]] = {"isl_tokens": ("isl",), "osl_tokens": ("osl",)}

    date: JsonDay = filled("Day of the measurement.")


RANKS = ("mean", "median", "p90", "p99")
TIMES = ("ttft", "tpot", "itl", "e2el")


class InferencexResults(_Configuration):
    """One row per configuration of InferenceX and number of users: its newest measurement of speed, latency and power."""

    table = "inferencex_results"
    key = (
        "model", "hardware", "framework", "precision", "spec_method", "disagg", "is_multinode", "isl_tokens", "osl_tokens",
        "benchmark_type", "conc_count", "prefill_tp_count", "prefill_ep_count", "prefill_dp_attention",
        "prefill_num_workers_count", "decode_tp_count", "decode_ep_count", "decode_dp_attention",
        "decode_num_workers_count", "num_prefill_gpu_count", "num_decode_gpu_count", "offload_mode", "image", "date",
        "run_url",
    )  # fmt: skip
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "isl_tokens": ("isl",),
        "osl_tokens": ("osl",),
        "conc_count": ("conc",),
        "prefill_tp_count": ("prefill_tp",),
        "prefill_ep_count": ("prefill_ep",),
        "prefill_num_workers_count": ("prefill_num_workers",),
        "decode_tp_count": ("decode_tp",),
        "decode_ep_count": ("decode_ep",),
        "decode_num_workers_count": ("decode_num_workers",),
        "num_prefill_gpu_count": ("num_prefill_gpu",),
        "num_decode_gpu_count": ("num_decode_gpu",),
        "tput_per_gpu_tokens_per_s": ("tput_per_gpu",),
        "input_tput_per_gpu_tokens_per_s": ("input_tput_per_gpu",),
        "output_tput_per_gpu_tokens_per_s": ("output_tput_per_gpu",),
        "total_joule_per_token": ("joules_per_total_token",),
        "input_joule_per_token": ("joules_per_input_token",),
        "output_joule_per_token": ("joules_per_output_token",),
        "power_schema_version_index": ("power_metric_schema_version",),
        "is_power_valid": ("power_valid",),
        **{f"{rank}_{time}_s": (f"{rank}_{time}",) for rank in RANKS for time in TIMES},
    }

    is_multinode: StrictBool = filled("True where more than one machine served.")
    conc_count: Length = filled("Requests at the same time.")
    prefill_tp_count: Whole = filled("Degree of tensor parallelism of a worker that reads prompts.")
    prefill_ep_count: Whole = filled("Degree of expert parallelism of such a worker.")
    prefill_dp_attention: StrictBool = filled("True where such workers split attention by request.")
    prefill_num_workers_count: Whole = filled("Number of such workers; 0 where parts are not separate.")
    decode_tp_count: Whole = filled("Degree of tensor parallelism of a worker that writes answers.")
    decode_ep_count: Whole = filled("Degree of expert parallelism of such a worker.")
    decode_dp_attention: StrictBool = filled("True where such workers split attention by request.")
    decode_num_workers_count: Whole = filled("Number of such workers; 0 where parts are not separate.")
    num_prefill_gpu_count: Whole = filled("Accelerators that read prompts, as published.")
    num_decode_gpu_count: Whole = filled("Accelerators that write answers, as published.")
    offload_mode: Text | None = nullable("Whether the cache moves to other memory, where published.")
    image: Text | None = nullable("Container image of the software, where published.")
    date: JsonDay = filled("Day of the measurement; it may be months before the snapshot.")
    run_url: Text | None = nullable("Address of the run that measured it.")
    tput_per_gpu_tokens_per_s: Measured = filled("Tokens in and out per second and accelerator.")
    input_tput_per_gpu_tokens_per_s: Measured | None = nullable(
        "Tokens in per second and accelerator that reads prompts."
    )
    output_tput_per_gpu_tokens_per_s: Measured | None = nullable(
        "Tokens out per second and accelerator that writes answers."
    )
    mean_ttft_s: Seconds | None = nullable("Time to the first token, mean, seconds.")
    median_ttft_s: Seconds | None = nullable("The same, median.")
    p90_ttft_s: Seconds | None = nullable("The same, 90th percentile.")
    p99_ttft_s: Seconds | None = nullable("The same, 99th percentile.")
    mean_tpot_s: Seconds | None = nullable("Time per token of an answer, mean, seconds.")
    median_tpot_s: Seconds | None = nullable("The same, median.")
    p90_tpot_s: Seconds | None = nullable("The same, 90th percentile.")
    p99_tpot_s: Seconds | None = nullable("The same, 99th percentile.")
    mean_itl_s: Seconds | None = nullable("Time between two pieces of an answer, mean, seconds.")
    median_itl_s: Seconds | None = nullable("The same, median.")
    p90_itl_s: Seconds | None = nullable("The same, 90th percentile.")
    p99_itl_s: Seconds | None = nullable("The same, 99th percentile.")
    mean_e2el_s: Seconds | None = nullable("Time of a whole request, mean, seconds.")
    median_e2el_s: Seconds | None = nullable("The same, median.")
    p90_e2el_s: Seconds | None = nullable("The same, 90th percentile.")
    p99_e2el_s: Seconds | None = nullable("The same, 99th percentile.")
    is_power_valid: ZeroOrOne | None = nullable("Whether the publisher holds the power for valid; null in older rows.")
    power_schema_version_index: Whole | None = nullable(
        "Version of what the energies mean; from 2 on they are those of all accelerators."
    )
    avg_power_w: Measured | None = nullable("Mean power of an accelerator, watts.")
    avg_total_gpu_power_w: Measured | None = nullable("Mean power of all accelerators, watts.")
    prefill_avg_power_w: Measured | None = nullable("Mean power of an accelerator that reads prompts, watts.")
    decode_avg_power_w: Measured | None = nullable("Mean power of an accelerator that writes answers, watts.")
    total_gpu_energy_j: Measured | None = nullable("Energy of all accelerators, joules.")
    input_joule_per_token: Measured | None = nullable("Energy per token in, joules.")
    output_joule_per_token: Measured | None = nullable("Energy per token out, joules.")
    total_joule_per_token: Measured | None = nullable("Energy per token in or out, joules.")
    workers: JsonText | None = nullable("Power of each worker, where published.")


_columns = named_columns(InferencexResults)


def result_row(record: JsonRecord) -> Values:
    """Columns of a result, whose measured values are in an object of their own; raises ValueError without one."""
    given: Values = record.value
    metrics: Any = given.get("metrics")
    if not isinstance(metrics, dict):
        raise ValueError("has no object named metrics")
    flat = {**given, **metrics}
    if flat.get("workers") is not None:
        flat["workers"] = canonical_text([{"workers": flat["workers"]}]).decode().rstrip()
    return _columns(JsonRecord(record.position, record.key, flat))


def results_of(asked_name: str) -> RemoteFile:
    """The newest results of one model, by the name that the interface takes."""
    return RemoteFile(
        source_id="inferencex",
        name=f"benchmarks-{asked_name}.json",
        url=f"{INTERFACE}/benchmarks?model={quote(asked_name, safe='')}",
        read=json_table(InferencexResults, cut_items, result_row),
        tables=(InferencexResults,),
        mirror_may_lack=True,
    )


FILES: tuple[RemoteFile, ...] = (
    RemoteFile(
        source_id="inferencex",
        name="availability.json",
        url=f"{INTERFACE}/availability",
        read=json_table(InferencexAvailability, cut_items),
        tables=(InferencexAvailability,),
        listing=Listing("model", "benchmarks/inferencex_models.csv", results_of, (InferencexResults,)),
    ),
)
"""What is fetched first: it names the models whose results are fetched after it."""
