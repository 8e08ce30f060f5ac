"""MLCommons' collection of earlier rounds: Inference v2.0 to v4.1, Training v1.0 to v3.0, Tiny v0.7 to v1.1.

What belongs here: the columns of the three kinds of record in the archive cm4mlperf-results, which holds
one ``cm-result.json`` (an array) per experiment: suite, round, category, division, task, scenario. What does
not: joining power to performance, units of language models, which chips a row ran on.

Systems that measured power stand twice, with equal content, in the same experiment of v2.0 to v3.1.
In v4.0 and v4.1 power stands on a row of its own, without a result, beside the row of the same location.
The collection prints Samples/s and Queries/s also where a round counts tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, Field

from pipelines.records.archives import walk_archive
from pipelines.records.csv_records import Record, Reject
from pipelines.records.json_records import JsonRecord, Values, cut_items, find_repeats, named_columns, type_json
from pipelines.records.raw_tables import RawRow, RawTable, RawText, RemoteFile, empty_raw_frame
from pipelines.sources.mlperf.inference import Amount, AnyText, JsonFlag, WholeCount

RESULT_FILE = "cm-result.json"


def _plain(value: Any) -> Any:
    """Text as it is; a list of software with its versions, which some boards give as an object, by its names."""
    return ", ".join(value) if isinstance(value, dict) else value


NameText = Annotated[RawText, BeforeValidator(_plain)]


class _Collected(RawRow):
    """Columns of every kind of record."""

    source_id = "mlperf_cm_results"
    key = ("experiment", "uid")

    member: RawText = Field(description="File of the archive; byte_start and byte_end count from its first byte.")
    experiment: RawText = Field(
        description="Folder of the experiment: suite, round, category, division, task, scenario."
    )
    uid: RawText = Field(description="The collection's identifier of the result.")
    version: RawText = Field(description="Round.")


class MlperfCollectedInference(_Collected):
    """One row per result or power measurement of MLPerf Inference v2.0 to v4.1 in MLCommons' collection."""

    table = "mlperf_collected_inference"
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
        "result_units": ("Result_Units",),
        "result_power": ("Result_Power",),
        "result_power_units": ("Result_Power_Units",),
        "accuracy": ("Accuracy",),
        "nodes_count": ("number_of_nodes",),
        "host_processors_per_node_count": ("host_processors_per_node",),
        "location": ("Location",),
        "errors_count": ("errors",),
    }

    organization: RawText = Field(description="Organization that submitted.")
    availability: RawText = Field(description="available, preview or rdi.")
    division: RawText = Field(description="closed, open or network.")
    system_type: RawText = Field(description="datacenter or edge, or both.")
    system_name: RawText = Field(description="Name of the system.")
    platform: RawText = Field(description="Folder of the system in the repository of the round.")
    model: RawText = Field(description="Model that was run.")
    mlperf_model: RawText = Field(description="Benchmark: the reference model that it stands for.")
    scenario: RawText = Field(description="Offline, Server, SingleStream or MultiStream.")
    result: Amount | None = Field(default=None, description="Result, in result_units; null on a row of power alone.")
    result_units: Literal["Samples/s", "Queries/s", "Latency (ms)", "Watts", "millijoules"] = Field(
        description="Unit of the result as the collection prints it; on a row of power alone, that of the power."
    )
    result_power: Amount | None = Field(default=None, description="Measured power, or energy of a query.")
    result_power_units: Literal["Watts", "millijoules"] | None = Field(
        default=None, description="Unit of result_power; missing on a row of power alone."
    )
    accuracy: AnyText | None = Field(default=None, description="Accuracy, as text.")
    nodes_count: WholeCount = Field(description="Nodes of the system.")
    host_processor_model_name: RawText = Field(description="Host processor.")
    host_processors_per_node_count: WholeCount = Field(description="Host processors in a node.")
    host_processor_core_count: AnyText | None = Field(default=None, description="Cores of a host processor, as text.")
    accelerator_model_name: RawText = Field(description="Accelerator; N/A, - or empty for a run on the processor.")
    accelerators_per_node: AnyText = Field(description="Accelerators in one node, as text.")
    location: RawText = Field(description="Folder of the result in the repository of the round.")
    framework: RawText = Field(description="Software stack.")
    operating_system: RawText = Field(description="Operating system.")
    notes: RawText | None = Field(default=None, description="The submitter's notes.")
    compliance: AnyText | None = Field(default=None, description="1 where the compliance tests were passed.")
    errors_count: WholeCount = Field(description="Errors that the submission checker left standing.")
    inferred: JsonFlag = Field(description="True where the result was derived from that of another scenario.")
    has_power: bool = Field(description="True where the submission measured power.")
    git_url: RawText | None = Field(default=None, description="Repository of the round.")
    url: RawText | None = Field(default=None, description="Address of the result's folder.")


class MlperfCollectedTraining(_Collected):
    """One row per result of MLPerf Training v1.0 to v3.0 in MLCommons' collection: the official score."""

    table = "mlperf_collected_training"
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "benchmark": ("Benchmark",),
        "model_id": ("Model_ID",),
        "dataset": ("Dataset",),
        "result": ("Result",),
        "result_units": ("Result_Units",),
        "target_accuracy": ("Accuracy",),
        "target_accuracy_metric": ("Accuracy_Metric",),
    }

    submitter: RawText = Field(description="Organization that submitted.")
    division: RawText = Field(description="closed or open.")
    availability: RawText = Field(description="How the system can be had, in the submitter's words.")
    system: RawText = Field(description="Name of the system.")
    benchmark: RawText = Field(description="Task, for example language-processing.")
    model_id: RawText = Field(description="Benchmark in the suite's short name, for example bert.")
    dataset: RawText = Field(description="Data set.")
    result: Amount = Field(description="Official time to train, in result_units.")
    result_units: RawText = Field(description="Unit of the result: min.")
    target_accuracy: AnyText | None = Field(default=None, description="Quality to be reached, as text.")
    target_accuracy_metric: RawText | None = Field(default=None, description="What that quality measures.")
    accelerator_model_name: RawText = Field(description="Accelerator.")
    accelerators_count: WholeCount = Field(description="Accelerators in the system.")
    host_processor_model_name: RawText = Field(description="Host processor.")
    host_processors_count: AnyText = Field(description="Host processors in the system, as text.")
    framework: RawText = Field(description="Software stack.")
    notes: RawText | None = Field(default=None, description="The submitter's notes.")
    git_url: RawText | None = Field(default=None, description="Repository of the round.")
    details_url: RawText | None = Field(default=None, description="Description of the system.")
    code_url: RawText | None = Field(default=None, description="Code of the submission.")


class MlperfCollectedTiny(_Collected):
    """One row per board and benchmark of MLPerf Tiny v0.7 to v1.1 in MLCommons' collection."""

    table = "mlperf_collected_tiny"
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "organization": ("Organization",),
        "submitter": ("Submitter",),
        "division": ("Division",),
        "status": ("Status",),
        "system": ("__System",),
        "benchmark": ("Benchmark",),
        "model": ("Model",),
        "board_name": ("Board Name",),
        "soc_name": ("SoC Name",),
        "processor_name": ("Processor(s) Name",),
        "processor_frequencies": ("Processor(s) Frequencies",),
        "accelerator": ("Accelerator",),
        "accelerator_frequencies": ("Accelerator(s) Frequencies",),
        "hardware_notes": ("Hardware Notes",),
        "inference_framework": ("Inference Framework",),
        "quantization_method": ("Quantization Method",),
        "accuracy_top_1_percent": ("accuracy_Top-1",),
        "accuracy_auc_ratio": ("accuracy_AUC",),
    }

    organization: RawText = Field(description="Folder of the submitter in the repository of the round.")
    submitter: RawText = Field(description="Organization that submitted.")
    division: RawText = Field(description="closed or open.")
    status: RawText | None = Field(default=None, description="Available, Preview or rdi.")
    system: RawText = Field(description="Folder of the system in the repository of the round.")
    benchmark: RawText = Field(description="kws, ic, vww or ad.")
    model: RawText | None = Field(default=None, description="Model, in the open division.")
    board_name: RawText | None = Field(default=None, description="Name of the board.")
    soc_name: RawText | None = Field(default=None, description="System on chip.")
    processor_name: RawText | None = Field(default=None, description="Processor.")
    processor_frequencies: RawText | None = Field(default=None, description="Clock of the processor, as text.")
    accelerator: RawText | None = Field(default=None, description="Accelerator; empty where there is none.")
    accelerator_frequencies: RawText | None = Field(default=None, description="Clock of the accelerator, as text.")
    hardware_notes: RawText | None = Field(default=None, description="The submitter's notes on the hardware.")
    inference_framework: NameText | None = Field(default=None, description="Runtime.")
    quantization_method: NameText | None = Field(default=None, description="How the model was quantized.")
    accuracy_top_1_percent: Amount | None = Field(default=None, description="Top-1 accuracy, percent.")
    accuracy_auc_ratio: Amount | None = Field(default=None, description="Area under the curve.")
    median_throughput: Amount | None = Field(
        default=None, description="Median throughput, in median_throughput_metric."
    )
    median_throughput_metric: RawText | None = Field(default=None, description="Unit of median_throughput.")
    median_energy_cost: Amount | None = Field(
        default=None, description="Median energy of an inference, in median_energy_cost_metric."
    )
    median_energy_cost_metric: RawText | None = Field(default=None, description="Unit of median_energy_cost.")
    median_energy_median_throughput: Amount | None = Field(
        default=None,
        description="Median throughput while energy was measured, in median_energy_median_throughput_metric.",
    )
    median_energy_median_throughput_metric: RawText | None = Field(
        default=None, description="Unit of median_energy_median_throughput."
    )
    git_url: RawText | None = Field(default=None, description="Repository of the round.")


SUITES: dict[str, type[_Collected]] = {
    "mlperf-inference": MlperfCollectedInference,
    "mlperf-training": MlperfCollectedTraining,
    "mlperf-tiny": MlperfCollectedTiny,
}
"""First part of an experiment's name -> its table."""


class _Growing:
    """One table while the members of the archive are read; its records are numbered over all of them."""

    def __init__(self, schema: type[_Collected], file: str) -> None:
        self.schema, self.file = schema, file
        self.columns = named_columns(schema)
        self.count = 0
        self.rows: list[tuple[Record, BaseModel]] = []
        self.rejects: list[Reject] = []

    def add(self, records: Iterable[JsonRecord], member: str, experiment: str) -> None:
        """Type the records of one member."""
        cut = list(self._numbered(records))
        row_of = self._row_of(member, experiment)
        rows, rejects = type_json(cut, f"{self.file}: {member}", self.schema, row_of)
        self.rows += rows
        self.rejects += rejects

    def _numbered(self, records: Iterable[JsonRecord]) -> Iterator[JsonRecord]:
        for record in records:
            self.count += 1
            yield replace(record, position=replace(record.position, record_no=self.count))

    def _row_of(self, member: str, experiment: str) -> Callable[[JsonRecord], Values]:
        def row_of(record: JsonRecord) -> Values:
            return self.columns(record) | {"member": member, "experiment": experiment}

        return row_of

    def table(self, sha256: str) -> RawTable:
        """The finished table."""
        result = RawTable(self.schema, self.file, sha256, empty_raw_frame(self.schema), self.count, self.rejects)
        result.settle(self.rows, find_repeats(self.rows, self.file, self.schema.key))
        return result


def read_collection(data: bytes, file: str, sha256: str) -> list[RawTable]:
    """The three tables of the collection; raises LedgerError where the bytes are no such archive."""
    growing = {suite: _Growing(schema, file) for suite, schema in SUITES.items()}
    for member in walk_archive(data, file):
        folder, _, name = member.path.rpartition("/")
        if name != RESULT_FILE:
            continue
        experiment = folder.split("/")[1] if folder.count("/") else folder
        table = growing.get(experiment.partition("--")[0])
        if table is not None:
            table.add(cut_items(member.read(), f"{file}: {member.path}"), member.path, experiment)
    return [table.table(sha256) for table in growing.values()]


FILES: tuple[RemoteFile, ...] = (
    RemoteFile(
        source_id="mlperf_cm_results",
        name="cm4mlperf-results.tar.gz",
        url="https://github.com/mlcommons/cm4mlperf-results/archive/HEAD.tar.gz",
        read=read_collection,
        tables=tuple(SUITES.values()),
        max_bytes=50_000_000,
    ),
)
"""Files of this source."""
