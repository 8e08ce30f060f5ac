"""The published warehouse and the files of charts -> the front page and the manifest, in the site folder.

What belongs here: which files the site has, and putting the page together. What does not: the files of charts
(``chart_files.py``) and of other pages (``pages/``), the page's markup (``reports/``). Reads the published file
only. No output holds a time, so the same data give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.answers.numbers import plain
from pipelines.errors import LedgerError
from pipelines.settings import REPORTS, Settings
from pipelines.site.calculator.coefficients import COEFFICIENTS, NAME
from pipelines.site.calculator.front_parts import front_parts
from pipelines.site.chart_files import PICTURES
from pipelines.site.charts.registry import SECTIONS, registered_charts
from pipelines.site.embeds import build_embeds, payload_of
from pipelines.site.files import embedded_font, script_hash, write_changed
from pipelines.site.images import script_bundle
from pipelines.site.pages.writing import site_files
from pipelines.site.published import data_version
from pipelines.warehouse.file import connect_published
from pipelines.warehouse.raw_layer import packaged_among, raw_files, remote_files

SITEMAP = "sitemap.xml"


def _without_dead_links(data: dict[str, Any], pages: Mapping[str, str]) -> dict[str, Any]:
    """The data of a chart with no name of a fact sheet that is not there."""
    for column in data["table"]:
        if column["link"] is not None:
            names = data["values"][column["link"]]
            there = [name if f"{column['folder']}/{name}.html" in pages else None for name in names]
            data["values"][column["link"]] = there
    return data


def _sections(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sections that have cards, in order, each with its cards."""
    grouped = [
        {"id": key, "name": name, "cards": [card for card in cards if card["section"] == key]}
        for key, name in SECTIONS.items()
    ]
    return [section for section in grouped if section["cards"]]


def _headline_numbers(settings: Settings) -> list[dict[str, str]]:
    query = """
    select
        (select count(*) from mart.training_summary) as runs,
        (select min(year(publication_date)) from mart.training_summary) as first_year,
        (select max(year(publication_date)) from mart.training_summary) as last_year,
        (select count(*) from mart.accelerators) as accelerators,
        (select count(*) from mart.figures) as figures,
        (select count(*) from meta.sources) as sources
    """
    with connect_published(settings) as connection:
        counts = connection.sql(query).pl().row(0, named=True)
    words = {
        "runs": f"training runs, {counts['first_year']} to {counts['last_year']}",
        "accelerators": "accelerators, from phone to rack",
        "figures": "figures with interval and method", "sources": "sources",
    }  # fmt: skip
    return [{"number": plain(counts[k], len(str(counts[k]))), "text": text} for k, text in words.items()]


@dataclass(frozen=True)
class PageSource:
    """A source that is read by machine, as the published file describes it."""

    title: str
    authors: str | None
    url: str | None
    licence: str
    file_count: int
    dates: tuple[str, ...]
    """Dates of the snapshots that the build used, oldest first."""
    package: str | None
    """Package and version; None where a publisher's files are fetched."""

    @property
    def is_refreshed(self) -> bool:
        """Whether the build used a snapshot of each file; what a package ships is always there."""
        return self.package is not None or len(self.dates) == self.file_count

    @property
    def state(self) -> str:
        """What the build used: never an age, which would change a page whose data have not changed."""
        if self.package is not None:
            return self.package
        if not self.dates:
            return "not fetched: this build uses curated facts only"
        first, last = self.dates[0], self.dates[-1]
        span = f"snapshot of {first}" if first == last else f"snapshots of {first} to {last}"
        missing = self.file_count - len(self.dates)
        return f"{missing} of {self.file_count} files not fetched; {span}" if missing else span


def page_sources(settings: Settings) -> list[PageSource]:
    """The sources of raw tables: those that are fetched, then those that packages ship."""
    about = "select source_id, title, authors, url, licence from meta.sources"
    fetched = "select url, strftime(max(fetched_at), '%Y-%m-%d') from meta.snapshots group by url"
    shipped = "select source_id, string_agg(distinct file_name, ', ' order by file_name) from meta.files group by 1"
    with connect_published(settings) as connection:
        described = {row[0]: row[1:] for row in connection.execute(about).fetchall()}
        dates = dict(connection.execute(fetched).fetchall())
        packages = dict(connection.execute(shipped).fetchall())
    remote: dict[str, list[str]] = {}
    for file in remote_files():
        remote.setdefault(file.source_id, []).append(file.url)
    packaged = packaged_among(raw_files())
    sources = []
    for source_id in [*sorted(remote), *sorted(packaged)]:
        urls = remote.get(source_id, [])
        unknown = (source_id, None, urls[0] if urls else None, "not published")
        title, authors, url, licence = described.get(source_id, unknown)
        package = packages.get(source_id, f"package {packaged[source_id]}") if source_id in packaged else None
        found = tuple(sorted(dates[url] for url in urls if url in dates))
        sources.append(PageSource(title, authors, url, licence, len(urls), found, package))
    return sources


def _sources_said(sources: Sequence[PageSource]) -> str:
    """Which publishers' sources the build did not refresh, and how old the oldest snapshot is."""
    remote = [source for source in sources if source.package is None]
    missing = [source.title for source in remote if not source.is_refreshed]
    dates = sorted(day for source in remote for day in source.dates)
    if not dates:
        return (
            f"None of the {len(remote)} online sources was downloaded for this build: it uses curated facts and data "
            "from installed packages."
        )
    oldest = f"The oldest snapshot in use is from {dates[0]}."
    if not missing:
        return f"All {len(remote)} online sources were downloaded. {oldest}"
    return (
        f"{len(missing)} of the {len(remote)} online sources could not be downloaded completely: "
        f"{', '.join(missing)}. {oldest}"
    )


def _dataset_said(sources: Sequence[PageSource]) -> str:
    """Which data the page shows: curated facts alone where no publisher's file was fetched."""
    if any(source.dates for source in sources):
        return "Curated facts and the data sets of publishers, each with its date below."
    return (
        "This page shows curated facts and data from installed packages alone. To add the data sets of publishers, "
        "run: make refresh"
    )


def sitemap(names: Iterable[str]) -> bytes:
    """All pages for search engines, by addresses that are relative: which address the site has is not known here."""
    root = ElementTree.Element("urlset", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
    for name in sorted(name for name in names if name.endswith(".html")):
        ElementTree.SubElement(ElementTree.SubElement(root, "url"), "loc").text = name
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def shown_version(settings: Settings) -> str | None:
    """The data version of the page on disk; None where there is no whole page."""
    try:
        manifest = json.loads((settings.site / "manifest.json").read_bytes())
        whole = all((settings.site / name).is_file() for name in manifest["files"])
        return str(manifest["data_version"]) if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def build_page(settings: Settings) -> list[str]:
    """Put ``index.html`` and ``manifest.json`` together from the charts on disk; returns the changed names."""
    ids = [chart.chart_id for chart in registered_charts()]
    cards = []
    for chart_id in ids:
        for path in (settings.site / f"{chart_id}.{kind}" for kind in PICTURES):
            if not path.exists():
                asset = f"reports/{chart_id.replace('-', '_')}"
                raise LedgerError(f"{path.name} is missing: materialize the asset {asset} first.")
        cards.append(json.loads((settings.site / f"{chart_id}.json").read_bytes()))
    environment = Environment(
        loader=FileSystemLoader(REPORTS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    bundle = script_bundle(settings.parsed).replace("</script", "<\\/script")
    script = (REPORTS / "page.js").read_text(encoding="utf-8")
    pages = site_files(settings, [NAME])
    cards = [{**card, "data": _without_dead_links(card["data"], pages)} for card in cards]
    embeds, changed = build_embeds(settings, cards, environment, bundle)
    version = data_version(settings)
    sources = page_sources(settings)
    with connect_published(settings) as connection:
        front = front_parts(connection, json.loads((settings.site / COEFFICIENTS).read_bytes()), pages)
    html = environment.get_template("index.html").render(
        cards=cards, sections=_sections(cards), headline=_headline_numbers(settings), data_version=version,
        sources=sources, sources_said=_sources_said(sources), dataset_said=_dataset_said(sources),
        style=Markup((REPORTS / "page.css").read_text(encoding="utf-8") + front.style),
        **front.words, front_script=front.script,
        font_regular=embedded_font("Inter-Regular.woff2"), font_semibold=embedded_font("Inter-SemiBold.woff2"),
        bundle=Markup(bundle), script=Markup(script), payload=payload_of(cards), heading="h3", root="", is_embedded=False,
        script_hashes=" ".join(script_hash(text) for text in (bundle, script, front.script)),
    )  # fmt: skip
    own = {"index.html": html.encode(), SITEMAP: sitemap(["index.html", *pages])}
    changed += [name for name, data in own.items() if write_changed(settings.site / name, data)]
    names = sorted([*(f"{chart_id}.{kind}" for chart_id in ids for kind in PICTURES), *own, *embeds])
    manifest = {
        "data_version": version,
        "files": {name: hashlib.sha256((settings.site / name).read_bytes()).hexdigest() for name in names} | pages,
        "rows": {card["chart_id"]: card["rows"] for card in cards},
    }
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    changed += ["manifest.json"] if write_changed(settings.site / "manifest.json", text.encode()) else []
    return changed
