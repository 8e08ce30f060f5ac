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
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator

from pipelines.records.archives import walk_archive
from pipelines.records.csv_records import Record, Reject
from pipelines.records.fields import filled, nullable
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

    member: RawText = filled("File of the archive; byte_start and byte_end count from its first byte.")
    experiment: RawText = filled("Folder of the experiment: suite, round, category, division, task, scenario.")
    uid: RawText = filled("The collection's identifier of the result.")
    version: RawText = filled("Round.")


class MlperfCollectedInference(_Collected):
    """One row per result or power measurement of MLPerf Inference v2.0 to v4.1 in MLCommons' collection."""

    table = "mlperf_collected_inference"

    organization: RawText = filled("Organization that submitted.", "Organization")
    availability: RawText = filled("available, preview or rdi.", "Availability")
    division: RawText = filled("closed, open or network.", "Division")
    system_type: RawText = filled("datacenter or edge, or both.", "SystemType")
    system_name: RawText = filled("Name of the system.", "SystemName")
    platform: RawText = filled("Folder of the system in the repository of the round.", "Platform")
    model: RawText = filled("Model that was run.", "Model")
    mlperf_model: RawText = filled("Benchmark: the reference model that it stands for.", "MlperfModel")
    scenario: RawText = filled("Offline, Server, SingleStream or MultiStream.", "Scenario")
    result: Amount | None = nullable("Result, in result_units; null on a row of power alone.", "Result")
    result_units: Literal["Samples/s", "Queries/s", "Latency (ms)", "Watts", "millijoules"] = filled(
        "Unit of the result as the collection prints it; on a row of power alone, that of the power.", "Result_Units"
    )
    result_power: Amount | None = nullable("Measured power, or energy of a query.", "Result_Power")
    result_power_units: Literal["Watts", "millijoules"] | None = nullable(
        "Unit of result_power; missing on a row of power alone.", "Result_Power_Units"
    )
    accuracy: AnyText | None = nullable("Accuracy, as text.", "Accuracy")
    nodes_count: WholeCount = filled("Nodes of the system.", "number_of_nodes")
    host_processor_model_name: RawText = filled("Host processor.")
    host_processors_per_node_count: WholeCount = filled("Host processors in a node.", "host_processors_per_node")
    host_processor_core_count: AnyText | None = nullable("Cores of a host processor, as text.")
    accelerator_model_name: RawText = filled("Accelerator; N/A, - or empty for a run on the processor.")
    accelerators_per_node: AnyText = filled("Accelerators in one node, as text.")
    location: RawText = filled("Folder of the result in the repository of the round.", "Location")
    framework: RawText = filled("Software stack.")
    operating_system: RawText = filled("Operating system.")
    notes: RawText | None = nullable("The submitter's notes.")
    compliance: AnyText | None = nullable("1 where the compliance tests were passed.")
    errors_count: WholeCount = filled("Errors that the submission checker left standing.", "errors")
    inferred: JsonFlag = filled("True where the result was derived from that of another scenario.")
    has_power: bool = filled("True where the submission measured power.")
    git_url: RawText | None = nullable("Repository of the round.")
    url: RawText | None = nullable("Address of the result's folder.")


class MlperfCollectedTraining(_Collected):
    """One row per result of MLPerf Training v1.0 to v3.0 in MLCommons' collection: the official score."""

    table = "mlperf_collected_training"

    submitter: RawText = filled("Organization that submitted.")
    division: RawText = filled("closed or open.")
    availability: RawText = filled("How the system can be had, in the submitter's words.")
    system: RawText = filled("Name of the system.")
    benchmark: RawText = filled("Task, for example language-processing.", "Benchmark")
    model_id: RawText = filled("Benchmark in the suite's short name, for example bert.", "Model_ID")
    dataset: RawText = filled("Data set.", "Dataset")
    result: Amount = filled("Official time to train, in result_units.", "Result")
    result_units: RawText = filled("Unit of the result: min.", "Result_Units")
    target_accuracy: AnyText | None = nullable("Quality to be reached, as text.", "Accuracy")
    target_accuracy_metric: RawText | None = nullable("What that quality measures.", "Accuracy_Metric")
    accelerator_model_name: RawText = filled("Accelerator.")
    accelerators_count: WholeCount = filled("Accelerators in the system.")
    host_processor_model_name: RawText = filled("Host processor.")
    host_processors_count: AnyText = filled("Host processors in the system, as text.")
    framework: RawText = filled("Software stack.")
    notes: RawText | None = nullable("The submitter's notes.")
    git_url: RawText | None = nullable("Repository of the round.")
    details_url: RawText | None = nullable("Description of the system.")
    code_url: RawText | None = nullable("Code of the submission.")


class MlperfCollectedTiny(_Collected):
    """One row per board and benchmark of MLPerf Tiny v0.7 to v1.1 in MLCommons' collection."""

    table = "mlperf_collected_tiny"

    organization: RawText = filled("Folder of the submitter in the repository of the round.", "Organization")
    submitter: RawText = filled("Organization that submitted.", "Submitter")
    division: RawText = filled("closed or open.", "Division")
    status: RawText | None = nullable("Available, Preview or rdi.", "Status")
    system: RawText = filled("Folder of the system in the repository of the round.", "__System")
    benchmark: RawText = filled("kws, ic, vww or ad.", "Benchmark")
    model: RawText | None = nullable("Model, in the open division.", "Model")
    board_name: RawText | None = nullable("Name of the board.", "Board Name")
    soc_name: RawText | None = nullable("System on chip.", "SoC Name")
    processor_name: RawText | None = nullable("Processor.", "Processor(s) Name")
    processor_frequencies: RawText | None = nullable("Clock of the processor, as text.", "Processor(s) Frequencies")
    accelerator: RawText | None = nullable("Accelerator; empty where there is none.", "Accelerator")
    accelerator_frequencies: RawText | None = nullable(
        "Clock of the accelerator, as text.", "Accelerator(s) Frequencies"
    )
    hardware_notes: RawText | None = nullable("The submitter's notes on the hardware.", "Hardware Notes")
    inference_framework: NameText | None = nullable("Runtime.", "Inference Framework")
    quantization_method: NameText | None = nullable("How the model was quantized.", "Quantization Method")
    accuracy_top_1_percent: Amount | None = nullable("Top-1 accuracy, percent.", "accuracy_Top-1")
    accuracy_auc_ratio: Amount | None = nullable("Area under the curve.", "accuracy_AUC")
    median_throughput: Amount | None = nullable("Median throughput, in median_throughput_metric.")
    median_throughput_metric: RawText | None = nullable("Unit of median_throughput.")
    median_energy_cost: Amount | None = nullable("Median energy of an inference, in median_energy_cost_metric.")
    median_energy_cost_metric: RawText | None = nullable("Unit of median_energy_cost.")
    median_energy_median_throughput: Amount | None = nullable(
        "Median throughput while energy was measured, in median_energy_median_throughput_metric."
    )
    median_energy_median_throughput_metric: RawText | None = nullable("Unit of median_energy_median_throughput.")
    git_url: RawText | None = nullable("Repository of the round.")


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
