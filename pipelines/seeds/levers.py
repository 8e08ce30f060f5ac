"""Schemas of the files in seeds/levers: efficiency levers, families, exceptions and cases."""

from __future__ import annotations

from typing import Literal

from pipelines.records.fields import Count, Identifier, Positive, Text, filled, nullable
from pipelines.seeds.fact import Fact


class EfficiencyLevers(Fact):
    """One row per technique (lever) and result: the factor by which it improves a metric."""

    key = ("efficiency_lever_id",)
    efficiency_lever_id: Identifier = filled("Key of the row.")
    lever: Text = filled("Technique, for example quantization 16 to 4 bit.")
    family: Literal[
        "pre-trained model",
        "fine-tuning",
        "quantization",
        "pruning",
        "distillation",
        "mixture of experts",
        "batching",
        "runtime",
        "hardware",
        "utilisation",
        "clean grid",
        "data",
        "attention",
        "decoding",
    ] = filled(
        "Family of the technique.",
    )
    baseline: Text = filled("Baseline of the comparison: model, hardware, software.")
    metric: Literal[
        "energy",
        "time",
        "throughput",
        "memory",
        "parameters",
        "training flop",
        "inference flop",
        "cost",
        "carbon",
        "accuracy",
    ] = filled(
        "Metric that the factor describes.",
    )
    factor: Positive = filled("Factor by which the metric improves: above 1 is better (for accuracy: share retained).")
    factor_low: Positive | None = nullable("Lower bound, if published.")
    factor_high: Positive | None = nullable("Upper bound, if published.")
    kind: Literal["published", "measured here"] = filled("Who measured it.")


class LeverFamilies(Fact):
    """One row per family of techniques: what the family acts on, which decides how it combines with others."""

    key = ("family",)
    family: Text = filled("Family of seeds.efficiency_levers.")
    phase: Literal["training", "inference", "both"] = filled("What the technique saves.")
    acts_on: Literal[
        "training work", "work per token", "bytes read", "utilisation", "energy per operation", "carbon per kWh"
    ] = filled(
        "What the technique changes.",
    )


class LeverExceptions(Fact):
    """One row per exception: a pair of families that combines differently from the general rule."""

    key = ("family", "other_family")
    family: Text = filled("First family.")
    other_family: Text = filled("Second family, later in the alphabet.")
    combination: Literal["multiplies", "overlaps", "excludes"] = filled(
        "multiplies: both count in full; overlaps: their product is an upper bound; excludes: one or the other."
    )
    reason: Text = filled("Reason.")


class LeverCases(Fact):
    """One row per worked case and step: the result used for each technique."""

    key = ("lever_case_id", "step")
    lever_case_id: Identifier = filled("Key of the case.")
    step: Count = filled("Order of the steps.")
    phase: Literal["training", "inference"] = filled("What the step saves.")
    efficiency_lever_id: Identifier = filled("Evidence: a row of mart.efficiency_levers.")
    text: Text = filled("Description of the step.")
