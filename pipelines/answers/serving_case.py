"""A case of serving as it is given: options of ``ledger estimate --inference`` in, a case and a budget out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.answers.given import Stated, read_stated
from pipelines.answers.numbers import number
from pipelines.errors import UsageError, shown


@dataclass(frozen=True)
class Serving:
    """What is given about a case of serving; None leaves it to the rules."""

    model: str
    device: str | None = None
    batch: int = 1
    context: int | None = None
    number_format: str | None = None
    count: int | None = None
    price: Stated | None = None


@dataclass(frozen=True)
class Budget:
    """What the devices may cost, draw and hold at most; None is no limit."""

    usd: float | None = None
    watts: float | None = None
    memory_bytes: float | None = None


def read_bytes(text: str, option: str) -> float:
    """Bytes from ``16e9``, ``16GB`` or ``16 GiB``; raises UsageError for anything else.

    >>> read_bytes("16GB", "--max-memory")
    16000000000.0
    """
    units = {"": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "mib": 2.0**20, "gib": 2.0**30, "tib": 2.0**40}
    number = text.strip().rstrip("abgikmtABGIKMT ")
    unit = text.strip()[len(number) :].strip().lower()
    try:
        value = float(number) * units[unit]
    except (ValueError, KeyError):
        value = 0.0
    if not 0 < value < float("inf"):
        raise UsageError(f"{option} {shown(text)}: expected an amount of memory such as 16GB or 8GiB.")
    return value


def read_options(
    device: str | None, number_format: str | None, count: str | None, price: str | None, options: dict[str, Any]
) -> tuple[Serving, Budget | None]:
    """A case and, without a device, the budget for one; raises UsageError for what does not go together."""
    if options["model"] is None:
        raise UsageError("--inference needs a model: give --model, such as --model llama-3.1-8b.")
    limits = [options[name] for name in ("max_usd", "max_watts", "max_memory")]
    if device is not None and any(limit is not None for limit in limits):
        raise UsageError(
            "--device already chooses the device: give either --device, or --max-usd, --max-watts and --max-memory."
        )
    for name in ("max_usd", "max_watts"):
        if options[name] is not None and not 0 < options[name] < float("inf"):
            raise UsageError(f"--{name.replace('_', '-')} {number(options[name], 6)}: expected a value above zero.")
    stated_count = read_stated(count, "--count") if count is not None else None
    if stated_count is not None and not (
        stated_count.low == stated_count.high and float(stated_count.value).is_integer()
    ):
        raise UsageError(f"--count {count}: expected a whole number of accelerators.")
    given = Serving(
        model=options["model"],
        device=device,
        batch=1 if options["batch"] is None else options["batch"],
        context=options["context"],
        number_format=number_format,
        count=int(stated_count.value) if stated_count else None,
        price=read_stated(price, "--price") if price is not None else None,
    )
    memory = read_bytes(options["max_memory"], "--max-memory") if options["max_memory"] is not None else None
    return given, None if device is not None else Budget(options["max_usd"], options["max_watts"], memory)
