"""SQL models as assets, and the one table between them that Python makes."""

from collections.abc import Callable, Iterator, Mapping

import dagster as dg
import duckdb
import polars as pl

from pipelines.defs.policy import OWNERS, readable_failures, table_metadata
from pipelines.defs.raw_assets import RAW_COLUMNS
from pipelines.defs.seed_assets import SEED_COLUMNS
from pipelines.defs.session import SESSION
from pipelines.settings import SQL
from pipelines.warehouse.models import energy_fit
from pipelines.warehouse.models.sql_models import SqlModel, check_names, load_models, run_checks, run_model
from pipelines.warehouse.models.tables import write_table
from pipelines.warehouse.models.trend_fit import FIT_COLUMNS, fit_trends

PYTHON_TABLES = {
    "core.trend_fits": list(FIT_COLUMNS),
    "core.energy_per_token_fit": list(energy_fit.FIT_COLUMNS),
    "core.ecologits_estimates": list(energy_fit.ECOLOGITS_COLUMNS),
}
"""Tables that assets of this file make in Python, and their columns."""

MODELS = load_models(SQL, "sql", {**SEED_COLUMNS, **RAW_COLUMNS, **PYTHON_TABLES})


def asset_key(table: str) -> dg.AssetKey:
    """``core.models`` -> core/models."""
    return dg.AssetKey(table.split("."))


def sql_asset(model: SqlModel) -> dg.AssetsDefinition:
    """The asset of one SQL model, with its checks; a failed check stops what comes after."""

    @dg.asset(
        key=asset_key(model.table),
        group_name=model.schema,
        kinds={"sql", "duckdb"},
        owners=OWNERS,
        description=f"{model.description}\n\n```sql\n{model.query}\n```",
        deps=[asset_key(table) for table in sorted(model.depends_on)],
        check_specs=[
            dg.AssetCheckSpec(name, asset=asset_key(model.table), blocking=True) for name in check_names(model)
        ],
        code_version=model.code_version,
        required_resource_keys={SESSION},
        metadata={"file": model.file},
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        connection = getattr(context.resources, SESSION).connection
        with readable_failures():
            types = run_model(connection, model)
        results = [
            dg.AssetCheckResult(
                check_name=check.name,
                passed=check.failing_count == 0,
                description=f"{check.failing_count:,} rows are wrong; the first: {check.first}"
                if check.failing_count
                else None,
                metadata={"query": check.query} if check.failing_count else {},
            )
            for check in run_checks(connection, model, types)
        ]
        yield dg.MaterializeResult(
            metadata=table_metadata(connection, model.table, model.columns, types), check_results=results
        )

    return build


@dg.asset(
    key=["core", "trend_fits"],
    group_name="core",
    kinds={"python", "duckdb"},
    owners=OWNERS,
    description="One row per metric and cohort: a line through log10(metric) by ordinary least squares (scipy).",
    deps=[dg.AssetKey(["core", "trend_points"])],
    required_resource_keys={SESSION},
)
def trend_fits(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Make core.trend_fits."""
    connection = getattr(context.resources, SESSION).connection
    with readable_failures():
        fits = fit_trends(connection.sql("select metric, cohort, event_date, value from core.trend_points").pl())
        text = "One row per metric and cohort: the line through log10 of the metric."
        types = write_table(connection, "core.trend_fits", fits.select(list(FIT_COLUMNS)), text, FIT_COLUMNS)
    return dg.MaterializeResult(metadata=table_metadata(connection, "core.trend_fits", FIT_COLUMNS, types))


@dg.asset(
    key=["core", "energy_per_token_fit"],
    group_name="core",
    kinds={"python", "duckdb"},
    owners=OWNERS,
    description="One row per fit of energy per output token: of all measurements, and without each fold of shapes (scipy).",
    deps=[dg.AssetKey(["core", "energy_per_token_points"])],
    required_resource_keys={SESSION},
)
def energy_per_token_fit(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Make core.energy_per_token_fit."""
    return _from_energy_points(
        getattr(context.resources, SESSION).connection,
        "core.energy_per_token_fit",
        "One row per fit of energy per output token: of all measurements, and without each fold.",
        energy_fit.fit_energy,
        energy_fit.FIT_COLUMNS,
    )


@dg.asset(
    key=["core", "ecologits_estimates"],
    group_name="core",
    kinds={"python", "duckdb"},
    owners=OWNERS,
    description="One row per measurement of energy per output token: what the code of the package EcoLogits gives for it.",
    deps=[dg.AssetKey(["core", "energy_per_token_points"])],
    required_resource_keys={SESSION},
)
def ecologits_estimates(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Make core.ecologits_estimates."""
    return _from_energy_points(
        getattr(context.resources, SESSION).connection,
        "core.ecologits_estimates",
        "One row per measurement of energy per output token: what EcoLogits gives for it.",
        energy_fit.estimate_ecologits,
        energy_fit.ECOLOGITS_COLUMNS,
    )


def _from_energy_points(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    text: str,
    make: Callable[[pl.DataFrame], pl.DataFrame],
    columns: Mapping[str, str],
) -> dg.MaterializeResult[None]:
    with readable_failures():
        made = make(connection.sql("select * from core.energy_per_token_points").pl())
        types = write_table(connection, table, made.select(list(columns)), text, columns)
    return dg.MaterializeResult(metadata=table_metadata(connection, table, columns, types))


SQL_ASSETS = [*(sql_asset(model) for model in MODELS.values()), trend_fits, energy_per_token_fit, ecologits_estimates]
"""Assets of all SQL models and Python tables."""
