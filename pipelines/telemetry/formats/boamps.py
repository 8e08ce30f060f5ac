"""BoAmps energy reports: what one task of machine learning took, as a JSON file by the data model of Boavizta.

What belongs here: the columns of a report and reading one. What does not: names of models and accelerators that we know,
where reports come from. Nothing is fetched: the format serves measurements that somebody hands in.

A report describes one task and holds one or more measures of its energy: each becomes a row. Energy is in kilowatt-hours,
whatever the published name ``powerConsumption`` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, StrictInt

from pipelines.errors import LedgerError
from pipelines.records.csv_records import Record
from pipelines.records.fields import Text, filled, nullable
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

    report_id: Text | None = nullable("Identifier of the report.", "header.reportId")
    reported_at: Text | None = nullable("Time of the report, as written.", "header.reportDatetime")
    report_status: Text | None = nullable("draft, final, corrective or other.", "header.reportStatus")
    licence: Text | None = nullable("Licence of the report, as written.", "header.licensing")
    publisher: Text | None = nullable("Organization that made the report.", "publisher.name")
    task_stage: Text = filled("Stage of the work, such as training, finetuning or inference.", "task.taskStage")
    task_family: Text = filled("Kind of task, such as chatbot.", "task.taskFamily")
    request_count: Amount | None = nullable("Requests that the measure covers, for inference.", "task.nbRequest")
    model_name: Text | None = nullable(
        "Model or algorithm, where the report names one.", "algorithm.foundationModelName", "algorithm.algorithmName"
    )
    model_url: Text | None = nullable(
        "Address of the model, where given.", "algorithm.foundationModelUri", "algorithm.algorithmUri"
    )
    total_billion_params: Amount | None = nullable("Total parameters, billions.", "algorithm.parametersNumber")
    framework: Text | None = nullable("Software that ran the model.", "algorithm.framework")
    number_format: Text | None = nullable("Number format of the weights, as written.", "algorithm.quantization")
    input_kind: Text | None = nullable("What the input counts, such as token or image.", "input.dataType")
    input_count: Amount | None = nullable("Size of the input of one request, in these.", "input.dataQuantity")
    output_kind: Text | None = nullable("What the output counts, such as token or image.", "output.dataType")
    output_count: Amount | None = nullable("Size of the output of one request, in these.", "output.dataQuantity")
    gpu_name: Text | None = nullable(
        "Accelerator, where the report names one kind.", "gpu.componentName", "gpu.series", "gpu.family"
    )
    gpu_count: Count | None = nullable("How many of it.", "gpu.nbComponent")
    gpu_share_fraction: Share | None = nullable("Share of it that the task had.", "gpu.share")
    cpu_name: Text | None = nullable(
        "Processor, where the report names one kind.", "cpu.componentName", "cpu.series", "cpu.family"
    )
    components: JsonText = filled("All components of the hardware, as JSON.", "infrastructure.components")
    infrastructure_kind: Text = filled("publicCloud, privateCloud, onPremise or other.", "infrastructure.infraType")
    cloud_provider: Text | None = nullable("Provider of the cloud.", "infrastructure.cloudProvider")
    cloud_instance: Text | None = nullable("Type of the rented machine.", "infrastructure.cloudInstance")
    country: Text | None = nullable("Country of the machine, as written.", "environment.country")
    grid_g_co2e_per_kwh: Amount | None = nullable(
        "Carbon intensity of the electricity, grams CO2 equivalent per kilowatt-hour.",
        "environment.powerSourceCarbonIntensity",
    )
    method: Text = filled("Tool that measured.", "measurementMethod")
    version: Text | None = nullable("Version of the tool.")
    gpu_tracking: Text | None = nullable(
        "How the tool follows accelerators; constant is no measurement.", "gpuTrackingMode"
    )
    cpu_tracking: Text | None = nullable(
        "How the tool follows processors; constant is no measurement.", "cpuTrackingMode"
    )
    energy_kwh: Amount = filled("Energy that the task took, kilowatt-hours.", "powerConsumption")
    duration_s: Amount | None = nullable("Length of the measurement, seconds.", "measurementDuration")
    started_at: Text | None = nullable("Begin of the measurement, as written.", "measurementDateTime")
    calibration_energy_kwh: Amount | None = nullable(
        "Energy of the idle machine during the calibration, kilowatt-hours.", "powerCalibrationMeasurement"
    )
    calibration_duration_s: Amount | None = nullable(
        "Length of the calibration, seconds.", "durationCalibrationMeasurement"
    )
    gpu_utilisation_fraction: Share | None = nullable("Mean load of the accelerators.", "averageUtilizationGpu")
    quality: Text | None = nullable("How good the report holds itself for: high, medium or low.")


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
