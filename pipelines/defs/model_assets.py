"""Tables that a model makes as assets: SQL models, and the tables that Python makes."""

import dagster as dg

from pipelines.defs.asset import asset_key, table_asset
from pipelines.defs.session import SESSION
from pipelines.warehouse.models.assumption_reads import assumption_faults
from pipelines.warehouse.models.python_tables import PythonTable, python_tables
from pipelines.warehouse.models.sql_models import SqlModel
from pipelines.warehouse.recipes import model_recipe, recipes, sql_models

PYTHON_TABLES = python_tables()
"""Tables that Python makes, by name."""

MODELS = sql_models()
"""SQL models by table, in an order in which they can run."""


def sql_asset(model: SqlModel) -> dg.AssetsDefinition:
    """The asset of one SQL model."""
    description = f"{model.description}\n\n```sql\n{model.query}\n```"
    return table_asset(model_recipe(model), kind="sql", description=description, file=model.file)


def python_asset(table: PythonTable) -> dg.AssetsDefinition:
    """The asset of one table that Python makes."""
    return table_asset(recipes()[table.table], kind="python", description=table.description, file=table.file)


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
