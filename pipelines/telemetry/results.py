"""Results of a benchmark on own hardware: one repeat of one case.

What belongs here: the fields. What does not: measuring them (``inference_benchmark.py``), what follows from them (SQL).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipelines.telemetry.run_note import OneLine

Seconds = Annotated[float, Field(gt=0, le=1e6)]


class Result(BaseModel):
    """So many inferences of a model, and what they took."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    model_name: OneLine
    framework: OneLine
    processor_name: OneLine
    number_format: Annotated[str, Field(pattern=r"^(fp32|fp16|bf16|int8|int4)$")]
    is_optimized: bool
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)]
    thread_count: Annotated[int, Field(ge=1, le=10_000)]
    repeat_no: Annotated[int, Field(ge=1, le=1_000_000)]
    inference_count: Annotated[int, Field(ge=1)]
    wall_s: Seconds
    processor_s: Seconds
    energy_j: Annotated[float, Field(gt=0, le=1e12)] | None = None
    core_power_w: Annotated[float, Field(gt=0, le=10_000)] | None = None
    same_answer_fraction: Annotated[float, Field(ge=0, le=1)]
