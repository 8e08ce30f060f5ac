"""A chain of assets, each one small SQL statement with a check: bare, in one process, and as Dagster runs it by default.

``python -m tests.benchmarks.measured.chained_assets bare|in-process|multiprocess HOME COUNT`` prints what the work cost without
loading Dagster. What the default executor starts are processes of their own: their CPU time is added.
"""

from __future__ import annotations

import os
import resource
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import duckdb

from tests.benchmarks.cost import Cost, report, within

QUERY = "create or replace table step_{n} as select i, i * {n} as value from range(1000) as t(i)"
CHECK = "select count(*) from step_{n} where value <> i * {n}"


def _make(n: int) -> int:
    with duckdb.connect(os.environ["CHAIN_FILE"]) as connection:
        connection.execute(QUERY.format(n=n))
        return int(connection.execute(CHECK.format(n=n)).fetchall()[0][0])


def bare(count: int) -> None:
    """The statements, one after the other, on one connection."""
    with duckdb.connect(os.environ["CHAIN_FILE"]) as connection:
        for n in range(count):
            connection.execute(QUERY.format(n=n))
            assert connection.execute(CHECK.format(n=n)).fetchall() == [(0,)]


def definitions():
    """The assets; also what processes of the default executor load."""
    import dagster as dg

    def asset(n: int):
        @dg.asset(
            name=f"step_{n}",
            deps=[f"step_{n - 1}"] if n else [],
            check_specs=[dg.AssetCheckSpec("holds", asset=f"step_{n}")],
        )
        def step() -> Iterator[object]:
            failing = _make(n)
            yield dg.MaterializeResult()
            yield dg.AssetCheckResult(passed=not failing, check_name="holds")

        return step

    assets = [asset(n) for n in range(int(os.environ["CHAIN_COUNT"]))]
    return dg.Definitions(assets=assets, jobs=[dg.define_asset_job("chain")])


def job():
    """The job of the chain, by name for processes that load it."""
    return definitions().resolve_job_def("chain")


def with_dagster(executor: str) -> Cost:
    """The chain with history: in one process as builds run it, or by Dagster's default executor."""
    import dagster as dg

    from pipelines.cli.runs import INSTANCE
    from pipelines.server.event_log import held_open

    instance_home = Path(os.environ["DAGSTER_HOME"])
    instance_home.mkdir(parents=True)
    (instance_home / "dagster.yaml").write_text(INSTANCE.partition("run_launcher")[0], encoding="utf-8")
    work, run_id = dg.reconstructable(job), str(uuid.uuid4())
    with dg.DagsterInstance.get() as instance:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        if executor == "in-process":
            with held_open(instance, run_id):  # as builds do
                spent = within(lambda: job().execute_in_process(instance=instance, run_id=run_id))
        else:
            spent = within(lambda: dg.execute_job(work, instance=instance, raise_on_error=True))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(spent.cpu_s + started, spent.wall_s, spent.peak_mb)


def main() -> None:
    """Run the chain one way."""
    way, home, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    os.environ |= {
        "CHAIN_FILE": str(home / "chain.duckdb"),
        "CHAIN_COUNT": str(count),
        "DAGSTER_HOME": str(home / "dagster"),
    }
    spent = within(lambda: bare(count)) if way == "bare" else with_dagster(way)
    report({way: spent})


if __name__ == "__main__":
    main()
