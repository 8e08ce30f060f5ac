"""The floor of a build: the same tables, checks, publish and pages without Dagster."""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

from pipelines.charts.registry import registered_charts
from pipelines.ingest.raw_tables import raw_columns
from pipelines.pages import build_chart, build_page
from pipelines.raw_layer import load_raw, raw_schemas
from pipelines.seed_tables import REFERENCES, SEED_FILES
from pipelines.session import open_session
from pipelines.settings import SQL, read_settings
from pipelines.sql_models import load_models, run_checks, run_model
from pipelines.tables import write_table
from pipelines.trends import FIT_COLUMNS, fit_trends


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
        known |= {"seeds.sources": ["source_id"], "core.trend_fits": list(FIT_COLUMNS)}
        models = load_models(SQL, "sql", known)
        for model in sorted(models.values(), key=lambda m: "core.trend_fits" in m.depends_on):
            if "core.trend_fits" in model.depends_on:
                points = session.connection.sql("select metric, cohort, event_date, value from core.trend_points").pl()
                fits = fit_trends(points).select(list(FIT_COLUMNS))
                write_table(session.connection, "core.trend_fits", fits, "Lines.", FIT_COLUMNS)
            checks = run_checks(session.connection, model, run_model(session.connection, model))
            assert not any(check.failing_count for check in checks)
        session.finish(models, {*known, *models})
    for chart in registered_charts():
        build_chart(chart, settings)
    build_page(settings)


if __name__ == "__main__":
    main()
