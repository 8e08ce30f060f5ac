"""Tables that a model makes as assets: SQL models, and the tables that Python makes."""

import dagster as dg

from pipelines.defs.asset import asset_key, table_asset
from pipelines.defs.raw_assets import RAW_COLUMNS
from pipelines.defs.seed_assets import SEED_COLUMNS
from pipelines.defs.session import SESSION
from pipelines.settings import SQL
from pipelines.warehouse.models.assumption_reads import assumption_faults
from pipelines.warehouse.models.loading import load_models
from pipelines.warehouse.models.python_tables import PythonTable, make_table, python_tables
from pipelines.warehouse.models.sql_models import SqlModel, run_model

PYTHON_TABLES = python_tables()
"""Tables that Python makes, by name."""

MODELS = load_models(
    SQL, "sql", {**SEED_COLUMNS, **RAW_COLUMNS, **{name: table.columns for name, table in PYTHON_TABLES.items()}}
)
"""SQL models by table, in an order in which they can run."""


def sql_asset(model: SqlModel) -> dg.AssetsDefinition:
    """The asset of one SQL model."""
    return table_asset(
        model.table,
        lambda session: run_model(session.connection, model),
        kind="sql",
        description=f"{model.description}\n\n```sql\n{model.query}\n```",
        columns=model.columns,
        deps=[asset_key(table) for table in sorted(model.depends_on)],
        checked=model,
        code_version=model.code_version,
        file=model.file,
    )


def python_asset(table: PythonTable) -> dg.AssetsDefinition:
    """The asset of one table that Python makes."""
    return table_asset(
        table.table,
        lambda session: make_table(session.connection, table),
        kind="python",
        description=table.description,
        columns=table.columns,
        deps=[asset_key(name) for name in table.reads],
        checked=table,
        file=table.file,
    )


@dg.asset_check(
    asset=asset_key("seeds.assumptions"),
    blocking=True,
    description="Every assumption is read by a model, and every one that a model takes is there.",
    required_resource_keys={SESSION},
)
def every_assumption_is_read(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Hold the names in seeds.assumptions against those that the models read."""
    connection = getattr(context.resources, SESSION).connection
    lines = dict(connection.execute("select name, min(seed_line) from seeds.assumptions group by name").fetchall())
    faults = assumption_faults(MODELS.values(), lines)
    return dg.AssetCheckResult(passed=not faults, description="\n".join(faults) or None)


MODEL_ASSETS = [
    *(sql_asset(model) for model in MODELS.values()),
    *(python_asset(table) for table in PYTHON_TABLES.values()),
]
"""Assets of all SQL models and Python tables."""
