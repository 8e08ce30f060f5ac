"""Measured speeds of local devices: where they are from, and how our bounds and estimates stand beside them."""

import duckdb
import pytest

from pipelines.seeds.benchmarks import LocalSpeeds
from pipelines.settings import ROOT, Settings
from tests.seeds.test_curated_tables import rows

ABOVE_THE_BOUND_OF_PROMPTS = {"xiongjiedai-rtx-3090-llama-3-8b-f16", "xiongjiedai-rtx-4080-llama-3-8b-f16"}
"""Prompts faster than the dense peak that we hold: sums in 16 bits run twice as fast as sums in 32 bits on GeForce cards."""


def test_rows_are_many_and_read() -> None:
    facts: list[LocalSpeeds] = rows("local_speeds")
    assert len(facts) >= 150
    assert sum(fact.verified == "seen" for fact in facts) >= 100
    assert all(fact.verified != "recalled" for fact in facts)
    assert len({fact.accelerator_id for fact in facts}) >= 45
    assert len({fact.model_id for fact in facts}) >= 15


@pytest.mark.parametrize(
    ("device", "model", "bits", "speed"),
    [
        ("apple-m2-ultra", "llama-2-7b", 4, 94.27),  # llama.cpp, discussion 4167
        ("rtx-4090", "llama-3-8b", 16, 54.84),  # GPU-Benchmarks-on-LLM-Inference, tg 512
        ("jetson-orin-nano-super", "llama-3.1-8b", 4, 19.14),  # Jetson AI Lab
        ("raspberry-pi-5-8gb", "llama-3.2-3b", 4, 4.61),  # Jeff Geerling
        ("dgx-spark", "gpt-oss-120b", 4, 59.02),  # llama.cpp, benches; nothing cached
    ],
)
def test_known_speeds_are_there(
    device: str, model: str, bits: int, speed: float, published: duckdb.DuckDBPyConnection
) -> None:
    found = published.execute(
        "select max(measured_tokens_per_s) from mart.local_speeds "
        "where accelerator_id = ? and model_id = ? and weight_bits = ?",
        [device, model, bits],
    ).fetchall()
    assert found == [(speed,)]


def test_no_speed_is_above_our_bound(published: duckdb.DuckDBPyConnection) -> None:
    highest, lowest = published.execute("select max(bound_ratio), min(bound_ratio) from mart.local_speeds").fetchall()[
        0
    ]
    assert 0.2 < lowest < highest < 1
    above = published.execute("select local_speed_id from mart.local_speeds where prompt_bound_ratio > 1").fetchall()
    assert {key for (key,) in above} == ABOVE_THE_BOUND_OF_PROMPTS


def test_estimates_are_near_what_was_measured(published: duckdb.DuckDBPyConnection) -> None:
    """None of these rows had a part in the assumptions of the estimate, which follow data centres."""
    covered, apart = published.execute(
        "select avg(is_covered::int), median(abs(log10(measured_ratio))) from mart.local_speeds"
    ).fetchall()[0]
    assert covered > 0.75
    assert apart < 0.1


def test_fewer_bits_are_faster(published: duckdb.DuckDBPyConnection) -> None:
    pairs = published.execute(
        """
        select w.local_speed_id, n.measured_tokens_per_s > w.measured_tokens_per_s, n.tokens_per_s_bound > w.tokens_per_s_bound
        from mart.local_speeds as w
        inner join mart.local_speeds as n using (source_id, model_id, accelerator_id, device, runtime, cached_tokens)
        where n.weight_bits < w.weight_bits
        """
    ).fetchall()
    assert len(pairs) > 40
    assert [row for row in pairs if not (row[1] and row[2])] == []


def test_a_longer_context_is_slower(published: duckdb.DuckDBPyConnection) -> None:
    pairs = published.execute(
        """
        select l.local_speed_id, l.measured_tokens_per_s < s.measured_tokens_per_s, l.tokens_per_s_bound < s.tokens_per_s_bound
        from mart.local_speeds as s
        inner join mart.local_speeds as l using (source_id, model_id, accelerator_id, weight_format)
        where l.cached_tokens > s.cached_tokens
        """
    ).fetchall()
    assert len(pairs) >= 8
    assert [row for row in pairs if not (row[1] and row[2])] == []


def test_more_bandwidth_is_faster(published: duckdb.DuckDBPyConnection) -> None:
    """Chips of one thread, model and format: measured speed and bound rank them alike."""
    (rank,) = published.execute(
        """
        with ranked as (
            select
                rank() over (order by measured_tokens_per_s) as measured,
                rank() over (order by tokens_per_s_bound) as bound
            from mart.local_speeds
            where source_id = 'llama_cpp_discussion_4167' and weight_format = 'Q4_0'
        )
        select corr(measured, bound) from ranked
        """
    ).fetchall()[0]
    assert rank > 0.95


def test_devices_that_were_measured_are_marked_where_one_looks_for_what_fits(
    published: duckdb.DuckDBPyConnection,
) -> None:
    rows_there = published.execute(
        "select count(*), max(bound_ratio) from mart.device_fit where measured_tokens_per_s is not null"
    ).fetchall()[0]
    assert rows_there[0] >= 100
    assert rows_there[1] < 1


def test_a_speed_names_a_model_and_a_device_that_exist(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    lines = (ROOT / "seeds/benchmarks/local_speeds.csv").read_text(encoding="utf-8").splitlines()
    assert published.execute("select count(*) from mart.local_speeds").fetchall() == [(len(lines) - 1,)]
