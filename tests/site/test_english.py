"""Texts that a user meets use the words of the field: pages, command line, descriptions in the warehouse, documents."""

import html
import re
from collections.abc import Iterator

import duckdb
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from pipelines.cli.commands import app
from pipelines.settings import ROOT, Settings
from pipelines.warehouse.file import connect_published

PLAIN = {
    r"(emissions )?by the (mix|contracts) of the (grid|buyer)": "location-based, market-based",
    r"(of|emissions of) making the machines": "embodied emissions",
    r"loss of (their )?value": "depreciation",
    r"own machines|machines of one's own": "owned hardware",
    r"skip(s|ped) zeros": "2:4 sparsity, with sparsity",
    r"used per token": "active parameters",
    r"(stated|measured|estimated) by who published": "reported by the developer, measured by the publisher",
    r"read in another work that": "cited by another work",
    r"others (say|claim)": "other sources, public claims",
    r"what is known\?": "figures",
    r"the typical (one|of)\b": "the median of",
    r"in the middle of|middle 80 %": "median, central 80 %",
    r"the one of \d+ that decides": "tested on the largest",
    r"too wide to tell": "too wide to judge",
    r"(bears?|bore) (it |a claim )?out|meets in part|rules out": "supports, partly supports, contradicts",
    r"\bon a (M4|A100|H100|8)": "an",
    r"that was paid for": "of peak",
    r"what you leave open": "anything you leave blank",
    r"are there\.": "the cluster has",
    r"usually reach(ed)?\b": "typical",
    r"the real time": "takes twice as long",
    r"graphics processors?": "GPU",
    r"dollars? of (its|the) year": "nominal",
    r"by best estimate|in any case": "probably, certainly",
    r"its place changes": "location",
    r"computed alike|by a formula like ours": "same formula (not independent)",
    r"half of it is a good": "reaching half of it is good",
    r"nobody|somebody": "not published",
    r"thrift(y|iest)": "efficient",
    r"sparse experts": "mixture of experts",
    r"one conversation at a time": "assumes a single user",
    r"tells? differently|told differently": "sources disagree",
    r"that publishers serve|not fetched whole": "online sources, could not be downloaded completely",
    r"computed again": "recalculated, recomputed",
    r"what AI compute takes": "what AI costs",
    r"no number but": "no hidden constants",
    r"so many (FLOP|accelerators|operations)": "a given",
    r"that a run carries": "attributed to the run",
    r"(takes|lies) in the cache|cache of (keys|one conversation)": "KV-cache",
    r"example that a test": "tested example",
    r"prints the place": "prints the path",
    r"cannot be, such as": "impossible inputs",
    r"\bhold(s)? (public )?claims? against": "check claims against",
    r"\bis no (tag|number|unit|address|regular|quantity|table|source)": "is not a",
    r"made by nobody": "nothing produces",
    r"of its own accord": "built-in",
    r"\b(is|are) told\b": "reported",
    r"that there is not": "invalid",
    r"accelerator time": "chip-hours",
    r"taken as exact": "exact",
    r"(nothing|no \w+) is called": "is not a known",
}
"""What our texts do not say, as patterns, and the words that they use instead."""

UNPLAIN = re.compile("|".join(f"(?:{pattern})" for pattern in PLAIN), re.IGNORECASE)
QUOTED = (r"core\.\w+", r"mart\.\w+")


def unplain(text: str) -> list[str]:
    """Phrases that are not plain, each with what stands around it."""
    flat = re.sub(r"\s+", " ", text)
    return [flat[max(0, found.start() - 40) : found.end() + 40] for found in UNPLAIN.finditer(flat)]


def words_of(page: str) -> str:
    """What a reader sees of a page, and what a script may show: without markup, styles, libraries and packed data."""
    bare = re.sub(r"<style>.*?</style>|<script>.{200000,}?</script>|[A-Za-z0-9+/=]{2000,}", " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^<>]*>", " ", bare))


@pytest.mark.parametrize(
    "text",
    [
        "Emissions by the mix of the grid",
        "9 in the middle of 22",
        "FP8, skips zeros",
        "Nobody states it",
        "'x' is no tag",
    ],
)
def test_a_phrase_that_is_not_plain_is_found(text: str) -> None:
    assert unplain(text)


def test_pages_use_plain_words(built: Settings) -> None:
    pages = sorted(built.site.rglob("*.html"))
    assert len(pages) > 500
    found = {str(page.relative_to(built.site)): unplain(words_of(page.read_text(encoding="utf-8"))) for page in pages}
    assert {name: phrases[:3] for name, phrases in found.items() if phrases} == {}


def test_charts_and_their_files_use_plain_words(built: Settings) -> None:
    cards = sorted(built.site.glob("*.json"))
    assert len(cards) > 15
    found = {card.name: unplain(card.read_text(encoding="utf-8")) for card in cards}
    assert {name: phrases[:3] for name, phrases in found.items() if phrases} == {}


def commands() -> Iterator[tuple[str, ...]]:
    """Every command, and the program itself."""
    yield ()
    for name in get_command(app).commands:  # type: ignore[attr-defined]
        yield (name,)


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_help_uses_plain_words(command: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    assert unplain(shown.stdout) == []


def test_descriptions_of_tables_and_columns_use_plain_words(built: Settings) -> None:
    with connect_published(built) as connection:
        tables = connection.execute("select table_name, comment from duckdb_tables()").fetchall()
        columns = connection.execute(
            "select schema_name || '.' || table_name || '.' || column_name, comment from duckdb_columns() where not internal"
        ).fetchall()
    assert len(columns) > 1500
    assert {name: unplain(text) for name, text in [*tables, *columns] if text and unplain(text)} == {}


REASONS = {
    "claims": "select claim_id, reason from mart.claim_audit",
    "answers": "select question_no, answer from mart.answers",
    "findings": "select finding_id, likely_cause from mart.consistency_findings",
    "conflicts": "select distinct reason, reason from mart.conflicts",
    "assumptions": "select name, description || ' ' || coalesce(note, '') from seeds.assumptions",
}


@pytest.mark.parametrize("query", REASONS.values(), ids=REASONS)
def test_reasons_use_plain_words(published: duckdb.DuckDBPyConnection, query: str) -> None:
    rows = published.execute(query).fetchall()
    assert rows
    assert [(key, unplain(text)) for key, text in rows if text and unplain(text)] == []


DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_use_plain_words(path) -> None:  # type: ignore[no-untyped-def]
    assert unplain(path.read_text(encoding="utf-8")) == []
