"""From the readable files beside this module to a mirror that ``LEDGER_MIRROR`` can name.

``HOST/PATH`` here stands for ``https://HOST/PATH``. All content is invented: no publisher's row is in it. Two things keep
the files short and readable:

* A line that holds ``{n}`` (or ``{nnn}``, ``{code}``, ``{month}``) is a pattern: it is written once for each number from 1
  to as many records as the contract of the source asks for at least, and never fewer than ``LEAST_PATTERNED``.
* ``archive.tar.gz.members`` is the text of an archive: ``==> path <==`` begins a member, what follows is its content.
"""

from __future__ import annotations

import csv
import io
import re
import tarfile
from pathlib import Path
from string import ascii_uppercase
from urllib.parse import quote, unquote

from pipelines.records.raw_tables import RemoteFile
from pipelines.settings import SEEDS
from pipelines.warehouse.raw_layer import remote_files

HERE = Path(__file__).parent
MEMBERS = ".members"
HEADING = re.compile(rb"^==> (.+) <==\n", re.MULTILINE)
PATTERN = re.compile(rb"\{(?:n|nnn|code|month)\}")
LEAST_PATTERNED = 150
"""More than a hundred records allow one to be refused: the contract refuses a table where more than 1 % are."""


def address_path(url: str) -> Path:
    """Where the file of an address lies in a mirror."""
    path, mark, asked = url.removeprefix("https://").partition("?")
    return Path(unquote(path) + quote(mark + asked, safe=""))


def all_files() -> list[RemoteFile]:
    """The files that are fetched, and all that one of them may name."""
    found = []
    for file in remote_files():
        found.append(file)
        if file.listing:
            with (SEEDS / file.listing.seed).open(encoding="utf-8", newline="") as rows:
                names = sorted({row["asked_name"] for row in csv.DictReader(rows)})
            found += map(file.listing.file_of, names)
    return found


def missing_files() -> list[str]:
    """Addresses that the project fetches and that this folder has no file for; one that a mirror may lack may be missing."""
    return [
        file.url
        for file in remote_files()
        if not file.mirror_may_lack and _source_of(HERE / address_path(file.url)) is None
    ]


def build_small_mirror(target: Path) -> Path:
    """Make the mirror below ``target``, which becomes a folder as ``LEDGER_MIRROR`` names it."""
    for file in all_files():
        for url in filter(None, (file.url, file.excerpt_url)):
            path = address_path(url)
            if (source := _source_of(HERE / path)) is not None:
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                (target / path).write_bytes(_content(source, file))
    return target


def _source_of(path: Path) -> Path | None:
    return next((p for p in (path, path.with_name(path.name + MEMBERS)) if p.exists()), None)


def _content(source: Path, file: RemoteFile) -> bytes:
    count = max(LEAST_PATTERNED, *(table.min_rows for table in file.tables))
    data = written_out(source.read_bytes(), count)
    return packed(data, source.parents[1].name) if source.name.endswith(MEMBERS) else data


def written_out(data: bytes, count: int) -> bytes:
    """The text with each of its patterns written ``count`` times.

    >>> written_out(b"name,year\\nTesta-{n},2020\\n", 2)
    b'name,year\\nTesta-1,2020\\nTesta-2,2020\\n'
    """
    lines = []
    for line in data.splitlines(keepends=True):
        is_pattern = PATTERN.search(line) is not None
        lines += [_numbered(line, number) for number in range(1, count + 1)] if is_pattern else [line]
    return b"".join(lines)


def _numbered(line: bytes, number: int) -> bytes:
    """A pattern with its marks replaced: codes are those that ISO 3166 leaves to users."""
    tens, last = divmod((number - 1) % len(ascii_uppercase) ** 2, len(ascii_uppercase))
    years, month = divmod(number - 1, 12)
    marks = {
        "{nnn}": f"{number:03}",
        "{n}": f"{number}",
        "{code}": f"X{ascii_uppercase[tens]}{ascii_uppercase[last]}",
        "{month}": f"{2001 + years}-{month + 1:02}-01",
    }
    for mark, text in marks.items():
        line = line.replace(mark.encode(), text.encode())
    return line


def packed(text: bytes, top: str) -> bytes:
    """The archive of a repository, as its host packs it, from the text of its members."""
    _, *parts = HEADING.split(text)
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for path, content in zip(parts[::2], parts[1::2], strict=True):
            member = tarfile.TarInfo(f"{top}-0123abc/{path.decode()}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return sink.getvalue()
