"""BoAmps reports, made up by the published data model: each measure becomes a row, or is refused with its line."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import LedgerError
from pipelines.records.raw_tables import RawTable
from pipelines.telemetry.formats.boamps import read_report

REPORT: dict[str, Any] = {
    "header": {
        "licensing": "CC BY 4.0", "reportId": "6f1c", "reportDatetime": "2026-03-01 10:00:00", "reportStatus": "final",
        "publisher": {"name": "Testers", "confidentialityLevel": "public"},
    },
    "task": {
        "taskStage": "inference", "taskFamily": "chatbot", "nbRequest": 40,
        "algorithms": [{"foundationModelName": "testa-7b", "parametersNumber": 7, "framework": "vllm", "quantization": "fp8"}],
        "dataset": [
            {"dataUsage": "input", "dataType": "token", "dataQuantity": 200},
            {"dataUsage": "output", "dataType": "token", "dataQuantity": 500},
        ],
    },
    "measures": [
        {"measurementMethod": "wattmeter", "powerConsumption": 0.25, "measurementDuration": 900.5},
        {"measurementMethod": "codecarbon", "version": "3.0", "gpuTrackingMode": "nvml", "powerConsumption": 0.2},
    ],
    "infrastructure": {
        "infraType": "onPremise",
        "components": [
            {"componentName": "Testchip T1", "componentType": "GPU", "nbComponent": 2, "share": 0.5},
            {"componentName": "Testcore 9", "componentType": "cpu", "nbComponent": 1},
            {"componentType": "ram", "nbComponent": 8, "memorySize": 64},
        ],
    },
    "environment": {"country": "France", "powerSourceCarbonIntensity": 42},
    "quality": "high",
}  # fmt: skip


def read(report: Any) -> RawTable:
    """The table of a report, written as publishers do."""
    return read_report(json.dumps(report, indent=1).encode(), "report.json", "0" * 64)


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """The report with one value changed; ... takes it out."""
    report = deepcopy(REPORT)
    place: Any = report
    for step in path[:-1]:
        place = place[step]
    if to is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return report


def test_each_measure_is_a_row_with_what_the_report_says_of_both() -> None:
    data = json.dumps(REPORT, indent=1).encode()
    table = read_report(data, "report.json", "0" * 64)
    first, second = table.frame.to_dicts()
    assert (table.record_count, table.accepted_count) == (2, 2)
    assert (first["energy_kwh"], first["duration_s"], first["method"], first["version"]) == (
        0.25,
        900.5,
        "wattmeter",
        None,
    )
    assert (second["energy_kwh"], second["duration_s"], second["gpu_tracking"]) == (0.2, None, "nvml")
    for row in (first, second):
        said = (row["model_name"], row["total_billion_params"], row["number_format"], row["request_count"])
        assert said == ("testa-7b", 7.0, "fp8", 40.0)
        assert (row["gpu_name"], row["gpu_count"], row["gpu_share_fraction"]) == ("Testchip T1", 2, 0.5)
        assert (row["input_kind"], row["input_count"], row["output_count"]) == ("token", 200.0, 500.0)
        assert (row["country"], row["grid_g_co2e_per_kwh"], row["quality"]) == ("France", 42.0, "high")
        assert (row["publisher"], row["licence"], row["report_status"]) == ("Testers", "CC BY 4.0", "final")
        assert json.loads(row["components"]) == REPORT["infrastructure"]["components"]
        assert b"measurementMethod" in data[row["byte_start"] : row["byte_end"]]


def test_of_two_kinds_of_accelerator_none_is_the_one() -> None:
    components = REPORT["infrastructure"]["components"]
    other = {"componentName": "Testchip T2", "componentType": "gpu", "nbComponent": 1}
    frame = read(changed("infrastructure", "components", to=[*components, other])).frame
    assert frame["gpu_name"].to_list() == [None, None]
    assert json.loads(frame["components"][0])[-1] == other


def test_what_a_report_may_leave_out_is_null() -> None:
    for part in ("header", "environment", "quality"):
        assert read(changed(part, to=...)).accepted_count == 2
    assert read(changed("task", "dataset", to=...)).frame["input_count"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (changed("measures", to=...), "report.json: lacks measures; expected a BoAmps report"),
        (changed("infrastructure", to=...), "report.json: lacks infrastructure"),
        (changed("task", to=[]), "task: expected an object"),
        (changed("measures", to={}), "measures: expected a list"),
        (changed("measures", to=[]), "0 records; expected at least 1"),
        (changed("measures", 1, "powerConsumption", to="0.2"), 'energy_kwh: value .*0.2'),
        (changed("measures", 0, "powerConsumption", to=-1), "energy_kwh: value .*-1"),
        (changed("measures", 0, "powerConsumption", to=float("nan")), "NaN is not a number"),
        (changed("measures", 0, "powerConsumption", to=...), "energy_kwh.*expected a value"),
        (changed("measures", 1, to=7), "expected an object, got 7"),
        (changed("infrastructure", "components", to=...), "components.*expected a value"),
        ([REPORT], "expected a JSON object"),
    ],
)  # fmt: skip
def test_a_report_that_does_not_hold_is_refused_in_words(report: Any, expected: str) -> None:
    with pytest.raises(LedgerError, match=expected):
        read(report)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PLACES = [
    ("header",), ("task",), ("task", "algorithms"), ("task", "dataset"), ("task", "dataset", 0), ("measures",), ("measures", 0),
    ("measures", 1, "powerConsumption"), ("infrastructure",), ("infrastructure", "components"), ("quality",), ("environment",),
    ("header", "publisher"), ("task", "algorithms", 0), ("infrastructure", "components", 0, "componentType"),
]  # fmt: skip


@given(st.sampled_from(PLACES), ANYTHING)
def test_anything_at_any_place_is_read_or_refused_in_words(place: tuple[str | int, ...], value: Any) -> None:
    try:
        table = read(changed(*place, to=value))
    except LedgerError:
        return
    assert table.accepted_count == table.record_count
    assert all(energy >= 0 for energy in table.frame["energy_kwh"])
