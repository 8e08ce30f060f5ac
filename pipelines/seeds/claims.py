"""Schemas of the files in seeds/claims: claims, their classes, quantities and units, and the questions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipelines.records.fields import (
    Comparison,
    Count,
    Identifier,
    Number,
    Positive,
    Text,
    Unit,
    bounds_problem,
    filled,
    nullable,
)
from pipelines.seeds.fact import Fact


class Claims(Fact):
    """One row per claim in a document: the claim in our words, and its testable number.

    The source of the row is the document; the locator says where in it.
    """

    key = ("source_id", "claim_id")
    claim_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=40)] = filled(
        "Key of the claim within its document."
    )
    paraphrase: Text = filled("What the document says, in our words.")
    subject: Text = filled(
        "Subject of the claim: key or name of a run, model or accelerator, a class of claim_classes, an amount such "
        "as '2.0e25 FLOP', or a workload such as '1e17 FLOP on rtx-4090'.",
    )
    quantity: Text = filled("Claimed quantity: a quantity of claim_quantities.")
    comparison: Comparison = filled(
        "Meaning of the number; none if the claim gives no number; a word such as several counts the unit."
    )
    scope: Literal["typical", "some", "every"] = filled(
        "For a class as subject: whether the claim is about its typical, some or every member."
    )
    low: Number | None = nullable("Lower bound, in the claim's unit; for 'about' the number itself.")
    high: Number | None = nullable("Upper bound, in the claim's unit; for 'about' the number itself.")
    unit: Text | None = nullable("Unit of low and high: one of claim_units.")
    reading: Text | None = nullable("How we translated words into numbers, if the document uses words.")

    @model_validator(mode="after")
    def _bounds_are_those_of_the_comparison(self) -> Claims:
        if problem := bounds_problem(self.comparison, self.low, self.high):
            raise ValueError(problem)
        return self


class ClaimClasses(Fact):
    """One row per class of subjects and condition: a member of the class satisfies all conditions."""

    key = ("claim_class_id", "attribute")
    claim_class_id: Identifier = filled("Key of the class.")
    claim_class_name: Text = filled("Name of the class.")
    subject_kind: Literal["training_run", "accelerator", "lever"] = filled("Description of the members.")
    attribute: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = filled(
        "Attribute that the condition tests: one of mart.audit_attributes."
    )
    low: Number | None = nullable("Least value, for an attribute that is a number.")
    high: Number | None = nullable("Greatest value, for an attribute that is a number.")
    unit: Unit | None = nullable("Unit of low and high.")
    matches: Text | None = nullable("Patterns for an attribute that is a text; one of them must match: 'a100*|h100*'.")

    @model_validator(mode="after")
    def _is_one_kind_of_condition(self) -> ClaimClasses:
        if (self.matches is None) == (self.low is None and self.high is None):
            raise ValueError("expected low or high, or matches")
        return self


class ClaimNames(Fact):
    """One row per nickname or product that a claim may name, and subject that we take it for."""

    key = ("name", "subject_kind")
    name: Text = filled("The name.")
    subject_kind: Literal["training_run", "inference", "trend"] = filled("Kind of the subject.")
    subject_id: Text = filled("Key of the subject; of a trend its metric.")
    taken_for: Text = filled("What we take the name for, in words.")


class ClaimQuantities(Fact):
    """One row per name of a quantity that a claim may use."""

    key = ("quantity",)
    quantity: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = filled("Name of the quantity.")
    measured_quantity: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = filled(
        "Quantity of mart.audit_points that tests it."
    )
    unit: Unit = filled("Unit of those points: a base unit of claim_units.")
    description: Text = filled("What it means.")
    spellings: Text | None = nullable("Other names of the quantity, separated by bars.")


class Questions(Fact):
    """One row per question in a document that mart.answers answers with calculated numbers."""

    key = ("question_no",)
    question_no: Count = filled("Number of the question.")
    question: Text = filled("The question, in our words.")


class ClaimUnits(Fact):
    """One row per unit that a claim may use."""

    key = ("unit",)
    unit: Text = filled("Name of the unit.")
    base_unit: Unit = filled("Unit in which its quantities are tested.")
    factor: Positive = filled("Number of base units in one unit.")
    spellings: Text | None = nullable(
        "Other names of the unit, separated by bars; case, blanks and hyphens do not matter."
    )
