"""Rounds of MLPerf are rows: what is fetched follows their file, and what lies in a mirror without a row is named."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import LedgerError
from pipelines.fetch.policy import FetchPolicy
from pipelines.fetch.snapshots import fetch
from pipelines.seeds.benchmarks import MlperfRounds
from pipelines.seeds.files import read_seeds
from pipelines.settings import SEEDS, Settings
from pipelines.warehouse.raw_layer import load_raw, remote_files, round_formats
from pipelines.warehouse.rounds import round_files
from tests.conftest import run_ledger
from tests.fetch.fault_server import FaultServer, Reply

ROUNDS = "benchmarks/mlperf_rounds.csv"
ARCHIVE = "github.com/mlcommons/{name}/archive/HEAD.tar.gz"
TO_ADD = " To take it in, add this row: "


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A copy of the curated files."""
    return Path(shutil.copytree(SEEDS, tmp_path / "seeds"))


@pytest.fixture
def mirror(tmp_path: Path, small_mirror: Path) -> Path:
    """A mirror with the small archives of v4.0 and of Tiny v1.3, renamed to rounds that nobody has published."""
    folder = tmp_path / "mirror"
    for old, new in (("training_results_v4.0", "training_results_v99.1"), ("tiny_results_v1.3", "tiny_results_v9.9"),
                     ("tiny_results_v1.3", "quantum_results_v1.0")):  # fmt: skip
        path = folder / ARCHIVE.format(name=new)
        path.parent.mkdir(parents=True)
        shutil.copy(small_mirror / ARCHIVE.format(name=old), path)
    return folder


def test_an_invented_round_is_taken_in_by_adding_the_row_that_fetch_proposes(
    mirror: Path, seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, variables = tmp_path / "home", {"LEDGER_MIRROR": str(mirror), "LEDGER_SEEDS": str(seeds)}
    done = run_ledger("fetch", "mlperf_training", "mlperf_tiny", home=home, **variables)
    assert done.returncode == 0
    unnamed = [line for line in done.stdout.splitlines() if "no row of seeds/benchmarks/mlperf_rounds.csv" in line]
    tiny, training, other = unnamed
    assert training.startswith(ARCHIVE.format(name="training_results_v99.1") + " is in the mirror, but no row of ")
    assert tiny.startswith(ARCHIVE.format(name="tiny_results_v9.9"))
    assert other.startswith(ARCHIVE.format(name="quantum_results_v1.0"))
    assert other.endswith("No connector reads files of this suite.")

    with (seeds / ROUNDS).open("a", encoding="utf-8") as rounds:
        rounds.write(f"{training.partition(TO_ADD)[2]}\n{tiny.partition(TO_ADD)[2]}\n")
    done = run_ledger("fetch", "mlperf_training@v99.1", "mlperf_tiny@v9.9", home=home, **variables)
    assert done.returncode == 0, done.stdout
    *_, total = done.stdout.splitlines()
    assert total == "2 new"
    assert "training_results_v99.1.tar.gz: new: " in done.stdout
    assert "add this row" not in done.stdout

    monkeypatch.setenv("LEDGER_SEEDS", str(seeds))
    settings = Settings(home=home, site=home / "site", seeds=seeds, mirrors=(mirror,))
    with duckdb.connect() as connection:
        for table in ("raw.mlperf_training_results", "raw.mlperf_tiny_results"):
            load_raw(connection, table, settings)
        found = connection.execute("select distinct round from raw.mlperf_training_results").fetchall()
        assert found == [("v99.1",)]
        assert connection.execute("select distinct round from raw.mlperf_tiny_results").fetchall() == [("v9.9",)]


def test_a_round_without_a_row_is_bad_usage_and_says_what_to_do(tmp_path: Path) -> None:
    done = run_ledger("fetch", "mlperf_training@v99.1", home=tmp_path)
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "unknown round mlperf_training@v99.1; expected one of: v3.0," in said
    assert "add a row to seeds/benchmarks/mlperf_rounds.csv" in said
    done = run_ledger("fetch", "epoch_models@v1.0", home=tmp_path)
    assert done.returncode == 2
    assert "epoch_models has no rounds; name the source alone" in " ".join(done.stderr.split())


def test_one_round_is_fetched_alone(small_mirror: Path, tmp_path: Path) -> None:
    done = run_ledger("fetch", "mlperf_training@v4.0", home=tmp_path, LEDGER_MIRROR=str(small_mirror))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 new")


def test_a_recalled_address_without_a_file_is_absent_and_a_seen_one_failed(tmp_path: Path) -> None:
    server = FaultServer()
    with server:
        settings = Settings(home=tmp_path / "home", site=tmp_path / "site")
        policy = FetchPolicy(
            allowed_hosts=frozenset({server.authority}), https_only=False,
            private_endpoints=frozenset({server.authority}), wait_s=0.01,
        )  # fmt: skip
        file = replace(remote_files(["mlperf_training@v6.0"])[0], url=server.serve("/x.tar.gz", Reply(status=404)))
        assert file.is_address_recalled
        outcomes = fetch(settings, [file, replace(file, is_address_recalled=False)], policy=policy)
    assert [outcome.status for outcome in outcomes] == ["absent", "failed"]
    assert "got 404" in outcomes[0].reason
    assert "seeds/benchmarks/mlperf_rounds.csv" in outcomes[0].reason


def test_a_format_that_no_connector_reads_is_named_with_the_row(seeds: Path) -> None:
    row = "mlperf hpc,v9.9,,training logs,https://example.org/x.tar.gz,,seen,not stated,mlperf_hpc,repository,recalled,,\n"
    with (seeds / ROUNDS).open("a", encoding="utf-8") as rounds:
        rounds.write(row)
    with pytest.raises(
        LedgerError, match=r"mlperf_rounds\.csv:\d+: column file_format: value 'training logs': no connector"
    ):
        round_files(seeds, round_formats())


def test_an_address_without_its_format_is_refused_by_line(seeds: Path) -> None:
    with (seeds / ROUNDS).open("a", encoding="utf-8") as rounds:
        rounds.write(
            "mlperf tiny,v9.9,,,https://example.org/x.tar.gz,,seen,not stated,mlperf_tiny,repository,recalled,,\n"
        )
    line = len((seeds / ROUNDS).read_text(encoding="utf-8").splitlines())
    with pytest.raises(LedgerError, match=rf"mlperf_rounds\.csv:{line}: .*url, file_format and url_verified"):
        read_seeds(seeds, seeds.parent)
    with pytest.raises(LedgerError, match=rf"mlperf_rounds\.csv:{line}: column file_format"):
        round_files(seeds, round_formats())


def test_every_round_with_results_has_a_date_or_none_is_known() -> None:
    rounds = read_seeds(SEEDS, SEEDS.parent).tables["mlperf_rounds"].rows
    rows = {(row.suite, row.round): row for _, row in rounds if isinstance(row, MlperfRounds)}
    assert {suite for suite, _ in rows} == {"mlperf training", "mlperf inference", "mlperf tiny", "mlperf hpc"}
    curated = csv.DictReader((SEEDS / "benchmarks/benchmark_results.csv").read_text(encoding="utf-8").splitlines())
    for entry in curated:
        if entry["suite"].startswith("mlperf"):
            day = rows[entry["suite"], entry["round"]].published_date
            assert (day.isoformat() if day else "") == entry["published_date"], (entry["suite"], entry["round"])
