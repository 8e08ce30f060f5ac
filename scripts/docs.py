"""Fills in what README.md, CONTRIBUTING.md and docs/ quote from a build without network: ``make docs``, or ``--check``.

Two marks, both invisible where Markdown is shown: a block, which cog fills with what its code prints, and a
value within a line, ``<!-- = CODE -->VALUE<!-- -->``. Their code calls the functions of ``blocks.py``.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

from cogapp import Cog
from cogapp.cogapp import CogError

from pipelines.settings import ROOT, Settings
from pipelines.warehouse.fingerprints import unchanged_build

VALUE = re.compile(r"<!-- = (.+?) -->(.*?)<!-- -->", re.DOTALL)


def offline_home() -> Path:
    """A home whose build is of this code and these curated files alone: ``data/``, else ``data/docs``, built if needed."""
    usual = Settings(home=ROOT / "data", site=ROOT / "reports" / "site")
    if not usual.raw_manifest.exists() and unchanged_build(usual):
        return usual.home
    home = usual.home / "docs"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    command = [sys.executable, "-m", "pipelines", "--home", str(home), "build"]
    subprocess.run(command, cwd=ROOT, env=clean, stdout=sys.stderr, check=True)
    return home


def filled(text: str, name: str) -> str:
    """The text with its values and blocks as they are now."""
    import blocks

    with_values = VALUE.sub(lambda found: f"<!-- = {found[1]} -->{_evaluated(found[1], blocks, name)}<!-- -->", text)
    cog = Cog()
    cog.options.parse_args(["-P", "-p", "from blocks import *"])
    return str(cog.process_string(with_values, name))


def _evaluated(code: str, blocks: object, name: str) -> str:
    try:
        return str(eval(code, dict(vars(blocks))))  # noqa: S307 - code of our own documents
    except Exception as error:
        raise CogError(f"{name}: {code}: {error}") from error


def main() -> int:
    """Fill in every document; with ``--check`` change nothing and print what is stale. Exit status 0 or 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail where a document is stale")
    parser.add_argument("--home", type=Path, help="a home with a build without network, in place of data/")
    parser.add_argument("files", nargs="*", type=Path, help="documents; all if none is named")
    given = parser.parse_args()
    os.environ["DOCS_HOME"] = str((given.home or offline_home()).resolve())
    stale = 0
    for path in given.files or [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]:
        before = path.read_text(encoding="utf-8")
        try:
            after = filled(before, path.name)
        except CogError as error:
            print(error, file=sys.stderr)
            return 1
        if after == before:
            continue
        stale += 1
        if given.check:
            names = (f"{path.name} as it is", f"{path.name} as it should be")
            sys.stderr.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True), *names, n=1))
        else:
            path.write_text(after, encoding="utf-8")
            print(f"{path.name} changed")
    if stale and given.check:
        print(f"{stale} of the documents {'is' if stale == 1 else 'are'} stale. Run: make docs", file=sys.stderr)
    return int(bool(stale and given.check))


if __name__ == "__main__":
    sys.exit(main())
