"""All models that Epoch AI publishes, as the mirror of published files has them: each record accounted for, each field once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.fetch.snapshots import fetch
from pipelines.settings import SQL, Settings
from pipelines.sources.epoch.models import FILES
from pipelines.warehouse.file import connect, connect_published
from pipelines.warehouse.models.macros import load_macros
from pipelines.warehouse.models.sql_models import run_model
from pipelines.warehouse.raw_layer import load_raw
from pipelines.warehouse.recipes import sql_models


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
    assert used + merged + left == 3_170
    assert merged > 850, "those of the notable and the large-scale list"
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


def test_what_earlier_snapshots_said_stands_beside_what_is_said_now(
    fetched: Settings, small_mirror: Path, tmp_path: Path
) -> None:
    notable = FILES[0]
    path = tmp_path / "mirror" / notable.url.removeprefix("https://")
    path.parent.mkdir(parents=True)
    now = (small_mirror / notable.url.removeprefix("https://")).read_bytes()
    settings = Settings(home=tmp_path / "home", site=tmp_path / "site", mirrors=(tmp_path / "mirror",))
    for data in (now.replace(b"9.6e+22", b"8.0e+22", 1), now.replace(b",250.0,", b",240.0,", 1), now):
        path.write_bytes(data)
        assert fetch(settings, [notable], accept=True)[0].status == "new"
    copy = tmp_path / "warehouse.duckdb"
    shutil.copy(fetched.published, copy)
    copy.chmod(0o644)
    with connect(copy, settings) as connection:
        load_macros(connection, SQL / "macros")
        load_raw(connection, "raw.epoch_earlier_models", settings)
        run_model(connection, sql_models()["core.published_value_changes"])
        found = connection.execute(
            "select model_id, field, earlier_value, later_value from core.published_value_changes "
            "where earlier_table = 'raw.epoch_earlier_models' order by field"
        ).fetchall()
    assert found == [
        ("testa-1", "training_flop", 8.0e22, 9.6e22),
        ("testa-1", "training_hours", 240.0, 250.0),
    ]
