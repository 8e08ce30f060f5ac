"""Chart: models at the thresholds of training compute that laws name."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import count_of, flop
from pipelines.site.charts.labels import Ground, labels
from pipelines.site.charts.marks import (
    ROWS,
    grouped,
    highlighted,
    hues_of,
    interval,
    layered,
    powers_of_ten,
    short_number,
    tooltips,
    written,
    years,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart

THRESHOLDS = {"10²³": 1e23, "10²⁵": 1e25, "10²⁶": 1e26}
SURE, LIKELY, POSSIBLE, BELOW = "certainly above", "probably above", "possibly above", "below"
STATUSES = {SURE: 0, LIKELY: 1, POSSIBLE: 2, BELOW: 5}

QUERY = """
select
    training_run_id, model_id, model_name, organization, publication_date as event_date, training_flop_low, training_flop,
    training_flop_high, training_flop_method as method
from mart.training_summary
where training_flop_high >= 1e23 and run_kind = 'pretraining' and is_main_run and publication_date is not null
order by training_flop desc, training_run_id
"""


def status(threshold: float, name: str) -> pl.Expr:
    """Where the interval of a run lies against a threshold."""
    return (
        pl.when(pl.col("training_flop_low") >= threshold).then(pl.lit(SURE))
        .when(pl.col("training_flop") >= threshold).then(pl.lit(LIKELY))
        .when(pl.col("training_flop_high") >= threshold).then(pl.lit(POSSIBLE))
        .otherwise(pl.lit(BELOW)).alias(name)
    )  # fmt: skip


@chart(
    "threshold-watch",
    number=2,
    section="compute",
    name="Thresholds",
    kicker="Which models pass 10²³, 10²⁵ and 10²⁶ FLOP?",
    subtitle="Training compute with its 90 % interval, log scale, and the number of models per year that reach the "
             "chosen threshold. If a model's interval crosses the line, we cannot say whether it passed.",
    query=QUERY,
    source="Compute Ledger, mart.training_summary; each row names its paper, model card or estimate",
    notes=(
        "In the EU, a general-purpose model above 10²⁵ FLOP is presumed to have systemic risk (Regulation 2024/1689, "
        "Article 51); the Commission counts a model above 10²³ FLOP as general-purpose (guidelines of July 2025). US "
        "executive order 14110, since revoked, set a reporting threshold of 10²⁶ FLOP, and California's SB 53 uses "
        "10²⁶ FLOP too.",
        "Laws add up all training compute; the ledger counts the main run. Later training of a base model adds to the "
        "total but is not included here.",
        "Few developers publish figures at this size. Most figures for the largest runs are third-party estimates "
        "with an uncertainty factor of two to five in both directions, so the count per year is a range.",
    ),
    keys=STATUSES,
    choices=tuple(THRESHOLDS),
    chosen="10²⁵",
    choice_label="Threshold, FLOP",
    table=(
        Column("model_name", "Model", link="models/model_id"),
        Column("organization", "Organization"), Column("published", "Published"),
        Column("FLOP", "Training", sort="flop"), Column("interval", "90 % interval"), Column("over_23", "10²³ FLOP"),
        Column("over_25", "10²⁵ FLOP"), Column("over_26", "10²⁶ FLOP"), Column("method", "Method"),
    ),
    height=340,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Interval dots by date over the threshold lines; stacked counts by year below."""
    rows = frame.select(
        "model_id", "model_name", "organization", pl.col("event_date").cast(pl.String),
        pl.col("event_date").cast(pl.String).alias("published"), pl.col("event_date").dt.strftime("%Y").alias("year"),
        short_number("training_flop_low", "low"), short_number("training_flop", "flop"),
        short_number("training_flop_high", "high"), written("training_flop", flop, "FLOP"),
        interval("training_flop_low", "training_flop_high", flop, "interval"), "method",
        status(1e23, "over_23"), status(1e25, "over_25"), status(1e26, "over_26"),
    )  # fmt: skip
    picked = "pick == '10²³' ? datum.over_23 : pick == '10²⁵' ? datum.over_25 : datum.over_26"
    base = alt.Chart(ROWS).transform_calculate(status=picked)
    x, scale = years(), alt.Scale(type="log", domain=[8e21, 2e27], nice=False)
    axis = powers_of_ten(22, 27, 1)
    y = alt.Y("flop:Q", title="FLOP", scale=scale, axis=axis)
    words = pl.DataFrame({"status": list(STATUSES)})
    looks = grouped("status", STATUSES, words)
    tips = tooltips({"model_name": "Model", "organization": "Developer", "published": "Published", "FLOP": "Training",
                     "interval": "90 % interval", "status": "Threshold"})  # fmt: skip
    shown = alt.condition("hl == 'all' ? datum.status != 'below' : datum.status == hl", alt.value(1), alt.value(0.16))
    bars = base.mark_rule(strokeWidth=1.3, clip=True).encode(
        x=x, y=alt.Y("low:Q", title="FLOP", scale=scale, axis=axis), y2="high:Q", stroke=looks["stroke"],
        opacity=alt.condition("hl == 'all' ? datum.status != 'below' : datum.status == hl", alt.value(0.6), alt.value(0.07)),
    )  # fmt: skip
    dots = base.mark_point(size=48, strokeWidth=1.5, fillOpacity=0.9).encode(
        x=x, y=y, **looks, opacity=shown, tooltip=tips
    )
    lines = alt.Chart(alt.InlineData(values=[{"at": at, "text": text} for text, at in THRESHOLDS.items()]))
    line = lines.mark_rule(style="muted-line").encode(
        y=alt.Y("at:Q", title="FLOP", scale=scale, axis=axis),
        strokeDash=alt.condition("datum.text == pick", alt.value([1, 0]), alt.value([2, 4])),
        strokeWidth=alt.condition("datum.text == pick", alt.value(1.8), alt.value(1)),
    )
    named = labels(
        rows.head(7), "model_name", x, y, Ground(rows, "event_date", "flop", (8e21, 2e27)), most_when_narrow=1
    )
    counted = base.transform_filter("datum.status != 'below'").mark_bar(size=26).encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("count():Q", title="models", axis=alt.Axis(tickMinStep=1, format="d", tickCount=4)),
        color=alt.Color("status:N", scale=hues_of(STATUSES), title=None), opacity=highlighted("status", 0.9),
        order=alt.Order("rank:Q"), tooltip=[alt.Tooltip("year:N", title="Year"), alt.Tooltip("status:N", title="Status"),
                                            alt.Tooltip("count():Q", title="Models", format="d")],
    ).transform_calculate(rank=f"indexof({list(STATUSES)}, datum.status)")  # fmt: skip
    tally = {word: rows.filter(pl.col("over_25") == word).height for word in STATUSES}
    passed = tally[SURE] + tally[LIKELY]
    verb = "has" if passed == 1 else "have"
    title = f"{count_of(passed, 'model')} {verb} probably passed 10²⁵ FLOP, {tally[SURE]} of them certainly"
    if tally[POSSIBLE]:
        title += f"; another {tally[POSSIBLE]} may have"
    top = rows.row(0, named=True)
    over_26 = rows.filter(pl.col("over_26").is_in([SURE, LIKELY])).height
    alt_text = (
        f"Dots with 90 % intervals on a log scale: {frame.height} models whose training may have reached 10²³ FLOP, "
        f"by date, with lines at 10²³, 10²⁵ and 10²⁶ FLOP. {passed} models are probably above 10²⁵ FLOP, "
        f"{tally[SURE]} of them with their whole interval; another {tally[POSSIBLE]} reach it with their upper bound. "
        f"{over_26} are above 10²⁶. The largest is {top['model_name']} with {top['FLOP']}. Below, bars count the "
        "models per year."
    )
    facts: dict[str, float | int | str] = {
        "models_above_1e25_by_best_estimate": passed, "models_above_1e25_in_any_case": tally[SURE],
        "models_possibly_above_1e25": tally[POSSIBLE], "models_above_1e26_by_best_estimate": over_26,
        "models_that_may_reach_1e23": frame.height,
    }  # fmt: skip
    return Built(
        (Panel(layered(line, bars, dots, *named)), Panel(layered(counted), "Models per year at or above the threshold", 130)),
        title, alt_text, facts, rows,
    )  # fmt: skip
