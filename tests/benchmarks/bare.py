"""The floor of a build: the same tables, checks, publish and pages without Dagster."""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

from pipelines.records.frames import field_descriptions
from pipelines.records.raw_tables import raw_columns
from pipelines.seeds.catalogue import REFERENCES, SEED_FILES
from pipelines.seeds.sources_toml import Source
from pipelines.settings import SQL, read_settings
from pipelines.site.calculator.coefficients import build_coefficients
from pipelines.site.charts.registry import registered_charts
from pipelines.site.front_page import build_chart, build_page
from pipelines.site.pages.registry import registered_pages
from pipelines.site.pages.writing import build_pages
from pipelines.warehouse.build import open_session
from pipelines.warehouse.models.checks import run_checks
from pipelines.warehouse.models.loading import load_models
from pipelines.warehouse.models.python_tables import make_table, python_tables
from pipelines.warehouse.models.sql_models import run_model
from pipelines.warehouse.raw_layer import load_raw, raw_schemas


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
        line = {"seed_line": "Line in the file."}
        known = {f"seeds.{Path(r).stem}": {**field_descriptions(s), **line} for r, s in SEED_FILES.items()}
        known |= {"seeds.sources": {"source_id": "Key of the source.", **field_descriptions(Source)}}
        known |= {name: raw_columns(schema) for name, schema in raw_schemas().items()}
        made = python_tables()
        known |= {name: dict(table.columns) for name, table in made.items()}
        models = load_models(SQL, "sql", known)
        graph = {name: {t for t in model.depends_on if t in made or t in models} for name, model in models.items()}
        for name in TopologicalSorter({**graph, **{n: table.reads for n, table in made.items()}}).static_order():
            table = made.get(name) or models[name]
            types = (make_table if name in made else run_model)(session.connection, table)
            checks = run_checks(session.connection, table, types)
            assert not any(check.failing_count and not check.is_warning for check in checks)
        session.finish(models, {*known, *models})
    for chart in registered_charts():
        build_chart(chart, settings)
    for kind in registered_pages():
        build_pages(kind, settings)
    build_coefficients(settings)
    build_page(settings)


if __name__ == "__main__":
    main()
