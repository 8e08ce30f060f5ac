"""The two ways to make an asset: any step of the ledger, and a step that makes one table of the build.

What belongs here: what assets share, said once — layer and group, owner, how a fault is told, the session that holds
the build, what is shown of a table, checks that stop what comes after. What does not: any particular asset.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import dagster as dg

from pipelines.defs.policy import OWNERS, readable_failures, table_metadata
from pipelines.defs.session import SESSION
from pipelines.warehouse.build import Session
from pipelines.warehouse.models.checks import CheckedTable, CheckResult, check_names, run_checks

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
    checks: Iterable[str] = (),
    warnings: frozenset[str] = frozenset(),
    code_version: str | None = None,
    file: str = "",
    uses_build: bool = False,
) -> Callable[[Step], dg.AssetsDefinition]:
    """Make a function the asset ``key`` of the layer that the key begins with.

    ``checks`` name those whose results the function gives; each that is no warning stops what comes after. ``file`` is
    where it is written down. ``uses_build``: the run holds the build, its lock and its file meanwhile.
    """

    def decorate(make: Step) -> dg.AssetsDefinition:
        @dg.asset(
            key=key,
            group_name=key.path[0],
            kinds=kinds,
            owners=OWNERS,
            description=description,
            deps=list(deps),
            check_specs=[dg.AssetCheckSpec(name, asset=key, blocking=name not in warnings) for name in checks],
            code_version=code_version,
            metadata={"file": file} if file else None,
            required_resource_keys={SESSION} if uses_build else set(),
        )
        def run(context: dg.AssetExecutionContext) -> Iterator[Result]:
            with readable_failures():
                result = make(context)
            yield result  # returned, it would be the value of an output, of which an asset with checks has several

        return run

    return decorate


def table_asset(
    table: str,
    make: Callable[[Session], Mapping[str, str]],
    *,
    kind: str,
    description: str,
    columns: Mapping[str, str],
    deps: Iterable[dg.AssetKey] = (),
    checked: CheckedTable | None = None,
    code_version: str | None = None,
    file: str = "",
) -> dg.AssetsDefinition:
    """The asset of one table of the build file; ``make`` makes it and returns its columns and their types."""

    @step_asset(
        asset_key(table),
        kinds={kind, "duckdb"},
        description=description,
        deps=deps,
        checks=check_names(checked) if checked else (),
        warnings=checked.warnings if checked else frozenset(),
        code_version=code_version,
        file=file,
        uses_build=True,
    )
    def build(context: dg.AssetExecutionContext) -> Result:
        session: Session = getattr(context.resources, SESSION)
        types = make(session)
        found = run_checks(session.connection, checked, types) if checked else []
        return dg.MaterializeResult(
            metadata=table_metadata(session.connection, table, columns, types),
            check_results=[_verdict(check) for check in found],
        )

    return build


def _verdict(check: CheckResult) -> dg.AssetCheckResult:
    """A check as Dagster shows it: what is wrong and the query that finds it, where anything is."""
    if not check.failing_count:
        return dg.AssetCheckResult(check_name=check.name, passed=True)
    return dg.AssetCheckResult(
        check_name=check.name,
        passed=False,
        severity=dg.AssetCheckSeverity.WARN if check.is_warning else dg.AssetCheckSeverity.ERROR,
        description=f"{check.failing_count:,} rows are wrong; the first: {check.first}",
        metadata={"query": check.query},
    )
