"""Curated files as assets: one per CSV under ``seeds/``, and SOURCES.toml."""

from pathlib import Path

import dagster as dg

from pipelines.defs.policy import OWNERS, readable_failures, table_metadata
from pipelines.defs.session import SESSION
from pipelines.records.frames import field_descriptions
from pipelines.seeds.catalogue import REFERENCES, SEED_FILES
from pipelines.seeds.fact import Fact
from pipelines.seeds.files import Source


@dg.asset(
    key=["seeds", "sources"],
    group_name="seeds",
    kinds={"toml", "duckdb"},
    owners=OWNERS,
    description="Every work that facts are taken from: title, address, licence (seeds/SOURCES.toml).",
    required_resource_keys={SESSION},
)
def sources(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Make seeds.sources."""
    session = getattr(context.resources, SESSION)
    with readable_failures():
        types = session.load_sources()
    columns = {"source_id": "Key of the source.", **field_descriptions(Source)}
    return dg.MaterializeResult(metadata=table_metadata(session.connection, "seeds.sources", columns, types))


def seed_asset(relative: str, schema: type[Fact]) -> dg.AssetsDefinition:
    """The asset of one curated file; it fails, listing every fault, if a single cell does not hold."""
    name = Path(relative).stem
    targets = {"sources"} | {target for table, _, target, _ in REFERENCES if table == name and target != name}

    @dg.asset(
        key=["seeds", name],
        group_name="seeds",
        kinds={"csv", "duckdb"},
        owners=OWNERS,
        description=f"{(schema.__doc__ or '').strip()} Curated in `seeds/{relative}`.",
        deps=[dg.AssetKey(["seeds", target]) for target in sorted(targets)],
        required_resource_keys={SESSION},
    )
    def load(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        session = getattr(context.resources, SESSION)
        with readable_failures():
            types = session.load_seed(relative)
        columns = {**field_descriptions(schema), "seed_line": "Line in the file."}
        return dg.MaterializeResult(metadata=table_metadata(session.connection, f"seeds.{name}", columns, types))

    return load


SEED_ASSETS = [sources, *(seed_asset(relative, schema) for relative, schema in SEED_FILES.items())]
SEED_COLUMNS: dict[str, list[str]] = {
    "seeds.sources": ["source_id", *Source.model_fields],
    **{f"seeds.{Path(r).stem}": [*s.model_fields, "seed_line"] for r, s in SEED_FILES.items()},
}
"""Tables that the curated files make, and their columns."""
