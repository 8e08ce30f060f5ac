"""Curated files as assets: one per CSV under ``seeds/``, and SOURCES.toml."""

import dagster as dg

from pipelines.defs.asset import table_asset
from pipelines.warehouse.recipes import recipes
from pipelines.warehouse.seed_layer import seed_descriptions, seed_table

sources = table_asset(
    recipes()["seeds.sources"],
    kind="toml",
    description="Every work that provides facts: title, address, licence (seeds/SOURCES.toml).",
)


def seed_asset(relative: str, rows: str) -> dg.AssetsDefinition:
    """The asset of one curated file; it fails, listing every fault, if a single cell does not hold."""
    return table_asset(
        recipes()[seed_table(relative)], kind="csv", description=f"{rows} Curated in `seeds/{relative}`."
    )


SEED_ASSETS = [sources, *(seed_asset(relative, rows) for relative, rows in seed_descriptions().items())]
"""Assets of all curated files."""
