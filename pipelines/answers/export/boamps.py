"""Own runs as BoAmps reports: one JSON file a run, by the data model that ``ledger ingest`` reads as well.

What belongs here: what a report says of a run, and what it says where nothing is known. What does not: measuring.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import duckdb

from pipelines import __version__
from pipelines.answers.as_json import as_json
from pipelines.errors import LedgerError
from pipelines.warehouse.file import Row, read_rows

ENDING = ".boamps.json"
NOT_STATED = "not stated"
SPECIFICATION = "https://github.com/Boavizta/BoAmps"
KIND_OF_ID = uuid.uuid5(uuid.NAMESPACE_URL, SPECIFICATION)
TIME = "%Y-%m-%d %H:%M:%S"
"""Times as the data model writes them; ours are UTC."""

PARTS = {"processor": "cpu", "memory": "ram", "system": "system"}
"""Parts of a machine that were measured, in the words of the data model."""

RUNS = """
select
    r.*,
    date_diff('millisecond', r.started_at, r.ended_at) / 1000 as duration_s,
    r.energy_j / 3.6e6 as energy_kwh,
    m.total_params / 1e9 as total_billion_params,
    a.vendor,
    a.kind,
    a.memory_bytes / 1e9 as memory_gigabytes
from mart.telemetry_runs as r
left join core.models as m on r.model_id = m.model_id
left join mart.accelerators as a on r.accelerator_id = a.accelerator_id
order by r.run_id
"""

DEVICES = """
select run_id, part, device_name, count(*) as device_count
from core.telemetry_devices
where part <> 'accelerator'
group by all
order by all
"""


def write_reports(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the report of every own run; raises LedgerError where there is none."""
    (build,) = read_rows(connection, "select build_id, finished_at from meta.builds")
    runs = read_rows(connection, RUNS)
    if not runs:
        raise LedgerError("no own runs are published. Take some in: ledger ingest PATH, then ledger build.")
    devices = read_rows(connection, DEVICES)
    for run in runs:
        beside = [device for device in devices if device["run_id"] == run["run_id"]]
        text = as_json(report(run, beside, build)) + "\n"
        (folder / f"{run['run_id']}{ENDING}").write_text(text, encoding="utf-8")


def report(run: Row, beside: list[Row], build: Row) -> Row:
    """The report of a run of ``RUNS``, with the devices that were measured beside its accelerators."""
    place = {"environment": {"country": run["country"]}} if run["country"] else {}
    return {
        "header": {
            "formatVersion": "1.1.0",
            "formatVersionSpecificationUri": SPECIFICATION,
            "reportId": str(uuid.uuid5(KIND_OF_ID, f"{run['run_id']} {run['files']}")),
            "reportDatetime": build["finished_at"].strftime(TIME),
            "reportStatus": "final",
        },
        "task": _task(run),
        "measures": [_measure(run)],
        "infrastructure": {"infraType": "other", "components": _components(run, beside)},
        **place,
    }


def _task(run: Row) -> Row:
    """What ran. What its family and data are, no log says; the format wants a word all the same."""
    algorithm = {
        "foundationModelName": run["model_name"],
        "parametersNumber": run["total_billion_params"],
        "quantization": run["number_format"],
    }
    counted = {"dataType": "token", "dataQuantity": run["tokens"]} if run["tokens"] else {"dataType": "other"}
    gaps = f" Without {run['gap_s']:g} s in which nothing was measured." if run["gap_s"] else ""
    usage = "output" if run["work"] == "inference" and run["tokens"] else "input"
    return {
        "taskStage": run["work"] or "other",
        "taskFamily": NOT_STATED,
        "algorithms": [_said(algorithm)],
        "dataset": [{"dataUsage": usage, **counted}],
        "taskDescription": f"{run['title']}. Energy of the {run['energy_boundary']}.{gaps} Made from {run['files']}.",
    }


def _measure(run: Row) -> Row:
    """The energy that was measured, or modelled: the data model calls a tool that does not measure constant."""
    is_accelerated = run["energy_boundary"] == "accelerators"
    modelled = {("gpu" if is_accelerated else "cpu") + "TrackingMode": "constant"} if run["is_modelled"] else {}
    return {
        "measurementMethod": f"Compute Ledger, from {run['formats']}",
        "version": __version__,
        **modelled,
        "powerConsumption": run["energy_kwh"],
        "measurementDuration": run["duration_s"],
        "measurementDateTime": run["started_at"].strftime(TIME),
    }


def _components(run: Row, beside: list[Row]) -> list[Row]:
    """The accelerators, as far as they are known, and what was measured beside them."""
    found = [
        _said({"componentName": one["device_name"], "componentType": PARTS[one["part"]], "nbComponent": one["device_count"]})
        for one in beside
    ]  # fmt: skip
    if run["accelerator_count"] or run["accelerator_id"]:
        accelerators = {
            "componentName": run["accelerator_name"],
            "componentType": run["kind"] or "gpu",
            "nbComponent": run["accelerator_count"] or 1,
            "memorySize": run["memory_gigabytes"],
            "manufacturer": run["vendor"],
        }
        found.insert(0, _said(accelerators))
    return found


def _said(values: Row) -> Row:
    """The values that are known: the data model has no word for one that is not."""
    return {name: value for name, value in values.items() if value is not None}
