"""Publishers' files as assets: one that fetches per source, and one per raw table."""

import dagster as dg

from pipelines.defs.policy import OWNERS, readable_failures, table_metadata
from pipelines.defs.session import SESSION
from pipelines.fetch.snapshots import fetch
from pipelines.records.raw_tables import RawRow, RemoteFile, raw_columns
from pipelines.seeds.files import licences
from pipelines.settings import read_settings
from pipelines.warehouse.raw_layer import load_raw, raw_files, raw_schemas, remote_files

RAW_COLUMNS: dict[str, list[str]] = {name: list(raw_columns(schema)) for name, schema in raw_schemas().items()}
"""Raw tables and their columns."""


def snapshot_key(source_id: str) -> dg.AssetKey:
    """epoch_models -> raw/fetch_epoch_models."""
    return dg.AssetKey(["raw", f"fetch_{source_id}"])


def fetch_asset(source_id: str) -> dg.AssetsDefinition:
    """The asset that fetches the files of one source; what fails keeps the last good snapshot."""
    files = remote_files([source_id])

    @dg.asset(
        key=snapshot_key(source_id),
        group_name="raw",
        kinds={"https"},
        owners=OWNERS,
        description=f"Fetches {', '.join(f.url for f in files)}. A snapshot that does not hold its contract is not used: "
        "the last good one stays.",
    )
    def load(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with readable_failures():
            settings = read_settings()
            outcomes = fetch(settings, files, licences=licences(settings))
        for outcome in outcomes:
            context.log.info(str(outcome))
        return dg.MaterializeResult(
            metadata={
                "outcomes": dg.MetadataValue.md("\n".join(f"* {outcome}" for outcome in outcomes)),
                "byte_count": sum(outcome.byte_count for outcome in outcomes),
            }
        )

    return load


def raw_asset(name: str, schema: type[RawRow]) -> dg.AssetsDefinition:
    """The asset of one raw table."""
    feeding = [file for file in raw_files() if schema in file.tables]
    remote = sorted({file.source_id for file in feeding if isinstance(file, RemoteFile)})
    origin = ", ".join(file.url if isinstance(file, RemoteFile) else f"package {file.package}" for file in feeding)

    @dg.asset(
        key=name.split("."),
        group_name="raw",
        kinds={"csv" if remote else "python", "duckdb"},
        owners=OWNERS,
        description=f"{' '.join((schema.__doc__ or '').split())} In the publisher's words, typed; from {origin}.",
        deps=[snapshot_key(source_id) for source_id in remote],
        required_resource_keys={SESSION},
    )
    def load(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        session = getattr(context.resources, SESSION)
        with readable_failures():
            types = load_raw(session.connection, name, session.settings)
        return dg.MaterializeResult(metadata=table_metadata(session.connection, name, raw_columns(schema), types))

    return load


FETCH_ASSETS = [fetch_asset(source_id) for source_id in sorted({file.source_id for file in remote_files()})]
RAW_ASSETS = [raw_asset(name, schema) for name, schema in raw_schemas().items()]
