"""Chart: training compute of models over time."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import flop, plain
from pipelines.site.charts.extent import least_of, most_of
from pipelines.site.charts.labels import Ground
from pipelines.site.charts.marks import (
    ROWS,
    grouped,
    highlighted,
    hollow,
    interval,
    layered,
    powers_of_ten,
    short_number,
    tooltips,
    written,
    years,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart
from pipelines.site.charts.trend_line import record_labels, trend_layers, window_table, windows_sentence

DOMAINS = {"language": 0, "vision": 1, "multimodal": 2, "games": 3, "image generation": 4, "other": 5}

QUERY = """
select
    s.training_run_id, s.model_id, s.model_name, s.organization, s.publication_date as event_date,
    case when s.domain in ('language', 'vision', 'multimodal', 'games', 'image generation') then s.domain else 'other' end
        as domain,
    s.training_flop_low, s.training_flop, s.training_flop_high, s.training_flop_method as method,
    case
        when s.training_flop_method in ('6nd', '3nd', 'operation_count') then 'counted'
        when s.training_flop_method = 'published' and f.kind <> 'estimated' then 'published'
        else 'estimated'
    end as basis,
    t.* exclude (metric, cohort)
from mart.training_summary as s
left join (
    select subject_id, min(i.kind) as kind
    from mart.figures, unnest(inputs) as u(i)
    where quantity = 'training_flop' and method = 'published' and is_preferred
    group by subject_id
) as f on s.training_run_id = f.subject_id
inner join mart.trends as t on t.metric = 'training_flop' and t.cohort = 'all' and t.is_longest
where s.training_flop is not null and s.run_kind = 'pretraining' and s.is_main_run
    and s.publication_date >= date '2010-01-01'
order by event_date desc, training_run_id
"""


@chart(
    "training-compute",
    number=1,
    section="compute",
    name="Training compute",
    kicker="How fast is training compute growing?",
    subtitle="Floating-point operations (FLOP) per training run, log scale. Dashed: least-squares fit with its 90 % "
             "band. Hollow: estimated from chip-hours or by a third party.",
    query=QUERY,
    source="Compute Ledger, mart.training_summary; each row names its paper or model card",
    notes=(
        "Each point is one training run in the ledger. The ledger is curated, not a census: runs without published "
        "facts are missing, so the line describes published runs.",
        "For most points we count operations from published parameters and data: 6 × active parameters × tokens for "
        "language models, three times the forward pass for images. Where a developer publishes a total, or only "
        "chip-hours are published, we use that; the method column says so.",
        "Each point has a central 90 % interval. The band is the 90 % confidence interval of the fitted line, not of "
        "single points. The line ends where the data end.",
    ),
    keys=DOMAINS,
    key_column="domain",
    table=(
        Column("model_name", "Model", link="models/model_id"),
        Column("organization", "Organization"), Column("published", "Published"),
        Column("domain", "Domain"), Column("FLOP", "Training", sort="flop"), Column("interval", "90 % interval"),
        Column("basis", "Basis"), Column("method", "Method"),
    ),
    height=400,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Log scatter by date with the fit of cohort 'all'."""
    trend = frame.row(0, named=True)
    rows = frame.select(
        "model_id", "model_name", "organization", pl.col("event_date").cast(pl.String),
        pl.col("event_date").cast(pl.String).alias("published"), "domain", "basis", "method",
        short_number("training_flop", "flop"), written("training_flop", flop, "FLOP"),
        interval("training_flop_low", "training_flop_high", flop, "interval"),
    )  # fmt: skip
    low, high = least_of(frame["training_flop"]), most_of(frame["training_flop"])
    x = years()
    scale = alt.Scale(type="log", domain=[low / 4, high * 4], nice=False)
    axis = powers_of_ten(5, 30)
    y = alt.Y("flop:Q", title="FLOP", scale=scale, axis=axis)
    dots = alt.Chart(ROWS).mark_point(size=46, strokeWidth=1.5).encode(
        x=x, y=y, **grouped("domain", DOMAINS, rows), fillOpacity=hollow("basis", "estimated"), opacity=highlighted("domain"),
        tooltip=tooltips({"model_name": "Model", "organization": "Developer", "published": "Published", "FLOP": "Training",
                          "interval": "90 % interval", "basis": "Basis", "method": "Method"}),
    )  # fmt: skip
    named = record_labels(
        rows,
        "model_name",
        x,
        y,
        Ground(rows, "event_date", "flop", (low / 4, high * 4), has_table=True),
        most=8,
        apart_days=500,
    )
    growth, months = plain(trend["growth_per_year"]), trend["doubling_time_months"]
    doubling = f", doubling every {plain(months)} months" if months is not None else ""
    bounds = f"{plain(trend['growth_per_year_low'])} to {plain(trend['growth_per_year_high'])}"
    title = f"Training compute of published models grew {growth}× a year{doubling}"
    first, last = trend["window_start"], trend["window_end"]
    alt_text = (
        f"Scatter chart on a log scale: training compute of {frame.height} runs published from {first:%B %Y} to "
        f"{last:%B %Y}, from {flop(low)} to {flop(high)}. A fitted line rises {growth} times a year (90 % interval "
        f"{bounds}, r² {plain(trend['r2'])})."
        f" {windows_sentence(trend)}"
    )
    facts: dict[str, float | int | str] = {
        "growth_per_year": trend["growth_per_year"], "growth_90_percent_interval": bounds,
        "doubling_time_months": months if months is not None else "none", "runs": frame.height,
    }  # fmt: skip
    layers = layered(*trend_layers(trend, x, "FLOP", scale, axis), *window_table(trend["windows"]), dots, *named)
    return Built((Panel(layers),), title, alt_text, facts, rows)
