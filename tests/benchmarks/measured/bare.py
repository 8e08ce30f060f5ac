"""The floor of a build: the same tables, checks, publish and pages without Dagster. Prints what its parts cost.

``python -m tests.benchmarks.measured.bare HOME [tables]``: with ``tables`` no pages.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipelines.settings import Settings, read_settings
from pipelines.warehouse.build import open_session
from pipelines.warehouse.file import connect, list_tables
from pipelines.warehouse.recipes import recipes, sql_models
from tests.benchmarks.cost import Cost, Costs, report, within


def tables(settings: Settings) -> Costs:
    """Make, check and publish all tables; returns what each table and the publishing cost."""
    costs: Costs = {}
    with open_session(settings, fresh=True) as session:
        for table, recipe in recipes().items():
            failed: list[str] = []

            def make(recipe=recipe, failed=failed) -> None:
                checks = session.make(recipe).checks
                failed += [check.name for check in checks if check.failing_count and not check.is_warning]

            spent = within(make)
            assert not failed, f"{table}: {failed}"
            (count,) = session.connection.sql(f"select count(*) from {table}").fetchall()[0]
            costs[table] = Cost(spent.cpu_s, spent.wall_s, spent.peak_mb, count)
            print(f"{table}: {spent.cpu_s:.2f} CPU s, {count:,} rows", file=sys.stderr, flush=True)
        costs["finish"] = within(lambda: session.finish(recipes(), sql_models()))
    return costs


def pages(settings: Settings) -> Costs:
    """Draw all charts and pages; returns what charts and pages cost."""
    from pipelines.site.calculator.coefficients import build_coefficients
    from pipelines.site.chart_files import build_chart
    from pipelines.site.charts.registry import registered_charts
    from pipelines.site.front_page import build_page
    from pipelines.site.pages.registry import registered_pages
    from pipelines.site.pages.writing import build_pages

    costs: Costs = {}
    costs["charts"] = within(lambda: [build_chart(chart, settings) for chart in registered_charts()])
    for kind in registered_pages():
        costs[f"pages: {kind.kind_id}"] = within(lambda kind=kind: build_pages(kind, settings))
    costs["front page"] = within(lambda: (build_coefficients(settings), build_page(settings)))
    return costs


def publishing_floor(settings: Settings) -> Cost:
    """Copying the published file, reading every table of it, and hashing its bytes."""
    import hashlib
    import shutil

    copy = settings.build / "floor.duckdb"

    def floor() -> None:
        shutil.copyfile(settings.published, copy)
        with connect(copy, settings, read_only=True) as connection:
            for table in list_tables(connection):
                connection.execute(f"select bit_xor(hash(t)) from {table} as t").fetchall()
        hashlib.sha256(copy.read_bytes()).hexdigest()

    spent = within(floor)
    copy.unlink()
    return spent


def main() -> None:
    """Build everything in order in this process."""
    home, only = Path(sys.argv[1]), sys.argv[2:]
    settings = read_settings(home)
    costs = tables(settings)
    if not only:
        costs |= pages(settings)
    costs["copy, read back, hash"] = publishing_floor(settings)
    report(costs)


if __name__ == "__main__":
    main()
