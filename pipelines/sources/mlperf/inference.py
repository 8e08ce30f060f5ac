"""MLPerf Inference: the summary of a round that MLCommons publishes beside its results.

What belongs here: the columns of both schemas. v5.1 is an array with performance and power on one row;
v6 is an object keyed by number with other names. What does not: rounds before v5 (``mlperf_collected.py``),
joules per token or sample, which chips a row ran on.

A summary lists a result once per accuracy target: one run often stands there twice.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pipelines.errors import LedgerError
from pipelines.records.fields import filled, nullable
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

    submission_id: RawText = filled("Identifier of the submission: several results share it.", "ID")
    submitter: RawText = filled("Organization that submitted.", "Submitter")
    availability: RawText = filled("available, preview or rdi.", "Availability")
    category: RawText = filled("Division: closed, open or network.", "Category")
    suite: RawText = filled("datacenter or edge.", "Suite")
    system: RawText = filled("Name of the system.", "System")
    platform: RawText = filled("Folder of the system in the repository.", "Platform")
    used_model: RawText = filled("Model that was run.", "UsedModel")
    model: RawText = filled("Benchmark: the reference model that it stands for.", "Model")
    scenario: RawText = filled("Offline, Server, Interactive, SingleStream or MultiStream.", "Scenario")
    accuracy: AnyText | None = nullable("Accuracy metrics, as text.", "Accuracy")
    nodes_count: WholeCount = filled("Nodes of the system.", "Nodes")
    processor: RawText = filled("Host processor.", "Processor")
    host_processors_per_node_count: WholeCount = filled("Host processors in a node.", "host_processors_per_node")
    host_processor_core_count: AnyText | None = nullable("Cores of a host processor, as text.")
    accelerator: RawText = filled("Accelerator; empty for a run on the processor.", "Accelerator")
    accelerators_per_node: AnyText = filled("Accelerators in one node, as text; empty for a processor.", "a#")
    location: RawText = filled("Folder of the result in the repository.", "Location")
    software: RawText = filled("Software stack.", "Software")
    operating_system: RawText = filled("Operating system.")
    notes: RawText | None = nullable("The submitter's notes.", "Notes")
    compliance: AnyText | None = nullable("1 where the compliance tests were passed.")
    errors_count: WholeCount = filled("Errors that the submission checker left standing.", "errors")
    version: RawText = filled("Round, for example v5.1.")
    inferred: JsonFlag = filled("True where the result was derived from that of another scenario.")
    has_power: bool = filled("True where the submission measured power.")
    weight_data_types: RawText | None = nullable("Number formats of the weights.")
    details_url: RawText | None = nullable("Where the publisher shows the system.", "Details")
    performance_result: Amount = filled("Result, in performance_units.", "Performance_Result")
    performance_units: Literal["Tokens/s", "Samples/s", "Queries/s", "Latency (ms)"] = filled(
        "Unit of performance_result.", "Performance_Units"
    )
    power_result: Amount | None = nullable("Measured power or energy, in power_units.", "Power_Result")
    power_units: Literal["Watts", "millijoules"] | None = nullable(
        "Unit of power_result; millijoules are those of a query.", "Power_Units"
    )


class MlperfInferenceSummaryV6(RawRow):
    """One row per result in the summary of an MLPerf Inference round, in the schema of v6.1."""

    table = "mlperf_inference_summary_v6"
    source_id = "mlperf_inference"
    key = ("version", "location")

    organization: RawText = filled("Organization that submitted.", "Organization")
    availability: RawText = filled("available, preview or rdi.", "Availability")
    division: RawText = filled("closed, open or network.", "Division")
    system_type: RawText = filled("datacenter or edge, or both.", "SystemType")
    system_name: RawText = filled("Name of the system.", "SystemName")
    platform: RawText = filled("Folder of the system in the repository.", "Platform")
    model: RawText = filled("Model that was run.", "Model")
    mlperf_model: RawText = filled("Benchmark: the reference model that it stands for.", "MlperfModel")
    scenario: RawText = filled("Offline, Server, Interactive, SingleStream or MultiStream.", "Scenario")
    result: Amount | None = nullable("Result, in units.", "Result")
    units: RawText = filled("Tokens/s, Samples/s, Queries/s, Latency (ms) or Latency (s).", "Units")
    accuracy: AnyText | None = nullable("Accuracy metrics, as text.", "Accuracy")
    nodes_count: WholeCount = filled("Nodes of the system.", "number_of_nodes")
    host_processor_model_name: RawText | None = nullable("Host processor.")
    host_processors_per_node_count: WholeCount | None = nullable(
        "Host processors in a node.", "host_processors_per_node"
    )
    host_processor_core_count: AnyText | None = nullable("Cores of a host processor, as text.")
    accelerator_model_name: RawText | None = nullable("Accelerator.")
    accelerators_per_node: AnyText | None = nullable("Accelerators in one node, as text.")
    total_accelerators_count: WholeCount | None = nullable("Accelerators in all nodes.", "total_accelerators")
    location: RawText = filled("Folder of the run in the repository.", "Location")
    framework: RawText | None = nullable("Software stack.")
    operating_system: RawText | None = nullable("Operating system.")
    notes: RawText | None = nullable("The submitter's notes.")
    compliance: AnyText | None = nullable("Division whose compliance tests were passed.")
    errors_count: WholeCount = filled("Errors that the submission checker left standing.", "errors")
    version: RawText = filled("Round, for example v6.1.")
    inferred: JsonFlag = filled("True where the result was derived from that of another scenario.")
    has_power: bool = filled("True where the submission measured power.")
    weight_data_types: RawText | None = nullable("Number formats of the weights.")
    design_power_w: Amount | None = nullable("Declared design power of the system, watts.", "design_power_watts")


read_summary = json_table(MlperfInferenceSummary, cut_items)
read_summary_v6 = json_table(MlperfInferenceSummaryV6, cut_members)


def _read_list(data: bytes, file: str, sha256: str, round_name: str) -> list[RawTable]:
    return _of_round(read_summary(data, file, sha256), round_name)


def _read_object(data: bytes, file: str, sha256: str, round_name: str) -> list[RawTable]:
    return _of_round(read_summary_v6(data, file, sha256), round_name)


def _of_round(tables: list[RawTable], round_name: str) -> list[RawTable]:
    """The tables, if their rows are of the round; raises LedgerError for those of another, which would count twice."""
    for table in tables:
        found = table.frame.filter(table.frame["version"] != round_name)["version"].unique().sort().to_list()
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
