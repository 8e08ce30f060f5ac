"""Inference: caches as published, floors and bounds as known, estimates in the right direction and beside measurements."""

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.settings import ROOT, SQL, Settings
from pipelines.warehouse.file import connect_published
from pipelines.warehouse.models.macros import load_macros
from tests.conftest import Called, run_ledger

property_test = settings(deadline=None, max_examples=60)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that holds nothing but the macros."""
    with duckdb.connect() as opened:
        load_macros(opened, SQL / "macros")
        yield opened


def value(connection: duckdb.DuckDBPyConnection, formula: str, *numbers: float | None) -> float:
    """One formula over plain numbers."""
    return float(connection.execute(f"select ({formula})::double", list(numbers)).fetchall()[0][0])


# --- caches -----------------------------------------------------------------------------------------------------------

CACHES = {
    # multi-head: 2 x layers x heads x dimension x 2 bytes
    "llama-2-7b": 524_288,
    "llama-2-13b": 819_200,  # 800 KB for OPT 13B of the same shape: vLLM paper (2309.06180), section 3
    "pythia-6.9b": 524_288,
    # grouped: 8 heads of keys
    "llama-3.1-8b": 131_072,  # 0.125 GiB for 1,024 tokens: huggingface.co/blog/llama31, inference memory requirements
    "llama-3.1-70b": 327_680,
    "llama-3.1-405b": 516_096,  # 516.1 KB: DeepSeek-V3 hardware paper (2505.09343), table 1 (8 heads; the first upload had 16)
    "qwen2.5-72b": 327_680,  # 327.7 KB there
    # multi-query: one head
    "falcon-7b": 8_192,
    "gemma-2b": 18_432,
    # latent: 512 + 64 numbers
    "deepseek-v3": 70_272,  # 70.3 KB there
    "kimi-k2": 70_272,
    "deepseek-v2": 69_120,
    # sliding window, within the window
    "gemma-3-27b": 507_904,
    "gpt-oss-120b": 73_728,
    "mistral-7b": 131_072,
    # hybrid: only the layers that attend
    "jamba-52b": 16_384,  # 4 GB at 256k tokens: Jamba paper (2403.19887), table 1 (recalled)
    "qwen3-next-80b-a3b": 24_576,
    "nemotron-3-nano-30b-a3b": 6_144,
}
"""Bytes per token of a 16-bit cache, worked by hand from the published configurations; comments name who prints the same."""


def test_caches_are_those_of_the_published_configurations(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select model_id, kv_cache_bytes_per_token, attention_kind from core.model_shapes where model_id in (select unnest(?))",
        [list(CACHES)],
    ).fetchall()
    assert {model: size for model, size, _ in rows} == CACHES
    assert {kind for _, _, kind in rows} == {
        "multi-head",
        "grouped",
        "multi-query",
        "latent",
        "sliding-window",
        "hybrid",
    }


PRINTED_AT_LENGTH = {
    # model: tokens of context, GiB that are printed
    "llama-3.1-8b": (128_000, 15.62),
    "llama-3.1-70b": (128_000, 39.06),
    "jamba-52b": (262_144, 4),
    "mixtral-8x7b": (262_144, 32),
}
"""huggingface.co/blog/llama31, inference memory requirements; Jamba paper (arXiv 2403.19887), table 1 (recalled)."""


@pytest.mark.parametrize("model", PRINTED_AT_LENGTH)
def test_caches_at_length_are_those_that_are_printed(model: str, published: duckdb.DuckDBPyConnection) -> None:
    tokens, printed = PRINTED_AT_LENGTH[model]
    query = """
        select kv_cache_bytes_of(full_attention_layers_count, window_attention_layers_count, sliding_window_tokens,
            cached_values_count, 16, ?) from core.model_shapes where model_id = ?
    """
    size = published.execute(query, [tokens, model]).fetchall()[0][0]
    assert size / 2**30 == pytest.approx(printed, abs=0.006)


def test_a_window_bounds_the_cache(published: duckdb.DuckDBPyConnection) -> None:
    query = """
        select kv_cache_bytes_of(full_attention_layers_count, window_attention_layers_count, sliding_window_tokens,
            cached_values_count, 16, ?) from core.model_shapes where model_id = ?
    """
    at = {t: published.execute(query, [t, "mistral-7b"]).fetchall()[0][0] for t in (2_048, 4_096, 32_768)}
    assert at[4_096] == 2 * at[2_048]
    assert at[32_768] == at[4_096], "every layer of Mistral 7B 0.1 looks back 4,096 tokens"
    global_only = published.execute(query, [131_072, "gemma-3-27b"]).fetchall()[0][0]
    assert global_only == 2 * 16 * 128 * 2 * (10 * 131_072 + 52 * 1_024)


# --- floors and bounds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "count", "milliseconds"), [("llama-3.1-8b", 1, 4.8), ("llama-3.1-70b", 4, 10.5)], ids=["8B", "70B"]
)
def test_decode_floor_on_h100(
    model: str, count: int, milliseconds: float, published: duckdb.DuckDBPyConnection
) -> None:
    rows = published.execute(
        """
        select accelerators_needed, round(decode_floor_s * 1000, 1), bound_by from mart.inference_estimates
        where model_id = ? and accelerator_id = 'h100-sxm' and number_format = 'bf16' and batch_size = 1
        """,
        [model],
    ).fetchall()
    assert rows == [(count, milliseconds, "bandwidth")]


def test_the_ridge_lies_where_reading_and_computing_take_as_long(connection: duckdb.DuckDBPyConnection) -> None:
    batch = value(connection, "ridge_batch_of(989e12, 3.35e12, 16)")
    memory = value(connection, "decode_floor_s_of(weight_bytes_of(8e9, 16), 3.35e12, 1)")
    compute = value(connection, "compute_floor_s_of(? * decode_flop_per_token_of(8e9, 0), 989e12, 1)", batch)
    assert memory == pytest.approx(compute)
    assert batch == pytest.approx(295, abs=1)


MIXTURES = st.tuples(st.integers(2, 512), st.floats(0.01, 0.99)).flatmap(
    lambda drawn: st.tuples(st.just(drawn[0]), st.integers(1, max(1, drawn[0] - 1)), st.just(drawn[1]))
)


@property_test
@given(mixture=MIXTURES, batch=st.integers(1, 4096))
def test_a_batch_reads_between_the_active_and_all_parameters(
    mixture: tuple[int, int, float], batch: int, connection: duckdb.DuckDBPyConnection
) -> None:
    experts, chosen, active_share = mixture
    total, active = 1e11, 1e11 * max(active_share, chosen / experts)
    arguments = [total, active, experts, chosen]
    read = value(connection, "params_read_of(?, ?, ?, ?, ?)", *arguments, batch)
    assert active * (1 - 1e-9) <= read <= total * (1 + 1e-9)
    assert value(connection, "params_read_of(?, ?, ?, ?, 1)", *arguments) == pytest.approx(active)
    assert read <= value(connection, "params_read_of(?, ?, ?, ?, ?)", *arguments, batch + 1) * (1 + 1e-12)


@property_test
@given(needed=st.floats(1e6, 1e14), usable=st.floats(1e6, 1e12))
def test_accelerators_hold_what_is_needed_and_are_a_power_of_two(
    needed: float, usable: float, connection: duckdb.DuckDBPyConnection
) -> None:
    count = int(value(connection, "accelerators_needed_of(?, ?)", needed, usable))
    assert count * usable >= needed * (1 - 1e-9)
    assert count & (count - 1) == 0
    assert count == 1 or count / 2 * usable < needed * (1 + 1e-9), "half of them would not do"


@property_test
@given(
    context=st.integers(1, 10**6),
    more=st.integers(1, 10**6),
    full=st.integers(0, 100),
    windowed=st.integers(0, 100),
    window=st.integers(1, 10**5),
)
def test_a_longer_context_never_takes_less(
    context: int, more: int, full: int, windowed: int, window: int, connection: duckdb.DuckDBPyConnection
) -> None:
    for formula in (
        "kv_cache_bytes_of(?, ?, ?, 2048, 16, ?)",
        "attention_flop_per_token_of(?, ?, ?, 32, 128, null, null, ?)",
    ):
        short = value(connection, formula, full, windowed, window, context)
        assert 0 <= short <= value(connection, formula, full, windowed, window, context + more)


# --- estimates --------------------------------------------------------------------------------------------------------

CASES = "select * from mart.inference_estimates where fits"


def test_every_case_with_figures_is_ordered_and_below_its_bound(published: duckdb.DuckDBPyConnection) -> None:
    count, wrong = published.execute(
        f"""
        select count(*), count(*) filter (where not (joule_per_token_low <= joule_per_token
            and joule_per_token <= joule_per_token_high and usd_per_million_tokens_low <= usd_per_million_tokens
            and usd_per_million_tokens <= usd_per_million_tokens_high and tokens_per_s <= tokens_per_s_bound))
        from ({CASES}) where usd_per_million_tokens is not null
        """
    ).fetchall()[0]
    assert count > 10_000
    assert wrong == 0


def test_a_larger_batch_costs_less_per_token_on_as_many_accelerators(published: duckdb.DuckDBPyConnection) -> None:
    compared, wrong = published.execute(
        f"""
        select count(*), count(*) filter (where larger.joule_per_token >= smaller.joule_per_token)
        from ({CASES}) as smaller inner join ({CASES}) as larger
            using (model_id, accelerator_id, number_format, accelerators_needed)
        where larger.batch_size > smaller.batch_size
        """
    ).fetchall()[0]
    assert compared > 10_000
    assert wrong == 0


def test_fewer_bits_never_take_more_memory_or_time(published: duckdb.DuckDBPyConnection) -> None:
    compared, wrong = published.execute(
        f"""
        select count(*), count(*) filter (where narrow.weight_bytes >= wide.weight_bytes
            or narrow.accelerators_needed > wide.accelerators_needed
            or (narrow.accelerators_needed = wide.accelerators_needed and narrow.decode_floor_s >= wide.decode_floor_s))
        from ({CASES}) as wide inner join ({CASES}) as narrow using (model_id, accelerator_id, batch_size)
        where narrow.weight_bits < wide.weight_bits
        """
    ).fetchall()[0]
    assert compared > 10_000
    assert wrong == 0


def test_mixtures_compute_with_active_and_store_all_parameters(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        """
        select batch_size, flop_per_token, weight_bytes, decode_floor_s from mart.inference_estimates
        where model_id = 'deepseek-v3' and accelerator_id = 'b200-sxm' and weight_bits = 8 order by batch_size
        """
    ).fetchall()
    one = rows[0]
    assert one[1] == 2 * 37e9 + 61 * 2 * 128 * (2 * 512 + 64) * 1_000, (
        "active parameters, and attention to 1,000 tokens"
    )
    assert one[2] == 671e9
    assert one[3] == pytest.approx(37e9 / (8 * 8e12), rel=0.02), "a single token reads the active experts only"
    assert rows[3][3] > 10 * one[3], "256 tokens touch nearly all experts"


def test_measurements_lie_within_a_factor_of_three_of_the_estimate(published: duckdb.DuckDBPyConnection) -> None:
    ratios = [
        ratio
        for (ratio,) in published.execute(
            "select measured_ratio from mart.inference_estimates where measured_ratio is not null"
        ).fetchall()
    ]
    assert len(ratios) >= 40
    assert all(1 / 3 < ratio < 3 for ratio in ratios)


def test_estimates_hold_on_the_fetched_leaderboard(mirrored: Settings) -> None:
    with connect_published(mirrored) as connection:
        count, factor, covered = connection.execute(
            """
            select count(*), 10 ** median(abs(log10(measured_ratio))),
                avg((measured_joule_per_token between joule_per_token_low and joule_per_token_high)::integer)
            from mart.inference_estimates where measured_ratio is not null
            """
        ).fetchall()[0]
    assert count >= 80
    assert factor < 1.5
    assert covered > 0.8


def test_the_two_methods_agree_where_both_apply(published: duckdb.DuckDBPyConnection) -> None:
    count, apart, wrong = published.execute(
        """
        select count(*), quantile_cont(exp(abs(ln(fitted_joule_per_token / joule_per_token))), 0.9),
            count(*) filter (where not (fitted_joule_per_token_low <= fitted_joule_per_token
                and fitted_joule_per_token <= fitted_joule_per_token_high))
        from mart.inference_estimates where fitted_joule_per_token is not null
        """
    ).fetchall()[0]
    assert count > 1_000
    assert apart < 3, "physics with efficiencies, and the fit to measurements"
    assert wrong == 0


def test_list_prices_stand_beside_the_rent(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        """
        select model_id, median(api_price_ratio) from mart.inference_estimates
        where accelerator_id = 'h100-sxm' and weight_bits = 8 and batch_size = 64 and api_price_ratio is not null group by 1
        """
    ).fetchall()
    assert len(rows) >= 30
    assert {"llama-3.3-70b", "qwen3-32b", "gpt-oss-20b"} <= {model for model, _ in rows}


def test_seeds_of_shapes_keep_heads_and_layers_consistent(published: duckdb.DuckDBPyConnection) -> None:
    kinds = dict(
        published.execute("select attention_kind, count(*) from core.model_shapes group by 1 order by 1").fetchall()
    )
    assert sum(kinds.values()) >= 60
    assert min(kinds.values()) >= 3
    odd = published.execute(
        """
        select model_id from core.model_shapes
        where attention_kind in ('multi-head', 'grouped') and active_params is not null
            and attention_heads_count * head_dimension not between hidden_dimension / 2 and hidden_dimension * 3
        """
    ).fetchall()
    assert odd == [], "heads times dimension is about the width"


# --- devices ----------------------------------------------------------------------------------------------------------


def test_an_8b_model_at_4_bits_fits_a_raspberry_pi_5_and_is_bound_by_bandwidth(
    published: duckdb.DuckDBPyConnection,
) -> None:
    rows = published.execute(
        """
        select weight_bits, fits, bound_by, tokens_per_s_bound from mart.device_fit
        where model_id = 'llama-3.1-8b' and accelerator_id = 'raspberry-pi-5-8gb' order by weight_bits
        """
    ).fetchall()
    assert [(bits, fits) for bits, fits, _, _ in rows] == [(4, True), (8, False), (16, False)]
    assert rows[0][2] == "bandwidth"
    assert rows[0][3] == pytest.approx(17.07e9 / (8e9 * 4.5 / 8 + 4_096 * 131_072), rel=1e-6)


@pytest.mark.parametrize(
    ("model", "device", "count", "bits", "fits"),
    [
        ("llama-3.1-405b", "h100-sxm", 8, 16, False),  # 810 GB of weights against 640 GB
        ("llama-3.1-405b", "h100-sxm", 8, 8, True),
        ("llama-3.1-70b", "h100-sxm", 1, 8, False),  # 70 GB and workspace against 80 GB less what runtimes take
        ("llama-3.1-70b", "h100-sxm", 1, 4, True),
        ("deepseek-v3", "h200-sxm", 8, 8, True),
        ("mobilenet-v2", "coral-edge-tpu", 1, 8, True),
        ("llama-3.2-1b", "coral-edge-tpu", 1, 4, False),
        ("llama-3.2-1b", "apple-a15", 1, 8, True),
        ("resnet-50", "ncs2", 1, 16, True),
        ("qwen2.5-32b", "rtx-4090", 1, 4, True),
        ("llama-3.1-8b", "jetson-orin-nano-super", 1, 16, False),
    ],
)
def test_what_fits_where(
    model: str, device: str, count: int, bits: int, fits: bool, published: duckdb.DuckDBPyConnection
) -> None:
    rows = published.execute(
        "select fits from mart.device_fit "
        "where model_id = ? and accelerator_id = ? and accelerator_count = ? and weight_bits = ?",
        [model, device, count, bits],
    ).fetchall()
    assert rows == [(fits,)]


def test_devices_run_from_boards_to_servers(published: duckdb.DuckDBPyConnection) -> None:
    segments = dict(
        published.execute("select segment, count(distinct accelerator_id) from mart.device_fit group by 1").fetchall()
    )
    assert set(segments) >= {"edge", "mobile", "consumer", "workstation", "datacentre"}
    named = {d for (d,) in published.execute("select distinct accelerator_id from mart.device_fit").fetchall()}
    assert {"raspberry-pi-4-8gb", "raspberry-pi-5-8gb", "jetson-nano", "coral-edge-tpu", "ncs2", "apple-a17-pro",
            "core-i9-13900k", "rtx-4090", "h100-sxm"} <= named  # fmt: skip


# --- the command ------------------------------------------------------------------------------------------------------


def serve(built: Settings, *options: str) -> dict[str, Any]:
    """What ``ledger estimate --inference … --format json`` says."""
    done = run_ledger("estimate", "--inference", *options, "--format", "json", home=built.home)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_the_command_says_what_the_table_says(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    result = serve(
        built, "--model", "Llama 3.1 70B", "--device", "H100 SXM", "--number-format", "bf16", "--batch", "64"
    )
    figures = {row["quantity"]: row for row in result["figures"]}
    columns = ("decode_floor_s", "tokens_per_s_bound", "joule_per_token", "usd_per_million_tokens")
    row = published.execute(
        f"""
        select {", ".join(columns)}, joule_per_token_low, joule_per_token_high from mart.inference_estimates
        where model_id = 'llama-3.1-70b' and accelerator_id = 'h100-sxm' and number_format = 'bf16' and batch_size = 64
        """
    ).fetchall()[0]
    assert [figures[name]["value"] for name in columns] == pytest.approx(list(row[:4]))
    bounds = [figures["joule_per_token"]["value_low"], figures["joule_per_token"]["value_high"]]
    assert bounds == pytest.approx(list(row[4:]))
    assert [one["joule_per_token"] for one in result["measured"]] == [pytest.approx(0.797, abs=0.001)]
    assert all(one["kind"] in ("assumed", "published") and one["source"] for one in result["inputs"])


def test_the_command_takes_the_most_bits_that_fit(built: Settings) -> None:
    result = serve(built, "--model", "llama-3.1-8b", "--device", "raspberry-pi-5-8gb", "--context", "4096")
    case = {row["name"]: row["value"] for row in result["case"]}
    assert case | {"number_format": "int4", "batch": 1, "context_tokens": 4096, "count": 1} == case
    assert result["bound_by"] == "bandwidth"


def test_a_longer_context_and_a_price_change_what_they_should(built: Settings) -> None:
    case = ("--model", "llama-3.1-8b", "--device", "h100-sxm", "--batch", "8")
    short, long = (
        {row["quantity"]: row["value"] for row in serve(built, *case, "--context", tokens, "--price", "2")["figures"]}
        for tokens in ("1000", "32000")
    )
    assert long["decode_floor_s"] > short["decode_floor_s"]
    assert long["joule_per_token"] > short["joule_per_token"]
    assert long["usd_per_million_tokens"] / short["usd_per_million_tokens"] == pytest.approx(
        short["tokens_per_s"] / long["tokens_per_s"]
    )
    assert short["usd_per_million_tokens"] == pytest.approx(2 / 3600 / short["tokens_per_s"] * 1e6)


def test_devices_within_a_budget(built: Settings) -> None:
    result = serve(built, "--model", "Llama 3.1 8B", "--max-usd", "300", "--max-watts", "30", "--max-memory", "16GB")
    devices = result["devices"]
    assert "raspberry-pi-5-8gb" in {row["accelerator_id"] for row in devices}
    assert all(
        row["purchase_usd"] <= 300
        and row["tdp_w"] <= 30
        and row["memory_bytes"] <= 16e9
        and row["needed_bytes"] <= row["available_bytes"]
        for row in devices
    )
    bounds = [row["tokens_per_s_bound"] for row in devices]
    assert bounds == sorted(bounds, reverse=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "--inference needs a model: give --model"),
        (("--model", "lama 3.1 8b"), "'lama 3.1 8b' is not a known model. Did you mean llama-3.1-8b"),
        (("--model", "GPT-4"), "the architecture of GPT-4 is not published"),
        (("--model", "llama-3.1-8b", "--device", "rasberry-pi-5-8gb"), "Did you mean raspberry-pi-5-8gb"),
        (("--model", "deepseek-v3", "--device", "rtx-4090"), "the model does not fit: with 4-bit weights"),
        (("--model", "llama-3.1-8b", "--device", "h100-sxm", "--number-format", "fp7"), "--number-format 'fp7': expected one of"),
        (("--model", "llama-3.1-8b", "--device", "h100-sxm", "--batch", "0"), "--batch 0: expected 1 to"),
        (("--model", "llama-3.1-8b", "--device", "h100-sxm", "--context", "200000"), "supports at most 131,072 tokens"),
        (("--model", "llama-3.1-8b", "--device", "h100-sxm", "--count", "1.5"), "expected a whole number of accelerators"),
        (("--model", "llama-3.1-8b", "--device", "h100-sxm", "--tokens", "1e12"), "--tokens: allowed only without --inference"),
        (("--model", "llama-3.1-8b", "--device", "h100-sxm", "--max-usd", "9"), "--device already chooses the device"),
        (("--model", "llama-3.1-8b", "--max-usd", "nan"), "--max-usd nan: expected a value above zero"),
        (("--model", "llama-3.1-8b", "--max-memory", "16 parsec"), "expected an amount of memory such as 16GB"),
        (("--model", "llama-3.1-8b", "--max-usd", "5"), "no known device runs llama-3.1-8b within this budget"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(
    options: tuple[str, ...], message: str, built: Settings, called_ledger: Called
) -> None:
    done = called_ledger("estimate", "--inference", *options, home=built.home)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_refusal_ends_the_process_with_status_2(built: Settings) -> None:
    done = run_ledger("estimate", "--inference", "--model", "GPT-4", home=built.home)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ledger: the architecture of GPT-4 is not published")


def test_options_of_serving_are_refused_for_training_runs(built: Settings) -> None:
    done = run_ledger("estimate", "--accelerator", "h100-sxm", "--params", "1e9", "--batch", "4", home=built.home)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ledger: --batch: allowed only with --inference.\n"


def test_the_table_is_for_people(built: Settings) -> None:
    done = run_ledger("estimate", "--inference", "--model", "gpt-oss-20b", "--device", "rtx-4090", home=built.home)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["figure", "central", "unit", "90", "%", "interval"]
    assert "model          gpt-oss-20b (sliding-window attention)" in lines
    assert any(line.startswith("memory ") and "needed" in line and "available" in line for line in lines)


def test_the_query_of_the_manual_says_what_the_command_says(
    built: Settings, published: duckdb.DuckDBPyConnection
) -> None:
    manual = (ROOT / "README.md").read_text(encoding="utf-8")
    (query,) = [block for block in re.findall(r"```sql\n(.+?)```", manual, re.DOTALL) if "mart.device_fit" in block]
    by_query = {row[0] for row in published.execute(query).fetchall()}
    asked = ("--max-usd", "300", "--max-watts", "30", "--max-memory", "16e9", "--context", "4096")
    by_command = {row["accelerator_id"] for row in serve(built, "--model", "Llama 3.1 8B", *asked)["devices"]}
    assert "raspberry-pi-5-8gb" in by_query
    assert by_command <= by_query
