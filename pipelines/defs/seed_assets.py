"""Curated files as assets: one per CSV under ``seeds/``, and SOURCES.toml."""

import dagster as dg

from pipelines.defs.asset import table_asset
from pipelines.seeds.catalogue import SEED_FILES
from pipelines.seeds.fact import Fact
from pipelines.warehouse.recipes import recipes
from pipelines.warehouse.seed_layer import seed_table

sources = table_asset(
    recipes()["seeds.sources"],
    kind="toml",
    description="Every work that provides facts: title, address, licence (seeds/SOURCES.toml).",
)


def seed_asset(relative: str, schema: type[Fact]) -> dg.AssetsDefinition:
    """The asset of one curated file; it fails, listing every fault, if a single cell does not hold."""
    description = f"{(schema.__doc__ or '').strip()} Curated in `seeds/{relative}`."
    return table_asset(recipes()[seed_table(relative)], kind="csv", description=description)


SEED_ASSETS = [sources, *(seed_asset(relative, schema) for relative, schema in SEED_FILES.items())]
