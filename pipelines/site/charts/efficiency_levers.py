"""Chart: what saves most, by lever and metric."""

from __future__ import annotations

import math

import altair as alt
import polars as pl

from pipelines.answers.numbers import plain
from pipelines.site.charts.marks import ROWS, inline_data, layered, names_axis, short_number, tooltips
from pipelines.site.charts.registry import Built, Column, Panel, chart
from pipelines.site.charts.style import hue

METRICS = {"energy": "Energy", "time": "Speed", "throughput": "Speed", "memory": "Memory", "parameters": "Memory",
           "training flop": "Operations", "inference flop": "Operations", "carbon": "Carbon"}  # fmt: skip
CHOICES = ("Energy", "Speed", "Memory", "Operations", "Carbon")
COMBINED = ("hardware", "quantization", "batching")
"""Levers of one served model that do not stand for each other."""
SMALLEST, LARGEST = 0.09, 2000.0
FEWEST = 3
"""Results that a family needs to be ranked among the others."""

QUERY = """
select
    efficiency_lever_id, lever, family, baseline, metric, factor_low, factor, factor_high, kind, source_id, note
from mart.efficiency_levers
where metric in ('energy', 'time', 'throughput', 'memory', 'parameters', 'training flop', 'inference flop', 'carbon')
    and factor > 0
order by family, factor desc, efficiency_lever_id
"""


@chart(
    "efficiency-levers",
    number=10,
    section="energy",
    name="What saves the most",
    kicker="What saves the most: quantization, distillation, mixture of experts, batching or newer chips?",
    subtitle="Published factors by which a technique improves a metric over its own baseline, log scale. Each mark is "
             "one result, with its range where published; bars show the median per family. Below: three techniques "
             "combined for one served model.",
    query=QUERY,
    source="Compute Ledger, mart.efficiency_levers; each row names its paper or measurement",
    notes=(
        "Each factor belongs to its own baseline. A batch of 4,096 against a batch of 8 gives a large factor because "
        "a batch of 8 is a poor baseline. Read the spread, not the best value. Families with fewer than three results (n) "
        "stand below the others.",
        "Authors choose which results they publish. Small models can even lose: dequantization can cost more than "
        "quantization saves.",
        "The combined case multiplies medians as if the techniques were independent, so it overstates the gain. Its "
        "interval covers the central 80 % of the results for each technique, added in quadrature on the log scale.",
    ),
    choices=CHOICES,
    choice_column="group",
    choice_label="Metric",
    table=(
        Column("family", "Family"), Column("lever", "Technique"), Column("baseline", "Baseline"), Column("metric", "Metric"),
        Column("factor_text", "Factor", sort="factor"), Column("range", "Range"), Column("source_id", "Source"),
    ),
    height=400,
    names_px=120,
    internal_columns=("note",),
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Strip plot by family for the chosen metric; a waterfall of three levers of energy."""
    spread = pl.int_range(pl.len()).over("family", "group")
    stated = pl.col("factor_low") < pl.col("factor_high")
    rows = frame.with_columns(pl.col("metric").replace_strict(METRICS).alias("group")).select(
        "family", "lever", "baseline", "metric", "group", "source_id", short_number("factor", "factor"),
        pl.col("factor").clip(SMALLEST, LARGEST).round_sig_figs(4).alias("shown"),
        *(
            pl.when(stated).then(pl.col(f"factor_{side}")).clip(SMALLEST, LARGEST).round_sig_figs(4).alias(side)
            for side in ("low", "high")
        ),
        pl.col("factor").map_elements(lambda v: f"{plain(v, 3 if v >= 100 else 2)}×", pl.String).alias("factor_text"),
        pl.when(stated).then(pl.format(
            "{} to {}", *(pl.col(f"factor_{side}").map_elements(lambda v: plain(v, 2), pl.String) for side in ("low", "high"))
        )).alias("range"),
        ((spread * 5 % 7 - 3) / 3).round(2).alias("jitter"),
    )  # fmt: skip
    medians = _ranked(rows)
    rows = rows.join(
        medians.select("family", "group", "rank"), on=["family", "group"], how="left", maintain_order="left"
    )
    levers = _levers(rows, medians)
    energy = _medians(rows, "Energy")
    best = energy.filter(pl.col("results") >= FEWEST).row(0, named=True)
    quantised = energy.filter(pl.col("family") == "quantization")
    low, middle, high = _combined(rows)
    title = f"{best['family'].capitalize()} saves the most energy: the median is {plain(best['median'])}×"
    if quantised.height and best["family"] != "quantization":
        title += f"; quantization saves {plain(float(quantised['median'][0]))}×"
    alt_text = (
        f"Strip plot on a log scale: {frame.height} published factors by family of techniques, for one of five "
        "metrics at a time. Medians for energy: "
        + ", ".join(
            f"{row['family']} {plain(row['median'])}× ({row['results']})" for row in energy.iter_rows(named=True)
        )
        + f". Below, newer hardware, quantization and batching together give {plain(middle)}× if they are independent "
        f"(central 80 % of the results: {plain(low)}× to {plain(high)}×)."
    )
    facts: dict[str, float | int | str] = {
        "best_lever_for_energy": best["family"], "median_factor": best["median"], "results": frame.height,
        "combined_factor": middle, "combined_middle_80_percent": f"{plain(low)} to {plain(high)}",
    }  # fmt: skip
    together = "Energy of one served model: three techniques combined, if independent"
    return Built((Panel(levers), Panel(_waterfall(rows), together, 170)), title, alt_text, facts, rows)


def _medians(rows: pl.DataFrame, group: str) -> pl.DataFrame:
    of = rows.filter(pl.col("group") == group)
    return of.group_by("family").agg(pl.col("factor").median().alias("median"), pl.len().alias("results")).sort(
        pl.col("results") >= FEWEST, "median", "family", descending=[True, True, False]
    )  # fmt: skip


def _ranked(rows: pl.DataFrame) -> pl.DataFrame:
    """Median of each family and metric, with its rank within the metric."""
    medians = pl.concat([_medians(rows, group).with_columns(pl.lit(group).alias("group")) for group in CHOICES])
    return medians.with_columns(
        pl.col("median").clip(SMALLEST, LARGEST).round_sig_figs(4),
        pl.format(
            "{}×{}",
            pl.col("median").map_elements(plain, pl.String),
            pl.when(pl.col("results") < FEWEST).then(pl.format(" (n = {})", "results")).otherwise(pl.lit("")),
        ).alias("text"),
        pl.int_range(pl.len()).over("group").alias("rank"),
    )


def _levers(rows: pl.DataFrame, medians: pl.DataFrame) -> alt.LayerChart:
    y = alt.Y("family:N", sort=alt.EncodingSortField("rank", op="min"), title=None, axis=names_axis(160, 105))
    scale = alt.Scale(type="log", domain=[SMALLEST, LARGEST], nice=False)
    axis = alt.Axis(
        values=[0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000], labelExpr="format(datum.value, ',~r') + '×'", grid=True,
        labelFlush=24,
    )  # fmt: skip
    x = alt.X("shown:Q", title=None, scale=scale, axis=axis)
    base = alt.Chart(ROWS).transform_filter("datum.group == pick")
    tips = tooltips({"lever": "Technique", "baseline": "Baseline", "metric": "Metric", "factor_text": "Factor", "range": "Range",
                     "source_id": "Source"})  # fmt: skip
    offset = alt.YOffset("jitter:Q", scale=alt.Scale(domain=[-2, 2]))
    one = alt.Chart(inline_data(pl.DataFrame({"at": [1.0]}))).mark_rule(style="muted-line").encode(
        x=alt.X("at:Q", scale=scale, axis=axis, title=None)
    )  # fmt: skip
    spans = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=1.6, color=hue(0), opacity=0.55).encode(
        x=alt.X("low:Q", scale=scale, axis=axis, title=None), x2="high:Q", y=y, yOffset=offset
    )  # fmt: skip
    dots = base.mark_point(size=44, color=hue(0), filled=True, opacity=0.8).encode(
        x=x, y=y, yOffset=offset, tooltip=tips
    )
    summary = alt.Chart(inline_data(medians)).transform_filter("datum.group == pick")
    tick = summary.mark_tick(style="ink-line", thickness=2.5, size=26).encode(x=alt.X("median:Q", scale=scale), y=y)
    words = summary.mark_text(style="ink-label", fontSize=11.5, fontWeight=600, align="right").encode(
        x=alt.value("width"), y=y, text="text:N"
    )
    return layered(one, spans, dots, tick, words)


def _evidence(rows: pl.DataFrame) -> list[tuple[str, float, float, float]]:
    """Low, median and high factor of each combined lever for energy: 10th, 50th and 90th percentile of the results."""
    found = []
    for family in COMBINED:
        factors = rows.filter((pl.col("group") == "Energy") & (pl.col("family") == family))["factor"]
        if factors.len():
            low, median, high = (float(factors.quantile(q, "linear") or 1) for q in (0.1, 0.5, 0.9))
            found.append((family, low, median, high))
    return found


def _combined(rows: pl.DataFrame) -> tuple[float, float, float]:
    """The product of the medians, and its interval by quadrature on the log scale."""
    evidence = _evidence(rows)
    middle = math.prod(median for _, _, median, _ in evidence)
    down = math.sqrt(sum(math.log(median / low) ** 2 for _, low, median, _ in evidence))
    up = math.sqrt(sum(math.log(high / median) ** 2 for _, _, median, high in evidence))
    return middle * math.exp(-down), middle, middle * math.exp(up)


def _waterfall(rows: pl.DataFrame) -> alt.LayerChart:
    steps, reached = [], 1.0
    for family, _, median, _ in _evidence(rows):
        steps.append(
            {"step": family, "start": reached, "end": reached * median, "text": f"{plain(median)}×", "is_sum": False}
        )
        reached *= median
    low, middle, high = _combined(rows)
    steps.append({"step": "together", "start": 1.0, "end": middle, "text": f"{plain(middle)}×", "is_sum": True})
    data = pl.DataFrame(steps).with_columns(pl.col("start", "end").round_sig_figs(4))
    order = data["step"].to_list()
    y = alt.Y("step:N", sort=order, title=None, axis=names_axis(160, 105))
    scale = alt.Scale(type="log", domain=[1, max(high * 1.3, 10)], nice=False)
    axis = alt.Axis(
        values=[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], labelExpr="format(datum.value, ',~r') + '×'", grid=True
    )
    base = alt.Chart(inline_data(data))
    bars = base.mark_bar(size=18).encode(
        x=alt.X("start:Q", scale=scale, axis=axis, title=None), x2="end:Q", y=y,
        color=alt.condition("datum.is_sum", alt.value(hue(1)), alt.value(hue(0))),
    )  # fmt: skip
    words = base.mark_text(style="ink-label", fontSize=12, fontWeight=600, align="left", dx=6, dy=-14).encode(
        x=alt.X("end:Q", scale=scale), y=y, text="text:N"
    )
    whisker = alt.Chart(
        inline_data(pl.DataFrame({"step": ["together"], "low": [round(low, 4)], "high": [round(high, 4)]}))
    )
    span = whisker.mark_rule(style="ink-line", strokeWidth=2).encode(x=alt.X("low:Q", scale=scale), x2="high:Q", y=y)
    return layered(bars, span, words)
