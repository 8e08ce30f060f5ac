"""Curated files as assets: one per CSV under ``seeds/``, and SOURCES.toml."""

from pathlib import Path

import dagster as dg

from pipelines.defs.asset import asset_key, table_asset
from pipelines.records.frames import field_descriptions
from pipelines.seeds.catalogue import REFERENCES, SEED_FILES
from pipelines.seeds.fact import Fact
from pipelines.seeds.files import Source
from pipelines.warehouse.build import Session

sources = table_asset(
    "seeds.sources",
    Session.load_sources,
    kind="toml",
    description="Every work that facts are taken from: title, address, licence (seeds/SOURCES.toml).",
    columns={"source_id": "Key of the source.", **field_descriptions(Source)},
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
        columns={**field_descriptions(schema), "seed_line": "Line in the file."},
        deps=[asset_key(f"seeds.{target}") for target in sorted(targets)],
    )


SEED_ASSETS = [sources, *(seed_asset(relative, schema) for relative, schema in SEED_FILES.items())]
SEED_COLUMNS: dict[str, list[str]] = {
    "seeds.sources": ["source_id", *Source.model_fields],
    **{f"seeds.{Path(r).stem}": [*s.model_fields, "seed_line"] for r, s in SEED_FILES.items()},
}
"""Tables that the curated files make, and their columns."""
