"""``ledger export``: the rows of the marts, described so that the validators of both formats accept them, each source named."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.answers.export.citation import citation_cff
from pipelines.settings import ROOT, Settings
from tests.conftest import made_once, run_ledger

SMALL = 3_000
"""Rows of the tables whose cells are read by the slower validator; the types of all are."""


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, built: Settings) -> Path:
    """An export of the offline build, written by the command: read only."""

    def make(folder: Path) -> None:
        done = run_ledger("export", str(folder), home=built.home)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"export     {folder} (")

    return made_once(tmp_path_factory, "exported", make)


def test_every_mart_is_there_row_for_row(exported: Path, published: duckdb.DuckDBPyConnection) -> None:
    tables = "select schema_name || '.' || table_name from duckdb_tables() where schema_name = 'mart'"
    names = [name for (name,) in published.execute(tables).fetchall()]
    assert len(names) > 20
    for name in names:
        path = exported / "parquet" / f"{name}.parquet"
        other = f"(from {name} except all from '{path}') union all (from '{path}' except all from {name})"
        assert published.execute(f"select count(*) from ({other})").fetchall() == [(0,)], name
        (rows,) = published.execute(f"select count(*) from {name}").fetchall()
        assert published.execute(f"select count(*) from read_csv('{exported}/csv/{name}.csv')").fetchall() == [rows], (
            name
        )


READ_FRICTIONLESS = """
import json, pathlib, sys, frictionless
folder, small = pathlib.Path(sys.argv[1]), int(sys.argv[2])
described = folder / "datapackage.json"
assert frictionless.Package.validate_descriptor(json.loads(described.read_text())).valid
read = 0
for resource in frictionless.Package(str(described)).resources:
    if (folder / resource.path).read_bytes().count(b"\\n") < small:
        report = resource.validate()
        assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])[:5]
        read += 1
print(read)
"""
"""The library lifts the limit on the length of cells of every reader in its process: a process of its own."""


def test_frictionless_accepts_it(exported: Path) -> None:
    command = [sys.executable, "-c", READ_FRICTIONLESS, str(exported), str(SMALL)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


READ_CROISSANT = """
import json, sys, mlcroissant
dataset = mlcroissant.Dataset(jsonld=sys.argv[1])
assert not dataset.metadata.ctx.issues.errors, dataset.metadata.ctx.issues.errors
rows, named = dataset.records(record_set="mart.accelerators/rows"), "mart.accelerators/rows/"
found = sorted((one[named + "accelerator_id"].decode(), one[named + "tdp_w"]) for one in rows)
print(json.dumps([(key, None if watts is None or watts != watts else float(watts)) for key, watts in found]))
"""
"""The library closes the standard error that it finds when it is loaded: a process of its own."""


def test_croissant_reads_it(exported: Path, published: duckdb.DuckDBPyConnection) -> None:
    command = [sys.executable, "-c", READ_CROISSANT, str(exported / "croissant.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    known = published.execute("select accelerator_id, tdp_w from mart.accelerators order by all").fetchall()
    assert [tuple(row) for row in json.loads(done.stdout)] == known


def test_every_source_is_named_with_its_licence(exported: Path, published: duckdb.DuckDBPyConnection) -> None:
    said = (exported / "ATTRIBUTION.md").read_text(encoding="utf-8")
    package = json.loads((exported / "datapackage.json").read_text(encoding="utf-8"))
    sources = published.execute("select source_id, title, coalesce(licence, 'not stated') from meta.sources").fetchall()
    assert len(package["sources"]) == len(sources)
    for source_id, title, licence in sources:
        assert f"`{source_id}`" in said
        assert f"## {licence}\n" in said
        assert any(one["title"] == f"{title} (licence: {licence})" for one in package["sources"])


def test_digests_are_those_of_the_files(exported: Path) -> None:
    checked = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=exported, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


def test_a_folder_that_holds_other_things_stays(built: Settings, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    done = run_ledger("export", str(tmp_path), home=built.home)
    assert (done.returncode, "is there and is no export" in done.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


@pytest.mark.slow
def test_the_same_build_gives_the_same_bytes(exported: Path, built: Settings, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(exported, again)
    (again / "csv" / "of-an-earlier-build.csv").write_text("gone\n")
    assert run_ledger("export", str(again), home=built.home).returncode == 0
    assert (again / "SHA256SUMS").read_text() == (exported / "SHA256SUMS").read_text()
    assert not (again / "csv" / "of-an-earlier-build.csv").exists()


def test_the_citation_of_the_software_is_current() -> None:
    assert (ROOT / "CITATION.cff").read_text(encoding="utf-8") == citation_cff()
