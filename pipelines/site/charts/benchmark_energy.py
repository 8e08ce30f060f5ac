"""Chart: measured energy per token against speed."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import count_of, plain, with_prefix
from pipelines.site.charts.extent import median_of
from pipelines.site.charts.labels import Ground, labels
from pipelines.site.charts.marks import ROWS, grouped, highlighted, layered, short_number, tooltips, written
from pipelines.site.charts.registry import Built, Column, Panel, chart

TASKS = {"lm-arena-chat": "Chat", "gpqa": "Reasoning", "sourcegraph-fim": "Code completion"}
CHIPS = {"NVIDIA H100": 0, "NVIDIA B200": 1, "other chip": 5}

QUERY = f"""
with measured as (
    select
        benchmark_result_id, benchmark as task, model_name, accelerator_name, accelerator_count, batch_size, number_format,
        joule_per_unit as joule_per_token, coalesce(latency_s, batch_size / units_per_s) as token_time_s, power_w,
        units_per_s as tokens_per_s, source_id,
        case
            when accelerator_id like 'h100%' then 'NVIDIA H100'
            when accelerator_id like 'b200%' then 'NVIDIA B200'
            else 'other chip'
        end as chip
    from mart.benchmark_runs
    where suite = 'ml.energy' and unit_name = 'token' and is_default and list_contains({list(TASKS)}, benchmark)
        and joule_per_unit > 0 and model_name is not null
)

select m.*
from measured as m
where token_time_s > 0 and not exists (
    select 1 from measured as o
    where o.task = m.task and o.model_name = m.model_name and o.chip = m.chip
        and o.token_time_s <= m.token_time_s and o.joule_per_token <= m.joule_per_token
        and (o.token_time_s < m.token_time_s or o.joule_per_token < m.joule_per_token)
)
order by task, model_name, chip, token_time_s, benchmark_result_id
"""


@chart(
    "benchmark-energy",
    number=13,
    section="inference",
    name="Energy per token",
    kicker="How many joules does a token use, and at what speed?",
    subtitle="Accelerator energy per output token against the time between two output tokens, log scales. Each line "
             "joins the best settings for one model on one chip: no other setting is better in both. The batch size "
             "grows along the line.",
    query=QUERY,
    source="ML.ENERGY leaderboard, through mart.benchmark_runs; each row names its configuration",
    notes=(
        "Energy is measured and covers the accelerators only. Servers and the building add about 70 %.",
        "Tasks differ in prompt and answer length. Compare joules per token only within a task, and never with joules "
        "per answer, image or video.",
        "Where a source does not publish the time between tokens, we use batch size ÷ throughput.",
        "The chart shows only the best settings for each model and chip; the warehouse has all settings.",
    ),
    keys=CHIPS,
    key_column="chip",
    choices=tuple(TASKS.values()),
    choice_column="task",
    choice_label="Task",
    table=(
        Column("model_name", "Model"), Column("task", "Task"), Column("accelerators", "Accelerators"),
        Column("batch", "Batch", sort="batch_size"), Column("number_format", "Format"),
        Column("energy", "Energy per token", sort="joule"), Column("time", "Time per token", sort="ms"),
        Column("rate", "Total tokens/s", sort="tokens_per_s"),
    ),
    height=430,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Log-log scatter with the frontier of each model and chip."""
    rows = frame.select(
        "model_name", pl.col("task").replace(TASKS), "chip",
        pl.format("{} × {}", pl.col("accelerator_count").fill_null(1), "accelerator_name").alias("accelerators"),
        pl.col("number_format").fill_null("not published"), short_number("batch_size", "batch_size"),
        written("batch_size", lambda v: f"{v:,.0f}", "batch"),
        short_number("joule_per_token", "joule"), (pl.col("token_time_s") * 1000).round_sig_figs(4).alias("ms"),
        short_number("tokens_per_s", "tokens_per_s"), written("tokens_per_s", lambda v: plain(v, 3), "rate"),
        pl.col("joule_per_token").map_elements(lambda v: f"{plain(v, 2)}\u00a0J", pl.String).alias("energy"),
        pl.col("token_time_s").map_elements(lambda v: f"{plain(v * 1000, 2)}\u00a0ms", pl.String).alias("time"),
        pl.format("{} {}", "model_name", "chip").alias("line"),
    )  # fmt: skip
    low, high = (f(rows["joule"]) for f in (min, max))
    domain = (low / 1.6, high * 1.8)
    x_domain = (min(rows["ms"]) / 1.3, max(rows["ms"]) * 1.4)
    x_scale = alt.Scale(type="log", nice=False, domain=list(x_domain))
    y_scale = alt.Scale(type="log", nice=False, domain=list(domain))
    ticks = [v * 10.0**e for e in range(-3, 4) for v in (1, 2, 5)]
    x = alt.X("ms:Q", title="ms between tokens", scale=x_scale, axis=alt.Axis(values=ticks, format=",~r"))
    y = alt.Y("joule:Q", title="J per token", scale=y_scale, axis=alt.Axis(values=ticks, format=",~r"))
    base = alt.Chart(ROWS).transform_filter("datum.task == pick")
    looks = grouped("chip", CHIPS, rows)
    lines = base.mark_line(strokeWidth=1.2).encode(
        x=x, y=y, detail="line:N", stroke=looks["stroke"], opacity=highlighted("chip", 0.5)
    )
    dots = base.mark_point(size=36, strokeWidth=1.3, fillOpacity=0.85).encode(
        x=x, y=y, **looks, opacity=highlighted("chip"),
        tooltip=tooltips({"model_name": "Model", "accelerators": "Accelerators", "batch": "Batch", "number_format": "Format",
                          "energy": "Energy per token", "time": "Time per token", "rate": "Total tokens/s"}),
    )  # fmt: skip
    named = []
    for task in TASKS.values():
        of = rows.filter(pl.col("task") == task)
        if of.is_empty():
            continue
        lasts = of.group_by("model_name").agg(pl.all().sort_by("joule").last()).sort("joule", descending=True)
        ground = Ground(of, "ms", "joule", domain, x_domain, is_x_log=True, height=400)
        for layer in labels(lasts.head(9), "model_name", x, y, ground):
            named.append(layer.transform_filter(f"pick == '{task}'"))
    gains = _gains(rows)
    energy, time = (median_of(gains[name]) for name in ("energy", "time"))
    title = (
        f"Going from the fastest to the most efficient setting cuts energy per token {plain(energy)}× and "
        f"takes {plain(time)}× longer"
    )
    alt_text = (
        f"Scatter chart on log scales: {frame.height} measured settings for {rows['model_name'].n_unique()} models, "
        f"with energy per token from {plain(low)} to {plain(high)} J. The median over "
        f"{count_of(gains.height, 'model and chip', 'models and chips')} with several settings: the most efficient "
        f"setting uses {plain(energy)} times less energy per token than the fastest and takes {plain(time)} times "
        "longer."
    )
    facts: dict[str, float | int | str] = {
        "settings": frame.height, "models": rows["model_name"].n_unique(), "median_energy_ratio": energy,
        "median_time_ratio": time, "largest_power": with_prefix(float(frame["power_w"].max() or 0), "W"),  # type: ignore[arg-type]
    }  # fmt: skip
    return Built((Panel(layered(lines, dots, *named)),), title, alt_text, facts, rows)


def _gains(rows: pl.DataFrame) -> pl.DataFrame:
    """For each model, chip and task with several settings: how much energy the slowest saves, and how much slower it is."""
    ends = rows.group_by("line", "task").agg(
        (pl.col("joule").max() / pl.col("joule").min()).alias("energy"), (pl.col("ms").max() / pl.col("ms").min()).alias("time"),
        pl.len().alias("settings"),
    )  # fmt: skip
    return ends.filter(pl.col("settings") > 1).sort("line", "task")
