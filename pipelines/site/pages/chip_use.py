"""What an accelerator costs and does in use, for the comparison: prices, serving, benchmarks, and what fits its memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.answers.numbers import count_of, significant
from pipelines.site.pages.tabular import Words
from pipelines.warehouse.file import Row, read_rows

DIGITS = 4
RENTS = """
    select accelerator_id, cloud_price_usd_per_chip_hour_low as low, cloud_price_usd_per_chip_hour as value,
        cloud_price_usd_per_chip_hour_high as high, provider_count
    from core.on_demand_prices order by accelerator_id
"""
PURCHASES = """
    select accelerator_id, max(purchase_usd) as value from mart.device_fit
    where accelerator_count = 1 and purchase_usd is not null group by 1 order by 1
"""
LIMITS = """
    select accelerator_id, bits, largest_model_params_low as low, largest_model_params as value, largest_model_params_high as high
    from core.memory_limits order by accelerator_id, bits
"""
BENCHMARKS = """
    select accelerator_id, benchmark, max(value / accelerator_count) as value, arg_max(round, value / accelerator_count) as round,
        arg_max(submitter, value / accelerator_count) as submitter
    from mart.benchmark_runs
    where suite = 'mlperf inference' and scenario = 'Offline' and metric = 'throughput' and unit = 'token/s' and is_official
        and not is_duplicate and accelerator_id is not null and accelerator_count > 0
    group by 1, 2 order by 1, 2
"""
"""The best official result of each language model, per accelerator."""
SERVING = """
    select model_id, model_name, accelerator_id, number_format, accelerators_needed, batch_size,
        tokens_per_s_low / accelerators_needed as tokens_per_s_low, tokens_per_s / accelerators_needed as tokens_per_s,
        tokens_per_s_high / accelerators_needed as tokens_per_s_high,
        joule_per_token_low, joule_per_token, joule_per_token_high,
        usd_per_million_tokens_low, usd_per_million_tokens, usd_per_million_tokens_high, measured_joule_per_token
    from mart.inference_estimates
    where fits and batch_size = 64 and model_id in (
        select model_id from mart.inference_estimates
        where api_usd_per_million_tokens is not null or measured_joule_per_token is not null
    )
    qualify row_number() over (partition by model_id, accelerator_id order by weight_bits desc) = 1
    order by model_id, accelerator_id
"""
"""Models that are sold or measured, on each accelerator with the most bits that fit, 64 sequences at a time."""

SERVED = {
    "tokens_per_s": ("Serving: tokens per second, each accelerator", "token/s"),
    "joule_per_token": ("Serving: accelerator energy per token", "J/token"),
    "measured_joule_per_token": ("Serving: energy per token, measured", "J/token"),
    "usd_per_million_tokens": ("Serving: rental cost per million tokens", "USD"),
}
DEFAULT_MODELS = ("llama-3.1-70b", "llama-3.1-8b")
"""The model that serving figures are first for: the first of these that is known."""


def short(value: float | None) -> float | None:
    """A number with the digits that a comparison shows."""
    return None if value is None else float(significant(value, DIGITS))


@dataclass(frozen=True)
class ChipUse:
    """Rows of what accelerators cost and do."""

    rents: list[Row]
    purchases: list[Row]
    limits: list[Row]
    benchmarks: list[Row]
    serving: list[Row]

    def quantities(self) -> dict[str, tuple[str, str]]:
        """Name and unit of each quantity, in order: money, serving, what fits, benchmarks."""
        fits = {f"fits_{bits}": (f"Largest model in {bits} bits", "parameter") for bits in (16, 8, 4)}
        suites = {
            f"mlperf_{name}": (f"MLPerf, {name}: tokens per second, each accelerator", "token/s")
            for name in sorted({row["benchmark"] for row in self.benchmarks})
        }
        money = {"rent": ("Rental price per hour, on demand", "USD"), "purchase": ("Purchase price, median", "USD")}
        return {**money, **SERVED, **fits, **suites}

    def figures(self, columns: Any) -> dict[str, list[list[Any]]]:
        """Figures of each accelerator that are the same for all models; ``columns`` numbers the texts."""
        found: dict[str, list[list[Any]]] = {}
        for row in self.rents:
            about = columns.text(f"median of {count_of(row['provider_count'], 'provider')}")
            found.setdefault(row["accelerator_id"], []).append(["rent", *_triple(row), about, ""])
        for row in self.purchases:
            about = columns.text("observed or at release")
            found.setdefault(row["accelerator_id"], []).append(["purchase", None, short(row["value"]), None, about, ""])
        for row in self.limits:
            about = columns.text("weights alone, one accelerator")
            found.setdefault(row["accelerator_id"], []).append([f"fits_{row['bits']}", *_triple(row), about, ""])
        for row in self.benchmarks:
            about = columns.text(f"best official result: {row['submitter']}, {row['round']}")
            key = f"mlperf_{row['benchmark']}"
            found.setdefault(row["accelerator_id"], []).append([key, None, short(row["value"]), None, about, ""])
        return found

    def served(self, columns: Any, order: list[str]) -> Words:
        """Figures of serving by model and accelerator, the models that can be chosen, and the first of them."""
        index = {key: number for number, key in enumerate(order)}
        names: dict[str, str] = {}
        figures: dict[str, dict[str, list[list[Any]]]] = {}
        for row in self.serving:
            names[row["model_id"]] = row["model_name"]
            case = f"{row['accelerators_needed']} × {row['number_format']}, {row['batch_size']} sequences at a time"
            about = columns.text(case)
            shown = [[index[key], *_triple(row, key), about, ""] for key in SERVED if row[key] is not None]
            figures.setdefault(row["model_id"], {})[row["accelerator_id"]] = shown
        models = sorted(names.items(), key=lambda one: one[1].lower())
        first = next((one for one in DEFAULT_MODELS if one in names), models[0][0] if models else "")
        return {"models": models, "default": first, "figures": figures}


def _triple(row: Row, key: str = "value") -> list[float | None]:
    """Bounds and value; no bounds where there are none or all are alike."""
    low, high = (row.get("low"), row.get("high")) if key == "value" else (row.get(f"{key}_low"), row.get(f"{key}_high"))
    value = short(row[key])
    return [None, value, None] if low is None or low == high else [short(low), value, short(high)]


def read_chip_use(connection: duckdb.DuckDBPyConnection) -> ChipUse:
    """All of it, from the published file."""
    return ChipUse(*(read_rows(connection, query) for query in (RENTS, PURCHASES, LIMITS, BENCHMARKS, SERVING)))
