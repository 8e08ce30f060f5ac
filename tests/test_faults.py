"""docs/faults.md: every case is there, and each test that it names exists."""

import ast
import re
from functools import cache

import pytest

from pipelines.settings import ROOT

CASES = {f"{letter}{number:02}" for letter, count in {"N": 12, "C": 13, "T": 6, "S": 9, "W": 8}.items()
         for number in range(1, count + 1)}  # fmt: skip
STATES = ("Proven", "In part: ", "Not built")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| Case ", "| What "))
]
"""Cells of each row of a table of the page."""


@cache
def functions(file: str) -> dict[str, str]:
    """Test functions of a file, and their decorators as text."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {
        node.name: " ".join(ast.unparse(each) for each in node.decorator_list)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


def test_every_case_is_there_once() -> None:
    found = [row[0] for row in ROWS if re.fullmatch(r"[A-Z]\d\d", row[0])]
    assert sorted(found) == sorted(CASES)
    assert len(CASES) == 48


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_a_row_names_tests_that_exist_and_its_state(row: list[str]) -> None:
    *_, tests, state = row
    assert state.startswith(STATES)
    named = TEST.findall(tests)
    assert bool(named) == (not state.startswith("Not built"))
    assert re.sub(r"`[^`]*`( \((slow|soak)\))?", "", tests).strip() == "", "there are tests only"
    for file, name in named:
        assert name in functions(file), f"{file} has no test {name}"
    for file, name, _, mark in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`( \((slow|soak)\))?", tests):
        marks = re.findall(r"pytest\.mark\.(slow|soak)", functions(file)[name])
        assert marks == ([mark] if mark else []), f"{file}::{name}"
