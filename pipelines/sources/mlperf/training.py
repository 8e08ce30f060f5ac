"""MLPerf Training: result logs, systems, power logs and scaling factors of a round, from its repository.

What belongs here: which members of a repository's archive hold what, and their columns. What does not:
what a log says (``training_logs.py``), scores and energy (``sql/core/benchmarks/``).

Layout: ``<submitter>/results/<system>/<benchmark>/result_<x>.txt`` is the log of one run; beside it may
lie ``scaling.json`` and ``power/result_<x>/node_<i>.txt`` or ``sw_<i>.txt``. ``<submitter>/systems/<system>.json``
describes the system. All other members are passed over.

A run's log is one record: its odd lines are noted, and the run is kept. A power log has thousands of
readings; they are integrated while it is read, so that a row holds the sums, not the readings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, Field, ValidationError

from pipelines.records.archives import ArchiveCaps, Member, walk_archive
from pipelines.records.csv_records import Record, Reject
from pipelines.records.fields import filled, nullable
from pipelines.records.raw_tables import RawRow, RawTable, check_raw, to_frame
from pipelines.sources.mlperf.mllog import LogReader, MlLog
from pipelines.sources.mlperf.rounds import RoundFormat
from pipelines.sources.mlperf.training_logs import power_reader, power_values, result_reader, result_values

ValuesOf = Callable[[MlLog], dict[str, Any]]

SOURCE = "mlperf_training"
CAPS = ArchiveCaps()
MAX_LOG_BYTES = 64 << 20
"""A longer log is refused: the longest of a real round has 4 MB."""
MAX_JSON_BYTES = 1 << 20
MAX_BRACKETS = 2_000

Name = Annotated[str, Field(min_length=1, max_length=200)]
Said = Annotated[str, Field(max_length=4_000)]
Whole = Annotated[int, Field(ge=0, le=2**63 - 1)]
Measured = Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15)]


class _Place(RawRow):
    """Where a member lies, which is part of what it says."""

    source_id = SOURCE
    key = ("round", "member")

    round: Name = filled("Round of the benchmark, as in the name of its repository.")
    submitter: Name = filled("Submitter: top folder of the file.")
    system: Name = filled("System: folder of the result, name of the description.")
    member: Name = filled("Path of the file in the repository; byte positions count in it.")


class _InBenchmark(_Place):
    benchmark: Name = filled("Benchmark: folder of the result.")


class MlperfTrainingResults(_InBenchmark):
    """One row per run of MLPerf Training, from its log. Times are those of the log's own clock."""

    table = "mlperf_training_results"

    result_name: Name = filled("Name of the log, without its suffix.")
    submission_org: Said | None = nullable("Submitter, as the log states it.")
    submission_platform: Said | None = nullable("System, as the log states it.")
    submission_benchmark: Said | None = nullable("Benchmark, as the log states it.")
    submission_division: Said | None = nullable("Division, as the log states it.")
    submission_status: Said | None = nullable("Availability, as the log states it.")
    global_batch_size: Whole | None = nullable("Examples per step.")
    gradient_accumulation_steps: Whole | None = nullable("Micro-batches per step.")
    train_samples: Whole | None = nullable("Examples of the training set.")
    eval_samples: Whole | None = nullable("Examples of the evaluation set.")
    seed: Said | None = nullable("Seed of the run; an identifier, so kept as text.")
    run_start_ms: Whole | None = nullable("First start of the run, milliseconds since 1970.")
    run_stop_ms: Whole | None = nullable("First stop of the run, milliseconds since 1970.")
    run_status: Said | None = nullable("How the run ended, by its first stop: success or aborted.")
    eval_accuracy: Measured | None = nullable("Quality by the last evaluation, in the task's measure.")
    eval_accuracies: Said | None = nullable("The same where a task has several measures: JSON object of numbers.")
    eval_samples_count: Whole | None = nullable(
        "Examples trained on by the last evaluation, where its record says samples_count."
    )
    eval_epoch_num: Measured | None = nullable(
        "The same where its record says epoch_num: in epochs, or what the task counts as such."
    )
    record_count: Whole = filled("Log records in the file.")
    odd_line_count: Whole = filled("Lines with a log record that cannot be used; they are in meta.rejects.")


class MlperfTrainingPower(_InBenchmark):
    """One row per power log of a run of MLPerf Training: a node or a switch.

    Readings are integrated in the order of their times: each counts for the time since the one before it,
    the first since the start of the measurement, as the rules of the benchmark have it.
    """

    table = "mlperf_training_power"
    min_rows = 0

    result_name: Name = filled("Name of the run's log, without its suffix.")
    log_name: Name = filled("Name of the power log: node_<i> or sw_<i>.")
    is_switch: bool = filled("Whether it is a network switch.")
    measurement_start_ms: Whole | None = nullable("Start of the measurement, ms since 1970.")
    measurement_stop_ms: Whole | None = nullable("Its stop, ms since 1970.")
    last_reading_ms: Whole | None = nullable("Time of the last reading, ms since 1970.")
    reading_count: Whole = filled("Power readings in the log.")
    conversion_eff: Measured | None = nullable("Efficiency of the power supply by which readings count.")
    measurement_type: Said | None = nullable("AC or DC, where stated.")
    interconnect_power_est_w: Measured | None = nullable(
        "Power that the submitter declares for the interconnect in place of readings, watts."
    )
    to_stop_j: Measured | None = nullable(
        "Integral of the readings from the start to the stop of the measurement, joules."
    )
    to_last_reading_j: Measured | None = nullable("Integral of all readings from the start of the measurement, joules.")
    record_count: Whole = filled("Log records in the file.")
    odd_line_count: Whole = filled("Lines with a log record that cannot be used; they are in meta.rejects.")


class MlperfTrainingScaling(_InBenchmark):
    """One row per result of MLPerf Training that the review scaled, because its runs converged too soon."""

    table = "mlperf_training_scaling"
    min_rows = 0

    scaling_factor: Annotated[float, Field(allow_inf_nan=False, gt=0, le=100)] = filled("Factor of the time to train.")


class MlperfTrainingSystems(_Place):
    """One row per system of MLPerf Training, as its submitter describes it; all values are text."""

    table = "mlperf_training_systems"

    stated_submitter: Said | None = nullable("Submitter, as the description names it.", "submitter")
    division: Said | None = nullable("closed or open.")
    status: Said | None = nullable("Availability.")
    system_name: Said | None = nullable("Name of the system.")
    number_of_nodes: Said | None = nullable("Nodes.")
    host_processors_per_node: Said | None = nullable("CPUs of a node.")
    host_processor_model_name: Said | None = nullable("CPU.")
    host_memory_capacity: Said | None = nullable("Memory of a node.")
    accelerators_per_node: Said | None = nullable("Accelerators of a node.")
    accelerator_model_name: Said | None = nullable("Accelerator.")
    accelerator_memory_capacity: Said | None = nullable("Memory of an accelerator.")
    accelerator_interconnect: Said | None = nullable("Links between accelerators.")
    framework: Said | None = nullable("Software that trains.")
    hw_notes: Said | None = nullable("The submitter's notes on the hardware.")
    sw_notes: Said | None = nullable("The submitter's notes on the software.")


TABLES = (MlperfTrainingResults, MlperfTrainingSystems, MlperfTrainingPower, MlperfTrainingScaling)


def _json_object(data: bytes) -> dict[str, Any]:
    """The object that a small JSON file holds; raises ValueError where it is none."""
    if len(data) > MAX_JSON_BYTES or data.count(b"{") + data.count(b"[") > MAX_BRACKETS:
        raise ValueError(f"has {len(data):,} bytes; expected a small JSON object")
    value = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")
    return value


def system_values(data: bytes) -> dict[str, Any]:
    """Columns of a system's description; raises ValueError where it cannot be read."""
    given = _json_object(data)
    values: dict[str, Any] = {}
    for column in MlperfTrainingSystems.model_fields:
        name = MlperfTrainingSystems.headers.get(column, (column,))[0]
        value = given.get(name)
        if column not in _Place.model_fields and value is not None:
            values[column] = value if isinstance(value, str) else orjson.dumps(value).decode()
    return values


@dataclass
class _Collected:
    """Rows of one table on their way."""

    schema: type[RawRow]
    rows: list[tuple[Record, BaseModel]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    faults: list[Reject] = field(default_factory=list)
    count: int = 0


@dataclass
class _Archive:
    """One pass over the archive of a round."""

    file: str
    round: str
    results: LogReader
    power: LogReader
    tables: dict[type[RawRow], _Collected] = field(default_factory=lambda: {s: _Collected(s) for s in TABLES})

    def take(self, member: Member) -> None:
        """Read a member if it is one of those that count."""
        for pattern, method in MEMBERS:
            if found := pattern.fullmatch(member.path):
                method(self, member, found.groupdict())
                return

    def result(self, member: Member, place: dict[str, str]) -> None:
        """A run's log."""
        self._log(MlperfTrainingResults, member, place, self.results, result_values)

    def power_log(self, member: Member, place: dict[str, str]) -> None:
        """A power log."""
        is_switch = place["log_name"].startswith("sw_")
        self._log(MlperfTrainingPower, member, {**place, "is_switch": is_switch}, self.power, power_values)

    def system(self, member: Member, place: dict[str, str]) -> None:
        """A system's description."""
        self._row(MlperfTrainingSystems, member.path, member.size, lambda: {**place, **system_values(member.read())})

    def scaling(self, member: Member, place: dict[str, str]) -> None:
        """A scaling factor."""

        def values() -> dict[str, Any]:
            factor = _json_object(member.read()).get("scaling_factor")
            return {**place, "scaling_factor": float(factor) if isinstance(factor, int) else factor}

        self._row(MlperfTrainingScaling, member.path, member.size, values)

    def _log(
        self, schema: type[RawRow], member: Member, place: dict[str, Any], reader: LogReader, values_of: ValuesOf
    ) -> None:
        """A log as a row; its odd lines are noted."""

        def values() -> dict[str, Any]:
            if member.size > MAX_LOG_BYTES:
                raise ValueError(f"has {member.size:,} bytes; expected at most {MAX_LOG_BYTES:,}")
            log, table = reader.read(member.read()), self.tables[schema]
            for odd in log.odd_lines:
                reason = f"{member.path}:{odd.line}: {odd.reason}"
                table.faults.append(Reject(self.file, table.count, odd.line, None, odd.text, reason))
            if not log.record_count:
                raise ValueError("holds no log record; expected lines with :::MLLOG")
            counts = {"record_count": log.record_count, "odd_line_count": log.odd_count}
            return {**place, **values_of(log), **counts}

        self._row(schema, member.path, member.size, values)

    def _row(self, schema: type[RawRow], path: str, size: int, values_of: Callable[[], dict[str, Any]]) -> None:
        """Type a member into a row, or refuse it with a reason."""
        table = self.tables[schema]
        table.count += 1
        try:
            values = {**values_of(), "round": self.round, "member": path}
            row = schema.model_validate(values, strict=True)
        except ValidationError as error:
            for problem in error.errors():
                column = str(problem["loc"][0]) if problem["loc"] else None
                reason = f"{path}: {problem['msg'].replace('Input should be', 'expected')}"
                table.rejects.append(Reject(self.file, table.count, 1, column, str(problem["input"])[:200], reason))
        except ValueError as error:
            table.rejects.append(Reject(self.file, table.count, 1, None, None, f"{path}: {error}"))
        else:
            table.rows.append((Record(table.count, 1, 0, size, ()), row))


FOLDER = r"(?P<submitter>[^/]+)/results/(?P<system>[^/]+)/(?P<benchmark>[^/]+)/"
MEMBERS: tuple[tuple[re.Pattern[str], Callable[[_Archive, Member, dict[str, str]], None]], ...] = (
    (re.compile(FOLDER + r"(?P<result_name>result_[^/]*)\.txt"), _Archive.result),
    (re.compile(FOLDER + r"power/(?P<result_name>[^/]+)/(?P<log_name>(?:node|sw)_[^/]*)\.txt"), _Archive.power_log),
    (re.compile(FOLDER + r"scaling\.json"), _Archive.scaling),
    (re.compile(r"(?P<submitter>[^/]+)/systems/(?P<system>[^/]+)\.json"), _Archive.system),
)


def read_round(data: bytes, file: str, sha256: str, round_name: str) -> list[RawTable]:
    """The tables of a round from the archive of its repository; raises LedgerError where it holds no round."""
    return read_members(walk_archive(data, file, CAPS), file, sha256, round_name=round_name)


def read_members(
    members: Iterable[Member],
    file: str,
    sha256: str,
    *,
    round_name: str,
    readers: tuple[LogReader, LogReader] | None = None,
) -> list[RawTable]:
    """The tables of a round from the members of its archive; ``readers`` are of results and of power."""
    archive = _Archive(file, round_name, *(readers or (result_reader(), power_reader())))
    for member in members:
        archive.take(member)
    tables = []
    for schema, found in archive.tables.items():
        frame = to_frame(schema, found.rows, sha256)
        table = RawTable(schema, file, sha256, frame, found.count, found.rejects, faults=found.faults)
        check_raw(table)
        tables.append(table)
    return tables


ROUND_FORMATS = (
    RoundFormat(
        suite="mlperf training",
        file_format="training logs",
        source_id=SOURCE,
        name="training_results_{round}.tar.gz",
        address="https://github.com/mlcommons/training_results_{round}/archive/*.tar.gz",
        read=read_round,
        tables=TABLES,
        max_bytes=500_000_000,
    ),
)
"""Formats of this source; its rounds are in seeds/benchmarks/mlperf_rounds.csv."""
