"""The floor of a build: the same tables, checks, publish and pages without Dagster."""

from __future__ import annotations

from pipelines.settings import read_settings
from pipelines.site.calculator.coefficients import build_coefficients
from pipelines.site.chart_files import build_chart
from pipelines.site.charts.registry import registered_charts
from pipelines.site.front_page import build_page
from pipelines.site.pages.registry import registered_pages
from pipelines.site.pages.writing import build_pages
from pipelines.warehouse.build import open_session
from pipelines.warehouse.recipes import recipes, sql_models


def main() -> None:
    """Build everything in order in this process."""
    settings = read_settings()
    with open_session(settings, fresh=True) as session:
        for recipe in recipes().values():
            assert not any(check.failing_count for check in session.make(recipe).checks)
        session.finish(recipes(), sql_models())
    for chart in registered_charts():
        build_chart(chart, settings)
    for kind in registered_pages():
        build_pages(kind, settings)
    build_coefficients(settings)
    build_page(settings)


if __name__ == "__main__":
    main()
