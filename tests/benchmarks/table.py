"""The results as tables: on the terminal, and in docs/performance.md from docs/performance.json.

What belongs here: how lines are printed, and keeping both files. A file of results has each area as it was last measured,
with machine, date and commit; targets and reasons come from the code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from tests.benchmarks.cost import ROOT
from tests.benchmarks.figures import Area, Figure, Measured

RESULTS = ROOT / "docs" / "performance.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- begin of what make bench SAVE=1 writes -->", "<!-- end of what make bench SAVE=1 writes -->"
HEADINGS = ("what", "unit", "target", "measured", "× floor", "instead", "memory, MB", "")


@dataclass(frozen=True)
class Result:
    """An area as it was measured."""

    date: str
    commit: str
    machine: str
    figures: dict[str, Measured]
    """By what they are."""


def read_results() -> dict[str, Result]:
    """The results that are kept, by the name of the area."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    return {
        name: Result(**{**each, "figures": {what: Measured(**found) for what, found in each["figures"].items()}})
        for name, each in kept.items()
    }


def as_text(value: float | None, digits: int = 3) -> str:
    """A number in so many digits; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:.{digits}g}"


def _line(figure: Figure, found: Measured) -> tuple[str, ...]:
    target = f"{'≥' if figure.at_least else '≤'} {as_text(figure.target)}" if figure.target is not None else "–"
    instead = f"{figure.peer}: {as_text(found.peer_times, 2)} ×" if found.peer_times else "–"
    floor = f"{as_text(found.times_floor, 2)} ({figure.floor})" if found.times_floor else "–"
    verdict = (
        "" if figure.target is None or figure.is_met(found) else f"short: {figure.short or 'reason not found yet'}"
    )
    if figure.target is not None and figure.is_met(found):
        verdict = "met"
    return figure.what, figure.unit, target, as_text(found.value), floor, instead, as_text(found.peak_mb), verdict


def _aligned(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """A Markdown table whose columns are as wide in the text as their widest cell; numbers to the right."""
    table = [HEADINGS, *lines]
    widths = [max(len(line[n]) for line in table) for n in range(len(HEADINGS))]
    right = {HEADINGS.index(name) for name in ("target", "measured", "memory, MB")}

    def row(line: Sequence[str]) -> str:
        cells = (text.rjust(widths[n]) if n in right else text.ljust(widths[n]) for n, text in enumerate(line))
        return f"| {' | '.join(cells)} |"

    yield row(HEADINGS)
    yield "|" + "|".join(f"-{'-' * width}{':' if n in right else '-'}" for n, width in enumerate(widths)) + "|"
    yield from map(row, lines)


def printed(area: Area, result: Result) -> str:
    """The table of an area, for terminal and page."""
    return "\n".join(_aligned([_line(f, result.figures[f.what]) for f in area.figures if f.what in result.figures]))


def rendered(areas: Iterable[Area], results: dict[str, Result]) -> str:
    """The part of docs/performance.md that is written."""
    parts = []
    for area in areas:
        if (result := results.get(area.name)) is None:
            continue
        measured = f"Measured on {result.date} at commit {result.commit}: {result.machine}."
        parts += [f"### {area.title}", "", area.about, "", printed(area, result), "", measured, ""]
    return "\n".join(parts)


def filled_page(page: str, areas: Iterable[Area], results: dict[str, Result]) -> str:
    """The page with its written part as the results have it."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{rendered(areas, results)}\n{END}{rest.partition(END)[2]}"


def keep(areas: Iterable[Area], new: dict[str, Result]) -> None:
    """Put results beside those that are kept, and write the page from all."""
    results = {**read_results(), **new}
    text = json.dumps({name: asdict(result) for name, result in results.items()}, indent=1, ensure_ascii=False)
    RESULTS.write_text(f"{text}\n", encoding="utf-8")
    PAGE.write_text(filled_page(PAGE.read_text(encoding="utf-8"), areas, results), encoding="utf-8")
