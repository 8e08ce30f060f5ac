"""Own runs in Dagster and in a build: the sensor of the inbox, days worked out again, and what a build makes of a run."""

import json
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from pipelines.defs.own_run_assets import daily_energy
from pipelines.defs.sensors import own_runs
from pipelines.settings import Settings
from pipelines.telemetry.meters import find_meters
from pipelines.warehouse.build import utc_now
from pipelines.warehouse.file import connect, connect_published, read_rows
from pipelines.warehouse.home import note_home
from pipelines.warehouse.meta_tables import ensure_meta, note_build
from pipelines.warehouse.own_run_inbox import take_in_inbox
from pipelines.warehouse.own_runs import TABLES, partials_of, store
from tests.conftest import run_ledger
from tests.telemetry.conftest import GPT2
from tests.telemetry.generator import START_MS, constant, nvidia_smi, parquet


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose published build knows no own run."""
    made = Settings(home=tmp_path / "home", site=tmp_path / "site")
    made.prepare()
    note_home(made)
    with connect(made.published, made) as connection:
        ensure_meta(connection)
        now = utc_now()
        note_build(
            connection, "20260101T000000Z-0", started_at=now, finished_at=now, code_version="1", data_version="0"
        )
    monkeypatch.setenv("LEDGER_HOME", str(made.home))
    return made


def test_the_inbox_is_taken_in_once_it_lies_still_and_then_built(home: Settings) -> None:
    file = home.inbox / "llama" / "gpu.parquet"
    file.parent.mkdir(parents=True)
    cursor = None
    with dg.instance_for_test() as instance:

        def evaluated() -> dg.RunRequest | str:
            nonlocal cursor
            found = own_runs.evaluate_tick(dg.build_sensor_context(instance, cursor=cursor))
            cursor = found.cursor
            return found.run_requests[0] if found.run_requests else str(found.skip_message)

        assert evaluated() == "The published build has all own runs."
        file.write_bytes(parquet(constant(100, 60))[:-50])
        assert evaluated() == "Files are still coming."
        file.write_bytes(parquet(constant(100, 60)))
        assert evaluated() == "Files are still coming."
        request = evaluated()
        assert isinstance(request, dg.RunRequest)
        assert request.job_name == "take_in"
        assert [outcome.status for outcome in take_in_inbox(home)] == ["landed"]
        request = evaluated()
        assert isinstance(request, dg.RunRequest)
        assert request.job_name == "build_all"


def test_days_are_worked_out_again(home: Settings) -> None:
    home.inbox.mkdir()
    (home.inbox / "one.parquet").write_bytes(parquet(constant(100, 60)))
    (home.inbox / "two.parquet").write_bytes(parquet(constant(200, 60, begin_ms=START_MS + 86_400_000)))
    take_in_inbox(home)
    assert len(partials_of(home).missing()) == 2
    with dg.instance_for_test() as instance:
        result = dg.materialize([daily_energy], partition_key="2026-11-02", instance=instance)
    assert result.success
    assert [path.partition("/")[0] for path in partials_of(home).missing()] == ["date=2026-11-01"]
    kept = home.landed / "partials" / "2026-11-02.parquet"
    kept.write_bytes(kept.read_bytes()[:-9])
    assert partials_of(home).of_days()["energy_j"].to_list() == [5900.0, 11800.0]


@pytest.mark.slow
def test_a_build_puts_an_own_run_beside_the_published_ones(own_home: Settings) -> None:
    folder = own_home.home.parent / "llama-8b"
    folder.mkdir()
    (folder / "gpu.csv").write_bytes(nvidia_smi([s for d in "01234567" for s in constant(350, 601, device=d)]))
    (folder / "run.toml").write_text(
        'title = "Own Llama"\nwork = "inference"\nmodel = "Llama 3.1 8B"\ntokens = 1e6\n'
        'country = "FRA"\ntimezone = "UTC"\nusd_per_chip_hour = 2\n'
    )
    small = own_home.home.parent / "small"
    small.mkdir()
    (small / "power.csv").write_bytes(nvidia_smi(constant(500, 601)))
    (small / "config.json").write_text(GPT2)
    (small / "run.toml").write_text(
        'work = "training"\nconfig = "config.json"\ntokens = 3e8\nnumber_format = "bf16"\ntimezone = "UTC"\n'
    )
    assert run_ledger("ingest", str(folder), str(small), home=own_home.home).returncode == 0
    assert (
        run_ledger(
            "record", "--run", "count", "--", sys.executable, "-c", "\nsum(range(10**6))\n", home=own_home.home
        ).returncode
        == 0
    )
    built = run_ledger("build", home=own_home.home, LEDGER_SITE=str(own_home.site))
    assert built.returncode == 0, built.stderr
    with connect_published(own_home) as connection:
        (run,) = read_rows(connection, "select * from mart.telemetry_runs where run_id = 'llama-8b'")
        (counted,) = read_rows(connection, "select * from mart.telemetry_runs where run_id = 'small'")
        (peak,) = read_rows(
            connection,
            "select peak_flop_per_s from mart.accelerator_peaks where accelerator_id = 'h100-sxm' and number_format = 'bf16' "
            "and is_tensor and not is_sparse",
        )
        (flop,) = read_rows(
            connection,
            "select i.locator from (select unnest(inputs) as i from core.telemetry_figures where run_id = 'small' "
            "and quantity = 'mfu') "
            "where i.name = 'model_flop'",
        )
        modelled = read_rows(
            connection,
            "from core.telemetry_figures where run_id = 'count' and quantity = 'energy_kwh' and method = 'modelled'",
        )
        (title,) = connection.execute("select title from raw.telemetry_notes where run_id = 'count'").fetchall()
        (row,) = read_rows(connection, "select * from mart.benchmark_runs where benchmark_result_id = 'own/llama-8b'")
        assert connection.execute("select count(*) from meta.files where source_id = 'own_runs'").fetchall() == [(3,)]
    assert (run["run_id"], run["accelerator_id"], run["model_id"], run["device_count"]) == (
        "llama-8b",
        "h100-sxm",
        "llama-3.1-8b",
        8,
    )
    assert "\n" not in title[0]
    assert len(modelled) == all(device.is_modelled for meter in find_meters(6.0) for device in meter.devices)
    for figure in modelled:
        assert figure["value_low"] == pytest.approx(figure["value"] / 2)
        assert figure["value_high"] == pytest.approx(figure["value"] * 4)
    assert run["energy_j"] == pytest.approx(8 * 350 * 600, abs=1e-9)
    assert run["joule_per_token"] == pytest.approx(8 * 350 * 600 / 1e6)
    assert run["cost_usd"] == pytest.approx(8 * 600 / 3600 * 2)
    assert run["location_co2e_kg_low"] < run["location_co2e_kg"] < run["location_co2e_kg_high"]
    assert (row["joule_per_unit"], row["is_default"]) == (run["joule_per_token"], False)
    assert counted["mfu"] == pytest.approx(6 * 124_439_808 * 3e8 / (600 * peak["peak_flop_per_s"]))
    assert counted["joule_per_token"] == pytest.approx(500 * 600 / 3e8)
    assert flop["locator"].startswith("parameters: config.json (sha256 ")
    explained = json.loads(
        run_ledger("explain", "llama-8b", "joule_per_token", "--format", "json", home=own_home.home).stdout
    )
    (energy,) = [one for one in explained["figure"]["inputs"] if one["name"] == "chip_energy_j"]
    (file,) = [one for one in store(own_home).read_manifest().files if one.name == "gpu.csv"]
    assert energy["locator"].startswith(f"gpu.csv (sha256 {file.sha256[:12]}): 4808 samples")
    assert 'href="own-runs/llama-8b.html"' in (own_home.site / "own-runs.html").read_text()
    assert file.sha256 in (own_home.site / "own-runs" / "llama-8b.html").read_text()
    assert_taken_in_again(own_home, run)


def assert_taken_in_again(own_home: Settings, run: dict[str, Any]) -> None:
    """The run as a BoAmps report, taken in by another home, has the energy and the hardware that it had."""
    reports = own_home.home.parent / "reports"
    done = run_ledger("export", str(reports), "--format", "boamps", home=own_home.home)
    assert (done.returncode, done.stdout) == (0, f"export     {reports} (3 own runs as BoAmps reports)\n"), done.stderr
    other = Settings(home=own_home.home.parent / "other", site=own_home.site)
    file = reports / "llama-8b.boamps.json"
    assert run_ledger("ingest", "--zone", "UTC", str(file), home=other.home).returncode == 0
    with duckdb.connect(config={"python_enable_replacements": False}) as connection:
        for own in TABLES.values():
            own.load(connection, other)
        notes = connection.execute("select accelerator, accelerator_count, model from raw.telemetry_notes").fetchall()
    assert notes == [("NVIDIA H100 80GB HBM3", 8, "Llama 3.1 8B")]
    assert partials_of(other).of_days()["energy_j"].sum() == pytest.approx(run["energy_j"])
