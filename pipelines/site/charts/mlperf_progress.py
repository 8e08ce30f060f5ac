"""Chart: time to train on MLPerf, by benchmark and round."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import plain
from pipelines.site.charts.extent import least_of, median_of
from pipelines.site.charts.marks import (
    ROWS,
    grouped,
    highlighted,
    inline_data,
    layered,
    short_number,
    tooltips,
    written,
    years,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart

MAKERS = {"NVIDIA": 0, "Google": 1, "Intel": 2, "AMD": 3, "other": 5}
MEASURES = ("Minutes", "Chip-minutes")
NAMES = {
    "resnet": "ResNet-50", "bert": "BERT", "ssd": "SSD", "maskrcnn": "Mask R-CNN", "gpt3": "GPT-3 175B",
    "llama2_70b_lora": "Llama 2 70B, LoRA", "dlrm": "DLRM", "dlrm_dcnv2": "DLRM-DCNv2", "stable_diffusion": "Stable Diffusion",
    "rnnt": "RNN-T", "minigo": "Minigo", "transformer": "Transformer", "gnmt": "GNMT", "unet3d": "3D U-Net",
    "llama31_405b": "Llama 3.1 405B", "llama31_8b": "Llama 3.1 8B", "retinanet": "RetinaNet", "gnn": "Graph network",
    "rgat": "R-GAT",
}  # fmt: skip

QUERY = """
with results as ( -- from v2.0 on, the task named ssd trains another network: RetinaNet
    select
        r.benchmark_result_id, r.round,
        if(r.benchmark = 'ssd' and round_order(r.round) >= [2, 0], 'retinanet', r.benchmark) as benchmark,
        r.submitter, r.system, r.published_date as event_date,
        case when a.vendor in ('NVIDIA', 'Google', 'AMD', 'Intel') then a.vendor else 'other' end as maker,
        a.accelerator_name, r.accelerator_count, r.value as minutes, r.value * r.accelerator_count as chip_minutes, r.source_id
    from mart.benchmark_runs as r
    left join mart.accelerators as a on r.accelerator_id = a.accelerator_id
    where r.suite = 'mlperf training' and r.metric = 'time to train' and r.division = 'closed' and r.unit = 'minute'
        and r.is_default and r.published_date is not null and r.value > 0
),

followed as (
    select benchmark from results where accelerator_count is not null
    group by benchmark order by count(distinct round) desc, benchmark limit 6
),

falls as ( -- from the first round to the best result, where half a year of rounds lies between
    select benchmark,
        times_per_year_of(min(minutes), arg_min(minutes, (event_date, minutes)), max(event_date) - min(event_date))
            as minutes_fall_per_year,
        times_per_year_of(
            min(chip_minutes), arg_min(chip_minutes, (event_date, chip_minutes)),
            max(event_date) filter (chip_minutes > 0) - min(event_date) filter (chip_minutes > 0)
        ) as chip_minutes_fall_per_year
    from results
    group by benchmark
    having max(event_date) filter (chip_minutes > 0) - min(event_date) filter (chip_minutes > 0) > 183
)

select * from results left join falls using (benchmark)
where benchmark in (select benchmark from followed)
qualify
    row_number() over (partition by benchmark, round, maker order by minutes, benchmark_result_id) = 1
    or row_number() over (partition by benchmark, round, maker order by chip_minutes, benchmark_result_id) = 1
order by benchmark, event_date, minutes, benchmark_result_id
"""


@chart(
    "mlperf-progress",
    number=12,
    section="hardware",
    name="Time to train",
    kicker="How fast does time to train fall?",
    subtitle="Best official results per chip vendor and round of MLPerf Training, closed division, log scale. The "
             "line shows the record so far. Chip-minutes are time × number of chips.",
    query=QUERY,
    source="MLPerf Training results by MLCommons, through mart.benchmark_runs; each row names its round and location",
    notes=(
        "The chart shows the six benchmarks with the most rounds. A new benchmark or quality target resets the clock: "
        "compare only within one panel.",
        "A shorter time often means more chips, not faster chips: the records use hundreds to thousands of chips. "
        "Chip-minutes show the work per chip and rise when a job uses too many chips.",
        "Results in the closed division use the same model and data. Not every vendor takes part in every round. Results "
        "of rounds before v1.0, and of rounds that were not fetched, are those that were entered by hand: a few of each.",
        "A result that repeats the runs of an earlier round counts in that round only.",
    ),
    keys=MAKERS,
    key_column="maker",
    choices=MEASURES,
    choice_label="Show",
    table=(
        Column("name", "Benchmark"), Column("round", "Round"), Column("date", "Published"), Column("submitter", "Submitter"),
        Column("chip", "Accelerator"), Column("chips", "Chips", sort="count"), Column("minutes_text", "Minutes", sort="minutes"),
        Column("chip_minutes_text", "Chip-minutes", sort="chip_minutes"),
    ),
    columns=3,
    height=190,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """One panel a benchmark: results by maker and the record as a step line."""
    rows = frame.select(
        pl.col("benchmark").replace(NAMES).alias("name"), "round", pl.col("event_date").cast(pl.String),
        pl.col("event_date").cast(pl.String).alias("date"), "submitter", "maker",
        pl.col("accelerator_name").fill_null("not published").alias("chip"), short_number("accelerator_count", "count"),
        short_number("minutes", "minutes"), short_number("chip_minutes", "chip_minutes"),
        written("accelerator_count", lambda v: f"{v:,.0f}", "chips"), written("minutes", lambda v: plain(v, 3), "minutes_text"),
        written("chip_minutes", lambda v: plain(v, 3), "chip_minutes_text"),
    )  # fmt: skip
    order = rows.group_by("name", maintain_order=True).agg(pl.col("round").n_unique()).sort("round", descending=True)
    names = order["name"].to_list()
    falls = frame.group_by("benchmark", maintain_order=True).first()
    median = {one: median_of(falls[f"{one}_fall_per_year"]) for one in ("minutes", "chip_minutes")}
    title = (
        f"Record times on MLPerf fell {plain(median['minutes'])}× a year, chip-minutes {plain(median['chip_minutes'])}×"
    )
    spans = "; ".join(
        f"{name} from {plain(float(of['minutes'][0]), 3)} to {plain(least_of(of['minutes']), 3)} minutes"
        for name in names
        for of in (rows.filter(pl.col("name") == name),)
    )
    alt_text = (
        f"{len(names)} panels on log scales: {frame.height} official results of MLPerf Training and the record line "
        f"of each benchmark: {spans}. The median over the benchmarks: record times fell {plain(median['minutes'])} "
        f"times a year and record chip-minutes {plain(median['chip_minutes'])} times."
    )
    facts: dict[str, float | int | str] = {
        "record_minutes_fall_per_year": median["minutes"], "record_chip_minutes_fall_per_year": median["chip_minutes"],
        "benchmarks": len(names), "results": frame.height,
    }  # fmt: skip
    panels = tuple(Panel(_panel(rows, name), name) for name in names)
    return Built(panels, title, alt_text, facts, rows)


def _records(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """The best value so far at each round, for both measures."""
    of = rows.filter(pl.col("name") == name)
    parts = []
    for measure, column in zip(MEASURES, ("minutes", "chip_minutes"), strict=True):
        best = of.drop_nulls(column).group_by("event_date").agg(pl.col(column).min().alias("best")).sort("event_date")
        parts.append(best.select("event_date", pl.col("best").cum_min(), pl.lit(measure).alias("measure")))
    return pl.concat(parts)


def _panel(rows: pl.DataFrame, name: str) -> alt.LayerChart:
    x = years(ticks=4)
    scale = alt.Scale(type="log", nice=False, padding=12)
    axis = alt.Axis(values=[v * 10.0**e for e in range(-2, 8) for v in (1, 3)], format=",~r", tickCount=5)
    y = alt.Y("shown:Q", title=None, scale=scale, axis=axis)
    base = alt.Chart(ROWS).transform_filter(f"datum.name == '{name}'")
    chosen = base.transform_calculate(shown="pick == 'Minutes' ? datum.minutes : datum.chip_minutes").transform_filter(
        "isValid(datum.shown)"
    )
    dots = chosen.mark_point(size=40, strokeWidth=1.4, fillOpacity=0.8).encode(
        x=x, y=y, **grouped("maker", MAKERS, rows), opacity=highlighted("maker"),
        tooltip=tooltips({"submitter": "Submitter", "round": "Round", "date": "Published", "chip": "Accelerator",
                          "chips": "Chips", "minutes_text": "Minutes", "chip_minutes_text": "Chip-minutes"}),
    )  # fmt: skip
    line = alt.Chart(inline_data(_records(rows, name))).transform_filter("datum.measure == pick").mark_line(
        style="ink-line", interpolate="step-after", strokeWidth=1.4, opacity=0.7
    ).encode(x=x, y=alt.Y("best:Q", title=None, scale=scale, axis=axis))  # fmt: skip
    return layered(line, dots)
