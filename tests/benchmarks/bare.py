"""The floor of a build: the same tables, checks, publish and pages without Dagster."""

from __future__ import annotations

from pathlib import Path

from pipelines.charts.registry import registered_charts
from pipelines.pages import build_chart, build_page
from pipelines.seed_tables import SEED_FILES
from pipelines.session import open_session
from pipelines.settings import SQL, read_settings
from pipelines.sql_models import load_models, run_checks, run_model
from pipelines.tables import write_table
from pipelines.trends import FIT_COLUMNS, fit_trends


def main() -> None:
    """Build everything in order in this process."""
    settings = read_settings()
    with open_session(settings, fresh=True) as session:
        session.load_sources()
        for relative in sorted(SEED_FILES, key=lambda r: (Path(r).stem not in ("accelerators", "models"), r)):
            session.load_seed(relative)
        columns = {f"seeds.{Path(r).stem}": [*s.model_fields, "seed_line"] for r, s in SEED_FILES.items()}
        known = {**columns, "seeds.sources": ["source_id"], "core.trend_fits": list(FIT_COLUMNS)}
        models = load_models(SQL, "sql", known)
        for model in sorted(models.values(), key=lambda m: "core.trend_fits" in m.depends_on):
            if "core.trend_fits" in model.depends_on:
                points = session.connection.sql("select metric, cohort, event_date, value from core.trend_points").pl()
                fits = fit_trends(points).select(list(FIT_COLUMNS))
                write_table(session.connection, "core.trend_fits", fits, "Lines.", FIT_COLUMNS)
            assert not any(
                c.failing_count for c in run_checks(session.connection, model, run_model(session.connection, model))
            )
        session.finish(models, {*known, *models})
    for chart in registered_charts():
        build_chart(chart, settings)
    build_page(settings)


if __name__ == "__main__":
    main()
