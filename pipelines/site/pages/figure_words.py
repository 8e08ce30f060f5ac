"""A figure of the warehouse -> the words of its card: value, interval, formula with numbers, inputs, what compares.

Follows figures in the same way as ``ledger explain`` does, by ``explain.Known``; a figure that a formula names is
linked instead of told again, because it has a card of its own on the same page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.answers.explain import VERIFIED, Known, with_numbers
from pipelines.answers.labels import (
    KINDS,
    digits_of,
    exact_interval,
    input_name,
    interval,
    method_name,
    place,
    quantity_name,
    said,
    unit_word,
)
from pipelines.answers.numbers import NBSP, number
from pipelines.answers.subjects import public_name
from pipelines.site.pages.glossary import TERM_OF
from pipelines.site.pages.utilisation import NAME as UTILISATION
from pipelines.warehouse.file import Row

Words = dict[str, Any]

PLOT_WIDTH = 150
MARGIN = 7


def source_words(one: Row) -> Words:
    """Where an input comes from: title, link, place in the source, how it was checked and chosen."""
    source = one["source"]
    chosen = one["basis"] if one["basis"] and not one["basis"].startswith("published figure ") else None
    return {
        "title": source["title"],
        "year": source["year"],
        "url": source["url"],
        "locator": one["locator"],
        "verified": "our own judgement, explained there"
        if source["kind"] == "judgement"
        else VERIFIED.get(one["verified"], ""),
        "description": one["description"],
        "chosen": chosen,
    }


def input_words(one: Row) -> Words:
    """An input of a formula as a row of its table."""
    unit = unit_word(one["value"], one["unit"])
    return {
        "name": input_name(one["name"]),
        "key": one["name"],
        "value": f"{number(one['value'])} {unit}".strip(),
        "interval": exact_interval(one["low"], one["high"], one["value"]),
        "kind": KINDS.get(one["kind"], one["kind"]),
        "source": source_words(one),
        "anchor": None,
        "evidence": UTILISATION if one["name"] == "mfu" and one["kind"] == "assumed" else None,
    }


def figure_input_words(name: str, made: Row, anchor: str) -> Words:
    """A figure that a formula names, as a row of the table of inputs: a link to its own card."""
    unit = unit_word(made["value"], made["unit"])
    return {
        "name": quantity_name(name),
        "key": name,
        "value": f"{number(made['value'])} {unit}".strip(),
        "interval": exact_interval(made["value_low"], made["value_high"], made["value"]),
        "kind": KINDS.get(made["kind"], made["kind"]),
        "source": None,
        "anchor": anchor,
        "evidence": None,
    }


def decisive_input(inputs: Iterable[Row]) -> str:
    """The input with the widest interval, in words: what a better source would mend. Empty where none has an interval."""
    spreads = {
        one["name"]: one["high"] / one["low"]
        for one in inputs
        if one["low"] and one["high"] and 0 < one["low"] < one["high"]
    }
    widest = max(spreads, key=lambda name: (spreads[name], name), default=None)
    if widest is None:
        return ""
    return f"{input_name(widest)} decides the interval: its highest value is {number(spreads[widest], 2)} times its lowest."


class Card:
    """The words of one quantity of a subject: its preferred figure and all that stands beside it."""

    def __init__(self, known: Known, preferred: Row, alike: list[Row], prefix: str) -> None:
        self.known, self.preferred, self.prefix = known, preferred, prefix
        self.others = [row for row in alike if row is not preferred]
        self.public = public_name(preferred["quantity"], preferred["boundary"])

    def anchor(self, public: str) -> str:
        """Fragment of the card of a quantity."""
        return f"{self.prefix}{public}"

    def words(self) -> Words:
        """All texts of the card."""
        row = self.preferred
        return {
            "anchor": self.anchor(self.public),
            "name": quantity_name(self.public),
            "public": self.public,
            "term": TERM_OF.get(self.public),
            **self._amount(row),
            "exact": number(row["value"]),
            "exact_interval": exact_interval(row["value_low"], row["value_high"], row["value"]),
            "unit": unit_word(row["value"], row["unit"]),
            "boundary": row["boundary"],
            "kind_key": row["kind"],
            "kind": KINDS.get(row["kind"], row["kind"]),
            "method": method_name(row["method"]),
            "figure_id": row["figure_id"],
            **self._formula(row),
            "decisive": decisive_input(row["inputs"]) if row["kind"] == "derived" else "",
            "inputs": self._inputs(row),
            "compared": self._compared(),
        }

    def _amount(self, row: Row) -> Words:
        unit, quantity = row["unit"], row["quantity"]
        return {
            "value": said(row["value"], unit, quantity, digits_of(row["kind"])),
            "interval": interval(row["value_low"], row["value_high"], row["value"], unit, quantity),
        }

    def _formula(self, row: Row) -> Words:
        numbers = {
            name: (stated["value"] if stated else made["value"])  # type: ignore[index]
            for name, (stated, made) in self.known.formula_terms(row).items()
        }
        return {"formula": row["formula"], "with_numbers": with_numbers(row["formula"], numbers)}

    def _inputs(self, row: Row) -> list[Words]:
        terms = self.known.formula_terms(row)
        if not terms:
            return [input_words(self.known.stated(one)) for one in row["inputs"]]
        words = []
        for name, (stated, made) in terms.items():
            if stated is not None:
                words.append(input_words(self.known.stated(stated)))
            elif made is not None:
                words.append(figure_input_words(name, made, self.anchor(name)))
        return words

    def _compared(self) -> list[Words]:
        if not self.others:
            return []
        rows = [
            self.preferred,
            *sorted(self.others, key=lambda r: (r["method"] == "published", r["method"], r["figure_id"])),
        ]
        return [
            {**self._amount(row), **self._label(row), "ratio": self._ratio(row), "plot": plot}
            for row, plot in zip(rows, plots(rows), strict=True)
        ]

    def _label(self, row: Row) -> Words:
        notes = ["shown above"] if row is self.preferred else []
        notes += ["circular: same formula (not independent)"] if row["is_circular"] else []
        notes += ["boundary not published"] if row["boundary"] == "unstated" != self.preferred["boundary"] else []
        if row["method"] != "published":
            return {
                "label": method_name(row["method"]),
                "kind_key": row["kind"],
                "kind": KINDS.get(row["kind"], row["kind"]),
                "notes": notes,
                "source": None,
                **self._formula(row),
            }
        stated = row["inputs"][0]
        return {
            "label": "Published",
            "kind_key": row["kind"],
            "kind": KINDS.get(stated["kind"], stated["kind"]),
            "notes": notes,
            "source": source_words(self.known.stated(stated)),
            "formula": None,
            "with_numbers": None,
        }

    def _ratio(self, row: Row) -> str:
        return "" if row is self.preferred else f"{number(row['value'] / self.preferred['value'], 3)}{NBSP}×"


def plots(rows: list[Row]) -> list[Words | None]:
    """For each figure the places of its value and bounds on one logarithmic scale, in pixels; None where all agree."""
    ends = [n for row in rows for n in (row["value_low"], row["value"], row["value_high"]) if n is not None and n > 0]
    low, high = (math.log(min(ends)), math.log(max(ends))) if ends else (0.0, 0.0)
    if high - low < 0.02:
        return [None] * len(rows)

    def x(value: float | None) -> float | None:
        if value is None or value <= 0:
            return None
        return round(MARGIN + (math.log(value) - low) / (high - low) * (PLOT_WIDTH - 2 * MARGIN), 1)

    return [{"low": x(r["value_low"]), "value": x(r["value"]), "high": x(r["value_high"])} for r in rows]


def cards(
    known: Known,
    prefix: str = "",
    equivalents: Mapping[str, str] | None = None,
    records: Mapping[tuple[str, str], str] | None = None,
) -> list[Words]:
    """A card for every quantity and boundary of the figures of one subject, in the order of ``words.ORDER``.

    ``equivalents`` says of some quantities what their amount is as much as; ``records`` says how well a method did for
    a quantity.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in known.rows:
        groups.setdefault((row["quantity"], row["boundary"]), []).append(row)
    made = []
    for (quantity, boundary), rows in groups.items():
        unstated = groups.get((quantity, "unstated"), []) if boundary not in ("unstated", "none") else []
        preferred = next((row for row in rows if row["is_preferred"]), rows[0])
        card = Card(known, preferred, [*rows, *unstated], prefix).words()
        record = (records or {}).get((quantity, preferred["method"]), "")
        made.append({**card, "equivalent": (equivalents or {}).get(card["public"], ""), "record": record})
    return sorted(made, key=lambda words: place(words["public"]))


def headline(found: Iterable[Words], wanted: Iterable[str]) -> list[Words]:
    """The cards of these quantities, where there are such."""
    by_name = {words["public"]: words for words in found}
    return [by_name[public] for public in wanted if public in by_name]
