"""Files as tools write them: told by content, units told apart, what cannot be set aside or refused by name."""

import json

import pytest

from pipelines.errors import LedgerError
from pipelines.telemetry.formats.delivered import Delivered
from pipelines.telemetry.formats.known import read_delivered
from pipelines.telemetry.formats.logs import Context
from tests.telemetry.conftest import Home
from tests.telemetry.generator import START_MS, constant, dcgmi, nvidia_smi, prometheus


def read(text: str | bytes, **known: object) -> Delivered:
    data = text.encode() if isinstance(text, str) else text
    return read_delivered(data, Context("a.log", **{"zone": "UTC", **known}))  # type: ignore[arg-type]


@pytest.mark.parametrize("unit", ["mW", "W", "kW"])
def test_units_of_power(unit: str) -> None:
    found = read(nvidia_smi(constant(312.5, 20), unit))
    assert found.samples["reading"].to_list() == pytest.approx([312.5] * 20, rel=1e-12)
    assert found.devices["0"].name == "NVIDIA H100 80GB HBM3"


def test_watts_without_their_unit_in_the_cells() -> None:
    found = read("timestamp, index, power.draw [W]\n2026/11/30 10:00:00.000, 0, 312.45\n")
    assert found.samples["reading"].to_list() == [312.45]


def test_milliwatts_that_claim_to_be_watts_are_refused() -> None:
    rows = "".join(f"2026/11/30 10:00:{n:02d}.000, 0, {300_000 + n} W\n" for n in range(30))
    with pytest.raises(
        LedgerError, match=r"30 of 30 records cannot be used(?s:.)*at most 20,000 W of one device; is it in mW\?"
    ):
        read("timestamp, index, power.draw [W]\n" + rows)


def test_one_power_that_cannot_be_is_set_aside() -> None:
    log = (
        nvidia_smi(constant(100, 200))
        .decode()
        .replace("100.000000 W", "987654 W", 1)
        .replace("100.000000 W", "-5 W", 1)
    )
    found = read(log)
    assert (found.samples.height, found.rejected_count) == (198, 2)
    assert [reject.line for reject in found.rejects] == [2, 3]


def test_readings_that_the_device_did_not_give_are_no_damage() -> None:
    log = nvidia_smi(constant(100, 40)).decode().replace("100.000000 W", "[N/A]", 30)
    found = read(log)
    assert (found.samples.height, found.rejected_count, found.harmless_count) == (10, 30, 30)


def test_columns_of_nvidia_smi_in_another_order() -> None:
    found = read("power.draw [W], uuid, timestamp\n 250.10 W, GPU-1, 2026/11/30 10:00:00.000\n")
    assert found.samples.select("device_id", "reading").row(0) == ("GPU-1", 250.1)


def test_a_dash_in_dmon_is_no_reading() -> None:
    log = (
        "#Date       Time        gpu    pwr\n#YYYYMMDD   HH:MM:SS    Idx      W\n"
        " 20261130   10:00:00      0      -\n 20261130   10:00:01      0    311\n"
    )
    found = read(log)
    assert (found.samples["reading"].to_list(), found.harmless_count) == ([311.0], 1)


def test_logs_that_print_no_time() -> None:
    log = b"\n".join(line.partition(b" ")[2] for line in dcgmi(constant(100, 5)).splitlines()) + b"\n"
    with pytest.raises(LedgerError, match=r"this log prints no times\. Name started_at and interval_s in run\.toml"):
        read(log)
    found = read(log, started_at_ms=START_MS, interval_s=0.5)
    assert found.samples["at_ms"].to_list() == [START_MS + 500 * n for n in range(5)]


def test_energy_in_millijoules_of_dcgm() -> None:
    metric = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
    found = read("".join(f'{metric}{{gpu="0"}} {1_000_000 + 300_000 * n} {START_MS + 1000 * n}\n' for n in range(3)))
    assert (found.kind, found.samples["reading"].to_list()) == ("counter", [1000.0, 1300.0, 1600.0])


def test_a_metric_of_prometheus_whose_name_says_no_unit() -> None:
    answer = prometheus(constant(100, 3)).replace(b"DCGM_FI_DEV_POWER_USAGE", b"gpu_power")
    with pytest.raises(LedgerError, match="the metric 'gpu_power' says no unit"):
        read(answer)


def test_milliwatts_by_the_name_of_a_metric() -> None:
    answer = prometheus(constant(100, 3)).replace(b"DCGM_FI_DEV_POWER_USAGE", b"node_gpu_power_milliwatts")
    assert read(answer).samples["reading"].to_list() == pytest.approx([0.1] * 3)


def test_amd_smi_monitor() -> None:
    found = read(
        "timestamp,gpu,power_usage,hotspot_temperature\n1793527200,0,750,61\n1793527201,0,N/A,61\n1793527202,0,748,61\n"
    )
    assert (found.samples["reading"].to_list(), found.samples["at_ms"][0], found.harmless_count) == (
        [750, 748],
        START_MS,
        1,
    )


CODECARBON = (
    "timestamp,project_name,run_id,duration,emissions,cpu_energy,gpu_energy,ram_energy,energy_consumed,country_iso_code,gpu_count,gpu_model\n"
    "2026-11-01T11:00:00,bert,9adda612-4ce8,3600.0,0.1,0.05,0.8,0.01,0.86,FRA,4,4 x NVIDIA A40\n"
)


def test_codecarbon(home: Home) -> None:
    home.deliver("emissions.csv", CODECARBON.encode())
    devices = home.devices("bert-9adda612")
    joules = {name: row["energy_j"] for name, row in devices.items()}
    of_gpus = {f"gpu {number}": 0.2 * 3.6e6 for number in range(4)}  # the file gives their sum
    assert joules == pytest.approx({**of_gpus, "cpu": 0.05 * 3.6e6, "ram": 0.01 * 3.6e6}, rel=1e-12)
    assert [devices[name]["is_modelled"] for name in ("cpu", "gpu 3", "ram")] == [True, False, True]
    assert (devices["gpu 0"]["measured_s"], devices["gpu 0"]["device_name"]) == (3600, "NVIDIA A40")
    (file,) = home.landed.read_manifest().files
    assert file.facts["bert-9adda612"] == {"accelerator": "NVIDIA A40", "accelerator_count": 4.0, "country": "FRA"}


def test_windows_of_zeus_inside_others_count_once(home: Home) -> None:
    log = (
        "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy\n1793527201.0,step,10.0,900.0,800.0\n"
        "1793527200.0,epoch,30.0,2500.0,2400.0\n1793527240.0,epoch,30.0,2600.5,2401.0\n"
    )
    home.deliver("zeus.csv", log.encode())
    assert {n: row["energy_j"] for n, row in home.devices().items()} == pytest.approx(
        {"gpu0": 5100.5, "gpu1": 4801.0}, abs=1e-9
    )
    (file,) = home.landed.read_manifest().files
    assert (file.record_count, file.accepted_count, file.rejected_count) == (3, 2, 1)


def test_boamps(home: Home) -> None:
    report = {
        "header": {"licensing": "x", "formatVersion": "1"},
        "task": {"taskStage": "inference", "taskFamily": "chatbot", "nbRequest": 1, "algorithms": [], "dataset": []},
        "measures": [{"measurementMethod": "codecarbon", "powerConsumption": 0.5, "measurementDuration": 1800,
                      "measurementDateTime": "2026-11-01T10:00:00Z"}],
        "infrastructure": {"infraType": "onPremise",
                           "components": [{"componentName": "NVIDIA A40", "componentType": "gpu", "nbComponent": 2}]},
        "environment": {"country": "france"},
    }  # fmt: skip
    home.deliver("report.json", json.dumps(report).encode())
    (device,) = home.devices().values()
    assert (device["energy_j"], device["part"], device["measured_s"]) == (pytest.approx(1.8e6), "system", 1800)
    (file,) = home.landed.read_manifest().files
    assert [facts["country"] for facts in file.facts.values()] == ["FRA"]


@pytest.mark.parametrize(
    ("second", "energy_j"),
    [
        pytest.param(
            {"measurementDateTime": "2026-11-01T10:30:00Z"}, 1.8e6 + 3.6e6, id="one after the other: both count"
        ),
        pytest.param({"measurementDateTime": "2026-11-01T10:10:00Z"}, 1.8e6, id="at the same time: the first counts"),
    ],
)
def test_energy_that_two_tools_measured_is_counted_once(home: Home, second: dict[str, str], energy_j: float) -> None:
    measure = {"measurementMethod": "codecarbon", "powerConsumption": 0.5, "measurementDuration": 1800,
               "measurementDateTime": "2026-11-01T10:00:00Z"}  # fmt: skip
    assumed = {**measure, "measurementMethod": "rated power", "powerConsumption": 9, "gpuTrackingMode": "constant",
               "measurementDateTime": "2026-11-01T10:05:00Z"}  # fmt: skip
    report = {
        "header": {"formatVersion": "1"},
        "task": {"taskStage": "inference", "taskFamily": "chatbot", "algorithms": [], "dataset": []},
        "measures": [assumed, measure, {**measure, "measurementMethod": "meter", "powerConsumption": 1, **second}],
        "infrastructure": {"infraType": "onPremise", "components": []},
    }
    home.deliver("report.json", json.dumps(report).encode())
    assert sum(row["energy_j"] for row in home.devices().values()) == pytest.approx(energy_j)


def test_zones_within_a_package_of_rapl_are_not_counted_twice(home: Home) -> None:
    rows = [
        f"{START_MS + 1000 * n},{zone},{1_000_000 * n * (9 if zone == 'package-0' else 5)}"
        for n in range(3)
        for zone in ("package-0", "core", "dram")
    ]
    home.deliver("rapl.csv", "\n".join(["timestamp,zone,energy_uj", *rows, ""]).encode())
    assert {n: row["energy_j"] for n, row in home.devices().items()} == pytest.approx({"package-0": 18.0, "dram": 10.0})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello\nworld\n", r"a\.log: unknown format; it begins with 'hello'\. Known formats: Parquet of"),
        ("timestamp, index, power.draw [W]\n2026/11/30 10:00:00.000, 0, 31", r"a\.log:2: the last line has no end"),
        ("timestamp, index, power.draw [W]\n2026/11/30 10:00:00.000, 0\n", r"(?s)1 of 1 records .*a\.log:2: expected 3 cells"),
        ("timestamp, index, power.draw [W]\n", r"a\.log: no sample in it"),
        ("timestamp, index, power.draw [W]\n2026/11/30 10:00:00.000, 0, \0\n", r"a\.log: byte \d+ is NUL"),
        ('{"status":"success","data":{"resultType":"matrix","result":[{"metric"', r"a\.log: not the whole answer"),
        ("PAR1 and then nothing", r"a\.log: not a whole Parquet file"),
    ],
)  # fmt: skip
def test_what_is_not_whole_or_unknown_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(LedgerError, match=says):
        read(text)


def test_a_local_time_needs_a_zone() -> None:
    with pytest.raises(LedgerError, match=r"the time '2026-11-01 10:00:00.000' says no time zone"):
        read(nvidia_smi(constant(100, 3)), zone=None)


@pytest.mark.parametrize(("written", "at_ms"), [
    ("2026-11-01T10:00:00Z", START_MS), ("2026-11-01T12:00:00.250+02:00", START_MS + 250),
    ("2026-11-01 05:00:00-0500", START_MS),
    ("1793527200", START_MS), ("1793527200.125", START_MS + 125), ("1793527200123", START_MS + 123),
    ("2026-11-01 10:00:00 UTC", START_MS),
])  # fmt: skip
def test_times_that_say_their_zone(written: str, at_ms: int) -> None:
    found = read(f"timestamp, index, power.draw [W]\n{written}, 0, 5 W\n", zone=None)
    assert found.samples["at_ms"].to_list() == [at_ms]
