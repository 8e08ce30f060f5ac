"""The dense 16-bit peak where a datasheet prints another one: calculated by the usual ratio, and marked."""

import duckdb
import pytest

RATIOS = {"from_sparse": 2, "from_fp8": 2, "from_int8": 2}


def test_a_peak_with_sparsity_is_twice_the_dense_one(published: duckdb.DuckDBPyConnection) -> None:
    """RTX A5000: its datasheet prints 222.2 TFLOP/s in 16 bits with sparsity, and no dense rate."""
    query = (
        "select dense_16_bit_flop_per_s, dense_16_bit_method from mart.accelerators where accelerator_id = 'rtx-a5000'"
    )
    assert published.execute(query).fetchall() == [(pytest.approx(111.1e12), "from_sparse")]


def test_what_is_calculated_is_marked_and_what_is_published_is_not_replaced(
    published: duckdb.DuckDBPyConnection,
) -> None:
    rows = published.execute(
        """
        select a.accelerator_id, a.dense_16_bit_method, a.segment, a.dense_16_bit_flop_per_s,
            max(p.peak_flop_per_s) filter (where p.number_format in ('bf16', 'fp16') and not p.is_sparse) as published_peak,
            list(p.peak_flop_per_s) as peaks
        from mart.accelerators as a left join core.accelerator_peaks as p on a.accelerator_id = p.accelerator_id group by all
        """
    ).fetchall()
    methods = {method for _, method, *_ in rows}
    assert methods == {None, "published", *RATIOS} or methods == {None, "published", "from_sparse", "from_fp8"}
    for chip, method, segment, dense, published_peak, peaks in rows:
        assert (method is None) == (dense is None), chip
        assert (method == "published") == (published_peak is not None), chip
        if method in RATIOS:
            assert any(dense == pytest.approx(peak / RATIOS[method]) for peak in peaks), chip
        assert method != "from_int8" or segment == "datacentre", f"{chip}: units of phones compute integers only"
