"""Own runs as BoAmps reports: what the data model demands is there, and reading one gives the run again."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.answers.export.boamps import report
from pipelines.settings import Settings
from pipelines.telemetry.formats.boamps import read_report
from tests.conftest import Called

BUILD = {"build_id": "b", "finished_at": datetime(2026, 11, 30, 20, 0, 0)}
RUN: dict[str, Any] = {
    "run_id": "llama-8b", "title": "Own Llama", "work": "inference", "started_at": datetime(2026, 11, 1, 10, 0, 0, 400_000),
    "duration_s": 600.5, "energy_kwh": 0.25, "energy_boundary": "accelerators", "gap_s": 12.5, "is_modelled": False,
    "accelerator_id": "h100-sxm", "accelerator_name": "NVIDIA H100 80GB HBM3", "accelerator_count": 8, "kind": "gpu",
    "memory_gigabytes": 80.0, "vendor": "NVIDIA", "model_name": "Llama 3.1 8B", "total_billion_params": 8.03,
    "number_format": "bf16", "tokens": 1e6, "country": "FRA", "formats": "nvidia-smi query", "files": "gpu.csv (sha256 0)",
}  # fmt: skip
"""A run of which everything is known."""

BARE = {
    **RUN,
    **dict.fromkeys(
        ("work", "accelerator_id", "accelerator_name", "accelerator_count", "kind", "memory_gigabytes", "vendor", "model_name",
         "total_billion_params", "number_format", "tokens", "country")
    ),
    "energy_boundary": "processors", "is_modelled": True, "gap_s": 0.0,
}  # fmt: skip
"""A command that was recorded where no meter is."""

PROCESSOR = {"part": "processor", "device_name": "AMD EPYC", "device_count": 1}


def read_back(made: dict[str, Any]) -> dict[str, Any]:
    """The one measure of a report, as ``ledger ingest`` reads it."""
    (row,) = read_report(json.dumps(made, indent=1).encode(), "report.json", "0" * 64).frame.to_dicts()
    return row


def test_a_report_says_all_that_is_known_of_a_run() -> None:
    row = read_back(report(RUN, [PROCESSOR], BUILD))
    assert (row["energy_kwh"], row["duration_s"], row["started_at"]) == (0.25, 600.5, "2026-11-01 10:00:00")
    assert (row["gpu_name"], row["gpu_count"], row["cpu_name"]) == ("NVIDIA H100 80GB HBM3", 8, "AMD EPYC")
    assert (row["model_name"], row["total_billion_params"], row["number_format"]) == ("Llama 3.1 8B", 8.03, "bf16")
    assert (row["task_stage"], row["output_kind"], row["output_count"]) == ("inference", "token", 1e6)
    assert (row["country"], row["gpu_tracking"], row["input_kind"]) == ("FRA", None, None)
    training = read_back(report({**RUN, "work": "training"}, [], BUILD))
    assert (training["task_stage"], training["input_count"], training["output_count"]) == ("training", 1e6, None)


def test_what_is_not_known_is_not_made_up() -> None:
    made = report(BARE, [PROCESSOR], BUILD)
    row = read_back(made)
    assert (row["model_name"], row["gpu_name"], row["country"], row["input_count"]) == (None, None, None, None)
    assert (row["cpu_name"], row["cpu_tracking"]) == ("AMD EPYC", "constant")
    assert "environment" not in made
    assert "None" not in json.dumps(made)


@pytest.mark.parametrize("made", [report(RUN, [], BUILD), report(BARE, [PROCESSOR], BUILD)], ids=["known", "bare"])
def test_a_report_has_what_the_data_model_demands(made: dict[str, Any]) -> None:
    """The required members and the closed lists of report, dataset, measure and hardware in BoAmps 1.1.0."""
    assert datetime.strptime(made["header"]["reportDatetime"], "%Y-%m-%d %H:%M:%S") == BUILD["finished_at"]
    assert made["header"]["reportStatus"] in {"draft", "final", "corrective", "other"}
    assert {"taskStage", "taskFamily", "algorithms", "dataset"} <= set(made["task"])
    assert len(made["task"]["algorithms"]) == 1
    (data,) = made["task"]["dataset"]
    assert (data["dataUsage"] in {"input", "output"}, data["dataType"] in {"token", "other"}) == (True, True)
    (measure,) = made["measures"]
    assert (type(measure["measurementMethod"]), type(measure["powerConsumption"])) == (str, float)
    assert made["infrastructure"]["infraType"] in {"publicCloud", "privateCloud", "onPremise", "other"}
    assert made["infrastructure"]["components"]
    for component in made["infrastructure"]["components"]:
        assert (type(component["componentType"]), type(component["nbComponent"])) == (str, int)


def test_without_own_runs_there_is_nothing_to_write(built: Settings, called_ledger: Called, tmp_path: Path) -> None:
    done = called_ledger("export", str(tmp_path / "reports"), "--format", "boamps", home=built.home)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "ledger: no own runs are published. Take some in: ledger ingest PATH, then ledger build.\n"
    assert not (tmp_path / "reports").exists()
