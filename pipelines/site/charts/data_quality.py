"""Chart: how much of the warehouse is measured, derived, assumed or missing, and how well it holds."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from pipelines.answers.explain import VERIFIED
from pipelines.answers.numbers import count_of, percent
from pipelines.site.charts.extent import most_of
from pipelines.site.charts.marks import (
    ROWS,
    highlighted,
    hues_of,
    inline_data,
    layered,
    names_axis,
    percents,
    tooltips,
    written,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart

KINDS = {"measured": 0, "reported": 3, "estimated": 4, "derived": 1, "assumed": 2, "missing": 5}
QUANTITIES = {
    "training_flop": "operations", "mfu": "utilisation", "chip_hours": "chip-hours", "energy_kwh": "electricity",
    "cost_usd": "rental cost", "co2e_kg": "emissions", "water_l": "water",
}  # fmt: skip
COVERAGE_QUANTITIES = {**QUANTITIES, "cost_usd": "cost"}
ORDER = [
    *VERIFIED.values(), "findings: error", "findings: warning", "findings: info", "conflicts between sources",
    "rejected records",
]  # fmt: skip

QUERY = f"""
with main_runs as (select training_run_id from mart.training_summary where is_main_run),

best as (
    select f.quantity, f.subject_id, f.kind
    from mart.figures as f inner join main_runs as r on f.subject_id = r.training_run_id
    where f.subject_kind = 'training_run' and f.is_preferred and list_contains({list(QUANTITIES)}, f.quantity)
        and f.boundary not in ('chip', 'server', 'owned', 'unstated')
    qualify row_number() over (
        partition by f.quantity, f.subject_id
        order by list_position(['measured', 'reported', 'estimated', 'derived', 'assumed'], f.kind), f.figure_id
    ) = 1
),

kinds as (
    select 'kind' as part, quantity, kind as class, count(*) as row_count, null::bigint as covered_count
    from best group by quantity, kind
    union all
    select 'kind', quantity, 'missing', (select count(*) from main_runs) - count(*), null
    from best group by quantity
),

coverage as (
    select 'coverage' as part, quantity, 'inside our 90 % interval' as class, count(*) as row_count,
        count(*) filter (is_covered) as covered_count
    from mart.validation
    where is_scored group by quantity
),

inputs as (
    select distinct f.subject_id, i.name, i.source_id, i.verified
    from mart.figures as f, unnest(f.inputs) as u(i)
    where i.verified is not null and f.is_preferred
),

checking as (
    select 'checked' as part, 'inputs of figures' as quantity, verified as class, count(*) as row_count,
        null::bigint as covered_count
    from inputs group by verified
),

issues as (
    select 'open' as part, 'findings' as quantity, severity as class, count(*) as row_count, null::bigint as covered_count
    from mart.consistency_findings group by severity
    union all
    select 'open', 'conflicts between sources', 'resolved by precedence', count(*), null from mart.conflicts
    union all
    select 'open', 'rejected records', 'kept with reason', count(distinct (file_sha256, record_no)), null from meta.rejects
)

select * from kinds where row_count > 0
union all select * from coverage
union all select * from checking
union all select * from issues
order by part, quantity, class
"""


@chart(
    "data-quality",
    number=17,
    section="trust",
    name="Data quality",
    kicker="How much is measured, estimated or missing?",
    subtitle="Left: how the best figure for each training run came about, by quantity. Middle: how many published "
             "figures lie inside the 90 % interval of our independent estimate. Right: how we checked the inputs.",
    query=QUERY,
    source="Compute Ledger, mart.figures, mart.validation, mart.consistency_findings, mart.conflicts, meta.rejects",
    notes=(
        "Measured: by meter or log. Reported: the developer gives the value without a method. Derived: calculated "
        "from other facts with a documented formula. Assumed: a typical value with a wide interval. One figure never "
        "mixes the four kinds.",
        "A 90 % interval should contain the true value nine times in ten. The dashed line marks 90 %; small counts "
        "scatter around it.",
        "Checked in the source: we read the source itself. Cited by another work: we read a work that cites the "
        "source. Unverified: neither yet. Our own judgement: no source gives the value; the methods page gives the reasons.",
        "Findings are figures that break a rule of arithmetic or physics. Conflicts are facts on which two sources "
        "disagree. The warehouse lists both with their reasons.",
    ),
    keys=KINDS,
    key_column="class",
    key_style="bar",
    table=(
        Column("what", "Topic"), Column("name", "Quantity"), Column("class", "Class"), Column("count", "Count", sort="row_count"),
        Column("share_text", "Share", sort="share"),
    ),
    columns=2,
    height=270,
    names_px=90,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Stacked bars of kinds; coverage dots against 90 %; bars of checks and open issues."""
    what = {"kind": "best figure of a run", "coverage": "published figures", "checked": "inputs", "open": "open issues"}
    rows = frame.select(
        "part", pl.col("part").replace_strict(what).alias("what"), pl.col("class").replace(VERIFIED),
        pl.when(pl.col("part") == "coverage").then(pl.col("quantity").replace(COVERAGE_QUANTITIES))
        .otherwise(pl.col("quantity").replace(QUANTITIES)).alias("name"),
        "row_count", "covered_count",
        pl.when(pl.col("part") == "coverage").then(pl.col("covered_count") / pl.col("row_count"))
        .when(pl.col("part") != "open").then(pl.col("row_count") / pl.col("row_count").sum().over("part", "quantity"))
        .round_sig_figs(4).alias("share"),
        pl.when(pl.col("part") == "coverage").then(pl.format("{} of {}", "covered_count", "row_count"))
        .otherwise(pl.col("row_count").map_elements(lambda v: f"{v:,}", pl.String)).alias("count"),
    ).with_columns(written("share", percent, "share_text"))  # fmt: skip
    panels = (
        Panel(_kinds(rows), "Best figure for each training run"),
        Panel(_coverage(rows), "Published figures inside our 90 % interval"),
        Panel(_counts(rows, "checked"), "How the inputs of figures were checked", 110),
        Panel(_counts(rows, "open"), "Open issues", 165),
    )
    best = frame.filter(pl.col("part") == "kind")
    total = int(best["row_count"].sum())
    shares = {word: int(best.filter(pl.col("class") == word)["row_count"].sum()) / total for word in KINDS}
    held = frame.filter(pl.col("part") == "coverage")
    covered, tested = int(held["covered_count"].sum()), int(held["row_count"].sum())
    known = 1 - shares["missing"]
    title = (
        f"{percent((shares['measured'] + shares['reported']) / known)} of figures are measured or reported by the developer; our "
        f"intervals contain {percent(covered / tested)} of published figures"
    )
    alt_text = (
        "Stacked bars by quantity: how the best figure for each training run came about. Over all quantities "
        + ", ".join(f"{percent(share)} {word}" for word, share in shares.items())
        + f". Beside them, {covered} of {count_of(tested, 'published figure')} lie inside the 90 % interval of an "
        "independent estimate. Below: how inputs were checked, and the numbers of findings, conflicts and rejected "
        "records."
    )
    facts: dict[str, float | int | str] = {
        **{f"share_{word}": share for word, share in shares.items()}, "independent_published_figures": tested,
        "covered_by_90_percent_interval": covered,
    }  # fmt: skip
    return Built(panels, title, alt_text, facts, rows)


def _kinds(rows: pl.DataFrame) -> alt.LayerChart:
    base = alt.Chart(ROWS).transform_filter("datum.part == 'kind'").transform_calculate(
        rank=f"indexof({list(KINDS)}, datum.class)", whole="format(datum.share * 100, '.0f')"
    )  # fmt: skip
    x = alt.X("row_count:Q", stack="normalize", title=None, axis=percents(5))
    y = alt.Y("name:N", sort=list(QUANTITIES.values()), title=None, axis=names_axis(120, 95))
    tips = tooltips({"name": "Quantity", "class": "Kind", "count": "Runs", "share_text": "Share"})
    stack = base.encode(x=x, y=y, order=alt.Order("rank:Q"), tooltip=tips)
    bars = stack.mark_bar(size=20).encode(
        color=alt.Color("class:N", scale=hues_of(KINDS), title=None), opacity=highlighted("class")
    )
    inside = stack.mark_text(style="card-label", fontSize=11, fontWeight=600).encode(
        x=alt.X("row_count:Q", stack="normalize", bandPosition=0.5), text="whole:N",
        opacity=alt.condition("datum.share < 0.09", alt.value(0), alt.value(1)),
    )  # fmt: skip
    return layered(bars, inside)


def _coverage(rows: pl.DataFrame) -> alt.LayerChart:
    base = alt.Chart(ROWS).transform_filter("datum.part == 'coverage'")
    scale, axis = alt.Scale(domain=[0, 1]), percents(5)
    y = alt.Y("name:N", sort=list(COVERAGE_QUANTITIES.values()), title=None, axis=names_axis(120, 95))
    tips = tooltips({"name": "Quantity", "count": "Inside the interval", "share_text": "Share"})
    target = alt.Chart(inline_data(pl.DataFrame({"at": [0.9]}))).mark_rule(style="muted-line", strokeDash=[4, 4]).encode(
        x=alt.X("at:Q", scale=scale, axis=axis, title=None)
    )  # fmt: skip
    dots = base.mark_point(size=80, filled=True, opacity=1).encode(
        x=alt.X("share:Q", scale=scale, axis=axis, title=None), y=y, tooltip=tips
    )
    place: dict[str, Any] = {"fontSize": 11.5, "align": "right", "dx": -10}
    halo = base.mark_text(**place, style="halo", strokeWidth=4, strokeJoin="round")
    words = base.mark_text(**place, style="ink-label")
    counts = [one.encode(x=alt.X("share:Q", scale=scale), y=y, text="count:N") for one in (halo, words)]
    return layered(target, dots, *counts)


def _counts(rows: pl.DataFrame, part: str) -> alt.LayerChart:
    base = alt.Chart(ROWS).transform_filter(f"datum.part == '{part}'").transform_calculate(
        label="datum.part == 'checked' ? datum.class : datum.name == 'findings' ? datum.name + ': ' + datum.class : datum.name"
    )  # fmt: skip
    y = alt.Y("label:N", sort=ORDER, scale=alt.Scale(paddingOuter=0.4), title=None,
              axis=names_axis(230, 150))  # fmt: skip
    most = int(most_of(rows.filter(pl.col("part") == part)["row_count"]))
    x = alt.X("row_count:Q", title=None, axis=None, scale=alt.Scale(domain=[0, most * 1.3]))
    bars = base.mark_bar(size=14).encode(x=x, y=y, tooltip=tooltips({"label": "Topic", "count": "Count"}))
    words = base.mark_text(style="ink-label", fontSize=11.5, align="left", dx=5).encode(x=x, y=y, text="count:N")
    return layered(bars, words)
