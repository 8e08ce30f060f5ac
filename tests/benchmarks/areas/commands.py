"""What the start of each command costs, on a home with a build."""

from __future__ import annotations

from tests.benchmarks.cost import Cost, Costs, cheapest, code, ledger, run
from tests.benchmarks.figures import Area, Bench, Figure

QUERY = "select model_name, training_flop from mart.training_summary order by 2 desc nulls last limit 5"
TIMES = 3

COMMANDS: dict[str, list[str]] = {
    "ledger --help": ["--help"],
    "ledger sql": ["sql", QUERY],
    "ledger explain": ["explain", "Llama 3.1 70B", "facility_energy_kwh"],
    "ledger status": ["status"],
    "ledger estimate": [
        "estimate",
        "--params",
        "70b",
        "--tokens",
        "15T",
        "--accelerator",
        "h100-sxm",
        "--count",
        "1024",
    ],
    "ledger audit": ["audit"],
    "ledger build, nothing changed": ["build"],
    "ledger report, nothing changed": ["report"],
}

IMPORTS = "nearly all of it is imports: DuckDB, Typer, pydantic; on quiet cores it was within the target"

TYPER = "import typer"
DUCKDB = "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True).sql(sys.argv[2]).fetchall())"
PANDAS = """
import pandas, sys
rows = pandas.read_parquet(sys.argv[1])
print(rows.sort_values("training_flop", ascending=False)[["model_name", "training_flop"]].head(5))
"""
COPY = """
import duckdb, sys
duckdb.connect(sys.argv[1], read_only=True).sql("from mart.training_summary").write_parquet(sys.argv[2])
"""


def measure(bench: Bench) -> Costs:
    """Each command several times; floors and peers likewise."""
    home = bench.built()
    run(ledger("report"), home)
    table = bench.folder / "training_summary.parquet"
    run(code(COPY, home / "warehouse.duckdb", table))

    def best(command: list[str]) -> Cost:
        return cheapest(lambda: run(command, home, allowed=(0, 3))[0], TIMES)

    return {
        **{name: best(ledger(*arguments)) for name, arguments in COMMANDS.items()},
        "import typer": best(code(TYPER)),
        "DuckDB alone": best(code(DUCKDB, home / "warehouse.duckdb", QUERY)),
        "pandas": best(code(PANDAS, table)),
    }


AREA = Area(
    "commands",
    "Start of commands",
    measure,
    (
        Figure("`ledger --help`", "ledger --help", target=0.35, floor="import typer",
               short="half of it is importing DuckDB and pydantic, which other commands need"),
        Figure("`ledger sql`", "ledger sql", target=0.4, floor="DuckDB alone", peer="pandas", short=IMPORTS),
        Figure("`ledger explain`", "ledger explain", target=0.5, floor="DuckDB alone", short=IMPORTS),
        Figure("`ledger status`", "ledger status", target=0.6, floor="DuckDB alone",
               short="loads every connector, Polars and the SQL parser to tell the age of the sources"),
        Figure("`ledger estimate`", "ledger estimate", target=1.0, floor="DuckDB alone",
               short="makes the 16 SQL models of a training run for the case: DuckDB plans them for most of the time"),
        Figure("`ledger audit`", "ledger audit", floor="DuckDB alone"),
        Figure("`ledger build`, nothing changed", "ledger build, nothing changed", target=0.5, floor="DuckDB alone",
               short=IMPORTS),
        Figure("`ledger report`, nothing changed", "ledger report, nothing changed", target=2, floor="DuckDB alone"),
    ),
    "Each command is a process of its own, the cheapest of three. *DuckDB alone* is Python that opens the published file and "
    "runs the query of `ledger sql`; *pandas* reads the same table from Parquet and sorts it.",
)  # fmt: skip
