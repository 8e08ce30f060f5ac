"""What a hypothetical training run would take as tables and lines of text, from what ``training_estimate`` found."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.answers.given import KIND_WORDS, figure_cells
from pipelines.answers.numbers import number, with_prefix
from pipelines.warehouse.file import Row


def as_tables(result: Row) -> list[list[list[str]]]:
    """The estimate as tables of texts, headings first: figures, inputs. Numbers stand in the second column."""
    figures = [["figure", "central", "unit", "90 % interval", "method"]]
    figures += [[*figure_cells(row, "quantity", "value_low", "value_high"), row["method"]] for row in result["figures"]]
    inputs = [["input", "central", "unit", "90 % interval", "kind", "source"]]
    inputs += [
        [*figure_cells(row, "name", "low", "high"), KIND_WORDS[row["kind"]], _source(row)] for row in result["inputs"]
    ]
    return [figures, inputs]


def as_lines(result: Row) -> Iterator[str]:
    """What is no number, the memory and the notes, as plain lines."""
    for row in result["choices"]:
        value = "none" if row["value"] is None else row["value"]
        yield f"{row['name']:<14} {value} ({', '.join(filter(None, (KIND_WORDS[row['kind']], row['note'])))})"
    if (memory := result["memory"]) is not None:
        there = (
            "" if memory["available_bytes"] is None else f", {with_prefix(memory['available_bytes'], 'B')} available"
        )
        rule = f"{number(memory['bytes_per_param'], 6)} bytes per parameter, activations not counted"
        yield f"{'memory':<14} at least {with_prefix(memory['needed_bytes'], 'B')} needed{there} ({rule})"
    if (parts := result["reinforcement"]) is not None:
        shares = {word: f"{100 * parts[f'{word}_fraction']:.0f} %" for word in ("generating", "scoring", "learning")}
        yield (
            f"{'chip-hours':<14} {shares['generating']} generating answers, {shares['scoring']} scoring them, "
            f"{shares['learning']} learning: {number(parts['chip_hours_ratio'])} times those of learning alone"
        )
    yield from result["notes"]


def _source(row: Row) -> str:
    if row["source"] is None:
        return str(row["locator"])
    chosen = f" [{row['basis']}]" if row["basis"] else ""
    return f"{row['source']['title']}, {row['locator']}{chosen}"
