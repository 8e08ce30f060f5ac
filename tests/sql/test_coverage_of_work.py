"""What a run's numbers cover: compute and time of the same work stand beside each other, or one of them is left out."""

import duckdb
import pytest

from pipelines.settings import Settings
from tests.conftest import needs_shared_mirror

IMPLIED = """
    select s.training_run_id, s.training_flop / (s.chip_hours * 3600 * r.dense_peak_flop_per_s) as implied, s.pair_doubt
    from mart.training_summary as s inner join core.training_runs as r on s.training_run_id = r.training_run_id
"""


def assert_like_with_like(connection: duckdb.DuckDBPyConnection) -> None:
    assert connection.execute(f"select * from ({IMPLIED}) where implied > 1").fetchall() == []
    assert connection.execute(f"select * from ({IMPLIED}) where implied < 0.01 and pair_doubt is null").fetchall() == []
    query = "select training_run_id from mart.training_summary where flop_covers <> time_covers"
    assert connection.execute(query).fetchall() == []


def test_compute_and_time_of_a_row_are_of_the_same_work(published: duckdb.DuckDBPyConnection) -> None:
    assert_like_with_like(published)
    [(timed,)] = published.execute(
        "select count(*) from mart.training_summary where time_covers is not null"
    ).fetchall()
    assert timed > 400


def test_a_third_partys_estimate_is_no_report_of_the_developer(published: duckdb.DuckDBPyConnection) -> None:
    query = """
        select f.figure_id from mart.figures as f inner join core.published_figures as p
        on f.figure_id = 'published/' || p.published_figure_id where f.kind <> p.kind
    """
    assert published.execute(query).fetchall() == []
    [(estimated,)] = published.execute("select count(*) from mart.figures where kind = 'estimated'").fetchall()
    assert estimated > 20


@needs_shared_mirror
def test_fine_tunings_do_not_carry_the_compute_of_their_base(mirrored: Settings) -> None:
    """FinGPT: 17 hours of one RTX 3090, 1.6e23 FLOP with Llama 2; DeepSeek-R1: 147,000 hours for 1.83e23 FLOP of its own."""
    with duckdb.connect(mirrored.published, read_only=True) as connection:
        assert_like_with_like(connection)
        rows = connection.execute(
            "select training_run_id, training_flop, flop_covers, time_covers, chip_hours, pair_doubt from mart.training_summary "
            "where training_run_id in ('fingpt-13b', 'deepseek-r1', 'exaone-deep-32b', 'gpt-4-jun-2023')"
        ).fetchall()
        third_party = connection.execute(
            "select count(*) from mart.figures where is_preferred and kind = 'reported' and quantity = 'training_flop' "
            "and (list_contains(source_ids, 'epoch_models') or list_contains(source_ids, 'epoch_all_models'))"
        ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    assert found["fingpt-13b"][0] == pytest.approx(6.5325e17, rel=1e-3)
    assert found["deepseek-r1"][:4] == (pytest.approx(1.83e23), "stage", "stage", 147000)
    assert found["exaone-deep-32b"][1:3] == ("stage", "stage")
    assert found["exaone-deep-32b"][3] < 1e5, "not the 1.1 million hours of its base model"
    assert found["gpt-4-jun-2023"][:4] == (None, None, None, None), "25,000 A100 for 95 days are those of GPT-4"
    for run in ("exaone-deep-32b", "gpt-4-jun-2023"):
        assert "base model" in str(found[run][4]), run
    assert third_party == [(0,)]
