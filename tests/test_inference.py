"""Inference: caches as published, floors and bounds as known, estimates in the right direction and beside measurements."""

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.macros import load_macros
from pipelines.settings import SQL

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
