"""Chart: operations per joule of accelerators over time."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.charts.number_format import plain, with_prefix
from pipelines.charts.registry import Built, chart
from pipelines.charts.trend_line import inline_data, label_layers, pick_labels, trend_layers

CLASSES = {"datacentre GPU": 0, "consumer GPU": 1, "other accelerator": 2}

QUERY = """
select
    a.accelerator_id, a.accelerator_name, a.vendor, a.release_date as event_date,
    case
        when a.kind = 'gpu' and a.segment = 'datacentre' then 'datacentre GPU'
        when a.kind = 'gpu' and a.segment in ('consumer', 'workstation') then 'consumer GPU'
        else 'other accelerator'
    end as class,
    a.dense_16_bit_format as number_format, a.dense_16_bit_flop_per_s, a.tdp_w,
    a.dense_16_bit_flop_per_joule as flop_per_joule, a.source_id,
    t.* exclude (metric, cohort)
from mart.accelerators as a
inner join mart.trends as t on t.metric = 'flop_per_joule' and t.cohort = 'datacentre'
where a.dense_16_bit_flop_per_joule is not null and a.release_date >= date '2010-01-01'
order by event_date, accelerator_id
"""


@chart(
    "flop-per-joule",
    number=3,
    name="Efficiency",
    kicker="Is hardware getting more efficient?",
    subtitle="Dense 16-bit peak over rated power, FLOP per joule, log scale. Dashed: fit through datacentre accelerators "
    "with its 90 % band.",
    query=QUERY,
    source="Compute Ledger, mart.accelerators; datasheets named in each row",
    notes=(
        "Peak rates are dense: where a vendor prints a rate that counts skipped zeros, the dense rate beside it is used. "
        "BF16 goes before FP16, matrix units before vector units.",
        "Rated power is that of the chip, card or module alone. Servers, cooling and real utilisation come on top: "
        "software reaches a third to a half of the peak.",
        "Ten years ago 16-bit matrix units did not exist; part of the growth is the change of number format and unit.",
    ),
    keys=CLASSES,
    table_columns={
        "accelerator_name": "Accelerator", "vendor": "Vendor", "event_date": "Released", "class": "Class",
        "number_format": "Format", "dense_16_bit_flop_per_s": "FLOP/s", "tdp_w": "Rated W", "flop_per_joule": "FLOP/J",
    },
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Log scatter by date with the fit of datacentre accelerators; class by colour and shape."""
    trend = frame.row(0, named=True)
    points = frame.select(
        pl.col("accelerator_name"), pl.col("event_date").cast(pl.String), pl.col("class"), pl.col("vendor"),
        (pl.col("flop_per_joule") / 1e9).round_sig_figs(4).alias("giga"),
        pl.col("flop_per_joule").map_elements(lambda v: with_prefix(v, "FLOP/J"), pl.String).alias("per_joule"),
        pl.col("dense_16_bit_flop_per_s").map_elements(lambda v: with_prefix(v, "FLOP/s"), pl.String).alias("peak"),
        pl.col("tdp_w").map_elements(lambda v: with_prefix(v, "W"), pl.String).alias("power"),
        pl.col("number_format"),
    )  # fmt: skip
    low, high = float(points["giga"].min()), float(points["giga"].max())  # type: ignore[arg-type]
    x = alt.X(
        "event_date:T", title=None, scale=alt.Scale(type="utc", nice=False), axis=alt.Axis(format="%Y", tickCount=8)
    )
    scale = alt.Scale(type="log", domain=[low / 1.6, high * 1.6], nice=False)
    axis = alt.Axis(values=[v * 10.0**e for e in range(-1, 5) for v in (1, 2, 5)], format=",~r")
    y = alt.Y("giga:Q", title="GFLOP/J", scale=scale, axis=axis)
    in_giga = {
        **trend,
        "log10_at_mean": trend["log10_at_mean"] - 9,
    }
    colours = alt.Scale(domain=list(CLASSES))
    dots = alt.Chart(inline_data(points)).mark_point(size=58, strokeWidth=1.6, fillOpacity=0.85).encode(
        x=x, y=y,
        stroke=alt.Stroke("class:N", scale=colours, title=None),
        fill=alt.Fill("class:N", scale=colours, title=None),
        shape=alt.Shape("class:N", scale=alt.Scale(domain=list(CLASSES), range=["circle", "square", "triangle-up"]),
                        title=None),
        opacity=alt.condition("hl == 'all' || datum.class == hl", alt.value(1), alt.value(0.12)),
        tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in (
            ("accelerator_name", "Accelerator"), ("vendor", "By"), ("event_date", "Released"),
            ("per_joule", "Efficiency"), ("peak", "Dense peak"), ("number_format", "Format"), ("power", "Rated power"))],
    )  # fmt: skip
    named = pick_labels(points, "giga", most=8, apart_days=330)
    labels = label_layers(named, "accelerator_name", x, y)
    percent = plain((trend["growth_per_year"] - 1) * 100)
    bounds = " to ".join(plain((trend[f"growth_per_year_{side}"] - 1) * 100) for side in ("low", "high"))
    title = f"Datacentre accelerators do {percent} % more work per joule each year"
    first, last = points["event_date"][0][:4], points["event_date"][-1][:4]
    alt_text = (
        f"Scatter chart on a log scale of {frame.height} accelerators released from {first} to {last}, from {plain(low)} "
        f"to {plain(high)} GFLOP per joule in 16 bits. A line through the datacentre accelerators rises {percent} % a "
        f"year (90 % interval {bounds} %, r² {plain(trend['r2'])})."
    )
    layers = alt.layer(*trend_layers(in_giga, x, "GFLOP/J", scale, axis), dots, *labels)
    facts: dict[str, float | int | str] = {
        "growth_per_year": trend["growth_per_year"], "growth_90_percent_interval_percent": bounds,
        "accelerators": frame.height, "accelerators_in_fit": trend["n_rows"],
    }  # fmt: skip
    return Built(layers.add_params(alt.param(name="hl", value="all")), title, alt_text, facts)
