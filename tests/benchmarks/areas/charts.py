"""What pages and pictures cost."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

from tests.benchmarks.cost import Cost, Costs, ledger, python, reported, run
from tests.benchmarks.figures import Area, Bench, Figure


def _forget_site(home: Path) -> None:
    """Drop the note that the site is current, so that every page is looked at again."""
    note = home / "inputs.json"
    known = json.loads(note.read_bytes())
    known.pop("site", None)
    note.write_text(json.dumps(known), encoding="utf-8")


def measure(bench: Bench) -> Costs:
    """The site from nothing, with all pages there, and unchanged; then every picture."""
    home = bench.built()
    shutil.rmtree(home / "site", ignore_errors=True)
    found = {"cold": run(ledger("report"), home)[0]}
    _forget_site(home)
    found["warm"] = run(ledger("report"), home)[0]
    found["unchanged"] = run(ledger("report"), home)[0]
    page = (home / "site" / "index.html").read_bytes()
    found["front page"] = Cost(amount=len(page))
    found["front page, compressed"] = Cost(amount=len(gzip.compress(page)))
    found["copying the site"] = run(["cp", "-r", str(home / "site"), str(bench.folder / "copy")])[0]
    found |= reported(python("tests.benchmarks.measured.page_in_browser", home / "site"))
    pictures = bench.folder / "pictures"
    pictures.mkdir()
    return {**found, **reported(python("tests.benchmarks.measured.saved_charts", home, pictures))}


AREA = Area(
    "pages",
    "Pages and pictures",
    measure,
    (
        Figure(
            "all pages, none there",
            "cold",
            target=20,
            short="19 charts take 9, 1,100 pages 7, the calculator's coefficients 5; the rest is loading and the run",
        ),
        Figure("all pages, all there, each looked at", "warm", target=8),
        Figure("all pages, nothing changed", "unchanged", target=2),
        Figure(
            "SVG of a chart, mean",
            "SVG",
            "CPU ms",
            100,
            peer="chart.save, SVG",
            short="nearly all of it is the library that draws, vl-convert",
        ),
        Figure("SVG, slowest chart", "slowest SVG", "CPU ms", 100, short="as the mean, with the most points"),
        Figure("PNG of a chart, mean", "PNG", "CPU ms", 150, peer="chart.save, PNG"),
        Figure(
            "PNG, slowest chart",
            "slowest PNG",
            "CPU ms",
            150,
            short="the tallest picture, of 35 claims, has three times the pixels",
        ),
        Figure("first chart of the front page, opened from disk", "first chart", "wall s", 1.5),
        Figure("all charts of the front page", "all charts", "wall s", 2.5),
        Figure("front page", "front page", "MB", 2),
        Figure("front page, compressed", "front page, compressed", "MB", 0.6),
    ),
    "Pictures are drawn in a process that has drawn before. *chart.save* is Altair's own, one chart after the other; ours draws "
    "the PNG from the SVG and packs it anew.",
)
