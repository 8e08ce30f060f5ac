"""Assumptions and the models that read them fit each other."""

from pipelines.warehouse.models.assumption_reads import assumption_faults
from pipelines.warehouse.models.sql_models import SqlModel, parse_model

HEADER = "-- One row.\n-- key: x\n-- column: x | A number.\n"


def model(query: str) -> SqlModel:
    return parse_model(HEADER + query, "sql/core/x.sql", "core", "x")


TAKES = "select a.assumed['pue'].low as x from core.assumption_sets as a"
COMPARES = "select central as x from seeds.assumptions where name = 'weight_bits' and applies_to = 'all'"
LISTS = "select choice as x from core.assumption_choices where assumption in ('mfu', 'cost_share')"
PRINTS = "select 'attention_overhead' as x from seeds.runs"


def test_all_ways_of_reading_count() -> None:
    lines = {"pue": 2, "weight_bits": 3, "mfu": 4, "cost_share": 5}
    assert assumption_faults([model(TAKES), model(COMPARES), model(LISTS)], lines) == []


def test_an_assumption_that_nothing_reads_is_named_with_its_line() -> None:
    assert assumption_faults([model(TAKES), model(PRINTS)], {"attention_overhead": 9, "pue": 2}) == [
        "seeds/assumptions.csv:9: no model reads attention_overhead. Use it in a model, or remove its rows."
    ]


def test_a_name_that_is_no_assumption_is_refused_where_a_model_would_compute_with_null() -> None:
    assert assumption_faults([model(TAKES), model(COMPARES)], {"weight_bits": 3}) == [
        "sql/core/x.sql: no assumption is called pue. Add it to seeds/assumptions.csv, or correct the name."
    ]
