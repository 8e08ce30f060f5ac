"""What ``ledger status`` says: the published build, its tables, what it changed, and how old its sources are.

What belongs here: asking the published file and the store of snapshots, and the words and columns of
the answer. What does not: the command itself (``cli.py``), the same facts on the page (``pages.py``).
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby

import duckdb

from pipelines.answers.numbers import number, percent
from pipelines.errors import LedgerError
from pipelines.fetch.attempts import Attempt
from pipelines.fetch.states import OVERDUE_AFTER, SourceState, source_states
from pipelines.settings import Settings
from pipelines.warehouse.file import connect_published, count_rejects
from pipelines.warehouse.noted_changes import read_changes, summary
from pipelines.warehouse.publish import published_build
from pipelines.warehouse.published_bytes import published_damage
from pipelines.warehouse.raw_layer import RawFile, known_files, packaged_among, remote_among

NONE = "-"
"""Stands where there is nothing to say."""

LEAST_WIDTH = 40
"""The last column of a table is folded to the terminal, but never to fewer characters than this."""


NEEDS_ATTENTION = 3
"""Exit status of ``ledger status`` where a source is stale, held or unknown, or the build is behind its inputs."""


def build_line(settings: Settings) -> str:
    """The published build and its age; raises LedgerError where nothing is published."""
    found = whole_build(settings)
    return f"build      {found['build_id']} (code {found['code_version']}), {_age(found['finished_at'])} old"


def whole_build(settings: Settings) -> dict[str, str]:
    """What meta.builds says; raises LedgerError where nothing is published, or what is published is damaged."""
    with connect_published(settings):
        found = published_build(settings)
    if problem := published_damage(settings):
        raise LedgerError(f"{settings.published} is damaged: {problem}. Run: ledger build (or: ledger doctor)")
    if found is None:
        raise LedgerError(f"{settings.published} has no table meta.builds. Run: ledger build --force")
    return found


def status_lines(settings: Settings, sources: SourceReport, width: int | None = None) -> Iterator[str]:
    """What the published build holds, what it changed, and its sources.

    ``width`` folds long texts, None leaves them whole.
    """
    with connect_published(settings) as connection:
        yield from _layer_lines(connection)
        yield ""
        yield from _change_lines(connection)
        yield ""
        yield from _validation_lines(connection)
    yield ""
    yield from sources.lines(width)


def status_json(settings: Settings, sources: SourceReport) -> str:
    """The same for a program: build, layers, changes and sources as one JSON object."""
    build = whole_build(settings)
    with connect_published(settings) as connection:
        changes = read_changes(connection)
        said = {
            "needs_attention": sources.needs_attention,
            "build": {**build, "age_hours": round(_hours(build["finished_at"]), 1)},
            "warehouse": str(settings.published),
            "site": str(settings.site / "index.html"),
            "layers": {layer: {"tables": tables, "rows": rows} for layer, tables, rows in _layers(connection)},
            "rejects": count_rejects(connection),
            "changed_tables": [each.table for each in changes or () if each.is_change],
            "sources": [asdict(each) for each in sources.sources],
            "problem": sources.problem,
        }
    return json.dumps(said, ensure_ascii=False, indent=1)


def terminal_width() -> int | None:
    """Columns of the terminal; None where the output goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _hours(finished_at: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(finished_at).replace(tzinfo=UTC)).total_seconds() / 3600


def _age(finished_at: str) -> str:
    hours = _hours(finished_at)
    count, unit = (round(hours), "hour") if hours < 48 else (round(hours / 24), "day")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def aligned(
    headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = (), width: int | None = None
) -> Iterator[str]:
    """Rows under their headings, one a line; columns at the indexes ``numbers`` are flush right.

    >>> list(aligned(["table", "rows"], [["a", "12"], ["long", "3"]], [1]))
    ['table  rows', 'a        12', 'long      3']
    """
    lines = [list(headings), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    start = sum(widths[:-1]) + 2 * (len(widths) - 1)
    for line in lines:
        cells = [t.rjust(w) if i in numbers else t.ljust(w) for i, (t, w) in enumerate(zip(line, widths, strict=True))]
        text = "  ".join(cells).rstrip()
        if width is None or len(text) <= width:
            yield text
            continue
        folded = textwrap.wrap(cells[-1].strip(), max(width - start, LEAST_WIDTH))
        yield text[:start] + folded[0]
        yield from (" " * start + part for part in folded[1:])


def _layers(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]]:
    return connection.execute(
        "select schema_name, count(*), sum(estimated_size)::bigint from duckdb_tables() group by 1 order by 1"
    ).fetchall()


def _layer_lines(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    layers = _layers(connection)
    yield from aligned(("layer", "tables", "rows"), [(s, f"{t:,}", f"{r:,}") for s, t, r in layers], (1, 2))
    yield f"rejects    {count_rejects(connection):,}"
    verified = connection.execute("select verified, count(*) from seeds.training_runs group by 1 order by 1 desc")
    yield "runs       " + ", ".join(f"{count:,} {word}" for word, count in verified.fetchall())


def _change_lines(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """What the build changed, by table; tables without a change are left out."""
    changes = read_changes(connection)
    yield f"changes    {summary(changes)}"
    rows = [
        [each.table, *("unknown" if n is None else f"{n:,}" for n in (each.added, each.removed, each.changed))]
        for each in changes or ()
        if each.is_change
    ]
    if rows:
        yield from aligned(("table", "added", "removed", "changed"), rows, (1, 2, 3))


def _validation_lines(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """How far our estimates lie from published figures that owe them nothing, by quantity."""
    scores = connection.execute("""
        select quantity, figure_count, 10 ** median_absolute_error_log10, coverage_fraction, median_interval_ratio
        from core.validation_scores where quantity is not null order by quantity <> 'all', figure_count desc, quantity
    """).fetchall()
    rows = [
        [q, f"{n:,}", f"{number(error, 3)} x", percent(inside), f"{number(width, 2)} x"]
        for q, n, error, inside, width in scores
    ]
    headings = ("estimates against published", "figures", "median error", "inside 90 %", "median width")
    yield from aligned(headings, rows, (1, 2, 3, 4))


@dataclass(frozen=True)
class SourceLine:
    """One source of raw tables as status tells it."""

    source_id: str
    snapshot_date: str
    age_days: str
    state: str
    needs_attention: bool = field(default=False, compare=False)
    """Whether somebody should look: it is stale, held or overdue, or the published build does not use it yet."""


@dataclass(frozen=True)
class SourceReport:
    """The sources, or why nothing is known of them."""

    sources: Sequence[SourceLine]
    problem: str | None = None

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should look."""
        return self.problem is not None or any(each.needs_attention for each in self.sources)

    def lines(self, width: int | None) -> Iterator[str]:
        """The sources as a table; a damaged manifest is told in place of them."""
        if self.problem is not None:
            yield f"sources    unknown: {self.problem}"
            return
        rows = [(each.source_id, each.snapshot_date, each.age_days, each.state) for each in self.sources]
        yield from aligned(("source", "snapshot", "age in days", "state"), rows, (2,), width)


def source_report(settings: Settings) -> SourceReport:
    """What is known of the sources of raw tables."""
    try:
        with connect_published(settings) as connection:
            return SourceReport(describe_sources(connection, settings, known_files(settings)))
    except LedgerError as error:
        return SourceReport((), str(error))


def describe_sources(
    connection: duckdb.DuckDBPyConnection, settings: Settings, files: Sequence[RawFile]
) -> list[SourceLine]:
    """One line per source, fetched ones first, by id: the oldest snapshot of its files, and their state."""
    states = source_states(settings, remote_among(files))
    used = dict(connection.execute("select url, sha256 from meta.snapshots").fetchall())
    by_source = groupby(sorted(states, key=lambda state: state.file.source_id), lambda state: state.file.source_id)
    fetched = [_fetched_source(source_id, list(of_source), used) for source_id, of_source in by_source]
    return [*fetched, *(_packaged_source(connection, *item) for item in sorted(packaged_among(files).items()))]


def _fetched_source(source_id: str, states: Sequence[SourceState], used: Mapping[str, str]) -> SourceLine:
    """A source whose files are fetched. ``used`` maps addresses to the bytes that the published build used."""
    snapshots = [state.last_accepted for state in states if state.last_accepted is not None]
    ages = [state.age.days for state in states if state.age is not None]
    state = _state(states)
    is_behind = any(used.get(each.url) != each.sha256 for each in snapshots)
    if is_behind:
        state += " (not in the published build yet. Run: ledger build)"
    oldest = min(f"{each.fetched_at:%Y-%m-%d}" for each in snapshots) if snapshots else NONE
    needs_attention = is_behind or any(each.is_stale or each.is_overdue for each in states)
    return SourceLine(source_id, oldest, f"{max(ages):,}" if ages else NONE, state, needs_attention)


def _state(states: Sequence[SourceState]) -> str:
    """Fresh, stale or never fetched, for all or some of a source's files, and what stopped the last attempt."""
    never = sum(state.last_accepted is None for state in states)
    stale = sum(state.is_stale and state.last_accepted is not None for state in states)
    parts = [
        f"{word}{'' if count == len(states) else f' ({count} of {len(states)} files)'}"
        for word, count in (("stale", stale), ("never fetched", never))
        if count
    ]
    reasons = [
        f"{state.file.name} {_ended(state.last_attempt)}: {' '.join(state.last_attempt.reason.split())}"
        for state in states
        if state.is_stale and state.last_attempt is not None
    ]
    if reasons:
        more = f" And {len(reasons) - 1} more." if len(reasons) > 1 else ""
        return f"{', '.join(parts)}: {reasons[0]}{more}"
    checked = [state.last_attempt.checked_at for state in states if state.last_attempt is not None]
    if any(state.is_overdue for state in states):
        parts.append(f"overdue, last checked on {min(checked):%Y-%m-%d}; expected every {OVERDUE_AFTER.days} days")
    return ", ".join(parts) or f"fresh, checked on {min(checked):%Y-%m-%d}"


def _ended(attempt: Attempt) -> str:
    """How and when an attempt ended, and since when it ends so."""
    text = f"{attempt.status} on {attempt.checked_at:%Y-%m-%d}"
    since = attempt.failing_since
    return f"{text}, since {since:%Y-%m-%d}" if since and since.date() != attempt.checked_at.date() else text


def _packaged_source(connection: duckdb.DuckDBPyConnection, source_id: str, package: str) -> SourceLine:
    """A source that an installed package ships; its version is that of the published build."""
    names = connection.execute(
        "select distinct file_name from meta.files where source_id = ? order by all", [source_id]
    ).fetchall()
    installed = f"package {package} {version(package)}"
    shipped = ", ".join(name for (name,) in names) or installed
    state = f"shipped with {shipped}"
    if shipped != installed:
        state += f" ({version(package)} is installed, but not in the published build yet. Run: ledger build)"
    return SourceLine(source_id, NONE, NONE, state, needs_attention=shipped != installed)
