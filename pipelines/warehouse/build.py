"""One build under way: the lock, the build file, and what turns it into the published one.

What belongs here: making tables that are not current, and finishing a build. What does not: what makes a table
(``recipes.py``), what is noted of it (``versions.py``), Dagster (``defs/session.py`` hands a session to assets),
``meta.*`` (``meta_tables.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import duckdb

from pipelines.errors import LedgerError
from pipelines.fetch.states import conditions
from pipelines.settings import SQL, Settings, source_date
from pipelines.warehouse.changes import compare, note_changes, row_keys
from pipelines.warehouse.compact import compact
from pipelines.warehouse.file import connect, list_tables
from pipelines.warehouse.fingerprints import project_version
from pipelines.warehouse.meta_tables import describe_build, describe_meta, ensure_meta, note_build, note_lineage
from pipelines.warehouse.models.assumption_reads import assumption_faults
from pipelines.warehouse.models.checks import CheckResult, check_names, run_checks
from pipelines.warehouse.models.macros import load_macros
from pipelines.warehouse.models.sql_models import SqlModel
from pipelines.warehouse.models.tables import column_types
from pipelines.warehouse.noted_changes import TableChange
from pipelines.warehouse.publish import build_lock, digest_data, open_build, publish, published_build, sweep
from pipelines.warehouse.published_bytes import published_damage
from pipelines.warehouse.raw_layer import fetched_files, note_fetch_times
from pipelines.warehouse.recipes import Recipe, with_dependents
from pipelines.warehouse.versions import (
    TableVersion,
    columns_of,
    digest_table,
    fault_of,
    faults,
    forget,
    inputs_of,
    note,
    prepare_versions,
    read_published_versions,
    read_versions,
)

MOST_REASONS = 10
"""Tables of which a message says why they are not published; more are counted."""


def utc_now() -> datetime:
    """Now, or the time of SOURCE_DATE_EPOCH; UTC, without zone and fractions, as tables hold it."""
    return (source_date() or datetime.now(UTC)).replace(tzinfo=None, microsecond=0)


@dataclass(frozen=True)
class Made:
    """A table of the build: its columns and their types, its versions, how its checks ended."""

    types: dict[str, str]
    version: TableVersion
    checks: list[CheckResult]
    is_kept: bool
    """Whether it was there already, as its code and inputs of now would make it."""


@dataclass
class Session:
    """A running build. ``connection`` opens the build file at its first use."""

    settings: Settings
    fresh: bool
    started_at: datetime = field(default_factory=utc_now)
    _connection: duckdb.DuckDBPyConnection | None = None
    _versions: dict[str, TableVersion] | None = None
    """What is noted of each table, read once: only this session notes anything meanwhile."""

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The one connection to the build file, with the macros loaded."""
        if self._connection is None:
            self._connection = open_build(self.settings, fresh=self.fresh)
            ensure_meta(self._connection)
            describe_meta(self._connection)
            prepare_versions(self._connection)
            load_macros(self._connection, SQL / "macros")
        return self._connection

    def close(self) -> None:
        """Close the build file; a checkpoint leaves no log beside it."""
        if self._connection is not None:
            self._connection.execute("checkpoint")
            self._connection.close()
            self._connection = None

    def reopen(self) -> None:
        """Close the build file and open it as it lies on disk: DuckDB spells macros that it read there alike each time."""
        self.close()
        self._connection = connect(self.settings.build_file, self.settings)

    def make(self, recipe: Recipe) -> Made:
        """Make a table and check it, unless it is what its code and inputs of now would make.

        Nothing is noted of a table while it is made: what is cut short is made again. A failed check is noted, so that
        this content is never published.
        """
        connection = self.connection
        versions = self._versions = read_versions(connection) if self._versions is None else self._versions
        types = column_types(connection, recipe.table)
        if types and fault_of(recipe, versions, self.settings) is None:
            return Made(dict(types), versions[recipe.table], self._known_checks(recipe, types), is_kept=True)
        inputs = inputs_of(recipe, versions, self.settings)
        forget(connection, [recipe.table])
        before = versions.pop(recipe.table, None)
        connection.execute("delete from meta.rejects where table_name = ?", [recipe.table])
        types = dict(recipe.make(connection, self.settings))
        made = TableVersion(recipe.table, recipe.code_version, digest_table(connection, recipe.table), inputs, None)
        if isinstance(recipe.checked, SqlModel) and not (before and _has_same_lineage(recipe, before, made)):
            note_lineage(connection, recipe.checked)
        results = run_checks(connection, recipe.checked, types) if recipe.checked else []
        made = replace(
            made, failed_checks=tuple(each.name for each in results if each.failing_count and not each.is_warning)
        )
        note(connection, made)
        versions[recipe.table] = made
        return Made(types, made, results, is_kept=False)

    def _known_checks(self, recipe: Recipe, types: Mapping[str, str]) -> list[CheckResult]:
        """Checks of a table that is kept: it passed all that stop a build; what only warns is asked again."""
        if recipe.checked is None:
            return []
        if recipe.checked.warnings:
            return run_checks(self.connection, recipe.checked, types)
        return [CheckResult(name, "", 0, "") for name in check_names(recipe.checked)]

    def finish(self, recipes: Mapping[str, Recipe], models: Mapping[str, SqlModel]) -> tuple[str, bool]:
        """Write ``meta.*``, and publish unless the data are what readers have already.

        A build that publishes notes in ``meta.changes`` how its rows differ from those published before. Raises
        LedgerError where a table was not made from those beside it, or failed a check. Returns the build that readers
        now see and whether it is new.
        """
        self._drop_others(recipes)
        versions = read_versions(self.connection)
        self._refuse_faults(recipes, versions)
        self._refuse_unread_assumptions(models)
        note_fetch_times(self.connection, self.settings)
        describe_build(self.connection, conditions(self.settings, fetched_files(self.settings)))
        known = {table: version.data_version for table, version in versions.items() if table in recipes}
        self.reopen()
        data_version = digest_data(self.connection, known)
        before = published_build(self.settings)
        if before is not None and before["data_version"] == data_version and not published_damage(self.settings):
            return before["build_id"], False
        self._note_changes(before["build_id"] if before else None, models, versions)
        self._note_meta_versions()
        build_id = f"{self.started_at:%Y%m%dT%H%M%SZ}-{data_version[:8]}"
        note_build(
            self.connection,
            build_id,
            started_at=self.started_at,
            finished_at=utc_now(),
            code_version=project_version(),
            data_version=data_version,
        )
        self.close()
        compact(self.settings)
        publish(self.settings, build_id)
        return build_id, True

    def _drop_others(self, recipes: Mapping[str, Recipe]) -> None:
        """Drop tables that no recipe makes any more, and what was noted of them."""
        others = [t for t in list_tables(self.connection) if t not in recipes and not t.startswith("meta.")]
        for table in others:
            self.connection.execute(f"drop table {table}")
        of_sql = [table for table, recipe in recipes.items() if isinstance(recipe.checked, SqlModel)]
        for noted, known in (("meta.files", [*recipes]), ("meta.rejects", [*recipes]), ("meta.column_lineage", of_sql)):
            self.connection.execute(f"delete from {noted} where table_name not in (select unnest(?))", [known])
        forget(self.connection, [*others, *(t for t in read_versions(self.connection) if t not in recipes)])

    def _refuse_faults(self, recipes: Mapping[str, Recipe], versions: Mapping[str, TableVersion]) -> None:
        there = set(list_tables(self.connection))
        found = faults(recipes, {table: version for table, version in versions.items() if table in there})
        if not found:
            return
        why = "; ".join(f"{table} ({fault})" for table, fault in [*found.items()][:MOST_REASONS])
        more = f"; and {len(found) - MOST_REASONS} more" if len(found) > MOST_REASONS else ""
        raise LedgerError(
            f"the tables do not belong together, so nothing was published: {why}{more}. Materialize "
            f"{', '.join(with_dependents(found, recipes))}, then meta.builds; or run: ledger build"
        )

    def _refuse_unread_assumptions(self, models: Mapping[str, SqlModel]) -> None:
        """The one check that no table has of its own: it holds the assumptions against all models."""
        query = "select name, min(seed_line) from seeds.assumptions group by name"
        if not models or "seeds.assumptions" not in list_tables(self.connection):
            return
        if wrong := assumption_faults(models.values(), dict(self.connection.execute(query).fetchall())):
            raise LedgerError("\n".join([*wrong, "Nothing was published."]))

    def _note_meta_versions(self) -> None:
        """Note the content of meta.* too: pages that read it are made again only where it differs."""
        for table in list_tables(self.connection):
            if table.startswith("meta.") and table not in ("meta.builds", "meta.changes", "meta.table_versions"):
                note(self.connection, TableVersion(table, "", digest_table(self.connection, table), {}, ()))

    def _note_changes(
        self, previous_build_id: str | None, models: Mapping[str, SqlModel], versions: Mapping[str, TableVersion]
    ) -> None:
        changes: list[TableChange] = []
        if previous_build_id is not None:
            before = read_published_versions(self.settings)
            same = {
                t for t, version in versions.items() if t in before and before[t].data_version == version.data_version
            }
            published = self.settings.published.resolve()
            changes = compare(self.connection, published, previous_build_id, row_keys(models), same)
        note_changes(self.connection, changes)


def _has_same_lineage(recipe: Recipe, before: TableVersion, made: TableVersion) -> bool:
    """Whether the columns of a table come from the same columns as before: same query, same columns to read."""
    tables = recipe.tables
    return before.code_version == made.code_version and columns_of(before.inputs, tables) == columns_of(
        made.inputs, tables
    )


@contextmanager
def open_session(settings: Settings, *, fresh: bool) -> Iterator[Session]:
    """Hold the lock and a session; what a killed build left is swept first."""
    with build_lock(settings) as was_killed:
        if was_killed:
            sweep(settings)
        session = Session(settings, fresh)
        try:
            yield session
        finally:
            session.close()
