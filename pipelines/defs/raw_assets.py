"""Publishers' files as assets: one that fetches per source, and one per raw table."""

import hashlib

import dagster as dg

from pipelines.defs.asset import Result, step_asset, table_asset
from pipelines.fetch.snapshots import fetch
from pipelines.records.raw_tables import RawRow, RemoteFile
from pipelines.seeds.sources_toml import licences
from pipelines.settings import read_settings
from pipelines.warehouse.raw_layer import check_connectors, feeding_files, file_versions, raw_schemas, remote_files
from pipelines.warehouse.recipes import recipes

check_connectors(licences(read_settings()))


def snapshot_key(source_id: str) -> dg.AssetKey:
    """epoch_models -> raw/fetch_epoch_models."""
    return dg.AssetKey(["raw", f"fetch_{source_id}"])


def snapshot_version(source_id: str) -> dg.DataVersion:
    """The snapshots of a source that a build would use now."""
    settings = read_settings()
    schemas = {schema.table: schema for file in remote_files([source_id]) for schema in file.tables}
    found = sorted({item for schema in schemas.values() for item in file_versions(schema, settings).items()})
    return dg.DataVersion(hashlib.sha256(repr(found).encode()).hexdigest()[:16])


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
            },
            data_version=snapshot_version(source_id),
        )

    return load


def raw_asset(name: str, schema: type[RawRow]) -> dg.AssetsDefinition:
    """The asset of one raw table."""
    feeding = feeding_files(schema)
    remote = sorted({file.source_id for file in feeding if isinstance(file, RemoteFile)})
    origin = ", ".join(file.url if isinstance(file, RemoteFile) else f"package {file.package}" for file in feeding)
    return table_asset(
        recipes()[name],
        kind="csv" if remote else "python",
        description=f"{' '.join((schema.__doc__ or '').split())} In the publisher's words, typed; from {origin}.",
        deps=[snapshot_key(source_id) for source_id in remote],
    )


FETCH_ASSETS = [fetch_asset(source_id) for source_id in sorted({file.source_id for file in remote_files()})]
RAW_ASSETS = [raw_asset(name, schema) for name, schema in raw_schemas().items()]
