"""BoAmps energy reports: what one task of machine learning took, as a JSON file by the data model of Boavizta.

What belongs here: the columns of a report and reading one. What does not: names of models and accelerators that we know,
where reports come from. Nothing is fetched: the format serves measurements that somebody hands in.

A report describes one task and holds one or more measures of its energy: each becomes a row. Energy is in kilowatt-hours,
whatever the published name ``powerConsumption`` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field, StrictInt

from pipelines.errors import LedgerError
from pipelines.records.csv_records import Record
from pipelines.records.fields import Text
from pipelines.records.json_records import (
    JsonRecord,
    JsonText,
    Values,
    cut_items,
    cut_members,
    named_columns,
    read_raw_json,
)
from pipelines.records.raw_tables import RawNumber, RawRow, RawTable

NEEDED = ("task", "measures", "infrastructure")
"""Parts that every report has."""

PARTS = ("header", "task", "infrastructure", "environment", "system", "software")
"""Parts that are objects: each of their values is found as part.name."""

Amount = Annotated[RawNumber, Field(ge=0)]
Share = Annotated[RawNumber, Field(ge=0, le=1)]
Count = Annotated[StrictInt, Field(ge=0, le=1_000_000_000)]


class BoampsMeasures(RawRow):
    """One row per measure of a BoAmps report: the energy that one task took, what ran, and on what hardware."""

    table = "boamps_measures"
    source_id = "boamps"
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "report_id": ("header.reportId",),
        "reported_at": ("header.reportDatetime",),
        "report_status": ("header.reportStatus",),
        "licence": ("header.licensing",),
        "publisher": ("publisher.name",),
        "task_stage": ("task.taskStage",),
        "task_family": ("task.taskFamily",),
        "request_count": ("task.nbRequest",),
        "model_name": ("algorithm.foundationModelName", "algorithm.algorithmName"),
        "model_url": ("algorithm.foundationModelUri", "algorithm.algorithmUri"),
        "total_billion_params": ("algorithm.parametersNumber",),
        "framework": ("algorithm.framework",),
        "number_format": ("algorithm.quantization",),
        "input_kind": ("input.dataType",),
        "input_count": ("input.dataQuantity",),
        "output_kind": ("output.dataType",),
        "output_count": ("output.dataQuantity",),
        "gpu_name": ("gpu.componentName", "gpu.series", "gpu.family"),
        "gpu_count": ("gpu.nbComponent",),
        "gpu_share_fraction": ("gpu.share",),
        "cpu_name": ("cpu.componentName", "cpu.series", "cpu.family"),
        "components": ("infrastructure.components",),
        "infrastructure_kind": ("infrastructure.infraType",),
        "cloud_provider": ("infrastructure.cloudProvider",),
        "cloud_instance": ("infrastructure.cloudInstance",),
        "country": ("environment.country",),
        "grid_g_co2e_per_kwh": ("environment.powerSourceCarbonIntensity",),
        "method": ("measurementMethod",),
        "gpu_tracking": ("gpuTrackingMode",),
        "cpu_tracking": ("cpuTrackingMode",),
        "energy_kwh": ("powerConsumption",),
        "duration_s": ("measurementDuration",),
        "started_at": ("measurementDateTime",),
        "calibration_energy_kwh": ("powerCalibrationMeasurement",),
        "calibration_duration_s": ("durationCalibrationMeasurement",),
        "gpu_utilisation_fraction": ("averageUtilizationGpu",),
    }

    report_id: Text | None = Field(default=None, description="Identifier of the report.")
    reported_at: Text | None = Field(default=None, description="Time of the report, as written.")
    report_status: Text | None = Field(default=None, description="draft, final, corrective or other.")
    licence: Text | None = Field(default=None, description="Licence of the report, as written.")
    publisher: Text | None = Field(default=None, description="Organization that made the report.")
    task_stage: Text = Field(description="Stage of the work, such as training, finetuning or inference.")
    task_family: Text = Field(description="Kind of task, such as chatbot.")
    request_count: Amount | None = Field(default=None, description="Requests that the measure covers, for inference.")
    model_name: Text | None = Field(default=None, description="Model or algorithm, where the report names one.")
    model_url: Text | None = Field(default=None, description="Address of the model, where given.")
    total_billion_params: Amount | None = Field(default=None, description="Total parameters, billions.")
    framework: Text | None = Field(default=None, description="Software that ran the model.")
    number_format: Text | None = Field(default=None, description="Number format of the weights, as written.")
    input_kind: Text | None = Field(default=None, description="What the input counts, such as token or image.")
    input_count: Amount | None = Field(default=None, description="Size of the input of one request, in these.")
    output_kind: Text | None = Field(default=None, description="What the output counts, such as token or image.")
    output_count: Amount | None = Field(default=None, description="Size of the output of one request, in these.")
    gpu_name: Text | None = Field(default=None, description="Accelerator, where the report names one kind.")
    gpu_count: Count | None = Field(default=None, description="How many of it.")
    gpu_share_fraction: Share | None = Field(default=None, description="Share of it that the task had.")
    cpu_name: Text | None = Field(default=None, description="Processor, where the report names one kind.")
    components: JsonText = Field(description="All components of the hardware, as JSON.")
    infrastructure_kind: Text = Field(description="publicCloud, privateCloud, onPremise or other.")
    cloud_provider: Text | None = Field(default=None, description="Provider of the cloud.")
    cloud_instance: Text | None = Field(default=None, description="Type of the rented machine.")
    country: Text | None = Field(default=None, description="Country of the machine, as written.")
    grid_g_co2e_per_kwh: Amount | None = Field(
        default=None, description="Carbon intensity of the electricity, grams CO2 equivalent per kilowatt-hour."
    )
    method: Text = Field(description="Tool that measured.")
    version: Text | None = Field(default=None, description="Version of the tool.")
    gpu_tracking: Text | None = Field(
        default=None, description="How the tool follows accelerators; constant is no measurement."
    )
    cpu_tracking: Text | None = Field(
        default=None, description="How the tool follows processors; constant is no measurement."
    )
    energy_kwh: Amount = Field(description="Energy that the task took, kilowatt-hours.")
    duration_s: Amount | None = Field(default=None, description="Length of the measurement, seconds.")
    started_at: Text | None = Field(default=None, description="Begin of the measurement, as written.")
    calibration_energy_kwh: Amount | None = Field(
        default=None, description="Energy of the idle machine during the calibration, kilowatt-hours."
    )
    calibration_duration_s: Amount | None = Field(default=None, description="Length of the calibration, seconds.")
    gpu_utilisation_fraction: Share | None = Field(default=None, description="Mean load of the accelerators.")
    quality: Text | None = Field(default=None, description="How good the report holds itself for: high, medium or low.")


_columns = named_columns(BoampsMeasures)


def _only(items: Any, name: str, value: str) -> Values:
    """The item of a list whose ``name`` is ``value``, where there is just one: of two kinds of GPU none is the GPU."""
    listed = items if isinstance(items, list) else []
    found = [item for item in listed if isinstance(item, dict) and str(item.get(name, "")).lower() == value]
    return found[0] if len(found) == 1 else {}


def _context(parts: Values) -> Values:
    """What a report says of all its measures, under the names part.name; empty texts are left out."""
    header, task, infrastructure = (parts.get(name) or {} for name in ("header", "task", "infrastructure"))
    algorithms = task.get("algorithms")
    components = infrastructure.get("components")
    objects = {name: parts.get(name) for name in PARTS} | {
        "publisher": header.get("publisher"),
        "algorithm": algorithms[0] if isinstance(algorithms, list) and len(algorithms) == 1 else {},
        "input": _only(task.get("dataset"), "dataUsage", "input"),
        "output": _only(task.get("dataset"), "dataUsage", "output"),
        "gpu": _only(components, "componentType", "gpu"),
        "cpu": _only(components, "componentType", "cpu"),
    }
    given = {part: values for part, values in objects.items() if isinstance(values, dict)}
    said = {f"{part}.{name}": value for part, values in given.items() for name, value in values.items()}
    said |= {"quality": parts.get("quality"), "infrastructure.components": _written(components)}
    return {name: value for name, value in said.items() if value not in (None, "")}


def _written(value: Any) -> str | None:
    """A part that has no columns of its own, as text."""
    return None if value is None else json.dumps(value, sort_keys=True, separators=(",", ":"))


def _measures(data: bytes, file: str) -> Iterator[JsonRecord]:
    """The measures of a report, each with what the report says of all; raises LedgerError where it is no report."""
    parts = {part.key: part for part in cut_members(data, file)}
    if broken := next((part for part in parts.values() if part.fault), None):
        raise LedgerError(f"{file}:{broken.position.line}: {broken.key} {broken.fault}.")
    if lacking := [name for name in NEEDED if name not in parts]:
        raise LedgerError(
            f"{file}: lacks {', '.join(lacking)}; expected a BoAmps report, which has {', '.join(NEEDED)}."
        )
    for name in (*PARTS, "measures"):
        wanted, kind = (list, "a list") if name == "measures" else (dict, "an object")
        if name in parts and not isinstance(parts[name].value, wanted):
            raise LedgerError(f"{file}:{parts[name].position.line}: {name}: expected {kind}.")
    context = _context({name: part.value for name, part in parts.items()})
    start = parts["measures"].position
    for item in cut_items(data[start.byte_start : start.byte_end], file):
        at = item.position
        position = Record(
            at.record_no, start.line + at.line - 1, start.byte_start + at.byte_start, start.byte_start + at.byte_end, ()
        )
        value = {**context, **item.value} if isinstance(item.value, dict) else item.value
        yield JsonRecord(position, item.key, value, item.fault)


def read_report(data: bytes, file: str, sha256: str) -> RawTable:
    """A report as a raw table; raises LedgerError that names the file, the line and what was expected."""
    return read_raw_json(_measures(data, file), file, sha256, BoampsMeasures, _columns)
