"""What somebody who reads README.md from top to bottom types, and what it says that they then see.

Also how the environment of such a test comes by its packages: those of this one are lent.
"""

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import ROOT

FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEDGER = ".venv/bin/ledger"
PROMPT = "$ "
LEFT_OUT = "…"
"""Stands for lines that are left out; at the end of a line for what is cut off there."""


@dataclass(frozen=True)
class Step:
    """One command, and the lines that the document shows of what it prints."""

    command: str
    shown: tuple[str, ...] = ()

    def missing_in(self, printed: str) -> list[str]:
        """Lines that are shown and were not printed."""
        lines = [line.rstrip() for line in printed.splitlines()]
        return [
            line
            for line in self.shown
            if not any(each.startswith(line.removesuffix(LEFT_OUT).rstrip()) for each in lines)
        ]


def readme_steps() -> list[Step]:
    """Every fenced command of README.md in its order; a query is one that ``ledger sql`` answers."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [step for kind, block in FENCED.findall(text) for step in _steps(kind, block)]


def _steps(kind: str, block: str) -> list[Step]:
    if kind == "sh":
        return [Step(line.partition("#")[0].strip()) for line in block.splitlines()]
    if kind == "sql":
        return [Step(f"{LEDGER} sql {shlex.quote(block)}")]
    command, *shown = block.splitlines()
    assert command.startswith(PROMPT), f"a block of README.md shows {command!r}; expected a command after {PROMPT!r}"
    return [Step(command.removeprefix(PROMPT), tuple(line for line in shown if line != LEFT_OUT))]


def borrow_libraries(site_packages: Path) -> None:
    """Let an environment use the packages of this one, but not the checkout.

    Python reads no .pth file of a folder that a .pth file names, so the one that names the checkout is left out.
    """
    folders = dict.fromkeys(path for path in sys.path if Path(path).name == "site-packages")
    (site_packages / "dependencies.pth").write_text("\n".join(folders) + "\n", encoding="utf-8")
