"""MLPerf Tiny: energy, speed and accuracy of inference on edge boards, from the repositories of the rounds.

What belongs here: reading ``<division>/<submitter>/results/<system>/<benchmark>/<mode>/results.txt`` and
``<division>/<submitter>/systems/<system>.json``. What does not: joules, which chips the boards carry, rounds
before v1.1 (``mlperf_collected.py``).

A result file is the log of a runner; its last lines give the median over five or so windows. Two runners
are in use, and one of them also logs the benchmark ``sww`` (streaming wake word), whose only "inference"
is a stream of 1,200 seconds: its energy is that of the whole stream.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from pipelines.records.archives import Member, walk_archive
from pipelines.records.csv_records import Record, Reject
from pipelines.records.fields import filled, nullable
from pipelines.records.json_records import JsonRecord, Values, named_columns, type_json
from pipelines.records.raw_tables import RawNumber, RawRow, RawTable, RawText, check_raw, to_frame
from pipelines.sources.mlperf.rounds import RoundFormat

RESULT_PATH = re.compile(
    r"(?P<division>[^/]+)/(?P<submitter>[^/]+)/results/(?P<system>[^/]+)/(?P<benchmark>[^/]+)/"
    r"(?P<mode>energy|performance|accuracy)/results\.txt"
)
SYSTEM_PATH = re.compile(r"(?P<division>[^/]+)/(?P<folder>[^/]+)/systems/(?!\._)(?P<system>[^/]+)\.json")
"""Names that begin with ``._`` are shadow files that macOS leaves beside a file: they hold no JSON."""

FIGURES = {
    "median_energy_microjoules": re.compile(r"Median energy cost is\s+(\S+) uJ/inf"),
    "median_throughput_inferences_per_s": re.compile(r"Median throughput is\s+(\S+) inf\./sec"),
    "estimated_throughput_inferences_per_s": re.compile(r"Estimated throughput:\s+(\S+) inf\./sec"),
    "duty_cycle_fraction": re.compile(r"Average duty cycle:\s+(\S+)"),
    "top_1_percent": re.compile(r"Top(?:-1:| 1% =)\s+([^\s%]+)"),
    "auc_ratio": re.compile(r"AUC ?[:=]\s+(\S+)"),
    "elapsed_s": re.compile(r"Elapsed time\s*:\s+(\S+)"),
    "inferences_count": re.compile(r"Inferences\s*:\s+(\S+)"),
}
"""Column -> where its figure stands in a log, and in which unit."""
OF_ONE_WINDOW = ("elapsed_s", "inferences_count")
WANTED = {
    "energy": ("median_energy_microjoules",),
    "performance": ("median_throughput_inferences_per_s", "estimated_throughput_inferences_per_s"),
    "accuracy": ("top_1_percent", "auc_ratio"),
}
"""Mode -> figures of which its log must give one."""

Figure = Annotated[RawNumber, Field(ge=0)]


class MlperfTinyResults(RawRow):
    """One row per log of MLPerf Tiny: a board, a benchmark, and what was measured (energy, performance or accuracy)."""

    table = "mlperf_tiny_results"
    source_id = "mlperf_tiny"
    key = ("round", "member")

    round: RawText = filled("Round, for example v1.3.")
    member: RawText = filled("File of the archive; byte_start and byte_end count from its first byte.")
    division: RawText = filled("closed or open.")
    submitter: RawText = filled("Folder of the submitter.")
    system: RawText = filled("Folder of the system.")
    benchmark: RawText = filled("kws, ic, vww, ad or sww.")
    mode: Literal["energy", "performance", "accuracy"] = filled("What the log measures.")
    median_energy_microjoules: Figure | None = nullable(
        "Median energy of an inference, microjoules; for sww that of the one stream."
    )
    median_throughput_inferences_per_s: Figure | None = nullable("Median throughput, inferences per second.")
    estimated_throughput_inferences_per_s: Figure | None = nullable(
        "Throughput that the duty cycle of a stream leaves room for, inferences per second."
    )
    duty_cycle_fraction: Figure | None = nullable("Average duty cycle of a stream.")
    elapsed_s: Figure | None = nullable("Length of the window, where the log has only one.")
    inferences_count: Figure | None = nullable(
        "Inferences that the runner counts in the window, where the log has only one."
    )
    top_1_percent: Figure | None = nullable("Top-1 accuracy, percent.")
    auc_ratio: Figure | None = nullable("Area under the curve.")


def _plain(value: Any) -> Any:
    """Text as it is; software with its versions, which some boards give as an object, as JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else value


LooseText = Annotated[RawText, BeforeValidator(_plain)]


class MlperfTinySystems(RawRow):
    """One row per board of a round of MLPerf Tiny, as its submitter describes it."""

    table = "mlperf_tiny_systems"
    source_id = "mlperf_tiny"
    key = ("round", "division_folder", "submitter_folder", "system")

    round: RawText = filled("Round, for example v1.3.")
    member: RawText = filled("File of the archive; byte_start and byte_end count from its first byte.")
    division_folder: RawText = filled("Folder of the division.")
    submitter_folder: RawText = filled("Folder of the submitter.")
    system: RawText = filled("Name of the file: the folder of the system's results.")
    submitter: RawText = filled("Organization that submitted.", "Submitter")
    division: RawText = filled("Division, in the submitter's spelling.", "Division")
    status: RawText | None = nullable("Available, Preview or rdi.", "Status")
    board_name: RawText = filled("Name of the board.", "Board Name")
    soc_name: RawText | None = nullable("System on chip.", "SoC Name")
    processor_name: RawText | None = nullable("Processor.", "Processor(s) Name")
    processor_frequencies: RawText | None = nullable("Clock of the processor, as text.", "Processor(s) Frequencies")
    accelerator: RawText | None = nullable("Accelerator; empty where there is none.", "Accelerator")
    accelerator_frequencies: RawText | None = nullable(
        "Clock of the accelerator, as text.", "Accelerator(s) Frequencies"
    )
    hardware_notes: RawText | None = nullable("The submitter's notes on the hardware.", "Hardware Notes")
    inference_framework: LooseText | None = nullable("Runtime.", "Inference Framework")
    quantization_method: LooseText | None = nullable("How the model was quantized.", "Quantization Method")
    operating_system: LooseText | None = nullable("Operating system.", "Operating System", "Operating System ")


def read_figures(text: str, mode: str) -> dict[str, str]:
    """Figures of a log by column, as text; raises ValueError where the one that its mode needs is missing.

    >>> read_figures("00176.476 ulp-ml: Median energy cost is 293.912 uJ/inf.", "energy")
    {'median_energy_microjoules': '293.912'}
    """
    found = {}
    for column, pattern in FIGURES.items():
        values = pattern.findall(text)
        if len(values) > 1 and column in OF_ONE_WINDOW:
            continue
        if len(set(values)) > 1:
            raise ValueError(
                f"gives {len(values)} different figures of {column}: {', '.join(values[:4])}; expected one"
            )
        if values:
            found[column] = values[0]
    if not any(column in found for column in WANTED[mode]):
        raise ValueError(f"gives no {' or '.join(WANTED[mode])}; expected the end of a log of {mode}")
    return found


class _Round:
    """The two tables of a round while its archive is read."""

    def __init__(self, name: str, file: str) -> None:
        self.name, self.file = name, file
        self.counts: dict[type[RawRow], int] = {MlperfTinyResults: 0, MlperfTinySystems: 0}
        self.rows: dict[type[RawRow], list[tuple[Record, BaseModel]]] = {schema: [] for schema in self.counts}
        self.rejects: dict[type[RawRow], list[Reject]] = {schema: [] for schema in self.counts}

    def _position(self, schema: type[RawRow], data: bytes) -> Record:
        self.counts[schema] += 1
        return Record(self.counts[schema], 1, 0, len(data), ())

    def add_result(self, member: Member, path: re.Match[str]) -> None:
        """One log."""
        data = member.read()
        at = self._position(MlperfTinyResults, data)
        for column, value, reason in self._typed_result(at, data, path):
            self.rejects[MlperfTinyResults].append(
                Reject(f"{self.file}: {member.path}", at.record_no, 1, column, value, reason)
            )

    def _typed_result(
        self, at: Record, data: bytes, path: re.Match[str]
    ) -> Iterator[tuple[str | None, str | None, str]]:
        """Keep the row of a log, or say what is wrong with it."""
        try:
            figures = read_figures(data.decode("utf-8"), path["mode"])
        except UnicodeDecodeError as error:
            yield None, None, f"byte {error.start} is not UTF-8 ({error.reason})"
            return
        except ValueError as error:
            yield None, None, str(error)
            return
        given = {"round": self.name, "member": path.string, **path.groupdict(), **figures}
        try:
            self.rows[MlperfTinyResults].append((at, MlperfTinyResults.model_validate(given)))
        except ValidationError as error:
            for problem in error.errors():
                column = str(problem["loc"][0]) if problem["loc"] else None
                yield column, given.get(column or ""), problem["msg"].removeprefix("Value error, ")

    def add_system(self, member: Member, path: re.Match[str]) -> None:
        """One description of a board."""
        data = member.read()
        at = self._position(MlperfTinySystems, data)
        flat = named_columns(MlperfTinySystems)

        def row_of(record: JsonRecord) -> Values:
            folders = {
                "division_folder": path["division"],
                "submitter_folder": path["folder"],
                "system": path["system"],
            }
            return flat(record) | {"round": self.name, "member": member.path} | folders

        try:
            record = JsonRecord(at, path["system"], json.loads(data))
        except (ValueError, RecursionError) as error:
            record = JsonRecord(at, path["system"], None, f"is not JSON: {error}")
        rows, rejects = type_json([record], f"{self.file}: {member.path}", MlperfTinySystems, row_of)
        self.rows[MlperfTinySystems] += rows
        self.rejects[MlperfTinySystems] += rejects

    def tables(self, sha256: str) -> list[RawTable]:
        """The finished tables."""
        found = []
        for schema, count in self.counts.items():
            frame = to_frame(schema, self.rows[schema], sha256)
            found.append(RawTable(schema, self.file, sha256, frame, count, self.rejects[schema]))
            check_raw(found[-1])
        return found


def read_round(data: bytes, file: str, sha256: str, name: str) -> list[RawTable]:
    """The tables of one round; raises LedgerError where the bytes are no archive of its results."""
    tiny = _Round(name, file)
    for member in walk_archive(data, file):
        if result := RESULT_PATH.fullmatch(member.path):
            tiny.add_result(member, result)
        elif system := SYSTEM_PATH.fullmatch(member.path):
            tiny.add_system(member, system)
    return tiny.tables(sha256)


ROUND_FORMATS = (
    RoundFormat(
        suite="mlperf tiny",
        file_format="tiny logs",
        source_id="mlperf_tiny",
        name="tiny_results_{round}.tar.gz",
        address="https://github.com/mlcommons/tiny_results_{round}/archive/*.tar.gz",
        read=read_round,
        tables=(MlperfTinyResults, MlperfTinySystems),
        max_bytes=500_000_000,
    ),
)
"""Formats of this source; its rounds are in seeds/benchmarks/mlperf_rounds.csv."""
