"""What serving takes as tables and lines of text, from what ``serving_estimate`` found."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.answers.given import KIND_WORDS, figure_cells
from pipelines.answers.numbers import number, with_prefix
from pipelines.warehouse.file import Row

LISTED = 15
"""Devices that are shown."""

NUMBER_HEADINGS = {"central", "count", "price USD", "power W", "needed", "available", "token/s at most"}


def as_tables(result: Row) -> list[list[list[str]]]:
    """Tables of texts, headings first: devices where they were asked for, else figures and inputs."""
    if "devices" in result:
        return [_device_table(result["devices"][:LISTED])]
    figures = [["figure", "central", "unit", "90 % interval"]]
    figures += [
        figure_cells(row, "quantity", "value_low", "value_high") for row in [*result["figures"], *result["per_request"]]
    ]
    inputs = [["input", "central", "unit", "90 % interval", "kind", "source"]]
    inputs += [
        [*figure_cells(row, "name", "low", "high"), KIND_WORDS[row["kind"]], row["source"] or ""]
        for row in result["inputs"]
    ]
    return [figures, inputs]


def _device_table(devices: list[Row]) -> list[list[str]]:
    table = [["device", "count", "format", "price USD", "power W", "needed", "available", "token/s at most"]]
    for row in devices:
        cells = [
            row["accelerator_id"],
            str(row["accelerator_count"]),
            row["number_format"],
            "unknown" if row["purchase_usd"] is None else f"{row['purchase_usd']:,.0f}",
            "unknown" if row["tdp_w"] is None else number(row["tdp_w"]),
            with_prefix(row["needed_bytes"], "B"),
            with_prefix(row["available_bytes"], "B"),
            number(row["tokens_per_s_bound"], 3),
        ]
        table.append(cells)
    return table


def as_lines(result: Row) -> Iterator[str]:
    """What is no table, as plain lines."""
    yield f"{'model':<14} {result['model']['model_id']} ({result['model']['attention_kind']} attention)"
    yield from _device_lines(result) if "devices" in result else _case_lines(result)


def _device_lines(result: Row) -> Iterator[str]:
    budget = result["budget"]
    asked = [
        f"{number(budget[name], 6)} {unit}"
        for name, unit in (("usd", "USD"), ("watts", "W"))
        if budget[name] is not None
    ]
    asked += [] if budget["memory_bytes"] is None else [f"{with_prefix(budget['memory_bytes'], 'B')} of memory"]
    yield f"{'budget':<14} {' and '.join(asked) or 'none'}"
    if (more := len(result["devices"]) - LISTED) > 0:
        yield f"{more} slower devices not shown: --format json lists all"
    yield (
        "Each device uses the released format, or the highest precision below it that fits. Upper bound of speed: batch ÷ "
        "time per step, limited by bandwidth or dense peak."
    )
    yield "With a limit on price or power, devices without a published price or power are left out."


def _case_lines(result: Row) -> Iterator[str]:
    yield f"{'device':<14} {result['device']['accelerator_id']} ({result['device']['accelerator_name']})"
    for row in result["case"]:
        value = number(row["value"]) if isinstance(row["value"], int | float) else row["value"]
        yield f"{row['name']:<14} {value} ({'given by you' if row['is_given'] else row['note']})"
    if result["bound_by"]:
        yield f"{'bound by':<14} {result['bound_by']}"
    needed, available = (with_prefix(result["memory"][k], "B") for k in ("needed_bytes", "available_bytes"))
    yield f"{'memory':<14} {needed} needed, {available} available"
    for row in result["measured"]:
        where = f"{row['accelerator_count']} accelerators, {row['benchmark']}"
        yield f"{'measured':<14} {number(row['joule_per_token'])} J/token ({where}; {row['source_id']})"
    yield from result["notes"]
