"""Curated files as assets: one per CSV under ``seeds/``, and SOURCES.toml."""

from pathlib import Path

import dagster as dg

from pipelines.defs.asset import asset_key, table_asset
from pipelines.records.frames import field_descriptions
from pipelines.seeds.catalogue import REFERENCES, SEED_FILES
from pipelines.seeds.fact import Fact
from pipelines.seeds.sources_toml import Source
from pipelines.warehouse.build import Session

SOURCE_COLUMNS = {"source_id": "Key of the source.", **field_descriptions(Source)}
"""Columns of seeds.sources and their descriptions."""


def seed_columns(schema: type[Fact]) -> dict[str, str]:
    """Columns of the table of a curated file and their descriptions."""
    return {**field_descriptions(schema), "seed_line": "Line in the file."}


sources = table_asset(
    "seeds.sources",
    Session.load_sources,
    kind="toml",
    description="Every work that provides facts: title, address, licence (seeds/SOURCES.toml).",
    columns=SOURCE_COLUMNS,
)


def seed_asset(relative: str, schema: type[Fact]) -> dg.AssetsDefinition:
    """The asset of one curated file; it fails, listing every fault, if a single cell does not hold."""
    name = Path(relative).stem
    targets = {"sources"} | {target for table, _, target, _ in REFERENCES if table == name and target != name}
    return table_asset(
        f"seeds.{name}",
        lambda session: session.load_seed(relative),
        kind="csv",
        description=f"{(schema.__doc__ or '').strip()} Curated in `seeds/{relative}`.",
        columns=seed_columns(schema),
        deps=[asset_key(f"seeds.{target}") for target in sorted(targets)],
    )


SEED_ASSETS = [sources, *(seed_asset(relative, schema) for relative, schema in SEED_FILES.items())]
SEED_COLUMNS: dict[str, dict[str, str]] = {
    "seeds.sources": SOURCE_COLUMNS,
    **{f"seeds.{Path(relative).stem}": seed_columns(schema) for relative, schema in SEED_FILES.items()},
}
"""Tables that the curated files make, and their columns with descriptions."""
