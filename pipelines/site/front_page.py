"""The published warehouse -> charts and the page, in the site folder.

What belongs here: which files the site has, and writing only bytes that changed. What does not: how a
chart looks (``charts/``), how it is drawn (``images.py``), the page's markup (``reports/``). Reads the
published file only. No output holds a time, so the same data give the same bytes.

``<id>.json`` beside a chart holds its specification and the words around it; the page is put together
from these files, so that a chart is drawn once.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.answers.numbers import plain
from pipelines.errors import LedgerError
from pipelines.records.raw_tables import PackagedFile
from pipelines.settings import REPORTS, Settings
from pipelines.site.calculator.coefficients import COEFFICIENTS, NAME
from pipelines.site.calculator.front_parts import front_parts
from pipelines.site.charts.registry import SECTIONS, Built, Chart, registered_charts
from pipelines.site.charts.style import palette, vega_config
from pipelines.site.files import embedded_font, guarded, packed_json, script_hash, write_changed
from pipelines.site.images import draw_png, draw_svg, page_specs, panel_specs, script_bundle, static_spec
from pipelines.site.pages.writing import site_files
from pipelines.warehouse.file import connect_published
from pipelines.warehouse.fingerprints import drawing_version
from pipelines.warehouse.publish import published_build
from pipelines.warehouse.raw_layer import raw_files, remote_files

PICTURES = ("png", "svg", "csv", "parquet", "json")


def data_version(settings: Settings) -> str:
    """Month and digest of the published data, as captions state it."""
    build = published_build(settings)
    if build is None:
        raise LedgerError(f"there is no warehouse at {settings.published} yet. Run: ledger build")
    return f"{build['finished_at'][:7].replace('-', '.')}-{build['data_version'][:8]}"


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def _rows_and_table(chart: Chart, built: Built) -> dict[str, Any]:
    """The rows of a chart by column, and which of them the table shows: marks and table share them."""
    rows = built.rows
    names = rows.columns
    table = [
        {"text": names.index(column.text), "heading": column.heading, "bar": column.has_bar,
         "sort": names.index(column.sort) if column.sort else None,
         "folder": column.link.partition("/")[0], "link": names.index(column.link.partition("/")[2]) if column.link else None}
        for column in chart.table
    ]  # fmt: skip
    texts = {name: (pl.col(name).fill_null("–")) for name in names if rows.schema[name] == pl.String}
    shown = rows.with_columns(**texts)
    return {"columns": names, "values": [shown[name].to_list() for name in names], "table": table}


def _without_dead_links(data: dict[str, Any], pages: Mapping[str, str]) -> dict[str, Any]:
    """The data of a chart with no name of a fact sheet that is not there."""
    for column in data["table"]:
        if column["link"] is not None:
            names = data["values"][column["link"]]
            there = [name if f"{column['folder']}/{name}.html" in pages else None for name in names]
            data["values"][column["link"]] = there
    return data


def _keys_with_rows(chart: Chart, built: Built) -> list[tuple[str, int]]:
    found = set(built.rows[chart.key_column]) if chart.key_column else set(chart.keys)
    return [(word, hue) for word, hue in chart.keys.items() if word in found]


def _choices_with_rows(chart: Chart, built: Built) -> list[str]:
    found = set(built.rows[chart.choice_column]) if chart.choice_column else set(chart.choices)
    return [choice for choice in chart.choices if choice in found]


def build_chart(chart: Chart, settings: Settings) -> dict[str, Any]:
    """Write the five files of one chart; returns its card, with ``changed`` names and the row count.

    A chart whose rows and code are those of the files on disk is not drawn again.
    """
    version = data_version(settings)
    with connect_published(settings) as connection:
        frame = connection.sql(chart.query).pl()
    if frame.is_empty():
        raise LedgerError(f"chart {chart.chart_id}: its query returns no rows, so there is nothing to draw.")
    key = hashlib.sha256(f"{drawing_version()}{version}".encode() + frame.write_json().encode()).hexdigest()[:16]
    card_file = settings.site / f"{chart.chart_id}.json"
    if (card := _card_on_disk(card_file, key)) is not None:
        return {**card, "changed": []}
    built = chart.draw(frame)
    if built.rows.height != frame.height:
        raise ValueError(f"chart {chart.chart_id} draws {built.rows.height} rows of {frame.height}")
    numbers = built.rows.select(pl.selectors.float())
    if not all(column.drop_nulls().is_finite().all() for column in numbers.iter_columns()):
        raise ValueError(f"chart {chart.chart_id}: a number of its rows is not finite")
    caption = f"Source: {chart.source}. Data {version}, {frame.height:,} rows."
    specs = panel_specs(built)
    svg = draw_svg(static_spec(specs, built, chart, caption))
    shown = frame.drop(c for c in (*_TREND_COLUMNS, *chart.internal_columns) if c in frame.columns)
    about = {
        k: v for k, v in asdict(chart).items() if k not in ("draw", "query", "table", "internal_columns", "names_px")
    }
    card = {
        **about, "keys": _keys_with_rows(chart, built), "key": key, "choices": _choices_with_rows(chart, built),
        "chosen": chart.chosen or next(iter(chart.choices), ""),
        "title": built.title, "alt": built.alt_text,
        "facts": built.facts, "caption": caption, "rows": frame.height, "data": _rows_and_table(chart, built),
        "panels": [{"heading": p.heading, "height": p.height or chart.height} for p in built.panels],
        "specs": page_specs(specs, built, chart),
    }  # fmt: skip
    files = {
        "svg": svg, "png": draw_png(svg), "csv": guarded(shown).write_csv().encode(), "parquet": _parquet(shown),
    }  # fmt: skip
    card["sha256"] = {f"{chart.chart_id}.{kind}": hashlib.sha256(data).hexdigest() for kind, data in files.items()}
    changed = [
        f"{chart.chart_id}.{k}" for k, data in files.items() if write_changed(card_file.with_suffix(f".{k}"), data)
    ]
    if write_changed(card_file, json.dumps(card, ensure_ascii=False, sort_keys=True, default=str).encode()):
        changed.append(card_file.name)
    return {**card, "changed": changed}


_TREND_COLUMNS = (
    "growth_per_year_low", "growth_per_year", "growth_per_year_high", "doubling_time_months_low",
    "doubling_time_months", "doubling_time_months_high", "r2", "n_rows", "window_start", "window_end", "log10_slope",
    "log10_at_mean", "mean_year", "log10_residual", "squared_years", "t_quantile",
)  # fmt: skip
"""Columns of mart.trends that a chart's query carries along: not data of its rows."""


def _card_on_disk(path: Path, key: str) -> dict[str, Any] | None:
    try:
        card: dict[str, Any] = json.loads(path.read_bytes())
        whole = card["key"] == key and all(
            hashlib.sha256((path.parent / name).read_bytes()).hexdigest() == digest
            for name, digest in card["sha256"].items()
        )
    except (OSError, ValueError, KeyError):
        return None
    return card if whole else None


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
        (select count(*) from mart.accelerators) as accelerators,
        (select count(*) from mart.figures) as figures,
        (select count(*) from meta.sources) as sources
    """
    with connect_published(settings) as connection:
        counts = connection.sql(query).pl().row(0, named=True)
    words = {
        "runs": "training runs, 2012 to today", "accelerators": "accelerators, from phone to rack",
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
    packaged = {file.source_id: file.package for file in raw_files() if isinstance(file, PackagedFile)}
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
    bundle = script_bundle().replace("</script", "<\\/script")
    script = (REPORTS / "page.js").read_text(encoding="utf-8")
    pages = site_files(settings, [NAME])
    payload = {
        "charts": {
            card["chart_id"]: {"data": _without_dead_links(card["data"], pages), "specs": card["specs"]}
            for card in cards
        },
        "themes": {theme: {"config": vega_config(theme), "palette": palette(theme)} for theme in ("light", "dark")},
    }
    version = data_version(settings)
    sources = page_sources(settings)
    with connect_published(settings) as connection:
        front = front_parts(connection, json.loads((settings.site / COEFFICIENTS).read_bytes()))
    html = environment.get_template("index.html").render(
        cards=cards, sections=_sections(cards), headline=_headline_numbers(settings), data_version=version,
        sources=sources, sources_said=_sources_said(sources),
        style=Markup((REPORTS / "page.css").read_text(encoding="utf-8") + front.style),
        **front.words, front_script=front.script,
        font_regular=embedded_font("Inter-Regular.woff2"), font_semibold=embedded_font("Inter-SemiBold.woff2"),
        bundle=Markup(bundle), script=Markup(script), payload=packed_json(payload),
        script_hashes=" ".join(script_hash(text) for text in (bundle, script, front.script)),
    )  # fmt: skip
    changed = ["index.html"] if write_changed(settings.site / "index.html", html.encode()) else []
    names = sorted([f"{chart_id}.{kind}" for chart_id in ids for kind in PICTURES] + ["index.html"])
    manifest = {
        "data_version": version,
        "files": {name: hashlib.sha256((settings.site / name).read_bytes()).hexdigest() for name in names} | pages,
        "rows": {card["chart_id"]: card["rows"] for card in cards},
    }
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    changed += ["manifest.json"] if write_changed(settings.site / "manifest.json", text.encode()) else []
    return changed
