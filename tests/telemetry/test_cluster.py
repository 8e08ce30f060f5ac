"""Integration on a real Ray cluster of two nodes on this machine: equal to one process, also when a node dies meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pytest

from pipelines.errors import LedgerError
from pipelines.settings import OWN_RUN_FORMULAS
from pipelines.telemetry.cluster import on_ray, piece_count, protocols, sent_to_nodes
from pipelines.telemetry.partials import Piece, as_partials, in_pieces, integrate, on_cores, run_piece
from tests.telemetry.generator import big_files, parquet, walk

MACROS = OWN_RUN_FORMULAS.read_text()
PER_FILE = 100_000
FILES = 24


def equal(found: pa.Table, wanted: pa.Table) -> None:
    """The same counts, and energies but for the last digits."""
    one, other = (
        table.sort_by([("path", "ascending"), ("device_id", "ascending")]).to_pydict() for table in (found, wanted)
    )
    for name, values in other.items():
        if name in ("energy_j", "measured_s", "gap_s"):
            assert one[name] == pytest.approx(values, rel=1e-12)
        else:
            assert one[name] == values


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int]]:
    made = big_files(tmp_path_factory.mktemp("samples"), FILES * PER_FILE, per_file=PER_FILE)
    return [(str(path), PER_FILE) for path in made]


@pytest.fixture(scope="module")
def single(paths: list[tuple[str, int]]) -> pa.Table:
    return integrate(paths, "power", MACROS, on_cores(2), 2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes of one processor each, and a head without any; started once, because a loaded machine starts nodes slowly."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_raylet_start_wait_time_s", "180")
        from ray.cluster_utils import Cluster

        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        cluster.nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
        try:
            yield cluster
        finally:
            cluster.shutdown()


@pytest.mark.slow
def test_two_nodes_give_what_one_process_gives(cluster: Any, paths: list[tuple[str, int]], single: pa.Table) -> None:
    found = integrate(paths, "power", MACROS, on_ray(cluster.address), piece_count(len(paths)))
    assert found.num_rows == FILES * 8
    equal(found, single)


@pytest.mark.slow
def test_a_file_that_no_node_can_read_is_told(cluster: Any, paths: list[tuple[str, int]], tmp_path: Path) -> None:
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(Path(paths[0][0]).read_bytes()[:-100])
    with pytest.raises(LedgerError, match="a node could not integrate 1 files: "):
        integrate([(str(bad), 1)], "power", MACROS, on_ray(cluster.address), 1)


@pytest.mark.slow
def test_a_node_that_dies_costs_a_retry_and_no_result(
    cluster: Any, paths: list[tuple[str, int]], single: pa.Table
) -> None:
    told: list[int] = []

    def tell(_piece: Piece, done: int, _all: int) -> None:
        if not told:
            cluster.remove_node(cluster.nodes[0], allow_graceful=False)
        told.append(done)

    found = integrate(paths, "power", MACROS, on_ray(cluster.address, tell), FILES)
    assert told == list(range(1, FILES + 1))
    equal(found, single)


def test_a_node_reads_files_of_an_object_store(tmp_path: Path) -> None:
    data = parquet(walk(3))
    fsspec.filesystem("memory").pipe("/samples/a.parquet", data)
    (tmp_path / "a.parquet").write_bytes(data)
    remote = Piece(("memory:///samples/a.parquet",), "power")
    found = as_partials(sent_to_nodes()(remote.sql, MACROS, protocols(remote)))
    local = run_piece(Piece((str(tmp_path / "a.parquet"),), "power"), MACROS)
    assert found.drop_columns("path") == local.drop_columns("path")


def test_the_files_of_ten_billion_samples_are_planned() -> None:
    count = 10_000
    paths = [
        (f"/shared/landed/date=2026-11-{n % 30 + 1:02d}/run_id=r/{n:064x}.parquet", 1_000_000) for n in range(count)
    ]
    pieces = in_pieces(paths, "power", piece_count(count))
    assert [path for piece in pieces for path in piece.paths] == [path for path, _ in paths]
    sizes = [len(piece.paths) for piece in pieces]
    assert len(pieces) == piece_count(count)
    assert max(sizes) - min(sizes) <= 1
