"""The floor of a build: the same tables, checks, publish and pages without Dagster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import polars as pl

from pipelines.records.raw_tables import raw_columns
from pipelines.seeds.catalogue import REFERENCES, SEED_FILES
from pipelines.settings import SQL, read_settings
from pipelines.site.calculator.coefficients import build_coefficients
from pipelines.site.charts.registry import registered_charts
from pipelines.site.front_page import build_chart, build_page
from pipelines.site.pages.registry import registered_pages
from pipelines.site.pages.writing import build_pages
from pipelines.warehouse.build import open_session
from pipelines.warehouse.models import energy_fit
from pipelines.warehouse.models.sql_models import load_models, run_checks, run_model
from pipelines.warehouse.models.tables import write_table
from pipelines.warehouse.models.trend_fit import FIT_COLUMNS, fit_trends
from pipelines.warehouse.raw_layer import load_raw, raw_schemas

MADE: dict[str, tuple[str, Callable[[pl.DataFrame], pl.DataFrame], Mapping[str, str]]] = {
    "core.trend_fits": ("core.trend_points", fit_trends, FIT_COLUMNS),
    "core.energy_per_token_fit": ("core.energy_per_token_points", energy_fit.fit_energy, energy_fit.FIT_COLUMNS),
    "core.ecologits_estimates": (
        "core.energy_per_token_points", energy_fit.estimate_ecologits, energy_fit.ECOLOGITS_COLUMNS,
    ),
}  # fmt: skip
"""Tables that Python makes: from which table, by what, and their columns."""


def seed_order() -> list[str]:
    """Curated files, each after those that it refers to."""
    graph = {Path(r).stem: {t for name, _, t, _ in REFERENCES if name == Path(r).stem != t} for r in SEED_FILES}
    files = {Path(r).stem: r for r in SEED_FILES}
    return [files[name] for name in TopologicalSorter(graph).static_order()]


def main() -> None:
    """Build everything in order in this process."""
    settings = read_settings()
    with open_session(settings, fresh=True) as session:
        session.load_sources()
        for relative in seed_order():
            session.load_seed(relative)
        for name in raw_schemas():
            load_raw(session.connection, name, settings)
        known = {f"seeds.{Path(r).stem}": [*s.model_fields, "seed_line"] for r, s in SEED_FILES.items()}
        known |= {name: list(raw_columns(schema)) for name, schema in raw_schemas().items()}
        known |= {"seeds.sources": ["source_id"], **{table: list(columns) for table, (_, _, columns) in MADE.items()}}
        models = load_models(SQL, "sql", known)
        graph = {model.table: {t for t in model.depends_on if t in MADE or t in models} for model in models.values()}
        for table in TopologicalSorter(
            {**graph, **{table: {source} for table, (source, _, _) in MADE.items()}}
        ).static_order():
            if table in MADE:
                source, make, columns = MADE[table]
                made = make(session.connection.sql(f"select * from {source}").pl()).select(list(columns))
                write_table(session.connection, table, made, "Made in Python.", columns)
            else:
                checks = run_checks(session.connection, models[table], run_model(session.connection, models[table]))
                assert not any(check.failing_count for check in checks)
        session.finish(models, {*known, *models})
    for chart in registered_charts():
        build_chart(chart, settings)
    for kind in registered_pages():
        build_pages(kind, settings)
    build_coefficients(settings)
    build_page(settings)


if __name__ == "__main__":
    main()
