"""Publishers' files as assets: one that fetches per source, and one per raw table."""

import dagster as dg

from pipelines.defs.asset import Result, step_asset, table_asset
from pipelines.fetch.snapshots import fetch
from pipelines.records.raw_tables import RawRow, RemoteFile, raw_columns
from pipelines.seeds.sources_toml import licences
from pipelines.settings import read_settings
from pipelines.warehouse.raw_layer import check_connectors, load_raw, raw_files, raw_schemas, remote_files

check_connectors(licences(read_settings()))

RAW_COLUMNS: dict[str, dict[str, str]] = {name: raw_columns(schema) for name, schema in raw_schemas().items()}
"""Raw tables and their columns with descriptions."""


def snapshot_key(source_id: str) -> dg.AssetKey:
    """epoch_models -> raw/fetch_epoch_models."""
    return dg.AssetKey(["raw", f"fetch_{source_id}"])


def fetch_asset(source_id: str) -> dg.AssetsDefinition:
    """The asset that fetches the files of one source; what fails keeps the last good snapshot."""
    files = remote_files([source_id])

    @step_asset(
        snapshot_key(source_id),
        kinds={"https"},
        description=f"Fetches {', '.join(f.url for f in files)}. A snapshot that fails its contract is not used: the "
        "last good snapshot stays.",
    )
    def load(context: dg.AssetExecutionContext) -> Result:
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
    return table_asset(
        name,
        lambda session: load_raw(session.connection, name, session.settings),
        kind="csv" if remote else "python",
        description=f"{' '.join((schema.__doc__ or '').split())} In the publisher's words, typed; from {origin}.",
        columns=raw_columns(schema),
        deps=[snapshot_key(source_id) for source_id in remote],
    )


FETCH_ASSETS = [fetch_asset(source_id) for source_id in sorted({file.source_id for file in remote_files()})]
RAW_ASSETS = [raw_asset(name, schema) for name, schema in raw_schemas().items()]
