"""README.md, CONTRIBUTING.md and docs/: what they quote is current, what they name is there."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pipelines.settings import ROOT, Settings

BESIDE_DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
DOCUMENTS = [*BESIDE_DOCS, *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]*))?\)")


def anchors(document: Path) -> set[str]:
    """What a link may name behind ``#``: the headings as GitHub writes them, outside of code."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def fill(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What ``make docs`` runs."""
    command = [sys.executable, ROOT / "scripts" / "docs.py", "--home", home, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_stale_number_and_a_stale_block_are_told_and_filled_in_once(built: Settings, tmp_path: Path) -> None:
    document = tmp_path / "naming.md"
    shutil.copy(ROOT / "docs" / "naming.md", document)
    current = document.read_text(encoding="utf-8")
    stale = current.replace("| kWh | `_kwh` |", "| kWh | `_mwh` |").replace("`FLOP/J`", "`FLOPS/J`")
    assert stale != current
    document.write_text(stale, encoding="utf-8")

    told = fill(built.home, "--check", document)
    assert told.returncode == 1
    assert {"-| kWh | `_mwh` |", "+| kWh | `_kwh` |"} <= set(told.stderr.splitlines())
    assert told.stderr.endswith("1 of the documents is stale. Run: make docs\n")
    assert document.read_text(encoding="utf-8") == stale, "checking changes nothing"

    assert fill(built.home, document).stdout == "naming.md changed\n"
    assert document.read_text(encoding="utf-8") == current
    again = fill(built.home, document)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_code_of_a_document_that_fails_is_told_by_document(built: Settings, tmp_path: Path) -> None:
    document = tmp_path / "wrong.md"
    document.write_text('<!-- = central("no_such_assumption") -->1<!-- -->\n', encoding="utf-8")
    told = fill(built.home, "--check", document)
    assert told.returncode == 1
    assert 'wrong.md: central("no_such_assumption"): ' in told.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_between_documents_leads_to_a_file_and_a_heading(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [name for name, _ in links if name and not (document.parent / name).is_file()] == []
    named = [(document.parent / name if name else document, anchor) for name, anchor in links if anchor]
    assert [(path.name, anchor) for path, anchor in named if anchor not in anchors(path)] == []


def test_every_document_is_a_page_of_the_site() -> None:
    pages = set(re.findall(r"[\w-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    assert pages == {path.name for path in DOCUMENTS} - {"README.md"} | {"index.md"}


def test_every_dependency_has_its_reason_in_contributing() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["dependency-groups"]["docs"],
        *project["dependency-groups"]["sbom"],
    ]
    names = {re.match(r"[a-z0-9-]+", requirement)[0] for requirement in wanted}
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Dependencies")[2]
    listed = {name for cell in re.findall(r"^\| ([a-z0-9, -]+) \|", table, re.MULTILINE) for name in cell.split(", ")}
    assert names - listed == set()
    assert listed - names == {"package"}


def test_every_option_that_is_read_is_in_the_readme() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipelines").rglob("*.py"))
    read = set(re.findall(r'"(LEDGER_[A-Z_]+)"', code))
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(read) > 8
    assert {name for name in read if f"`{name}`" not in table} == set()


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for path in DOCUMENTS for name in re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8"))}
    assert len(named) > 5
    assert named - targets == set()
