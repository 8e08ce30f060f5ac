"""Schemas of the files in seeds/levers: efficiency levers, families, exceptions and cases."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipelines.records.fields import Count, Identifier, Positive, Text
from pipelines.seeds.fact import Fact


class EfficiencyLevers(Fact):
    """One row per lever and piece of evidence: what a technique changes, as a factor."""

    key = ("efficiency_lever_id",)
    efficiency_lever_id: Identifier = Field(description="Key of the row.")
    lever: Text = Field(description="Technique, for example quantization 16 to 4 bit.")
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
    ] = Field(description="Family of the technique.")
    baseline: Text = Field(description="What it is compared with: model, hardware, software.")
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
    ] = Field(description="What the factor is of.")
    factor: Positive = Field(
        description="How many times better the metric gets: above 1 is an improvement (for accuracy: share kept)."
    )
    factor_low: Positive | None = Field(default=None, description="Lower bound, where stated.")
    factor_high: Positive | None = Field(default=None, description="Upper bound, where stated.")
    kind: Literal["published", "measured here"] = Field(description="Who measured it.")


class LeverFamilies(Fact):
    """One row per family of levers: what it acts on, which decides how it combines with others."""

    key = ("family",)
    family: Text = Field(description="Family of seeds.efficiency_levers.")
    phase: Literal["training", "inference", "both"] = Field(description="Where it saves.")
    acts_on: Literal[
        "training work", "work per token", "bytes read", "utilisation", "energy per operation", "carbon per kWh"
    ] = Field(description="What it changes.")


class LeverExceptions(Fact):
    """One row per pair of lever families that does not combine as what they act on says."""

    key = ("family", "other_family")
    family: Text = Field(description="One family.")
    other_family: Text = Field(description="The other, later in the alphabet.")
    combination: Literal["multiplies", "overlaps", "excludes"] = Field(
        description="multiplies: both count in full; overlaps: their product is an upper bound; excludes: one or the other."
    )
    reason: Text = Field(description="Why.")


class LeverCases(Fact):
    """One row per worked case and step: which evidence is used for which lever."""

    key = ("lever_case_id", "step")
    lever_case_id: Identifier = Field(description="Key of the case.")
    step: Count = Field(description="Order of the steps.")
    phase: Literal["training", "inference"] = Field(description="What the step saves.")
    efficiency_lever_id: Identifier = Field(description="Evidence: a row of mart.efficiency_levers.")
    text: Text = Field(description="What is done.")
