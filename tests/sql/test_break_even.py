"""When use overtakes training, what levers give together, what a site costs, and the answers made of it."""

import math
import re

import duckdb
import pytest

Row = dict[str, object]


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    return connection.sql(query).pl().to_dicts()


# --- break-even -----------------------------------------------------------------------------------------------------


def test_a_dense_model_breaks_even_at_three_times_its_training_tokens(published: duckdb.DuckDBPyConnection) -> None:
    found = published.execute(
        """
        select b.model_id, b.training_set_ratio
        from mart.break_even as b
        inner join mart.training_summary as s on b.model_id = s.model_id and s.is_main_run
        where b.unit = 'flop' and s.training_flop_method = '6nd' and s.architecture = 'dense decoder'
        """
    ).fetchall()
    assert len(found) > 100
    assert [(model, ratio) for model, ratio in found if ratio != pytest.approx(3, rel=1e-9)] == []


def test_break_even_is_training_over_one_token_and_days_are_tokens_over_volume(
    published: duckdb.DuckDBPyConnection,
) -> None:
    found = rows(published, "from mart.break_even")
    assert {row["unit"] for row in found} == {"flop", "kwh", "usd"}
    for row in found:
        assert row["tokens_at_break_even"] == pytest.approx(row["training_amount"] / row["per_token_amount"])  # type: ignore[operator]
        volumes = row["days_at_volume"]
        assert [v["tokens_per_day"] for v in volumes] == [1e8, 1e10, 1e12]  # type: ignore[attr-defined]
        assert all(v["value"] * v["tokens_per_day"] == pytest.approx(row["tokens_at_break_even"]) for v in volumes)  # type: ignore[attr-defined]
        assert all(v["low"] <= v["value"] <= v["high"] for v in volumes)  # type: ignore[attr-defined]


def test_energy_of_a_token_spans_the_users_it_may_be_served_to(published: duckdb.DuckDBPyConnection) -> None:
    """From the lower bound for most users to the upper one for 8, a little more for the time without users."""
    found = rows(
        published,
        """
        select s.per_token_amount_low * 3.6e6 as low, s.per_token_amount * 3.6e6 as central,
            s.per_token_amount_high * 3.6e6 as high,
            arg_max(i.facility_joule_per_token_low, i.batch_size) as at_most,
            arg_max(i.facility_joule_per_token, i.batch_size) filter (where i.batch_size <= 256) as at_256,
            max(i.facility_joule_per_token_high) filter (where i.batch_size = 8) as at_8
        from core.serving_amounts as s
        inner join mart.inference_estimates as i
            on s.model_id = i.model_id and s.accelerator_id = i.accelerator_id and s.weight_bits = i.weight_bits
        where s.unit = 'kwh' and i.fits group by all
        """,
    )
    assert len(found) > 50
    for row in found:
        for name, bound in (("low", "at_most"), ("central", "at_256"), ("high", "at_8")):
            assert row[bound] <= row[name] * 1.05  # type: ignore[operator]
            assert row[name] <= row[bound] * 1.3  # type: ignore[operator]


# --- levers ---------------------------------------------------------------------------------------------------------


def test_curated_levers_are_all_there_beside_those_measured_here(published: duckdb.DuckDBPyConnection) -> None:
    counts = dict(published.execute("select kind, count(*) from mart.efficiency_levers group by kind").fetchall())
    (curated,) = published.execute("select count(*) from seeds.efficiency_levers").fetchall()[0]
    assert counts["published"] == curated
    assert counts["measured here"] >= 4


def test_a_measured_factor_is_the_ratio_of_the_measurements(published: duckdb.DuckDBPyConnection) -> None:
    """The 8-bit factor of Qwen3 235B on 8 H100: 2.39 J against 2.12 J a token at batch 64."""
    joules = dict(
        published.execute(
            """
            select number_format, joule_per_token from mart.benchmark_runs
            where model_id = 'qwen3-235b-a22b' and accelerator_id = 'h100-sxm' and accelerator_count = 8 and batch_size = 64
                and suite = 'ml.energy' and is_curated
            """
        ).fetchall()
    )
    lever = rows(published, "from mart.efficiency_levers where efficiency_lever_id = '8-bit-weights-h100-sxm'")[0]
    assert joules["bf16"] / joules["fp8"] == pytest.approx(1.131, rel=0.01)
    assert lever["factor_low"] <= joules["bf16"] / joules["fp8"] <= lever["factor_high"]  # type: ignore[operator]
    assert lever["evidence_count"] >= 3  # type: ignore[operator]


def test_larger_batches_save_energy_in_every_measured_pair(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(published, "from mart.efficiency_levers where efficiency_lever_id like 'batch-8-to-64-%'")
    assert found
    assert all(row["factor_low"] > 1 for row in found)  # type: ignore[operator]


def test_a_pair_of_families_combines_in_one_way(published: duckdb.DuckDBPyConnection) -> None:
    found = {
        (row["family"], row["other_family"]): row["combination"]
        for row in rows(published, "from core.lever_combinations")
    }
    families = {family for pair in found for family in pair}
    assert len(found) == len(families) * (len(families) - 1) // 2
    assert found["batching", "decoding"] == "excludes"
    assert found["runtime", "utilisation"] == "overlaps"  # act on the same
    assert found["clean grid", "quantization"] == "multiplies"  # act on different things
    assert found["data", "decoding"] == "separate"  # training against inference


def test_a_case_multiplies_the_steps_of_one_metric_only(published: duckdb.DuckDBPyConnection) -> None:
    steps = rows(published, "from mart.lever_cases order by lever_case_id, step")
    assert {step["phase"] for step in steps} == {"training", "inference"}
    product: dict[object, float] = {}
    for step in steps:
        key = (step["lever_case_id"], step["phase"], step["metric"])
        product[key] = product.get(key, 1.0) * step["factor"]  # type: ignore[operator]
        assert step["combined_factor"] == pytest.approx(product[key])
    overlapping = [step for step in steps if step["overlaps_with"]]
    assert overlapping
    for step in overlapping:
        assert step["combined_factor_low"] <= step["combined_factor"]  # type: ignore[operator]


# --- sites ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("site", "billion_usd_per_year"),
    [("gigawatt-gb200", 8.5), ("gigawatt-gb200-3-years", 12), ("gigawatt-gb200-7-years", 7)],
)
def test_the_public_model_of_a_gigawatt_lies_within_the_interval(
    site: str, billion_usd_per_year: float, published: duckdb.DuckDBPyConnection
) -> None:
    total = rows(published, f"from mart.site_cost where site_id = '{site}' and component = 'total'")[0]
    assert total["cost_usd_per_year_low"] < billion_usd_per_year * 1e9 < total["cost_usd_per_year_high"]  # type: ignore[operator]
    assert total["cost_usd_per_year"] == pytest.approx(billion_usd_per_year * 1e9, rel=0.15)
    assert total["capital_usd"] == pytest.approx(38e9, rel=0.1)


def test_shares_of_a_gigawatt_are_those_of_the_public_model(published: duckdb.DuckDBPyConnection) -> None:
    share = {
        r["component"]: r["share"] for r in rows(published, "from mart.site_cost where site_id = 'gigawatt-gb200'")
    }
    assert share["accelerator"] + share["server"] == pytest.approx(0.60, abs=0.03)  # type: ignore[operator]
    assert share["electricity"] == pytest.approx(0.07, abs=0.01)


def test_components_of_a_site_sum_to_its_total_in_capital_and_cost(published: duckdb.DuckDBPyConnection) -> None:
    sites: dict[object, list[Row]] = {}
    for row in rows(published, "from mart.site_cost"):
        sites.setdefault(row["site_id"], []).append(row)
    for parts in sites.values():
        total = next(row for row in parts if row["component"] == "total")
        for column in ("capital_usd", "cost_usd_per_year"):
            assert math.fsum(row[column] or 0 for row in parts if row is not total) == pytest.approx(total[column])  # type: ignore[misc]


def test_a_longer_life_and_more_accelerators_go_the_right_way(published: duckdb.DuckDBPyConnection) -> None:
    cost = dict(
        published.execute("select site_id, cost_usd_per_year from mart.site_cost where component = 'total'").fetchall()
    )
    assert cost["gigawatt-gb200-3-years"] > cost["gigawatt-gb200"] > cost["gigawatt-gb200-7-years"]
    assert cost["cluster-h100-1024"] == pytest.approx(128 * cost["cluster-h100-8"])


# --- answers --------------------------------------------------------------------------------------------------------


def test_the_five_questions_are_answered_with_numbers_of_the_warehouse(published: duckdb.DuckDBPyConnection) -> None:
    answers = rows(published, "from mart.answers order by question_no")
    assert [row["question_no"] for row in answers] == [1, 2, 3, 4, 5]
    for row in answers:
        assert len(re.findall(r"\d", str(row["answer"]))) > 3, row["question"]
        assert row["figure_ids"]
    counted = dict(
        published.execute("""
        select run_group, run_count from mart.training_totals where quantity = 'facility_energy_kwh' and scope_kind = 'all'
    """).fetchall()
    )
    assert f"Pretraining the {counted['pretraining']} models" in str(answers[4]["answer"])


def test_figures_of_answers_stand_where_they_say(published: duckdb.DuckDBPyConnection) -> None:
    columns = {
        f"{schema}.{table}": set(names)
        for schema, table, names in published.execute(
            "select schema_name, table_name, list(column_name) from duckdb_columns() group by all"
        ).fetchall()
    }
    for (names,) in published.execute("select figure_ids from mart.answers").fetchall():
        for name in names:
            table, *key, column = name.split("/")
            assert column in columns[table] or table == "core.claim_anchors", name
            assert key
