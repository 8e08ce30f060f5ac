"""All models that Epoch AI publishes, as the mirror of published files has them: each record accounted for, each field once."""

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published


@pytest.fixture(scope="module")
def with_fetched(mirrored: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse built with the mirror of published files, read-only."""
    connection = connect_published(mirrored)
    yield connection
    connection.close()


def test_every_record_is_accounted_for(with_fetched: duckdb.DuckDBPyConnection) -> None:
    rows = with_fetched.execute(
        "select claim_source, outcome, count(*) from core.epoch_listings group by all order by all"
    ).fetchall()
    totals: dict[str, int] = {}
    for table, _, count in rows:
        totals[table] = totals.get(table, 0) + count
    assert totals == {"raw.epoch_models": 1_036, "raw.epoch_large_models": 473, "raw.epoch_all_models": 3_170}
    outcomes = {(table, outcome): count for table, outcome, count in rows}
    assert outcomes["raw.epoch_models", "added"] + outcomes["raw.epoch_models", "curated model"] == 1_036
    used = outcomes["raw.epoch_all_models", "added"] + outcomes["raw.epoch_all_models", "curated model"]
    merged, left = outcomes["raw.epoch_all_models", "merged"], outcomes["raw.epoch_all_models", "set aside"]
    assert (used + merged + left, merged) == (3_170, 877)
    assert left < 670, "models of which nothing is known but the name"
    reasons = "select distinct outcome from core.epoch_listings where outcome_reason is not null order by all"
    assert with_fetched.execute(reasons).fetchall() == [("merged",), ("set aside",)]


def test_each_model_is_there_once_and_none_that_counts_is_lost(with_fetched: duckdb.DuckDBPyConnection) -> None:
    lost = "select record_name from core.epoch_listings anti join core.models using (model_id) where outcome <> 'set aside'"
    assert with_fetched.execute(lost).fetchall() == []
    both = (
        "select count(*), count(distinct model_id) from core.epoch_listings where outcome in ('added', 'curated model')"
    )
    assert (
        with_fetched.execute(both).fetchall()
        == with_fetched.execute("select count(*), count(*) from core.epoch_models").fetchall()
    )
    plus = "select distinct name, model_id from core.model_names where name in ('Command R', 'Command R+')"
    assert sorted(with_fetched.execute(plus).fetchall()) == [
        ("Command R", "command-r"),
        ("Command R+", "command-r-plus"),
    ]


@pytest.mark.parametrize(
    ("model_id", "training_flop"),
    [
        ("llama-guard", 1.7e17),  # Epoch's 1.6e23 has Llama 2-7B in it
        ("nvlm-d-72b", 2.463e22),
        ("vila-13b", 2.3003136e21),  # no fine-tune compute, but less than Llama 2-13B took
        ("qwq-32b", None),
        ("alphastar", 1.0773400001e23),  # from nothing, although by reinforcement learning
    ],
)
def test_a_run_that_starts_from_a_model_is_its_own_stage(
    with_fetched: duckdb.DuckDBPyConnection, model_id: str, training_flop: float | None
) -> None:
    query = "select own_training_flop from core.epoch_models where model_id = ?"
    [(found,)] = with_fetched.execute(query, [model_id]).fetchall()
    assert found == (training_flop if training_flop is None else pytest.approx(training_flop, rel=1e-3))


def test_figures_of_the_newest_list_stand(with_fetched: duckdb.DuckDBPyConnection) -> None:
    changed = with_fetched.execute(
        "select e.model_id from raw.epoch_models as m inner join core.epoch_listings as l "
        "on l.claim_source = 'raw.epoch_models' and l.record_no = m.record_no "
        "inner join core.epoch_models as e using (model_id) "
        "anti join core.corrections_in_force as c on c.record_name = l.record_name "
        "where m.training_compute_flop <> e.training_flop or m.parameters_params <> e.total_params "
        "or m.training_time_hours <> e.training_hours or m.hardware_quantity_count <> e.accelerator_count"
    ).fetchall()
    assert changed == []
