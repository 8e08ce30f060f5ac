"""Tables that Python makes: one decorated function is all that a table takes, and it is held to what it documents."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

import duckdb
import polars as pl
import pytest

from pipelines.errors import LedgerError
from pipelines.warehouse.models import python_tables as registry
from pipelines.warehouse.models.checks import check_names, run_checks
from pipelines.warehouse.models.python_tables import PythonTable, make_table, python_table, python_tables
from pipelines.warehouse.models.trend_fit import fit_trends

COLUMNS = {
    "run_id": "Key of the run.",
    "energy_kwh_low": "Least energy.",
    "energy_kwh": "Energy.",
    "energy_kwh_high": "Most energy.",
}


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers, no other sees."""
    python_tables()
    monkeypatch.setattr(registry, "_REGISTERED", dict(registry._REGISTERED))


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with runs and their power."""
    with duckdb.connect() as opened:
        opened.execute(
            "create schema seeds; create table seeds.runs as "
            "select * from (values ('a', 2.0::double), ('b', 3.0)) as t(run_id, hours);"
            "create table seeds.power as select 0.5::double as kw"
        )
        yield opened


def registered(columns: Mapping[str, str] = COLUMNS, checks: Mapping[str, str] | None = None) -> PythonTable:
    @python_table(
        "core.run_energy", reads=["seeds.runs", "seeds.power"], key=["run_id"], columns=columns, checks=checks
    )
    def make_energy(runs: pl.DataFrame, power: pl.DataFrame) -> pl.DataFrame:
        """One row per run: its energy
        at constant power.

        Not said of the table.
        """
        energy = pl.col("hours") * power["kw"].item()
        return runs.select("run_id", energy_kwh_low=energy * 0.9, energy_kwh=energy, energy_kwh_high=energy * 1.2)

    return python_tables()["core.run_energy"]


def test_a_decorated_function_is_a_documented_table_of_what_it_reads(connection: duckdb.DuckDBPyConnection) -> None:
    table = registered()
    assert make_table(connection, table) == {"run_id": "VARCHAR", **dict.fromkeys(list(COLUMNS)[1:], "DOUBLE")}
    assert connection.sql("select run_id, energy_kwh from core.run_energy order by all").fetchall() == [
        ("a", 1),
        ("b", 1.5),
    ]
    assert connection.sql("select comment from duckdb_tables() where table_name = 'run_energy'").fetchall() == [
        ("One row per run: its energy at constant power.",)
    ]
    comments = connection.sql(
        "select column_name, comment from duckdb_columns() where table_name = 'run_energy'"
    ).fetchall()
    assert dict(comments) == COLUMNS


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        pytest.param("update core.run_energy set run_id = 'a'", "key_is_unique", id="key twice"),
        pytest.param("update core.run_energy set energy_kwh_low = 9", "intervals_are_ordered", id="low above centre"),
        pytest.param("update core.run_energy set energy_kwh_high = 'inf'", "numbers_are_finite", id="infinite"),
        pytest.param(
            "update core.run_energy set run_id = 'z' where run_id = 'b'", "runs_are_known", id="its own check"
        ),
    ],
)
def test_it_is_checked_as_a_sql_model_is(change: str, failed: str, connection: duckdb.DuckDBPyConnection) -> None:
    table = registered(checks={"runs_are_known": "select * from core.run_energy anti join seeds.runs using (run_id)"})
    types = make_table(connection, table)
    assert [check.failing_count for check in run_checks(connection, table, types)] == [0, 0, 0, 0]
    connection.execute(change)
    results = run_checks(connection, table, types)
    assert [check.name for check in results] == check_names(table)
    assert [check.name for check in results if check.failing_count] == [failed]


def test_columns_that_are_not_the_documented_ones_make_no_table(connection: duckdb.DuckDBPyConnection) -> None:
    table = registered(columns={**COLUMNS, "energy_j": "Not made."})
    with pytest.raises(LedgerError, match=r"^core\.run_energy: the documented columns .*energy_j"):
        make_table(connection, table)
    assert connection.sql("select * from duckdb_tables() where table_name = 'run_energy'").fetchall() == []


def test_a_registration_that_cannot_hold_is_refused_at_once() -> None:
    registered()
    with pytest.raises(ValueError, match=r"test_python_tables makes core\.run_energy too\. Rename one\."):
        registered()
    with pytest.raises(
        ValueError, match=r"there is no description\. Begin its docstring with what one row of core\.b is\."
    ):
        python_table("core.b", reads=[], key=["a"], columns={"a": "A."})(lambda: pl.DataFrame())
    with pytest.raises(ValueError, match=r"the key \['b'\] of core\.trend must name documented columns"):
        python_table("core.trend", reads=[], key=["b"], columns={"a": "A."})(fit_trends)


def test_every_table_that_python_makes_has_its_columns_also_where_there_are_no_rows() -> None:
    numbers = dict.fromkeys(("value_low", "value", "value_high"), pl.Float64)
    points = pl.DataFrame(schema={"metric": pl.String, "cohort": pl.String, "event_date": pl.Date, **numbers})
    assert fit_trends(points).columns == list(python_tables()["core.trend_fits"].columns)


def test_linear_algebra_starts_no_threads() -> None:
    counted = "import pipelines, numpy, scipy.linalg, psutil; print(psutil.Process().num_threads())"
    clean = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", counted], env=clean, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
