"""Consistency findings: known errors are found, clean runs are not blamed, and every rule catches the error it is for."""

import re
import shutil
from collections.abc import Iterator

import duckdb
import pytest

from pipelines.defs.model_assets import MODELS
from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published
from pipelines.warehouse.models.checks import run_checks
from pipelines.warehouse.models.sql_models import run_model

FINDINGS = "mart.consistency_findings"

CONTRACT = ["subject_name", "rule", "observed", "expected", "ratio", "severity", "likely_cause", "source_ids"]

CLEAN_RUNS = [
    "gpt-3-175b", "palm-540b", "llama-7b", "llama-13b", "llama-33b", "llama-65b", "llama-2-7b", "llama-2-13b",
    "llama-2-70b", "llama-3-70b", "llama-3.1-8b", "llama-3.1-70b", "llama-3.1-405b", "deepseek-v3", "chinchilla-70b",
    "gopher-280b", "bloom-176b", "glm-130b", "falcon-180b", "mt-nlg-530b", "gpt-j-6b", "olmo-2-13b",
    "starcoder-15.5b", "opt-175b", "bloomberggpt-50b", "alexnet",
]  # fmt: skip
"""Runs whose published figures have been checked by many and hold together."""

CLEAN_RECORDS = [
    "GPT-3 175B (davinci)", "PaLM (540B)", "LLaMA-65B", "Llama 3.1-405B", "DeepSeek-V3", "BLOOM-176B", "Chinchilla",
    "Gopher (280B)", "OPT-175B", "BloombergGPT",
]  # fmt: skip

MISTAKES = ["CoAtNet", "BASIC-L", "GenCast", "DeepSeek-V2 (MoE-236B)", "ProteinLM", "SigLIP 400M"]
"""Records of raw.epoch_ml_systems that state more FLOP than their chips can do in the stated time, with no base model."""

FINE_TUNES = [
    "FinGPT-13B", "Uni-Med", "ProtChatGPT", "FLAN 137B", "LLaVA", "LLaVA 1.5", "PLLaMa", "WizardLM-7B",
    "Phi-4-Reasoning", "Flan-PaLM 540B", "ProLLaMA", "ProteinStructureTransformer", "U-PaLM (540B)", "OPT-IML (175B)",
    "GPT2+CoreLM+Fine-Tuning", "FoldFlow2", "Ovis-7B", "Taiyi-Stable Diffusion", "nekomata-14b", "OpenVLA",
    "Minerva (540B)", "SPHINX (Llama 2 13B)",
]  # fmt: skip
"""Records of raw.epoch_ml_systems that carry the FLOP of their base model beside the time of the fine-tune."""

Rows = list[dict[str, object]]


def findings(connection: duckdb.DuckDBPyConnection, condition: str, *values: object) -> Rows:
    """Findings for which a condition holds."""
    cursor = connection.execute(f"select * from {FINDINGS} where {condition}", list(values))
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def one(connection: duckdb.DuckDBPyConnection, condition: str, *values: object) -> dict[str, object]:
    """The only finding for which a condition holds."""
    rows = findings(connection, condition, *values)
    assert len(rows) == 1, f"{len(rows)} findings where {condition} {values}"
    return rows[0]


def blamed(connection: duckdb.DuckDBPyConnection, column: str, values: list[str]) -> list[tuple[str, str]]:
    """Errors found in claims of core.run_claims that have one of the values in a column; all values must be there."""
    marks = ", ".join("?" for _ in values)
    present = connection.execute(f"select distinct {column} from core.run_claims where {column} in ({marks})", values)
    assert {row[0] for row in present.fetchall()} == set(values)
    return connection.execute(
        f"select distinct c.{column}, f.rule from core.run_claims as c inner join {FINDINGS} as f "
        "on f.record_id = c.run_claim_id or starts_with(f.record_id, c.run_claim_id || '/') "
        f"where f.severity = 'error' and c.{column} in ({marks})",
        values,
    ).fetchall()


# --- without any fetched source -------------------------------------------------------------------------------------


def test_the_table_has_the_columns_that_readers_rely_on(published: duckdb.DuckDBPyConnection) -> None:
    columns = [row[0] for row in published.execute(f"describe {FINDINGS}").fetchall()]
    assert [name for name in [*CONTRACT, "finding_id", "claim_source", "unit"] if name not in columns] == []


def test_every_finding_has_a_cause_a_ratio_and_sources(published: duckdb.DuckDBPyConnection) -> None:
    assert findings(published, "likely_cause is null or abs(ratio * expected / observed - 1) > 1e-9") == []
    assert findings(published, "len(source_ids) = 0") == []
    unknown = published.execute(
        f"select source_id from (select unnest(source_ids) as source_id from {FINDINGS}) anti join meta.sources using (source_id)"
    ).fetchall()
    assert unknown == []


def test_emissions_of_llama_3_3_are_far_from_those_of_its_sisters(published: duckdb.DuckDBPyConnection) -> None:
    found = one(published, "rule = 'sister_ratio' and subject_name = 'Llama 3.3 70B'")
    assert found["severity"] == "error"
    assert found["expected"] == pytest.approx(0.29, rel=0.05)  # 2,040 t for 7.0 million hours of Llama 3.1 70B
    assert found["ratio"] == pytest.approx(12.9 / 2040, rel=0.05)
    assert {"card_llama_3_1", "card_llama_3_3"} <= set(found["source_ids"])  # type: ignore[call-overload]


@pytest.mark.parametrize("name", ["OPT-175B", "BloombergGPT 50B"])
def test_work_of_the_hardware_is_told_from_work_of_the_model(name: str, published: duckdb.DuckDBPyConnection) -> None:
    found = one(published, "rule = 'hardware_flop' and subject_name = ? and claim_source like 'seeds%'", name)
    assert found["severity"] == "info"
    assert found["ratio"] == pytest.approx(8 / 6, rel=0.05)


def test_a_whole_that_has_more_than_its_runs_says_what_is_missing(published: duckdb.DuckDBPyConnection) -> None:
    found = one(published, "rule = 'parts_against_whole' and subject_name like 'Llama 3.2%' and unit = 'chip-hour'")
    assert (found["observed"], found["expected"]) == (830_000, 916_000)
    assert "logit" in str(found["likely_cause"])


def test_runs_that_hold_together_are_not_blamed(published: duckdb.DuckDBPyConnection) -> None:
    assert len(CLEAN_RUNS) >= 20
    assert blamed(published, "training_run_id", CLEAN_RUNS) == []


def test_a_figure_that_is_marked_as_circular_is_no_finding(published: duckdb.DuckDBPyConnection) -> None:
    marked = published.execute(
        f"select f.finding_id from {FINDINGS} as f inner join seeds.published_figures as p "
        "on f.record_id = concat_ws('/', 'seeds.published_figures', p.subject_id, p.source_id, p.quantity) "
        "group by all having bool_and(p.is_circular)"
    ).fetchall()
    assert marked == []
    assert findings(published, "rule = 'circular_figure'") != []


# --- errors put into a copy: every rule catches its own --------------------------------------------------------------

FAULTS = {
    "methods_disagree": ("Gopher 280B", """
        update seeds.published_figures set value = 30 * value where published_figure_id = 'gopher-280b-training-flop'"""),
    "utilisation_above_one": ("a fine-tune", """
        insert into raw.epoch_ml_systems (model, base_model, training_hardware, training_compute_flop, training_chip_hours)
        values ('a fine-tune', 'a base model', 'NVIDIA A100', 1e23, 80)"""),
    "utilisation_implausibly_high": ("a fast run", """
        insert into raw.epoch_ml_systems (model, training_hardware, training_compute_flop, training_chip_hours)
        values ('a fast run', 'Google TPU v4', 0.9 * 275e12 * 3600 * 1000, 1000)"""),
    "utilisation_implausibly_low": ("an idle run", """
        insert into raw.epoch_ml_systems (model, training_hardware, training_compute_flop, training_chip_hours)
        values ('an idle run', 'Google TPU v4', 0.001 * 275e12 * 3600 * 1000, 1000)"""),
    "days_in_hours": ("a run in days", """
        insert into raw.epoch_ml_systems (model, training_hardware, training_compute_flop, training_chip_hours)
        values ('a run in days', 'Google TPU v4', 0.4 * 275e12 * 3600 * 24 * 1000, 1000)"""),
    "hours_of_one_accelerator": ("hours of one", """
        insert into raw.epoch_ml_systems (model, training_hardware, hardware_quantity_count, training_compute_flop,
        training_chip_hours) values ('hours of one', 'Google TPU v4', 256, 0.4 * 275e12 * 3600 * 256 * 100, 100)"""),
    "stated_against_product": ("counted twice", """
        insert into raw.epoch_ml_systems (model, hardware_quantity_count, training_time_hours, training_chip_hours)
        values ('counted twice', 8, 48, 48 * 8 * 8)"""),
    "exponent_lost": ("a cut cell", """
        insert into raw.epoch_ml_systems (model, finetune_compute_flop) values ('a cut cell', 5)"""),
    "per_trillion_tokens_as_total": ("DeepSeek-V2", """
        insert into raw.epoch_ml_systems (model, training_hardware, training_chip_hours)
        values ('DeepSeek-V2', 'NVIDIA H800 SXM5', 172800)"""),
    "factor_24": ("GenCast", """
        insert into raw.epoch_ml_systems (model, training_hardware, training_chip_hours)
        values ('GenCast', 'Google TPU v5e', 3840 / 24)"""),
    "factor_accelerator_count": ("LLaMA-65B", """
        insert into raw.epoch_ml_systems (model, hardware_quantity_count, training_chip_hours)
        values ('LLaMA-65B', 2048, 1022362 * 2048)"""),
    "factor_1000": ("FRA", """
        update seeds.grid_carbon set intensity_kg_co2e_per_kwh = intensity_kg_co2e_per_kwh * 1000 where place = 'FRA'"""),
    "hardware_flop": ("Falcon-40B", """
        update seeds.published_figures set value = value * 4 / 3, counting = 'unstated'
        where subject_id = 'falcon-40b' and quantity = 'training_flop'"""),
    "factor_six_missing": ("GPT-3 175B", """
        update seeds.published_figures set value = value / 6 where subject_id = 'gpt-3-175b' and quantity = 'training_flop'"""),
    "compute_against_6nd": ("LLaMA 65B", """
        insert into raw.epoch_ml_systems (model, training_compute_flop) values ('LLaMA 65B', 1e25)"""),
    "petaflop_day_conversion": ("Falcon 180B", """
        update seeds.published_figures set value = 43500 * 1e15 * 3600 where printed = '43,500 PF-days'"""),
    "printed_conversion": ("GPT-3 175B", """
        update seeds.published_figures set value = 1287 where subject_id = 'gpt-3-175b' and printed = '1,287 MWh'"""),
    "energy_per_chip_hour": ("LLaMA-65B", """
        update seeds.published_figures set value = value / 1000 where subject_id = 'llama-65b' and quantity = 'energy_kwh'"""),
    "carbon_intensity_implausible": ("LLaMA 33B", """
        update seeds.published_figures set value = value * 1000 where published_figure_id = 'llama-33b-co2e-kg'"""),
    "circular_figure": ("LLaMA 13B", """
        update seeds.published_figures set is_circular = false where published_figure_id = 'llama-13b-energy-kwh'"""),
    "parts_against_whole": ("Llama 3.1 (8B, 70B, 405B)", """
        update seeds.published_figures set value = 3e7 where published_figure_id = 'llama-3.1-family-chip-hours'"""),
    "sister_ratio": ("LLaMA 7B", """
        update seeds.published_figures set value = value * 30 where published_figure_id = 'llama-7b-co2e-kg'"""),
    "dense_against_sparse": ("NVIDIA H100 SXM5 80 GB", """
        insert into raw.epoch_hardware (hardware_name, tensor_fp16_bf16_performance_flop_per_s)
        values ('NVIDIA H100 SXM5 80GB', 1979e12)"""),
    "peak_above_class": ("GeForce GTX 1080 Ti", """
        update seeds.accelerator_peaks set peak_flop_per_s = peak_flop_per_s * 1000
        where accelerator_id = 'gtx-1080-ti' and number_format = 'fp32'"""),
    "used_before_release": ("NVIDIA L4", """
        update seeds.accelerators set release_date = date '2025-01-01' where accelerator_id = 'l4'"""),
    "figure_set_aside": ("An impossible share", """
        insert into raw.epoch_models (model, hardware_utilization_mfu, record_no) values ('An impossible share', 55, 9001)"""),
    "correction_retired": ("Inkling", """
        insert into raw.epoch_models (model, training_compute_flop, record_no) values ('Inkling', 1.107e25, 9002)"""),
    "price_out_of_bounds": ("NVIDIA A100 SXM4 40 GB", """
        insert into raw.epoch_hardware_prices (hardware_model, price_date, price_on_demand_usd_per_chip_hour)
        values ('NVIDIA A100', date '2024-01-01', 0.01)"""),
    "price_against_sisters": ("NVIDIA T4", """
        insert into raw.epoch_hardware_prices (hardware_model, price_date, price_on_demand_usd_per_chip_hour)
        values ('NVIDIA Tesla T4', date '2022-08-01', 8)"""),
    "chip_count_differs": ("A100", """
        update seeds.chip_kinds set rated_power_w = 500 where chip_id = 'a100'"""),
}  # fmt: skip
"""Rule -> what it is about, and the statement that puts the error there."""


def models_behind(table: str) -> list[str]:
    """SQL models that a table is made from, in the order in which they run, and itself."""
    wanted = {table}
    for name in reversed(MODELS):
        if name in wanted:
            wanted |= MODELS[name].depends_on
    return [name for name in MODELS if name in wanted]


@pytest.fixture(scope="module")
def faulty(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the warehouse with one error of each kind, and the findings made again."""
    copy = tmp_path_factory.mktemp("faulty") / "warehouse.duckdb"
    shutil.copy(built.published, copy)
    with duckdb.connect(copy) as connection:
        for _, statement in FAULTS.values():
            connection.execute(statement)
        for name in models_behind(FINDINGS):
            run_model(connection, MODELS[name])
        yield connection


def test_every_rule_is_tried(faulty: duckdb.DuckDBPyConnection) -> None:
    queries = " ".join(MODELS[name].query for name in MODELS if name.startswith(("core.findings_", "core.method_")))
    assert set(re.findall(r"'(\w+)' as rule\b", queries)) <= set(FAULTS)
    assert {str(row["rule"]) for row in findings(faulty, "true")} == set(FAULTS)


@pytest.mark.parametrize("rule", FAULTS)
def test_a_rule_catches_its_error_and_nothing_sound(
    rule: str, faulty: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection
) -> None:
    subject = FAULTS[rule][0]
    assert findings(published, "rule = ? and subject_name = ?", rule, subject) == []
    assert findings(faulty, "rule = ? and subject_name = ?", rule, subject) != []


def test_the_checks_of_the_tables_hold_with_errors_in_them(faulty: duckdb.DuckDBPyConnection) -> None:
    failed = {}
    for name in models_behind(FINDINGS):
        if name.startswith(("core.findings_", "core.run_claims", "core.paired_facts", "core.epoch_records", "mart.")):
            types = run_model(faulty, MODELS[name])
            failed[name] = [(c.name, c.first) for c in run_checks(faulty, MODELS[name], types) if c.failing_count]
    assert {name: checks for name, checks in failed.items() if checks} == {}
    assert len(failed) >= 10


# --- with what publishers say --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_published(mirrored: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse built with the mirror of published files, read-only."""
    with connect_published(mirrored) as connection:
        yield connection


@pytest.fixture(scope="module")
def with_fetched(any_fetched: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with fetched files, our own and those of publishers, read-only."""
    with connect_published(any_fetched) as connection:
        yield connection


def test_time_for_a_trillion_tokens_is_not_that_of_the_run(with_published: duckdb.DuckDBPyConnection) -> None:
    found = one(with_published, "rule = 'per_trillion_tokens_as_total' and subject_name like 'DeepSeek-V2%'")
    assert found["observed"] == 172_800
    assert found["expected"] == pytest.approx(1.40e6, rel=0.01)
    assert found["is_corrected"]


@pytest.mark.parametrize("name", ["CoAtNet", "BASIC-L", "GenCast"])
def test_days_in_a_column_of_hours_are_named(name: str, with_published: duckdb.DuckDBPyConnection) -> None:
    found = one(with_published, "rule = 'days_in_hours' and subject_name = ?", name)
    assert found["observed"] == pytest.approx(9.6, abs=0.05)
    assert found["expected"] == pytest.approx(0.40, abs=0.005)
    assert found["ratio"] == pytest.approx(24)
    assert found["claim_source"] == "raw.epoch_ml_systems"


def test_another_publisher_says_what_the_factor_is(with_published: duckdb.DuckDBPyConnection) -> None:
    off = findings(
        with_published, "rule in ('factor_24', 'factor_accelerator_count') and claim_source = 'raw.epoch_ml_systems'"
    )
    ratios = {str(row["subject_name"]): row["ratio"] for row in off}
    assert ratios["CoAtNet"] == ratios["BASIC-L"] == pytest.approx(1 / 24)
    assert ratios["GenCast"] == pytest.approx(1 / 32)
    lost = one(with_published, "rule = 'factor_1000' and claim_source = 'raw.epoch_models'")
    assert (lost["subject_name"], lost["severity"]) == ("ELMo", "error")


def test_more_flop_than_the_chips_can_do_is_an_error(with_published: duckdb.DuckDBPyConnection) -> None:
    above = findings(
        with_published,
        "rule = 'utilisation_above_one' and claim_source = 'raw.epoch_ml_systems' and severity = 'error'",
    )
    causes = {str(row["subject_name"]): str(row["likely_cause"]) for row in above}
    assert [name for name in MISTAKES if name not in causes or "base model" in causes[name]] == []
    assert [name for name in FINE_TUNES if name not in causes or "base model" not in causes[name]] == []
    assert min(float(str(row["observed"])) for row in above) > 1
    checkable = with_published.execute(
        "select count(*) from core.run_claims where claim_source = 'raw.epoch_ml_systems' "
        "and training_flop * chip_hours * dense_peak_flop_per_s > 0"
    ).fetchall()[0][0]
    assert checkable >= 258
    assert 28 <= len(causes) <= 0.15 * checkable


def test_few_rows_that_are_not_known_to_be_wrong_are_errors(with_published: duckdb.DuckDBPyConnection) -> None:
    """At most one clean row in twenty: of all rows, and of those whose utilisation can be checked."""
    known = [*MISTAKES, *FINE_TUNES]
    checkable = "training_flop * chip_hours * dense_peak_flop_per_s > 0"
    for condition in ("true", checkable, f"{checkable} and claim_source = 'raw.epoch_ml_systems'"):
        clean, errors = with_published.execute(
            f"select count(*), count(*) filter (where exists (select 1 from {FINDINGS} as f where f.severity = 'error' "
            "and f.claim_source = c.claim_source and f.subject_name = c.record_name)) "
            f"from core.run_claims as c where {condition} and not list_contains(?, c.record_name)",
            [known],
        ).fetchall()[0]
        assert clean > 200
        assert errors / clean <= 0.05, f"{errors} of {clean} clean rows where {condition}"


def test_records_that_hold_together_are_not_blamed(with_published: duckdb.DuckDBPyConnection) -> None:
    assert blamed(with_published, "record_name", CLEAN_RECORDS) == []
    assert blamed(with_published, "training_run_id", CLEAN_RUNS) == []


def test_a_second_file_of_a_publisher_adds_only_what_it_says_otherwise(with_fetched: duckdb.DuckDBPyConnection) -> None:
    repeated = with_fetched.execute(
        "select record_name from core.epoch_records where claim_source <> 'raw.epoch_ml_systems' "
        "group by record_name, training_flop, training_hours, accelerator_count, accelerator_name having count(*) > 1"
    ).fetchall()
    assert repeated == []
    names = {str(row[0]).strip() for row in with_fetched.execute("select model from raw.epoch_large_models").fetchall()}
    kept = {row[0] for row in with_fetched.execute("select record_name from core.epoch_records").fetchall()}
    assert len(names) > 200
    assert names - kept == set()
