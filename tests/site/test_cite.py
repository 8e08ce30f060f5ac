"""Citation, columns and the feed of changes: read back as those who use them do."""

from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import duckdb

from pipelines.settings import Settings
from pipelines.site.pages.cite import ATOM, DOWNLOADS, bibtex, citation, feed
from pipelines.site.published import data_version

BUILD = {"finished_at": datetime(2026, 11, 30), "data_version": "d548f2144edd"}


def test_a_citation_names_version_and_date() -> None:
    assert citation(BUILD).endswith("Data 2026.11-d548f214, 2026-11-30.")
    assert "version = {2026.11-d548f214}," in bibtex(BUILD)


def test_the_feed_tells_what_changed_table_by_table() -> None:
    changes = [
        {"table_name": "mart.figures", "added_count": 1, "removed_count": 0, "changed_count": 1200},
        {"table_name": "core.models & <more>", "added_count": None, "removed_count": None, "changed_count": None},
    ]
    root = ElementTree.fromstring(feed(BUILD, changes))
    names = {"a": ATOM}
    assert root.findtext("a:updated", namespaces=names) == "2026-11-30T00:00:00Z"
    assert root.findtext("a:entry/a:title", namespaces=names) == "Data 2026.11-d548f214"
    assert (root.findtext("a:entry/a:content", namespaces=names) or "").splitlines() == [
        "mart.figures: 1 row added, 1,200 rows changed",
        "core.models & <more>: version before not readable",
    ]


def test_the_page_names_the_published_version(built: Settings) -> None:
    text = (built.site / "cite.html").read_text(encoding="utf-8")
    assert data_version(built) in text
    assert ElementTree.parse(built.site / "changes.xml").getroot().tag == f"{{{ATOM}}}feed"


def test_every_column_of_the_downloads_is_described(built: Settings, published: duckdb.DuckDBPyConnection) -> None:
    told = (built.site / "columns.txt").read_text(encoding="utf-8").split("\n\n")
    for file, table in DOWNLOADS.items():
        (part,) = (one for one in told if one.startswith(f"{file} ({table})"))
        columns = [row[0] for row in published.execute(f"describe {table}").fetchall()]
        named = {line.strip().split(":")[0].split(" [")[0] for line in part.splitlines()[1:]}
        assert named == set(columns), file
        assert Path(built.site / file).is_file(), file
