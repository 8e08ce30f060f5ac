"""Chart: training compute of models over time."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.charts.number_format import flop, plain
from pipelines.charts.registry import Built, chart
from pipelines.charts.style import SUPERSCRIPT_LABEL
from pipelines.charts.trend_line import inline_data, label_layers, pick_labels, trend_layers

DOMAINS = {"language": 0, "vision": 1, "multimodal": 2, "games": 3, "image generation": 4, "other": 5}

QUERY = """
select
    s.training_run_id, s.model_name, s.organization, s.publication_date as event_date,
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
inner join mart.trends as t on t.metric = 'training_flop' and t.cohort = 'all'
where s.training_flop is not null and s.run_kind = 'pretraining' and s.is_main_run
    and s.publication_date >= date '2010-01-01'
order by event_date, training_run_id
"""


@chart(
    "training-compute",
    number=1,
    name="Training compute",
    kicker="How fast is training compute growing?",
    subtitle="Floating-point operations of a training run, log scale. Dashed: least-squares fit with its 90 % band. "
    "Hollow: estimated from machine time or by a third party.",
    query=QUERY,
    source="Compute Ledger, mart.training_summary; papers and model cards named in each row",
    notes=(
        "A point is one training run that the ledger holds. The ledger is curated, not a census: runs whose makers "
        "publish nothing are missing, so the line describes published runs.",
        "Most points count operations from stated parameters and data: 6 × active parameters × tokens for language "
        "models, three times the forward pass for images. Where a maker states a total, or only machine time is known, "
        "that is used, and the method column says so.",
        "The interval of a point is the central 90 %. The band is the 90 % confidence interval of the fitted line, not of "
        "single points, and the line is not drawn beyond the data.",
    ),
    keys=DOMAINS,
    table_columns={
        "model_name": "Model", "organization": "Organization", "event_date": "Published", "domain": "Domain",
        "training_flop": "FLOP", "training_flop_low": "Low", "training_flop_high": "High", "method": "Method",
    },
    height=400,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Log scatter by date with the fit of cohort 'all'."""
    trend = frame.row(0, named=True)
    points = frame.select(
        pl.col("model_name"), pl.col("event_date").cast(pl.String), pl.col("domain"), pl.col("basis"),
        pl.col("training_flop").round_sig_figs(4).alias("flop"),
        pl.col("training_flop").map_elements(flop, pl.String).alias("FLOP"),
        pl.format("{} to {}", pl.col("training_flop_low").map_elements(flop, pl.String),
                  pl.col("training_flop_high").map_elements(flop, pl.String)).alias("90 % interval"),
        pl.col("organization"), pl.col("method"),
    )  # fmt: skip
    low, high = float(frame["training_flop"].min()), float(frame["training_flop"].max())  # type: ignore[arg-type]
    x = alt.X(
        "event_date:T", title=None, scale=alt.Scale(type="utc", nice=False), axis=alt.Axis(format="%Y", tickCount=8)
    )
    scale = alt.Scale(type="log", domain=[low / 4, high * 4], nice=False)
    axis = alt.Axis(labelExpr=SUPERSCRIPT_LABEL, values=[10.0**e for e in range(11, 30, 2)])
    y = alt.Y("flop:Q", title="FLOP", scale=scale, axis=axis)
    colour = alt.Scale(domain=list(DOMAINS))
    dots = alt.Chart(inline_data(points)).mark_point(size=52, strokeWidth=1.6).encode(
        x=x, y=y,
        stroke=alt.Stroke("domain:N", scale=colour, title=None),
        fill=alt.Fill("domain:N", scale=colour, title=None),
        fillOpacity=alt.condition("datum.basis == 'estimated'", alt.value(0), alt.value(0.85)),
        opacity=alt.condition(
            "hl == 'all' || datum.domain == hl", alt.value(1), alt.value(0.12)
        ),
        tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in (
            ("model_name", "Model"), ("organization", "By"), ("event_date", "Published"), ("FLOP", "Training"),
            ("90 % interval", "90 % interval"), ("method", "Method"))],
    )  # fmt: skip
    named = pick_labels(points, "flop", most=8, apart_days=640)
    labels = label_layers(named, "model_name", x, y)
    growth, months = plain(trend["growth_per_year"]), trend["doubling_time_months"]
    doubling = f", doubling every {plain(months)} months" if months is not None else ""
    bounds = f"{plain(trend['growth_per_year_low'])} to {plain(trend['growth_per_year_high'])}"
    title = f"Training compute of published models grew {growth}× a year{doubling}"
    first, last = trend["window_start"], trend["window_end"]
    alt_text = (
        f"Scatter chart on a log scale of the training compute of {frame.height} runs published from {first:%B %Y} to "
        f"{last:%B %Y}, from {flop(low)} to {flop(high)}. A fitted line rises {growth} times a year "
        f"(90 % interval {bounds}, r² {plain(trend['r2'])})."
    )
    layers = alt.layer(*trend_layers(trend, x, "FLOP", scale, axis), dots, *labels)
    facts: dict[str, float | int | str] = {
        "growth_per_year": trend["growth_per_year"], "growth_90_percent_interval": bounds,
        "doubling_time_months": months if months is not None else "none", "runs": frame.height,
    }  # fmt: skip
    return Built(layers.add_params(alt.param(name="hl", value="all")), title, alt_text, facts)
