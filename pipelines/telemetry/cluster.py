"""Integration on a Ray cluster: every node runs the same SQL through its own DuckDB, and partials come back as Arrow.

What belongs here: sharing out pieces and collecting what comes back. What does not: the SQL (``partials.py``). Ray is
imported only where it is used: pip install 'compute-ledger[cluster]'.

Nodes read the files where they lie: below a path that all of them have, or in an object store, by fsspec. They need
DuckDB and PyArrow, not this project. A piece whose node dies is run again on another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from pipelines.errors import LedgerError
from pipelines.telemetry.partials import Engine, Piece, as_partials

MAX_RETRIES = 3
"""How often a piece is run again because its node or process died."""

FILES_PER_PIECE, FEWEST_PIECES, MOST_PIECES = 32, 8, 4096
"""A piece is lost with its node: smaller ones cost less to run again, and even out nodes of unequal speed."""


def on_ray(
    address: str | None = None, tell: Callable[[Piece, int, int], None] = lambda _piece, _done, _all: None
) -> Engine:
    """An engine that runs pieces on the cluster at an address: ``auto`` for the one of this machine, none for one of its own.

    ``tell`` hears of each piece that is done. Raises LedgerError where there is no Ray or no such cluster.
    """

    def run(pieces: Sequence[Piece], macros: str) -> list[pa.Table]:
        with _connected(address) as ray:
            task = ray.remote(num_cpus=1, max_retries=MAX_RETRIES)(sent_to_nodes())
            waiting = {task.remote(piece.sql, macros, protocols(piece)): piece for piece in pieces}
            found = []
            while waiting:
                done, _ = ray.wait(list(waiting), num_returns=1)
                for reference in done:
                    piece = waiting.pop(reference)
                    try:
                        table = ray.get(reference)
                    except ray.exceptions.RayError as error:
                        reason = str(getattr(error, "cause", None) or error).strip().splitlines()[-1]
                        raise LedgerError(f"a node could not integrate {len(piece.paths)} files: {reason}") from None
                    found.append(as_partials(table))
                    tell(piece, len(found), len(pieces))
            return found

    return run


def piece_count(files: int) -> int:
    """Into how many pieces so many files are best cut for a cluster.

    >>> piece_count(10), piece_count(500), piece_count(60_000)
    (8, 15, 1875)
    """
    return min(MOST_PIECES, max(FEWEST_PIECES, files // FILES_PER_PIECE))


def sent_to_nodes() -> Callable[[str, str, list[str]], pa.Table]:
    """What a node runs; it is sent by its text, so that nodes need not have this project."""

    def run_sql(sql: str, macros: str, protocols: list[str]) -> Any:
        import duckdb

        with duckdb.connect(config={"python_enable_replacements": False}) as connection:
            for protocol in protocols:
                import fsspec

                connection.register_filesystem(fsspec.filesystem(protocol))
            connection.execute("set threads = 1")
            connection.execute("set preserve_insertion_order = true; set enable_progress_bar = false")
            connection.execute(macros)
            return connection.sql(sql).to_arrow_table()

    return run_sql


def protocols(piece: Piece) -> list[str]:
    """Kinds of object stores that the files of a piece lie in."""
    return sorted({path.partition("://")[0] for path in piece.paths if "://" in path})


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Ray, connected to a cluster; the connection that this opened is closed again."""
    try:
        import ray
    except ImportError:
        raise LedgerError("Ray is not installed. Run: pip install 'compute-ledger[cluster]'") from None
    if ray.is_initialized():
        yield ray
        return
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            include_dashboard=False if address is None else None,
        )
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        raise LedgerError(
            f"no Ray cluster answers at {address or 'this machine'}: {str(error).splitlines()[0]}. If it asks for a token, "
            "as clusters of Ray 2.59 and later do, set RAY_AUTH_MODE=token here too."
        ) from None
    try:
        yield ray
    finally:
        ray.shutdown()
