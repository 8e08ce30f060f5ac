"""Evidence of a figure: computed again without a warehouse it is equal, and whatever is changed in it is named."""

import hashlib
import json
import os
import random
import shutil
import zipfile
from pathlib import Path

import duckdb
import pytest

from pipelines.answers.evidence import bundle
from pipelines.answers.evidence.fetched_spans import fetched_spans
from pipelines.answers.evidence.figure import verify, write_evidence
from pipelines.answers.evidence.spans import spans
from pipelines.answers.explain import explain
from pipelines.answers.subjects import public_name
from pipelines.errors import LedgerError, UsageError
from pipelines.settings import ROOT, Settings
from pipelines.warehouse.file import connect_published
from tests.conftest import made_once, run_ledger

ENERGY = ("Llama 3.1 70B", "facility_energy_kwh")


@pytest.fixture(scope="session")
def energy(tmp_path_factory: pytest.TempPathFactory, built: Settings) -> Path:
    """The evidence of one derived figure, written by the command: read only."""

    def make(folder: Path) -> None:
        folder.mkdir()
        done = run_ledger("export", "--figure", *ENERGY, str(folder / "energy.zip"), home=built.home)
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "evidence", make) / "energy.zip"


def members_of(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def with_members(path: Path, original: Path, members: dict[str, str]) -> Path:
    """The archive with other members and the seal that it had."""
    with zipfile.ZipFile(original) as old, zipfile.ZipFile(path, "w") as new:
        for name, text in members.items():
            new.writestr(name, text)
        new.comment = old.comment
    return path


def resealed(path: Path, members: dict[str, str]) -> Path:
    """An archive whose maker wrote these members and sealed them."""
    bundle.write(path, {name: text for name, text in members.items() if name != bundle.DIGESTS})
    return path


def test_the_command_says_equal_where_there_is_no_warehouse(energy: Path, tmp_path: Path) -> None:
    done = run_ledger("verify", str(energy), home=tmp_path / "nowhere")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "equal      llama-3.1-70b/energy_kwh/facility/chip_hours_times_power: value = 7,455,000 ("
    )
    assert not (tmp_path / "nowhere").exists()


def test_it_holds_figure_formula_inputs_and_the_bytes_of_their_rows(
    energy: Path, published: duckdb.DuckDBPyConnection
) -> None:
    members = members_of(energy)
    said = json.loads(members[bundle.EVIDENCE])
    known = explain(published, *ENERGY)
    assert said["explanation"] == json.loads(json.dumps(known))
    assert said["row"]["value"] == known["figure"]["value"]
    assert "multiply" in members["macros.sql"]
    named = {one["source_id"] for one in said["sources"]}
    assert set(said["row"]["source_ids"]) <= named
    for span in said["rows_of_sources"]:
        data = (ROOT / span["file"]).read_bytes()
        row = data[span["byte_start"] : span["byte_end"]]
        assert hashlib.sha256(data).hexdigest() == span["file_sha256"]
        assert hashlib.sha256(row).hexdigest() == span["row_sha256"]
        assert span["source_id"].encode() in row
        assert data[: span["byte_start"]].count(b"\n") == span["line"] - 1
    places = {(one["source_id"], one["locator"]) for one in said["row"]["inputs"]}
    assert places <= {(span["source_id"], span["locator"]) for span in said["rows_of_sources"]}


def test_a_changed_digit_anywhere_is_named_by_file_and_line(energy: Path, tmp_path: Path) -> None:
    members = members_of(energy)
    chosen = random.Random(19)
    for name, text in members.items():
        digits = [place for place, letter in enumerate(text) if letter.isdecimal() and letter.isascii()]
        for place in chosen.sample(digits, min(len(digits), 12)):
            changed = text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]
            _, faults = bundle.read(with_members(tmp_path / "changed.zip", energy, {**members, name: changed}))
            if name == bundle.DIGESTS:
                assert faults[0].startswith(f"{name}: it has not the digest")
            else:
                assert faults == [f"{name}, line {text[:place].count(chr(10)) + 1}: it was changed"]


def test_the_command_names_what_was_changed(energy: Path, tmp_path: Path) -> None:
    members = members_of(energy)
    text = members["tables/seeds.training_runs.json"].replace("15000000000000.0", "15000000000001.0")
    assert text != members["tables/seeds.training_runs.json"]
    changed = with_members(tmp_path / "changed.zip", energy, {**members, "tables/seeds.training_runs.json": text})
    done = run_ledger("verify", str(changed), home=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "  tables/seeds.training_runs.json, line 1: it was changed\n" in done.stderr


def test_whoever_seals_another_input_or_figure_is_found_by_computing_it_again(energy: Path, tmp_path: Path) -> None:
    members = members_of(energy)
    said = json.loads(members[bundle.EVIDENCE])
    said["row"]["value_high"] *= 1.001
    figure = verify(resealed(tmp_path / "figure.zip", {**members, bundle.EVIDENCE: json.dumps(said)}))
    assert len(figure.faults) == 1
    assert figure.faults[0].startswith("value_high: says ")
    inputs = {
        **members,
        "tables/core.accelerators.json": members["tables/core.accelerators.json"].replace("700.0", "710.0"),
    }
    faults = verify(resealed(tmp_path / "input.zip", inputs)).faults
    assert any(fault.startswith("value: says 7455448.0") for fault in faults)


def test_every_flipped_byte_of_the_file_is_noticed(energy: Path, tmp_path: Path) -> None:
    data = energy.read_bytes()
    said = verify(energy)
    for place in random.Random(7).sample(range(len(data)), 60):
        (tmp_path / "flipped.zip").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            _, faults = bundle.read(tmp_path / "flipped.zip")
        except LedgerError:
            continue
        assert (
            faults or bundle.read(tmp_path / "flipped.zip")[0][bundle.EVIDENCE] == members_of(energy)[bundle.EVIDENCE]
        )
    assert said.faults == []


HOSTILE = {
    "reads a file": "select content from read_text('/etc/hostname')",
    "writes a file": "copy (select 1) to '/tmp/ledger-evidence-was-here.csv'",
    "two statements": "select 1; select 2",
    "attaches": "select 1; attach '/tmp/other.duckdb'",
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_an_archive_of_a_stranger_gets_no_files(energy: Path, tmp_path: Path, query: str) -> None:
    members = members_of(energy)
    stranger = resealed(tmp_path / "stranger.zip", {**members, "models/core.training_runs.sql": query})
    with pytest.raises(UsageError):
        verify(stranger)
    assert not Path("/tmp/ledger-evidence-was-here.csv").exists()


def test_what_is_no_evidence_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("not an archive")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("letter.txt", "hello")
    done = run_ledger("verify", str(tmp_path / "text.zip"), home=tmp_path)
    assert (done.returncode, "the archive is damaged" in done.stderr) == (1, True)
    os.mkfifo(tmp_path / "pipe.zip")
    told_of = {
        "other.zip": "it has no evidence.json",
        "none.zip": "No such file",
        "": "it is a folder",
        "pipe.zip": "it is a pipe",
    }
    for path, told in ((tmp_path / name, told) for name, told in told_of.items()):
        with pytest.raises(UsageError, match=told):
            verify(path)


def test_rows_of_a_source_are_found_by_their_place(built: Settings) -> None:
    assert spans(built, {("no_such_source", "nowhere")}) == []


def test_records_of_fetched_files_are_found_by_their_place(fetched: Settings) -> None:
    with connect_published(fetched) as connection:
        results = """
            select distinct source_id, locator from mart.benchmark_runs
            where source_id in (select source_id from meta.snapshots)
        """
        names = "select 'epoch_hardware', 'row ' || hardware_name, hardware_name from raw.epoch_hardware limit 2"
        rows = connection.execute(names).fetchall()
        places = {*connection.execute(results).fetchall(), *((source, place) for source, place, _ in rows)}
        found = fetched_spans(connection, fetched, places | {("epoch_hardware", "row of nobody")})
    located = {(one["source_id"], one["locator"]) for one in found}
    whole = {"epoch_hardware", "inferencex", "mlperf_inference", "mlperf_tiny"}
    assert {place for place in located if place[0] in whole} == {place for place in places if place[0] in whole}
    assert {"ml_energy", "mlperf_cm_results"} <= {source for source, _ in located} <= {source for source, _ in places}
    assert located <= places
    named = {place: name for _, place, name in rows}
    for one in found:
        if one["row_sha256"] is None:
            assert one["member"], one
            continue
        data = (fetched.raw / one["file_sha256"][:2] / one["file_sha256"]).read_bytes()
        record = data[one["byte_start"] : one["byte_end"]]
        assert hashlib.sha256(record).hexdigest() == one["row_sha256"]
        assert data[: one["byte_start"]].count(b"\n") == one["line"] - 1
        assert named.get(one["locator"], "").encode() in record


def test_a_fetched_result_says_the_bytes_of_its_record(fetched: Settings, tmp_path: Path) -> None:
    with connect_published(fetched) as connection:
        query = "select min(benchmark_result_id) from mart.benchmark_runs where source_id = 'mlperf_inference'"
        ((result,),) = connection.execute(query).fetchall()
        write_evidence(connection, fetched, result, "value", tmp_path / "one.zip")
    said = json.loads(members_of(tmp_path / "one.zip")[bundle.EVIDENCE])
    (record,) = (one for one in said["records_of_files"] if one["locator"] == said["row"]["locator"])
    assert record["source_id"] == "mlperf_inference"
    assert record["row_sha256"]
    assert record["byte_end"] > record["byte_start"] > 0
    assert verify(tmp_path / "one.zip").faults == []


def twenty(published: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Figures of every kind: derived by each method, measured, reported, assumed; benchmarks of each suite; serving."""
    figures = """
        select subject_id, quantity, boundary from (
            select *, row_number() over (partition by kind, method, subject_kind order by hash(figure_id)) as place
            from mart.figures where is_preferred and subject_id in (
                select subject_id from mart.figures group by subject_id having count(distinct subject_kind) = 1
            )
        ) where place = 1 order by kind, method, subject_kind -- every second one: each takes seconds
    """
    found = [
        (one, public_name(quantity, boundary)) for one, quantity, boundary in published.execute(figures).fetchall()[::2]
    ]
    benchmarks = "select min(benchmark_result_id) from mart.benchmark_runs group by suite order by suite"
    found += [(one, "value") for (one,) in published.execute(benchmarks).fetchall()]
    serving = """
        select concat_ws('/', model_id, accelerator_id, number_format, batch_size) from mart.inference_estimates
        where fits and joule_per_token is not null order by hash(model_id, accelerator_id, batch_size) limit 4
    """
    return found + [(one, "joule_per_token") for (one,) in published.execute(serving).fetchall()]


@pytest.mark.slow
def test_figures_of_every_kind_are_computed_again(
    built: Settings, published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    chosen = twenty(published)
    assert len(chosen) >= 20
    for subject, quantity in chosen:
        write_evidence(published, built, subject, quantity, tmp_path / "one.zip")
        assert verify(tmp_path / "one.zip").faults == [], (subject, quantity)
    first = hashlib.sha256((tmp_path / "one.zip").read_bytes()).hexdigest()
    shutil.move(tmp_path / "one.zip", tmp_path / "other.zip")
    write_evidence(published, built, *chosen[-1], tmp_path / "one.zip")
    assert hashlib.sha256((tmp_path / "one.zip").read_bytes()).hexdigest() == first
