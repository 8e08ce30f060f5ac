"""How to cite and reuse the figures, what changed since the build before, and the feed and the icon beside the page."""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree

import duckdb

from pipelines.answers.numbers import count_of
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words, cell, head, page, row, section, table
from pipelines.warehouse.file import Row, read_rows

BUILDS = "select finished_at, data_version from meta.builds order by finished_at desc limit 1"
CHANGES = """
    select table_name, added_count, removed_count, changed_count from meta.changes
    where added_count + removed_count + changed_count > 0 or added_count is null -- of a version that was not readable
    order by table_name not like 'mart.%', table_name
"""
LICENCES = "select licence, count(*) as sources from meta.sources group by 1 order by 2 desc, 1"
RUNS = """
    select count(*) as runs, min(publication_date) as first, max(publication_date) as last
    from mart.training_summary
"""
DICTIONARY = """
    select table_name, column_name, unit, description from meta.columns where table_name in (?, ?, ?, ?, ?) order by all
"""
DOWNLOADS = {
    "figures.csv": "mart.figures", "claims.csv": "mart.claim_audit", "findings.csv": "mart.consistency_findings",
    "conflicts.csv": "mart.conflicts", "validation.csv": "mart.validation",
}  # fmt: skip
"""Files beside the pages -> the table whose rows they hold."""
ATOM = "http://www.w3.org/2005/Atom"
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0072B2"/>'
    '<path d="M3 12V9h2v3zm4 0V6h2v6zm4 0V3h2v9z" fill="#fff"/></svg>\n'
)


def _version(build: Row) -> str:
    finished: datetime = build["finished_at"]
    return f"{finished:%Y.%m}-{build['data_version'][:8]}"


def citation(build: Row) -> str:
    """How to cite the data in a text."""
    finished: datetime = build["finished_at"]
    title = f"Compute Ledger ({finished:%Y}): what AI costs in compute, energy, money and carbon"
    return f"{title}. Data {_version(build)}, {finished:%Y-%m-%d}."


def bibtex(build: Row) -> str:
    """The same as an entry of a bibliography."""
    finished: datetime = build["finished_at"]
    fields = {
        "title": "{Compute Ledger}: what {AI} costs in compute, energy, money and carbon",
        "author": "{Compute Ledger}",
        "year": f"{finished:%Y}",
        "version": _version(build),
        "note": f"Data of {finished:%Y-%m-%d}",
    }
    lines = [f"  {name} = {{{text}}}," for name, text in fields.items()]
    return "\n".join(["@misc{compute_ledger,", *lines, "}"])


def _said(change: Row) -> str:
    counts = [
        (change["added_count"], "added"),
        (change["removed_count"], "removed"),
        (change["changed_count"], "changed"),
    ]
    return ", ".join(f"{count_of(n, 'row')} {what}" for n, what in counts if n) or "version before not readable"


def feed(build: Row, changes: list[Row]) -> bytes:
    """An Atom feed of one entry: what this build changed, table by table."""
    ElementTree.register_namespace("", ATOM)
    day = f"{build['finished_at']:%Y-%m-%d}T00:00:00Z"
    root = ElementTree.Element(f"{{{ATOM}}}feed")

    def add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
        made = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
        made.text = text or None
        return made

    add(root, "title", "Compute Ledger: changes of the data")
    add(root, "id", "urn:compute-ledger:changes")
    add(root, "updated", day)
    add(root, "link", rel="self", href="changes.xml")
    entry = add(root, "entry")
    add(entry, "title", f"Data {_version(build)}")
    add(entry, "id", f"urn:compute-ledger:data:{_version(build)}")
    add(entry, "updated", day)
    add(add(entry, "author"), "name", "Compute Ledger")
    add(entry, "link", href="cite.html#changes")
    lines = [f"{one['table_name']}: {_said(one)}" for one in changes]
    add(entry, "content", "\n".join(lines) or "The first data of this site.", type="text")
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def dictionary(rows: list[Row], build: Row) -> bytes:
    """What the columns of the downloads mean, as a text file."""
    lines = [
        citation(build),
        "",
        "Numbers are in the unit that ends the name of their column. _low and _high bound the central 90 %.",
        "Files named after a chart hold its rows: the columns are those of the table on the page.",
    ]
    for file, table_name in DOWNLOADS.items():
        lines += ["", f"{file} ({table_name})"]
        for one in (column for column in rows if column["table_name"] == table_name):
            unit = f" [{one['unit']}]" if one["unit"] else ""
            lines.append(f"  {one['column_name']}{unit}: {one['description']}")
    return ("\n".join(lines) + "\n").encode()


def _count(count: int | None) -> Words:
    return cell(None if count is None else f"{count:,}", count)


def _changes_section(changes: list[Row]) -> Words:
    kinds = ("added", "removed", "changed")
    heads = [head("Table"), *(head(f"Rows {kind}", number=True) for kind in kinds)]
    rows = [
        row(cell(one["table_name"], code=True), *(_count(one[f"{kind}_count"]) for kind in kinds)) for one in changes
    ]
    title = "Nothing changed since the version before, or there is none"
    if changes:
        title = f"{count_of(len(changes), 'table')} changed"
    return section(
        "changes", "What changed?", title, "Rows added, removed and changed since the version published before.",
        table=table("change-table", "Changes", heads, rows, tall=True) if changes else None, downloads=["changes.xml"],
    )  # fmt: skip


def _words(build: Row, changes: list[Row], licences: list[Row], runs: Row) -> Words:
    span = f"{runs['first']:%Y} to {runs['last']:%Y}" if runs["first"] else "of unknown dates"
    sections = [
        section(
            "citation", "How do I cite this?", "Citation", f"Data {_version(build)}, updated {build['finished_at']:%Y-%m-%d}.",
            paragraphs=[citation(build)], code=bibtex(build), downloads=["columns.txt"],
            notes=["columns.txt says what the columns of the downloads mean."],
        ),
        section(
            "licence", "May I reuse it?", "Licence and attribution",
            "The code and our own estimates are under Apache-2.0. Figures of others keep the licence of their source: name "
            "the source that a sheet gives beside the figure.",
            table=table(
                "licence-table", "Licences of the sources", [head("Licence"), head("Sources", number=True)],
                [row(cell(one["licence"]), _count(one["sources"])) for one in licences], tall=True,
            ),
        ),
        section(
            "rules", "Which runs are in?", f"{count_of(runs['runs'], 'training run')}, {span}",
            paragraphs=[
                "A run is in if one of our sources describes its model or its training. A figure is given only if a source "
                "publishes it or its inputs; everything else stays blank. Fine-tuning and other stages are runs of their own.",
                "Questions and corrections: CONTRIBUTING.md in the source code says how to send one. A correction names its "
                "source.",
            ],
        ),
        _changes_section(changes),
    ]  # fmt: skip
    lead = "How to cite the data, under which licences, and what changed."
    return page("Cite, licence, changes", "Cite, reuse, follow", lead, sections)


@page_kind(
    "cite",
    number=14,
    name="",
    menu_page=None,
    description="How to cite and reuse the figures, which runs are in, what changed; and a feed of the changes.",
    tables=("mart.training_summary",),
)
def draft_cite_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page, a feed and an icon."""
    build, changes, licences, runs = (read_rows(connection, query) for query in (BUILDS, CHANGES, LICENCES, RUNS))
    shown = {**build[0], "finished_at": build[0]["finished_at"].replace(hour=0, minute=0, second=0, microsecond=0)}
    draft = Draft(
        "cite.html", "tabular.html", (shown, changes, licences, runs), lambda: _words(shown, changes, licences, runs[0])
    )
    columns = read_rows(connection, DICTIONARY, list(DOWNLOADS.values()))
    files = {
        "changes.xml": feed(shown, changes),
        "favicon.svg": ICON.encode(),
        "columns.txt": dictionary(columns, shown),
    }
    return Drafts([draft], files, facts={"changed_tables": len(changes)})
