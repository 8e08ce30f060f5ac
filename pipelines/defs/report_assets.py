"""Charts and the page as assets: one per registered chart, and the site."""

import dagster as dg
import sqlglot
from sqlglot import exp

from pipelines.charts.registry import Chart, registered_charts
from pipelines.defs.policy import OWNERS, readable_failures
from pipelines.defs.publishing import PUBLISHED
from pipelines.defs.sql_assets import asset_key
from pipelines.pages import build_chart, build_page
from pipelines.settings import read_settings

CHARTS = registered_charts()


def chart_key(chart: Chart) -> dg.AssetKey:
    """training-compute -> reports/training_compute."""
    return dg.AssetKey(["reports", chart.chart_id.replace("-", "_")])


def _tables(chart: Chart) -> set[str]:
    tree = sqlglot.parse_one(chart.query, read="duckdb")
    return {f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db}


def chart_asset(chart: Chart) -> dg.AssetsDefinition:
    """The asset of one chart; its metadata show picture, title and facts."""

    @dg.asset(
        key=chart_key(chart),
        group_name="reports",
        kinds={"altair", "python"},
        owners=OWNERS,
        description=f"{chart.kicker} {chart.subtitle}",
        deps=[PUBLISHED, *(asset_key(table) for table in sorted(_tables(chart)) if not table.startswith("meta."))],
    )
    def build() -> dg.MaterializeResult[None]:
        settings = read_settings()
        with readable_failures():
            card = build_chart(chart, settings)
        return dg.MaterializeResult(
            metadata={
                "preview": dg.MetadataValue.md(f"![{card['alt']}](data:image/png;base64,{card['preview']})"),
                "title": card["title"],
                "facts": dg.MetadataValue.json(card["facts"]),
                "dagster/row_count": card["rows"],
                "caption": card["caption"],
                "changed_files": ", ".join(card["changed"]) or "none",
            }
        )

    return build


@dg.asset(
    key=["reports", "site"],
    group_name="reports",
    kinds={"html", "python"},
    owners=OWNERS,
    description="index.html with all charts, tables and downloads, and manifest.json. Opens from disk; asks for nothing.",
    deps=[PUBLISHED, *(chart_key(chart) for chart in CHARTS)],
)
def site() -> dg.MaterializeResult[None]:
    """Make the page."""
    settings = read_settings()
    with readable_failures():
        changed = build_page(settings)
    page = settings.site / "index.html"
    return dg.MaterializeResult(
        metadata={
            "page": dg.MetadataValue.path(str(page)),
            "byte_count": page.stat().st_size,
            "changed_files": ", ".join(changed) or "none",
        }
    )


REPORT_ASSETS = [*(chart_asset(chart) for chart in CHARTS), site]
