"""What every curated fact carries: its source, place in it, how it was checked, and a note."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from pipelines.records.fields import SourceId, Text, filled, nullable

NumberFormat = Literal[
    "fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp6", "fp4", "int16", "int8", "int4", "int1", "mixed"
]


OWN_FACTS = "compute_ledger"
"""Source of our own judgements, and of the files that the project itself curates."""


class Fact(BaseModel):
    """A curated row: the columns that say where it comes from and how far to trust the entry."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    key: ClassVar[tuple[str, ...]] = ()

    source_id: SourceId = filled("Source of the row: a key of seeds/SOURCES.toml.")
    locator: Text = filled("Location of the fact in the source: page, table, section or row.")
    verified: Literal["seen", "secondary", "recalled", "judged"] = filled(
        "How the entry was checked: checked in the source (seen), cited by another work (secondary), unverified "
        "(recalled), or our own judgement (judged).",
    )
    verified_in: SourceId | None = nullable("Source that was read to check the entry, if it is not the source itself.")
    note: Text | None = nullable("What a reader should know about the row, in our words.")

    @model_validator(mode="after")
    def _secondary_names_what_was_read(self) -> Fact:
        if self.verified == "secondary" and not self.verified_in:
            raise ValueError("verified is 'secondary', so verified_in must name the source that was read")
        return self

    @model_validator(mode="after")
    def _own_rows_are_judged(self) -> Fact:
        if (self.verified == "judged") != (self.source_id == OWN_FACTS):
            raise ValueError(f"verified is 'judged' exactly where source_id is '{OWN_FACTS}'")
        return self
