"""Memory by the driver's count, the share of it that a model may fill, and weights as they were released."""

import json
from typing import Any

import duckdb
import pytest

from pipelines.settings import Settings
from tests.conftest import Called, run_ledger

MIB = 2**20


def serve(built: Settings, *options: str) -> dict[str, Any]:
    """What ``ledger estimate --inference … --format json`` says."""
    done = run_ledger("estimate", "--inference", *options, "--format", "json", home=built.home)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def case_of(result: dict[str, Any]) -> dict[str, Any]:
    return {row["name"]: row["value"] for row in result["case"]}


def value_of(result: dict[str, Any], quantity: str) -> float:
    (found,) = [row["value"] for row in result["figures"] if row["quantity"] == quantity]
    return float(found)


# --- memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "bytes_reported", "share"),
    [
        ("h100-sxm", 81_559 * MIB, 0.9),  # nvidia-smi
        ("a100-sxm-80gb", 81_920 * MIB, 0.9),  # nvidia-smi
        ("mi300x", 206_141_652_992, 0.9),  # rocm-smi
        ("apple-m1", 16 * 2**30, 2 / 3),  # Metal: 10,922.67 MiB
        ("apple-m3-pro", 36 * 2**30, 3 / 4),  # Metal: 28,991.03 MB
        ("apple-m4-max", 128 * 2**30, 3 / 4),
    ],
)
def test_memory_is_what_the_driver_reports(
    device: str, bytes_reported: float, share: float, published: duckdb.DuckDBPyConnection
) -> None:
    driver, usable = published.execute(
        "select driver_memory_bytes, usable_memory_bytes from core.accelerator_memory where accelerator_id = ?",
        [device],
    ).fetchall()[0]
    assert driver == pytest.approx(bytes_reported, rel=1e-6)
    assert usable == pytest.approx(bytes_reported * share, rel=1e-6)


def test_what_metal_allows_is_what_it_logs(published: duckdb.DuckDBPyConnection) -> None:
    """recommendedMaxWorkingSetSize of llama.cpp: 10,922.67 MiB on 16 GB, 28,991.03 MB on 36 GB."""
    usable = dict(
        published.execute(
            "select accelerator_id, usable_memory_bytes from core.accelerator_memory where accelerator_id like 'apple-m%'"
        ).fetchall()
    )
    assert usable["apple-m1"] / MIB == pytest.approx(10_922.67, abs=0.01)
    assert usable["apple-m3-pro"] / 1e6 == pytest.approx(28_991.03, abs=0.01)


def test_bounds_of_memory_are_in_order(published: duckdb.DuckDBPyConnection) -> None:
    wrong = published.execute(
        """
        select accelerator_id from core.accelerator_memory
        where not (driver_memory_bytes_low <= driver_memory_bytes and driver_memory_bytes <= driver_memory_bytes_high)
            or usable_memory_bytes > driver_memory_bytes or driver_memory_bytes not between memory_bytes and memory_bytes * 1.074
        """
    ).fetchall()
    assert wrong == []


def test_a_14b_model_at_4_bits_does_not_fit_a_mac_of_16_gb(
    built: Settings, called_ledger: Called, published: duckdb.DuckDBPyConnection
) -> None:
    ((fits, needed, available),) = published.execute(
        "select fits, needed_bytes, available_bytes from mart.device_fit "
        "where model_id = 'qwen1.5-14b' and accelerator_id = 'apple-m1' and weight_bits = 4"
    ).fetchall()
    assert (fits, needed, available) == (False, pytest.approx(12.14e9, rel=1e-3), pytest.approx(11.45e9, rel=1e-3))
    done = called_ledger(
        "estimate",
        "--inference",
        "--model",
        "qwen1.5-14b",
        "--device",
        "apple-m1",
        "--context",
        "4096",
        home=built.home,
    )
    assert done.returncode == 2
    assert "it needs 12.1 GB; of 1 × apple-m1 a model can use 11.5 GB" in done.stderr.replace("\u00a0", " ")


def test_how_large_a_model_may_be_follows_the_platform(published: duckdb.DuckDBPyConnection) -> None:
    largest = dict(
        published.execute(
            "select accelerator_id, largest_model_params from core.memory_limits where bits = 4 and accelerator_id in "
            "('h100-sxm', 'apple-m1', 'raspberry-pi-5-8gb')"
        ).fetchall()
    )
    per_parameter = 4.5 / 8
    assert largest == {
        "h100-sxm": pytest.approx(81_559 * MIB * 0.9 / per_parameter),
        "apple-m1": pytest.approx(16 * 2**30 * 2 / 3 / per_parameter),
        "raspberry-pi-5-8gb": pytest.approx(8e9 * 0.8 / per_parameter),
    }


def test_several_macs_are_no_server(published: duckdb.DuckDBPyConnection) -> None:
    counts = published.execute(
        """
        select distinct accelerator_count from core.inference_estimates as e
        inner join core.inference_hardware as h using (accelerator_id, weight_bits) where h.is_stand_alone
        """
    ).fetchall()
    assert counts == [(1,)]


def test_a_latent_cache_of_many_users_fits_without_its_copies_alone(built: Settings) -> None:
    """DeepSeek-V3 in fp8 on 8 H200, 64 users of 32k tokens: with a copy of the cache on each, 92 + 147 GB of 141."""
    few, many = (
        case_of(
            serve(
                built,
                "--model",
                "deepseek-v3",
                "--device",
                "h200-sxm",
                "--count",
                "8",
                "--batch",
                batch,
                "--context",
                "32768",
            )
        )
        for batch in ("1", "64")
    )
    assert (few["parallelism"], many["parallelism"]) == ("tensor", "expert")


def test_devices_say_how_a_model_is_split(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select distinct accelerator_count, fits, parallelism from mart.device_fit order by all"
    ).fetchall()
    assert {(count, fits) for count, fits, parallelism in rows if parallelism is None} == {(1, False), (8, False)}
    assert {parallelism for count, fits, parallelism in rows if fits and count == 1} == {"single"}
    assert "tensor" in {parallelism for count, fits, parallelism in rows if fits and count == 8}


# --- released weights -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", ["h100-sxm", "h100-pcie", "a100-sxm-80gb", "a100-pcie-80gb"])
def test_gpt_oss_120b_runs_as_released_on_one_card_of_80_gb(device: str, built: Settings) -> None:
    result = serve(built, "--model", "gpt-oss-120b", "--device", device, "--context", "4096")
    assert (case_of(result)["count"], case_of(result)["number_format"][-1]) == (1, "4")
    assert value_of(result, "weight_bytes") == pytest.approx(65e9, rel=0.03)
    assert result["memory"]["needed_bytes"] <= result["memory"]["available_bytes"]


def test_its_energy_is_that_of_one_card(built: Settings) -> None:
    """0.268 J/token measured on one H100 at batch 64; 17.7 with 16 bits on four."""
    result = serve(built, "--model", "gpt-oss-120b", "--device", "h100-sxm", "--batch", "64")
    (figure,) = [row for row in result["figures"] if row["quantity"] == "joule_per_token"]
    assert figure["value_low"] < 0.268 < figure["value_high"]
    assert figure["value"] == pytest.approx(0.268, rel=0.5)
    answer = case_of(result)["answer_tokens"]
    requests = {row["quantity"]: row["value"] for row in result["per_request"]}
    assert requests["facility_joule_per_request"] == pytest.approx(
        value_of(result, "facility_joule_per_token") * answer
    )
    for kind in ("location_co2e_kg", "embodied_co2e_kg", "water_l"):
        of_million = value_of(result, f"{kind}_per_million_tokens")
        assert requests[f"{kind}_per_request"] == pytest.approx(of_million * answer / 1e6)


def test_other_formats_are_estimated_where_asked(built: Settings) -> None:
    asked = serve(built, "--model", "gpt-oss-120b", "--device", "h100-sxm", "--number-format", "bf16")
    assert (case_of(asked)["count"], case_of(asked)["number_format"]) == (4, "bf16")
    released = serve(built, "--model", "deepseek-v3", "--device", "h200-sxm")
    assert (case_of(released)["count"], case_of(released)["number_format"]) == (8, "fp8")
    plain = serve(built, "--model", "llama-3.1-8b", "--device", "h100-sxm")
    assert case_of(plain)["number_format"] == "bf16"


def test_amounts_per_token_are_those_of_the_release_or_fewer_bits(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select a.model_id, a.weight_bits, s.released_weight_bits from core.serving_amounts as a "
        "inner join core.model_shapes as s using (model_id) where a.weight_bits is not null"
    ).fetchall()
    assert len(rows) > 100
    assert [row for row in rows if row[1] > row[2]] == []
    assert {bits for model, bits, _ in rows if model == "gpt-oss-120b"} == {4}
