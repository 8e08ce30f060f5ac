"""Publishers' files as assets: one that fetches per source, and one per raw table."""

import hashlib

import dagster as dg

from pipelines.defs.asset import Result, step_asset, table_asset
from pipelines.defs.freshness import SOURCES
from pipelines.fetch.snapshots import FetchOutcome
from pipelines.fetch.states import conditions
from pipelines.settings import Settings, read_settings
from pipelines.warehouse.fetching import fetch_sources
from pipelines.warehouse.raw_layer import (
    check_connectors,
    feeding_files,
    fetched_files,
    file_versions,
    packaged_among,
    raw_schemas,
    remote_among,
    remote_files,
)
from pipelines.warehouse.recipes import recipes
from pipelines.warehouse.seed_layer import described_sources

check_connectors(described_sources(read_settings()))


CURRENT = "snapshot_is_current"
"""The check that tells in Dagster what ``ledger status`` calls stale; the build goes on with the last good snapshot."""

SECOND_ATTEMPT_AFTER_S = 60
"""Each file is tried three times within seconds already. One more attempt a minute later outlasts the restart of a
server; more would only knock at a door that stays shut, and the monthly schedule comes back."""


def snapshot_key(source_id: str) -> dg.AssetKey:
    """epoch_models -> raw/fetch_epoch_models."""
    return dg.AssetKey(["raw", f"fetch_{source_id}"])


def snapshot_version(source_id: str) -> dg.DataVersion:
    """The snapshots of a source that a build would use now."""
    settings = read_settings()
    schemas = [schema for schema in raw_schemas().values() if schema.source_id == source_id]
    found = sorted({item for schema in schemas for item in file_versions(schema, settings).items()})
    return dg.DataVersion(hashlib.sha256(repr(found).encode()).hexdigest()[:16])


def fetch_asset(source_id: str) -> dg.AssetsDefinition:
    """The asset that fetches the files of one source; what fails keeps the last good snapshot."""
    files = remote_files([source_id])

    @step_asset(
        snapshot_key(source_id),
        kinds={"https"},
        checks={
            CURRENT: "The last attempt brought every file of the source, and none is held for a person to look at."
        },
        warnings=frozenset({CURRENT}),
        freshness=SOURCES,
        description=f"Fetches {', '.join(f.url for f in files)}. A snapshot that fails its contract is not used: the "
        "last good snapshot stays.",
    )
    def load(context: dg.AssetExecutionContext) -> Result:
        settings = read_settings()
        outcomes = fetch_sources(settings, remote_files([source_id]))
        for outcome in outcomes:
            context.log.info(str(outcome))
        if context.retry_number == 0 and any(outcome.may_pass for outcome in outcomes):
            raise dg.RetryRequested(max_retries=1, seconds_to_wait=SECOND_ATTEMPT_AFTER_S)
        return dg.MaterializeResult(
            metadata={
                "outcomes": dg.MetadataValue.md("\n".join(f"* {outcome}" for outcome in outcomes)),
                "byte_count": sum(outcome.byte_count for outcome in outcomes),
                **_condition(settings, source_id),
            },
            data_version=snapshot_version(source_id),
            check_results=[_is_current(outcomes)],
        )

    return load


def _condition(settings: Settings, source_id: str) -> dict[str, dg.MetadataValue]:
    """How the source is after an attempt, since when and why: the words of ``meta.sources`` and the quality page."""
    found = conditions(settings, fetched_files(settings, [source_id]))[source_id]
    told: dict[str, dg.MetadataValue] = {"state": dg.MetadataValue.text(found.state)}
    if found.since is not None:
        told["state_since"] = dg.MetadataValue.timestamp(found.since)
    return told | ({"state_reason": dg.MetadataValue.text(found.why)} if found.why else {})


def _is_current(outcomes: list[FetchOutcome]) -> dg.AssetCheckResult:
    """The check of a source: what its last attempt did not bring."""
    wrong = [str(outcome) for outcome in outcomes if outcome.status in ("held", "failed")]
    return dg.AssetCheckResult(
        check_name=CURRENT, passed=not wrong, severity=dg.AssetCheckSeverity.WARN, description="\n".join(wrong) or None
    )


def raw_asset(name: str) -> dg.AssetsDefinition:
    """The asset of one raw table."""
    schema = raw_schemas()[name]
    feeding = feeding_files(schema)
    remote = sorted({file.source_id for file in remote_among(feeding)})
    shipped = [f"package {package}" for package in packaged_among(feeding).values()]
    origin = ", ".join([*(file.url for file in remote_among(feeding)), *shipped])
    return table_asset(
        recipes()[name],
        kind="csv" if remote else "python",
        description=f"{' '.join((schema.__doc__ or '').split())} In the publisher's words, typed; from {origin}.",
        deps=[snapshot_key(source_id) for source_id in remote],
    )


FETCH_ASSETS = [fetch_asset(source_id) for source_id in sorted({file.source_id for file in remote_files()})]
RAW_ASSETS = [raw_asset(name) for name in raw_schemas()]
