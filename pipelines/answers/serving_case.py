"""A case of serving as it is given: options of ``ledger estimate --inference`` in, a case and a budget out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.answers.given import Stated, read_stated
from pipelines.answers.numbers import number
from pipelines.errors import UsageError, shown

SOFTWARE = ("stock", "tuned", "benchmark")
"""How far the software is set up: default settings, settings for the case, or an engine tuned for one model and machine."""

SHARES = ("cached_prompt", "idle")
POSITIVE = ("prompt_tokens", "answer_tokens", "group", "decode_count")


@dataclass(frozen=True)
class Point:
    """The operating point beside users, accelerators and number format; None leaves it to the rules."""

    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    cached_prompt: float = 0.0
    group: int | None = None
    decode_count: int | None = None
    cache_bits: int | None = None
    speculative: bool = False
    software: str = "tuned"
    software_year: float = 2026.0
    idle: float = 0.0


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
    point: Point = field(default_factory=lambda: Point())
    config: Path | None = None


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


def read_point(options: dict[str, Any]) -> Point:
    """The operating point as given; raises UsageError for what cannot be."""
    given = {name: options[name] for name in Point.__dataclass_fields__ if options.get(name) is not None}
    for name in POSITIVE:
        if name in given and given[name] < 1:
            raise UsageError(f"--{name.replace('_', '-')} {given[name]}: expected 1 or more.")
    for name in SHARES:
        if not 0 <= given.get(name, 0.0) < 1:
            raise UsageError(f"--{name.replace('_', '-')} {given[name]}: expected a share from 0 to below 1.")
    if given.get("software", "tuned") not in SOFTWARE:
        raise UsageError(f"--software {shown(given['software'])}: expected one of {', '.join(SOFTWARE)}.")
    if given.get("cache_bits", 16) not in (4, 8, 16):
        raise UsageError(f"--cache-bits {given['cache_bits']}: expected 4, 8 or 16.")
    if not 2022 <= given.get("software_year", 2026.0) <= 2028:
        raise UsageError(f"--software-year {number(given['software_year'])}: expected 2022 to 2028.")
    return Point(**given)


def read_options(
    device: str | None, number_format: str | None, count: str | None, price: str | None, options: dict[str, Any]
) -> tuple[Serving, Budget | None]:
    """A case and, without a device, the budget for one; raises UsageError for what does not go together."""
    if (options["model"] is None) == (options.get("config") is None):
        raise UsageError(
            "--inference needs a model: give --model, such as --model llama-3.1-8b, or --config with the config.json "
            "of a model."
        )
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
        model=options["model"] or "",
        device=device,
        batch=1 if options["batch"] is None else options["batch"],
        context=options["context"],
        number_format=number_format,
        count=int(stated_count.value) if stated_count else None,
        price=read_stated(price, "--price") if price is not None else None,
        point=read_point(options),
        config=options.get("config"),
    )
    memory = read_bytes(options["max_memory"], "--max-memory") if options["max_memory"] is not None else None
    return given, None if device is not None else Budget(options["max_usd"], options["max_watts"], memory)
