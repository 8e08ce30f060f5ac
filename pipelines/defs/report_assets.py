"""Charts and pages as assets: one per registered chart, one per kind of pages, and the site."""

import dagster as dg
import sqlglot
from sqlglot import exp

from pipelines.defs.asset import Result, asset_key, step_asset
from pipelines.defs.freshness import REPORTS
from pipelines.defs.publishing import PUBLISHED
from pipelines.defs.session import is_forced
from pipelines.settings import PICTURES, read_settings
from pipelines.site.calculator.coefficients import NAME, build_coefficients
from pipelines.site.chart_files import build_chart, chart_code
from pipelines.site.charts.registry import Chart, registered_charts
from pipelines.site.front_page import build_page
from pipelines.site.pages.registry import PageKind, registered_pages
from pipelines.site.pages.writing import Written, build_pages, page_code
from pipelines.site.published import data_version
from pipelines.warehouse.recipes import recipes

MOST_ALT = 800
"""The UI shows Markdown of fewer than 1,000 characters at once, and longer texts on a click only."""

CHARTS = registered_charts()
PAGES = registered_pages()


def chart_key(chart: Chart) -> dg.AssetKey:
    """training-compute -> reports/training_compute."""
    return dg.AssetKey(["reports", chart.chart_id.replace("-", "_")])


def _tables(chart: Chart) -> set[str]:
    tree = sqlglot.parse_one(chart.query, read="duckdb")
    return {f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db}


def preview(chart_id: str, alt: str) -> str:
    """The picture of a chart as Markdown: by its address, as the picture itself would be far too long to show at once."""
    shown = " ".join(alt.replace("[", "(").replace("]", ")").split())[:MOST_ALT]
    return f"![{shown}]({PICTURES}/{chart_id}.svg)"


def chart_asset(chart: Chart) -> dg.AssetsDefinition:
    """The asset of one chart; its metadata show picture, title and facts."""

    @step_asset(
        chart_key(chart),
        kinds={"altair", "python"},
        description=f"{chart.kicker} {chart.subtitle}",
        code_version=chart_code(chart)[:12],
        freshness=REPORTS,
        deps=[PUBLISHED, *(asset_key(table) for table in sorted(_tables(chart)) if not table.startswith("meta."))],
    )
    def build(context: dg.AssetExecutionContext) -> Result:
        settings = read_settings()
        card = build_chart(chart, settings, force=is_forced(context.run))
        return dg.MaterializeResult(
            metadata={
                "preview": dg.MetadataValue.md(preview(chart.chart_id, str(card["alt"]))),
                "title": card["title"],
                "facts": dg.MetadataValue.json(card["facts"]),
                "dagster/row_count": card["rows"],
                "caption": card["caption"],
                "changed_files": ", ".join(card["changed"]) or "none",
            }
        )

    return build


def page_key(kind: PageKind) -> dg.AssetKey:
    """models -> reports/models."""
    return dg.AssetKey(["reports", kind.kind_id])


def _made(table: str) -> bool:
    return table in recipes()


def page_asset(kind: PageKind) -> dg.AssetsDefinition:
    """The asset of one kind of pages; its metadata show where they are, how many, what they hold and what changed."""

    @step_asset(
        page_key(kind),
        kinds={"html", "python"},
        description=kind.description,
        code_version=page_code(kind),
        freshness=REPORTS,
        deps=[PUBLISHED, *(asset_key(table) for table in sorted(kind.tables) if _made(table))],
    )
    def build(context: dg.AssetExecutionContext) -> Result:
        settings = read_settings()
        done = build_pages(kind, settings, force=is_forced(context.run))
        return _written(done, kind.name or kind.kind_id.capitalize(), data_version(settings))

    return build


def _written(done: Written, title: str, version: str) -> Result:
    """What making pages came to, as metadata."""
    return dg.MaterializeResult(
        metadata={
            "preview": dg.MetadataValue.md(done.preview()),
            "title": title,
            "facts": dg.MetadataValue.json(done.facts),
            "dagster/row_count": done.rows,
            "data_version": version,
            "pages_made": done.rendered,
            "byte_count": done.byte_count,
            "changed_files": _listed(done.changed),
            "removed_files": _listed(done.removed),
        }
    )


@step_asset(
    dg.AssetKey(["reports", NAME]),
    kinds={"json", "python"},
    freshness=REPORTS,
    description="Coefficients of the calculator on the front page: the values that core.training_inputs chooses for "
                "every accelerator, number format, country and year.",
    deps=[PUBLISHED, *(asset_key(table) for table in ("core.accelerators", "core.accelerator_peaks", "seeds.assumptions",
                                                      "seeds.cloud_prices", "seeds.grid_carbon", "seeds.electricity_prices"))],
)  # fmt: skip
def what_if(context: dg.AssetExecutionContext) -> Result:
    """Export the coefficients."""
    settings = read_settings()
    done = build_coefficients(settings, force=is_forced(context.run))
    return _written(done, "Coefficients of the calculator", data_version(settings))


def _listed(names: list[str], most: int = 20) -> str:
    """File names for metadata: the first few, and how many more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) + more) or "none"


@step_asset(
    dg.AssetKey(["reports", "site"]),
    kinds={"html", "python"},
    freshness=REPORTS,
    description="index.html with all charts, tables and downloads, and manifest.json. It opens from disk and makes no "
    "requests.",
    deps=[PUBLISHED, *(chart_key(chart) for chart in CHARTS), *(page_key(kind) for kind in PAGES), what_if.key],
)
def site(_context: dg.AssetExecutionContext) -> Result:
    """Make the page."""
    settings = read_settings()
    changed = build_page(settings)
    page = settings.site / "index.html"
    return dg.MaterializeResult(
        metadata={
            "page": dg.MetadataValue.path(str(page)),
            "byte_count": page.stat().st_size,
            "changed_files": ", ".join(changed) or "none",
        }
    )


REPORT_ASSETS = [*(chart_asset(chart) for chart in CHARTS), *(page_asset(kind) for kind in PAGES), what_if, site]
