"""Work and memory of training that 6ND does not have: attention over a long context, frozen weights below adapters, answers
that a model generates to learn from.

What belongs here: what is given about them, the ratio to 6ND that follows, and the memory that is needed. What does not:
any formula (``sql/macros/training.sql``) or assumption (``core.training_memory``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from pipelines.answers.given import Stated
from pipelines.answers.numbers import number, with_prefix
from pipelines.errors import UsageError
from pipelines.warehouse.file import Row, read_rows

ADAPTERS = ("lora", "qlora")
"""Adapters above frozen weights of 16 bits, and of 4."""

STATE = {
    None: ("state_bytes_low", "weights, gradients and Adam's state in mixed precision"),
    "lora": ("lora_state_bytes", "frozen weights of 16 bits, and adapters with Adam's state"),
    "qlora": ("qlora_state_bytes", "frozen weights of 4 bits, and adapters with Adam's state"),
}
"""What is trained -> column of core.training_memory, and what it holds."""


@dataclass(frozen=True)
class Work:
    """What is given about the work per token; None is plain 6ND."""

    context: int | None = None
    layers: int | None = None
    width: int | None = None
    full_attention: bool = False
    adapter: Literal["lora", "qlora"] | None = None
    is_reinforced: bool = False


def read_work(options: dict[str, Any]) -> Work:
    """The work as given; raises UsageError for what does not go together."""
    adapter, shape = options["adapter"], ("context", "layers", "width")
    if adapter is not None and adapter not in ADAPTERS:
        raise UsageError(f"--adapter {adapter}: expected lora or qlora.")
    given = {name: options[name] for name in shape if options[name] is not None}
    for name, value in given.items():
        if value < 1:
            raise UsageError(f"--{name} {value}: expected 1 or more.")
    if given and len(given) < len(shape):
        missing = " and ".join(f"--{name}" for name in shape if name not in given)
        raise UsageError(f"attention over a context needs --context, --layers and --width: also give {missing}.")
    if options["full_attention"] and not given:
        raise UsageError("--full-attention counts attention over a context: also give --context, --layers and --width.")
    if adapter is not None and options["rl"]:
        raise UsageError("--rl and --adapter: reinforcement learning of adapters is not estimated; leave one out.")
    return Work(
        **given, full_attention=bool(options["full_attention"]), adapter=adapter, is_reinforced=bool(options["rl"])
    )


def set_work(connection: duckdb.DuckDBPyConnection, run: str, work: Work, active: Stated | None) -> None:
    """Put the ratio to 6ND that follows from the work in the place of the assumed one."""
    if active is None or (work.context is None and work.adapter is None):
        return
    causal = 1.0 if work.full_attention else 0.5
    text = " ".join(
        [f"--context, {'full' if work.full_attention else 'causal'} attention"] * (work.context is not None)
        + [f"--adapter {work.adapter}: frozen weights take 4ND"] * (work.adapter is not None)
    )
    connection.execute(
        """
        update core.training_inputs set flop_6nd_ratio = input(
            'flop_6nd_ratio', null,
            work_ratio_of($active::double, $layers::double, $width::double, $context::double, $share::double, $frozen::boolean),
            null, 'ratio', 'given', 'you', $text
        ) where training_run_id = $run
        """,
        {
            "active": active.value, "layers": work.layers or 0, "width": work.width or 0, "context": work.context or 0,
            "share": causal, "frozen": work.adapter is not None, "text": text, "run": run,
        },
    )  # fmt: skip


def set_reinforcement(connection: duckdb.DuckDBPyConnection, run: str) -> None:
    """Put the work of generation and scoring, and the utilisation over all, in the place of those of learning alone.

    ``core.reinforcement_work`` is made from the inputs as they are.
    """
    connection.execute(
        """
        update core.training_inputs as i set
            flop_6nd_ratio = input(
                'flop_6nd_ratio', low_of(f.ratio), central_of(f.ratio), high_of(f.ratio), 'ratio', 'assumed', 'compute_ledger',
                'docs/methods.md, intervals', null, '--rl: learning, scoring and generation'
            ),
            reported_mfu = case when i.reported_mfu is not null then f.mfu end,
            assumed_mfu = f.mfu
        from (
            select
                w.training_run_id,
                multiply(amount(t.flop_6nd_ratio), uncertain(w.flop_ratio_low, w.flop_ratio, w.flop_ratio_high)) as ratio,
                input(
                    'mfu', w.mfu_low, w.mfu, w.mfu_high, 'ratio', 'assumed', 'compute_ledger',
                    'docs/methods.md, intervals', null, '--rl: learning, scoring and generation'
                ) as mfu
            from core.reinforcement_work as w
            inner join core.training_inputs as t using (training_run_id)
        ) as f
        where i.training_run_id = f.training_run_id and i.training_run_id = ?
        """,
        [run],
    )


def parts_of(connection: duckdb.DuckDBPyConnection, run: str) -> Row | None:
    """Shares of the chip-hours that generation, scoring and learning take, and the inputs they rest on; else None."""
    found = read_rows(connection, "select * from core.reinforcement_work where training_run_id = ?", [run])
    return found[0] if found else None


def memory_of(connection: duckdb.DuckDBPyConnection, run: str, work: Work, count: Stated | None, chip: Row) -> Row:
    """Memory that training needs and that the accelerators have; raises UsageError where it does not suffice."""
    column, held = STATE[work.adapter]
    query = f"""
        select m.{column} as needed_bytes, m.available_bytes, m.{column} / i.total_params.value as bytes_per_param,
            m.bytes_per_param.unit as unit, m.bytes_per_param.source_id as source_id, m.bytes_per_param.locator as locator
        from core.training_memory as m inner join core.training_inputs as i using (training_run_id)
        where m.training_run_id = ?
    """
    memory = read_rows(connection, query, [run])[0]
    if memory["available_bytes"] is not None and memory["needed_bytes"] > memory["available_bytes"]:
        raise UsageError(
            f"the model does not fit: training needs at least {with_prefix(memory['needed_bytes'], 'B')} "
            f"({number(memory['bytes_per_param'])} bytes per parameter for {held}, spread over all accelerators); "
            f"{number(count.value if count else 0, 6)} × {chip['accelerator_id']} have "
            f"{with_prefix(memory['available_bytes'], 'B')}."
        )
    return memory
