"""The two ways to make an asset: any step of the ledger, and a step that makes one table of the build.

What belongs here: what assets share, said once — layer and group, owner, how a fault is told, the session that holds
the build, what is shown of a table, checks that stop what comes after. What does not: any particular asset.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import dagster as dg

from pipelines.defs.policy import OWNERS, definition_metadata, readable_failures, table_metadata
from pipelines.defs.session import SESSION
from pipelines.settings import read_settings
from pipelines.warehouse.build import Session
from pipelines.warehouse.models.checks import CheckResult, check_descriptions
from pipelines.warehouse.recipes import Recipe

Result = dg.MaterializeResult[None]
Step = Callable[[dg.AssetExecutionContext], Result]


def asset_key(table: str) -> dg.AssetKey:
    """``core.models`` -> core/models."""
    return dg.AssetKey(table.split("."))


def step_asset(
    key: dg.AssetKey,
    *,
    kinds: set[str],
    description: str,
    deps: Iterable[dg.AssetKey] = (),
    checks: Mapping[str, str] | None = None,
    warnings: frozenset[str] = frozenset(),
    code_version: str | None = None,
    metadata: Mapping[str, object] | None = None,
    uses_build: bool = False,
    freshness: dg.FreshnessPolicy | None = None,
) -> Callable[[Step], dg.AssetsDefinition]:
    """Make a function the asset ``key`` of the layer that the key begins with.

    ``checks`` name and describe those whose results the function gives; each that is no warning stops what comes after.
    ``metadata`` is what is shown of it whichever run made it. ``uses_build``: the run holds the build, its lock and its
    file meanwhile.
    """

    def decorate(make: Step) -> dg.AssetsDefinition:
        @dg.asset(
            key=key,
            group_name=key.path[0],
            kinds=kinds,
            owners=OWNERS,
            description=description,
            deps=list(deps),
            check_specs=[
                dg.AssetCheckSpec(name, asset=key, description=text, blocking=name not in warnings)
                for name, text in (checks or {}).items()
            ],
            code_version=code_version,
            freshness_policy=freshness,
            metadata=metadata,
            required_resource_keys={SESSION} if uses_build else set(),
        )
        def run(context: dg.AssetExecutionContext) -> Iterator[Result]:
            with readable_failures():
                result = make(context)
            yield result  # returned, it would be the value of an output, of which an asset with checks has several

        return run

    return decorate


def version_of(recipe: Recipe) -> str:
    """Version of the code of a table, and of curated files, snapshots and packages that it is read from.

    Dagster knows no other input that is no asset: with them, a table whose file was edited counts as stale as soon as
    the definitions are loaded again.
    """
    files = sorted(recipe.files(read_settings()).items())
    return (
        f"{recipe.code_version}-{hashlib.sha256(repr(files).encode()).hexdigest()[:12]}"
        if files
        else recipe.code_version
    )


def table_asset(
    recipe: Recipe, *, kind: str, description: str, deps: Iterable[dg.AssetKey] = (), file: str = ""
) -> dg.AssetsDefinition:
    """The asset of one table of the build file.

    It is made only where its code or what it reads has changed. Its data version is that of its content, so that what
    is made from it counts as stale where the content differs, and only there.
    """

    @step_asset(
        asset_key(recipe.table),
        kinds={kind, "duckdb"},
        description=description,
        deps=[*(asset_key(table) for table in sorted(recipe.tables)), *deps],
        checks=check_descriptions(recipe.checked) if recipe.checked else None,
        warnings=recipe.checked.warnings if recipe.checked else frozenset(),
        code_version=version_of(recipe),
        metadata={**({"file": file} if file else {}), **definition_metadata(recipe.table, recipe.columns)},
        uses_build=True,
    )
    def build(context: dg.AssetExecutionContext) -> Result:
        session: Session = getattr(context.resources, SESSION)
        made = session.make(recipe)
        shown = table_metadata(session.connection, recipe.table, recipe.columns, made.types)
        note = "kept: neither its code nor what it reads has changed" if made.is_kept else "made"
        return dg.MaterializeResult(
            metadata={**shown, "note": note},
            check_results=[_verdict(check) for check in made.checks],
            data_version=dg.DataVersion(made.version.data_version),
        )

    return build


def _verdict(check: CheckResult) -> dg.AssetCheckResult:
    """A check as Dagster shows it: the query that finds wrong rows, and what is wrong where anything is."""
    query = {"query": dg.MetadataValue.md(f"```sql\n{check.query}\n```")} if check.query else {}
    if not check.failing_count:
        return dg.AssetCheckResult(check_name=check.name, passed=True, metadata=query)
    return dg.AssetCheckResult(
        check_name=check.name,
        passed=False,
        severity=dg.AssetCheckSeverity.WARN if check.is_warning else dg.AssetCheckSeverity.ERROR,
        description=f"{check.failing_count:,} rows are wrong; the first: {check.first}",
        metadata=query,
    )
