"""Chart: utilisation that training runs reached."""

from __future__ import annotations

import math

import altair as alt
import polars as pl

from pipelines.answers.numbers import percent
from pipelines.site.charts.extent import median_of, most_of
from pipelines.site.charts.marks import (
    ROWS,
    grouped,
    highlighted,
    inline_data,
    interval,
    layered,
    names_axis,
    percents,
    short_number,
    tooltips,
    written,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart

BASES = {"published": 0, "from operations and chip-hours": 1}

QUERY = """
select
    s.training_run_id, s.model_id, s.model_name, s.organization, s.publication_date, a.accelerator_name, s.accelerator_count,
    case
        when a.accelerator_id like 'tpu%' then 'Google TPU'
        when a.accelerator_id similar to '(h100|h800|h200|h20|gh200).*' then 'NVIDIA Hopper'
        when a.accelerator_id similar to '(a100|a800|a40|a6000|rtx-3).*' then 'NVIDIA Ampere'
        when a.accelerator_id similar to '(v100|titan-v|rtx-8000|t4|rtx-20).*' then 'NVIDIA Volta, Turing'
        when a.accelerator_id similar to '(b200|gb200|b300).*' then 'NVIDIA Blackwell'
        when a.vendor = 'NVIDIA' then 'NVIDIA before 2017'
        else 'Other vendors'
    end as generation,
    if(s.mfu_method = 'published', 'published', 'from operations and chip-hours') as basis,
    s.mfu_low, s.mfu, s.mfu_high, s.architecture
from mart.training_summary as s
inner join mart.accelerators as a on s.accelerator_id = a.accelerator_id
where s.mfu is not null and s.mfu_method <> 'prior' and s.run_kind = 'pretraining'
order by generation, s.mfu desc, s.training_run_id
"""


@chart(
    "mfu-distribution",
    number=11,
    section="compute",
    name="Utilisation",
    kicker="What utilisation is realistic?",
    subtitle="Model FLOP utilisation (MFU) of training runs: the share of the chips' dense peak that the model's own "
             "operations use. Vertical bars: median per chip generation; shaded: central 80 %.",
    query=QUERY,
    source="Compute Ledger, mart.training_summary; each row names its paper or model card",
    notes=(
        "Developers take published values from their logs. We calculate the others: counted operations ÷ (published "
        "chip-hours × dense peak). These include restarts, evaluation, idle time and errors in the published hours, "
        "so they are lower.",
        "Recomputed activations do not count (HFU counts them and is up to a third higher). The peak is without "
        "sparsity.",
        "Plans get this input wrong more often than any other: plan on 60 % and the run takes twice as long.",
    ),
    keys=BASES,
    key_column="basis",
    table=(
        Column("model_name", "Model", link="models/model_id"),
        Column("organization", "Organization"), Column("published", "Published"),
        Column("accelerator_name", "Accelerator"), Column("chips", "Number of chips", sort="count"),
        Column("text", "MFU", sort="mfu"), Column("interval", "90 % interval"), Column("basis", "Basis"),
    ),
    height=400,
    names_px=120,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Strip plot by generation; jitter is a fixed function of the row, so it repeats."""
    spread = pl.int_range(pl.len()).over("generation")
    rows = frame.select(
        "model_id", "model_name", "organization", pl.col("publication_date").cast(pl.String).alias("published"),
        "accelerator_name", "generation", "basis", short_number("mfu", "mfu"), written("mfu", percent, "text"),
        interval("mfu_low", "mfu_high", percent, "interval"), short_number("accelerator_count", "count"),
        written("accelerator_count", lambda v: f"{v:,.0f}", "chips"),
        ((spread * 5 % 13 - 6) / 6).round(2).alias("jitter"),
    )  # fmt: skip
    medians = frame.group_by("generation").agg(
        pl.col("mfu").median().round_sig_figs(4).alias("median"), pl.col("mfu").quantile(0.1, "linear").alias("low"),
        pl.col("mfu").quantile(0.9, "linear").alias("high"), pl.len().alias("runs"),
    ).with_columns(
        pl.col("median").map_elements(percent, pl.String).alias("text"), pl.col("low", "high").round_sig_figs(4),
        pl.format("{} runs", "runs").alias("count"),
    ).sort("median", "generation", descending=[True, False])  # fmt: skip
    order = medians["generation"].to_list()
    top = min(1.0, math.ceil(most_of(frame["mfu"]) * 20) / 20)
    y = alt.Y("generation:N", sort=order, title=None, axis=names_axis(170, 128))
    scale, axis = alt.Scale(domain=[0, top], clamp=True), percents(7)
    x = alt.X("mfu:Q", title=None, scale=scale, axis=axis)
    summary = alt.Chart(inline_data(medians))
    band = summary.mark_bar(style="ink-band", opacity=0.08, size=40).encode(
        x=alt.X("low:Q", title=None, scale=scale, axis=axis), x2="high:Q", y=y
    )
    tick = summary.mark_tick(style="ink-line", thickness=2.5, size=40).encode(x=alt.X("median:Q", scale=scale), y=y)
    words = summary.mark_text(style="ink-label", fontSize=12, fontWeight=600, dy=-27).encode(
        x=alt.X("median:Q", scale=scale), y=y, text="text:N"
    )
    dots = alt.Chart(ROWS).mark_point(size=34, strokeWidth=1.3, fillOpacity=0.75).encode(
        x=x, y=y, yOffset=alt.YOffset("jitter:Q", scale=alt.Scale(domain=[-2.2, 2.2])), **grouped("basis", BASES, rows),
        opacity=highlighted("basis"),
        tooltip=tooltips({"model_name": "Model", "organization": "Developer", "published": "Published",
                          "accelerator_name": "Chip", "chips": "Number of chips", "text": "MFU",
                          "interval": "90 % interval", "basis": "Basis"}),
    )  # fmt: skip
    stated = frame.filter(pl.col("basis") == "published")["mfu"]
    derived = frame.filter(pl.col("basis") != "published")["mfu"]
    middle = {name: median_of(values) for name, values in (("stated", stated), ("derived", derived))}
    bounds = " to ".join(percent(float(stated.quantile(q, "linear"))) for q in (0.1, 0.9))  # type: ignore[arg-type]
    title = (
        f"Developers report using {percent(middle['stated'])} of peak; their chip-hours imply "
        f"{percent(middle['derived'])}"
    )
    alt_text = (
        f"Strip plot: model FLOP utilisation of {frame.height} training runs by chip generation. {stated.len()} "
        f"published values have a median of {percent(middle['stated'])} (central 80 %: {bounds}); {derived.len()} "
        f"values calculated from operations and chip-hours have a median of {percent(middle['derived'])}. Medians by "
        "generation: " + ", ".join(f"{row['generation']} {row['text']}" for row in medians.iter_rows(named=True)) + "."
    )
    facts: dict[str, float | int | str] = {
        "median_published_mfu": middle["stated"], "middle_80_percent_of_published_mfu": bounds, "published_runs": stated.len(),
        "median_implied_mfu": middle["derived"], "implied_runs": derived.len(),
    }  # fmt: skip
    return Built((Panel(layered(band, dots, tick, words)),), title, alt_text, facts, rows)
