"""Drafts of pages -> files in the site folder: only bytes that changed, and none of subjects that are gone.

``<kind>.pages.json`` in the site folder notes of each page the digest of what it was made from and of its bytes,
and which tables the kind read, so that what did not change is neither asked for nor made again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel

from pipelines.errors import LedgerError
from pipelines.settings import REPORTS, Settings
from pipelines.site.files import embedded_font, json_for_html, packed_json, script_hash, sha256, write_changed
from pipelines.site.pages.registry import Draft, PageKind, registered_pages, site_menu
from pipelines.site.published import Reading, versions_of
from pipelines.warehouse.code_digests import version_of_code
from pipelines.warehouse.file import connect_published

STYLE = "site.css"
NOTE = ".pages.json"


@dataclass
class Written:
    """What making the pages of a kind came to."""

    pages: int = 0
    rendered: int = 0
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    byte_count: int = 0
    facts: dict[str, float | int | str] = field(default_factory=dict)
    first: list[str] = field(default_factory=list)
    """A few of the pages."""

    @property
    def rows(self) -> int:
        """What the pages tell of: the first of the facts, which every kind of pages counts."""
        return int(next(iter(self.facts.values()), self.pages))

    def preview(self) -> str:
        """What was made, as a small table in Markdown."""
        lines = ["| what | how many |", "|---|---|", f"| pages | {self.pages:,} |"]
        lines += [
            f"| {name.replace('_', ' ')} | {value:,} |"
            for name, value in self.facts.items()
            if not isinstance(value, str)
        ]
        return "\n".join([*lines, "", f"For example: {', '.join(self.first)}"])


def font_faces() -> str:
    """The two weights of the font as style rules that ask for nothing."""
    faces = ((400, "Inter-Regular.woff2"), (600, "Inter-SemiBold.woff2"))
    return "".join(
        f"@font-face {{ font-family: Inter; font-weight: {weight}; "
        f'src: url(data:font/woff2;base64,{embedded_font(name)}) format("woff2"); }}\n'
        for weight, name in faces
    )


@cache
def environment() -> Environment:
    """Templates of the pages. Every text is escaped."""
    made = Environment(
        loader=FileSystemLoader([REPORTS / "sheets", REPORTS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["web"] = lambda url: url if url and url.startswith(("https://", "http://")) else None
    made.filters["embedded"] = json_for_html
    made.filters["packed"] = packed_json
    made.globals["menu"] = site_menu()
    made.globals["script"] = script_text
    made.globals["text_hash"] = lambda text: Markup(script_hash(text))
    made.globals["script_hash"] = lambda *names: Markup(" ").join(map(script_hash, map(script_text, names)))
    return made


@cache
def script_text(name: str) -> Markup:
    """A script of ours, as it stands in a page."""
    return Markup((REPORTS / name).read_text(encoding="utf-8").replace("</script", "<\\/script"))


def style_file() -> bytes:
    """The one style of all pages that hold no chart: fonts, the front page's rules, and those of the pages."""
    rules = [
        (REPORTS / name).read_text(encoding="utf-8") for name in ("page.css", "sheets/front.css", "sheets/sheets.css")
    ]
    return (font_faces() + "\n".join(rules)).encode()


def _note_file(settings: Settings, kind_id: str) -> Path:
    return settings.site / f"{kind_id}{NOTE}"


class Note(BaseModel):
    """What was noted of the files of a kind when they were made."""

    code: str = ""
    """Version of the code that made them."""
    reads: dict[str, str] = {}
    """Tables that were read, and the versions of their content."""
    keys: dict[str, str] = {}
    """Digest of what each page was made from."""
    files: dict[str, str] = {}
    """Digest of the bytes of each file."""
    facts: dict[str, int | float | str] = {}
    first: list[str] = []


def read_note(settings: Settings, kind_id: str) -> Note:
    """What was noted of the files of a kind; an empty note where there is none that can be read."""
    try:
        return Note.model_validate_json(_note_file(settings, kind_id).read_bytes())
    except (OSError, ValueError):
        return Note()


def write_note(settings: Settings, kind_id: str, note: Note) -> None:
    """Note what files of a kind were made from, and their digests."""
    ordered = note.model_copy(
        update={"keys": dict(sorted(note.keys.items())), "files": dict(sorted(note.files.items()))}
    )
    text = ordered.model_dump_json(indent=0) + "\n"
    write_changed(_note_file(settings, kind_id), text.encode())


def is_current(note: Note, code: str, connection: duckdb.DuckDBPyConnection, site: Path) -> bool:
    """Whether the files of a note are there, unharmed, and code and tables of now would make the same."""
    return (
        bool(note.files)
        and note.code == code
        and note.reads == versions_of(note.reads, connection)
        and all(is_there(site / name, digest) for name, digest in note.files.items())
    )


def render(draft: Draft) -> bytes:
    """The page of a draft."""
    depth = draft.name.count("/")
    html = environment().get_template(draft.template).render(**draft.words(), page=draft.name, root="../" * depth)
    return html.encode()


def is_there(path: Path, digest: str) -> bool:
    """Whether the file holds the bytes of that digest."""
    try:
        return sha256(path.read_bytes()) == digest
    except OSError:
        return False


def page_code(kind: PageKind) -> str:
    """Version of all code and texts that decide the pages of a kind; the menu of all kinds is part of each page."""
    return version_of_code([__name__, kind.draft.__module__], site_menu())


def build_pages(kind: PageKind, settings: Settings, *, force: bool = False) -> Written:
    """Make and write the pages of a kind; returns what changed.

    Where neither the code nor a table that was read has changed, nothing is asked and nothing is made, unless by
    ``force``. Else only pages whose rows have changed are made.
    """
    before, code = read_note(settings, kind.kind_id), page_code(kind)
    with connect_published(settings) as connection:
        if not force and is_current(before, code, connection, settings.site):
            return _from_note(before, settings)
        reading = Reading(connection)
        drafts = kind.draft(reading.connection)
        note = Note(code=code, reads=versions_of(reading.tables, connection), facts=drafts.facts)
    done = Written(pages=len(drafts.pages), facts=drafts.facts, first=[page.name for page in drafts.pages[:3]])
    note.first = done.first
    for draft in drafts.pages:
        key = sha256(f"{code}\0{draft.template}\0{draft.rows!r}".encode())[:24]
        digest = before.files.get(draft.name, "")
        if force or before.keys.get(draft.name) != key or not is_there(settings.site / draft.name, digest):
            digest = _keep(settings, draft.name, render(draft), done)
            done.rendered += 1
        note.keys[draft.name], note.files[draft.name] = key, digest
    for name, data in {**drafts.files, STYLE: style_file()}.items():
        note.files[name] = _keep(settings, name, data, done)
    _remove_gone(settings, before.files, note.files, done)
    write_note(settings, kind.kind_id, note)
    done.byte_count = sum((settings.site / name).stat().st_size for name in note.keys)
    return done


def _from_note(note: Note, settings: Settings) -> Written:
    """What making pages came to that are left as they are."""
    size = sum((settings.site / name).stat().st_size for name in note.keys)
    return Written(pages=len(note.keys), facts=note.facts, first=note.first, byte_count=size)


def _keep(settings: Settings, name: str, data: bytes, done: Written) -> str:
    if write_changed(settings.site / name, data):
        done.changed.append(name)
    return sha256(data)


def _remove_gone(settings: Settings, before: dict[str, str], now: dict[str, str], done: Written) -> None:
    """Remove pages that this kind made before and makes no more, and folders that become empty."""
    for name in sorted(before.keys() - now.keys() - {STYLE}):
        path = settings.site / name
        if path.resolve().is_relative_to(settings.site.resolve()) and path.is_file():
            path.unlink()
            done.removed.append(name)
            if path.parent != settings.site and not any(path.parent.iterdir()):
                path.parent.rmdir()


def site_files(settings: Settings, also: Iterable[str] = ()) -> dict[str, str]:
    """All files of the registered pages and of ``also``, with their digests; raises LedgerError for a missing one."""
    found: dict[str, str] = {}
    for kind_id in (*(kind.kind_id for kind in registered_pages()), *also):
        path = _note_file(settings, kind_id)
        note = read_note(settings, kind_id).files
        missing = [name for name in note if not (settings.site / name).is_file()]
        if not note or missing:
            what = missing[0] if missing else path.name
            raise LedgerError(f"{what} is missing: materialize the asset reports/{kind_id} first.")
        found |= note | {path.name: sha256(path.read_bytes())}
    return found
