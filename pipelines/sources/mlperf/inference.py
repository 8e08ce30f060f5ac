"""MLPerf Inference: the summary of a round that MLCommons publishes beside its results.

What belongs here: the columns of both schemas. v5.1 is an array with performance and power on one row;
v6 is an object keyed by number with other names. What does not: rounds before v5 (``mlperf_collected.py``),
joules per token or sample, which chips a row ran on.

A summary lists a result once per accuracy target: one run often stands there twice.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import polars as pl
from pydantic import BeforeValidator, Field

from pipelines.errors import LedgerError
from pipelines.records.json_records import cut_items, cut_members, json_table
from pipelines.records.raw_tables import RawNumber, RawRow, RawTable, RawText
from pipelines.sources.mlperf.rounds import RoundFormat

REPOSITORIES = "https://raw.githubusercontent.com/mlcommons"


def _flag(value: Any) -> Any:
    return bool(value) if isinstance(value, int) and value in (0, 1) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


JsonFlag = Annotated[bool, BeforeValidator(_flag)]
"""True or false, also where it is written as 1 or 0."""

AnyText = Annotated[RawText, BeforeValidator(_text)]
"""Text that some rows give as a number: 64, "64", "52 (8 performance)"."""

Amount = Annotated[RawNumber, Field(ge=0)]
WholeCount = Annotated[int, Field(ge=0, le=10_000_000)]


class MlperfInferenceSummary(RawRow):
    """One row per result in the summary of an MLPerf Inference round, in the schema of v5.1."""

    table = "mlperf_inference_summary"
    source_id = "mlperf_inference"
    key = ("version", "location")
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "submission_id": ("ID",),
        "submitter": ("Submitter",),
        "availability": ("Availability",),
        "category": ("Category",),
        "suite": ("Suite",),
        "system": ("System",),
        "platform": ("Platform",),
        "used_model": ("UsedModel",),
        "model": ("Model",),
        "scenario": ("Scenario",),
        "accuracy": ("Accuracy",),
        "nodes_count": ("Nodes",),
        "processor": ("Processor",),
        "host_processors_per_node_count": ("host_processors_per_node",),
        "accelerator": ("Accelerator",),
        "accelerators_per_node": ("a#",),
        "location": ("Location",),
        "software": ("Software",),
        "notes": ("Notes",),
        "errors_count": ("errors",),
        "details_url": ("Details",),
        "performance_result": ("Performance_Result",),
        "performance_units": ("Performance_Units",),
        "power_result": ("Power_Result",),
        "power_units": ("Power_Units",),
    }

    submission_id: RawText = Field(description="Identifier of the submission: several results share it.")
    submitter: RawText = Field(description="Organization that submitted.")
    availability: RawText = Field(description="available, preview or rdi.")
    category: RawText = Field(description="Division: closed, open or network.")
    suite: RawText = Field(description="datacenter or edge.")
    system: RawText = Field(description="Name of the system.")
    platform: RawText = Field(description="Folder of the system in the repository.")
    used_model: RawText = Field(description="Model that was run.")
    model: RawText = Field(description="Benchmark: the reference model that it stands for.")
    scenario: RawText = Field(description="Offline, Server, Interactive, SingleStream or MultiStream.")
    accuracy: AnyText | None = Field(default=None, description="Accuracy metrics, as text.")
    nodes_count: WholeCount = Field(description="Nodes of the system.")
    processor: RawText = Field(description="Host processor.")
    host_processors_per_node_count: WholeCount = Field(description="Host processors in a node.")
    host_processor_core_count: AnyText | None = Field(default=None, description="Cores of a host processor, as text.")
    accelerator: RawText = Field(description="Accelerator; empty for a run on the processor.")
    accelerators_per_node: AnyText = Field(description="Accelerators in one node, as text; empty for a processor.")
    location: RawText = Field(description="Folder of the result in the repository.")
    software: RawText = Field(description="Software stack.")
    operating_system: RawText = Field(description="Operating system.")
    notes: RawText | None = Field(default=None, description="The submitter's notes.")
    compliance: AnyText | None = Field(default=None, description="1 where the compliance tests were passed.")
    errors_count: WholeCount = Field(description="Errors that the submission checker left standing.")
    version: RawText = Field(description="Round, for example v5.1.")
    inferred: JsonFlag = Field(description="True where the result was derived from that of another scenario.")
    has_power: bool = Field(description="True where the submission measured power.")
    weight_data_types: RawText | None = Field(default=None, description="Number formats of the weights.")
    details_url: RawText | None = Field(default=None, description="Where the publisher shows the system.")
    performance_result: Amount = Field(description="Result, in performance_units.")
    performance_units: Literal["Tokens/s", "Samples/s", "Queries/s", "Latency (ms)"] = Field(
        description="Unit of performance_result."
    )
    power_result: Amount | None = Field(default=None, description="Measured power or energy, in power_units.")
    power_units: Literal["Watts", "millijoules"] | None = Field(
        default=None, description="Unit of power_result; millijoules are those of a query."
    )


class MlperfInferenceSummaryV6(RawRow):
    """One row per result in the summary of an MLPerf Inference round, in the schema of v6.1."""

    table = "mlperf_inference_summary_v6"
    source_id = "mlperf_inference"
    key = ("version", "location")
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "organization": ("Organization",),
        "availability": ("Availability",),
        "division": ("Division",),
        "system_type": ("SystemType",),
        "system_name": ("SystemName",),
        "platform": ("Platform",),
        "model": ("Model",),
        "mlperf_model": ("MlperfModel",),
        "scenario": ("Scenario",),
        "result": ("Result",),
        "units": ("Units",),
        "accuracy": ("Accuracy",),
        "nodes_count": ("number_of_nodes",),
        "host_processors_per_node_count": ("host_processors_per_node",),
        "total_accelerators_count": ("total_accelerators",),
        "location": ("Location",),
        "errors_count": ("errors",),
        "design_power_w": ("design_power_watts",),
    }

    organization: RawText = Field(description="Organization that submitted.")
    availability: RawText = Field(description="available, preview or rdi.")
    division: RawText = Field(description="closed, open or network.")
    system_type: RawText = Field(description="datacenter or edge, or both.")
    system_name: RawText = Field(description="Name of the system.")
    platform: RawText = Field(description="Folder of the system in the repository.")
    model: RawText = Field(description="Model that was run.")
    mlperf_model: RawText = Field(description="Benchmark: the reference model that it stands for.")
    scenario: RawText = Field(description="Offline, Server, Interactive, SingleStream or MultiStream.")
    result: Amount | None = Field(default=None, description="Result, in units.")
    units: RawText = Field(description="Tokens/s, Samples/s, Queries/s, Latency (ms) or Latency (s).")
    accuracy: AnyText | None = Field(default=None, description="Accuracy metrics, as text.")
    nodes_count: WholeCount = Field(description="Nodes of the system.")
    host_processor_model_name: RawText | None = Field(default=None, description="Host processor.")
    host_processors_per_node_count: WholeCount | None = Field(default=None, description="Host processors in a node.")
    host_processor_core_count: AnyText | None = Field(default=None, description="Cores of a host processor, as text.")
    accelerator_model_name: RawText | None = Field(default=None, description="Accelerator.")
    accelerators_per_node: AnyText | None = Field(default=None, description="Accelerators in one node, as text.")
    total_accelerators_count: WholeCount | None = Field(default=None, description="Accelerators in all nodes.")
    location: RawText = Field(description="Folder of the run in the repository.")
    framework: RawText | None = Field(default=None, description="Software stack.")
    operating_system: RawText | None = Field(default=None, description="Operating system.")
    notes: RawText | None = Field(default=None, description="The submitter's notes.")
    compliance: AnyText | None = Field(default=None, description="Division whose compliance tests were passed.")
    errors_count: WholeCount = Field(description="Errors that the submission checker left standing.")
    version: RawText = Field(description="Round, for example v6.1.")
    inferred: JsonFlag = Field(description="True where the result was derived from that of another scenario.")
    has_power: bool = Field(description="True where the submission measured power.")
    weight_data_types: RawText | None = Field(default=None, description="Number formats of the weights.")
    design_power_w: Amount | None = Field(default=None, description="Declared design power of the system, watts.")


read_summary = json_table(MlperfInferenceSummary, cut_items)
read_summary_v6 = json_table(MlperfInferenceSummaryV6, cut_members)


def _read_list(data: bytes, file: str, sha256: str, round_name: str) -> list[RawTable]:
    return _of_round(read_summary(data, file, sha256), round_name)


def _read_object(data: bytes, file: str, sha256: str, round_name: str) -> list[RawTable]:
    return _of_round(read_summary_v6(data, file, sha256), round_name)


def _of_round(tables: list[RawTable], round_name: str) -> list[RawTable]:
    """The tables, if their rows are of the round; raises LedgerError for those of another, which would count twice."""
    for table in tables:
        found = table.frame.filter(pl.col("version") != round_name)["version"].unique().sort().to_list()
        if found:
            raise LedgerError(
                f"{table.file}: has results of round {', '.join(found)}; expected those of {round_name} alone. Mend the "
                "address of the round in seeds/benchmarks/mlperf_rounds.csv."
            )
    return tables


ROUND_FORMATS = (
    RoundFormat(
        suite="mlperf inference",
        file_format="summary list",
        source_id="mlperf_inference",
        name="inference_{round}_summary_results.json",
        address=f"{REPOSITORIES}/inference_results_{{round}}/main/summary_results*.json",
        read=_read_list,
        tables=(MlperfInferenceSummary,),
        max_bytes=20_000_000,
    ),
    RoundFormat(
        suite="mlperf inference",
        file_format="summary object",
        source_id="mlperf_inference",
        name="inference_{round}_summary.json",
        address=f"{REPOSITORIES}/inference_results_{{round}}/main/summary.*json",
        read=_read_object,
        tables=(MlperfInferenceSummaryV6,),
        max_bytes=20_000_000,
    ),
)
"""Formats of this source; its rounds are in seeds/benchmarks/mlperf_rounds.csv."""
