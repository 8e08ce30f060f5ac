"""Chart: which open model fits on which device."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import number, plain, with_prefix
from pipelines.site.charts.marks import ROWS, hues_of, layered, names_axis, short_number, tooltips, written
from pipelines.site.charts.registry import Built, Column, Panel, chart

STATUSES = {"fits": 0, "fits tightly": 1, "does not fit": 5}
SIGNS = {"fits": "✓", "fits tightly": "≈", "does not fit": "–"}
BITS = {"4-bit": 4, "8-bit": 8, "16-bit": 16}
MODELS = (
    "llama-3.2-1b", "llama-3.2-3b", "llama-3.1-8b", "phi-4", "qwen3-32b", "llama-3.1-70b", "gpt-oss-120b", "llama-3.1-405b",
    "deepseek-v3",
)  # fmt: skip
DEVICES = (
    "raspberry-pi-5-8gb", "apple-a17-pro", "jetson-orin-nano-super", "rtx-4060", "rtx-4090", "rtx-5090", "apple-m4-max",
    "jetson-agx-orin-64gb", "h100-sxm", "h200-sxm", "b200-sxm",
)  # fmt: skip

QUERY = f"""
with asked as (
    select f.*, m.total_params, a.vendor
    from mart.device_fit as f
    inner join mart.accelerators as a on f.accelerator_id = a.accelerator_id
    inner join (select model_id, max(total_params) as total_params from mart.inference_estimates group by model_id) as m
        on f.model_id = m.model_id
    where list_contains({list(MODELS)}, f.model_id) and list_contains({list(DEVICES)}, f.accelerator_id)
)

select
    model_id, model_name, accelerator_id,
    if(accelerator_count > 1, accelerator_count || ' × ', '') || if(vendor = 'Apple', 'Apple ', '') || accelerator_name as device,
    accelerator_count, weight_bits, number_format, total_params, needed_bytes, available_bytes, fits, tokens_per_s_bound
from asked
where accelerator_count = 1 or list_contains(['h100-sxm', 'b200-sxm'], accelerator_id)
qualify row_number() over (
    partition by model_id, accelerator_id, accelerator_count, weight_bits
    order by tokens_per_s_bound desc nulls last, number_format
) = 1
order by available_bytes, device, total_params, weight_bits
"""


@chart(
    "fits-on-device",
    number=9,
    section="inference",
    name="What fits where",
    kicker="Which model fits on which device?",
    subtitle="Weights, workspace and KV-cache for a single user against the memory available on a device. ✓ fits, ≈ "
             "fits with less than a fifth to spare, – does not fit. Columns: open models by number of parameters.",
    query=QUERY,
    source="Compute Ledger, mart.device_fit; the warehouse names model configurations and datasheets",
    notes=(
        "Assumes a single user. Serving several users needs a KV-cache for each: see mart.inference_estimates.",
        "The system keeps part of the memory. Phones and single-board computers share theirs with all other programs.",
        "Speed is an upper bound: the device reads all active parameters from memory once per token. A mixture of "
        "experts needs memory for all experts but reads only some of them for each token.",
        "Fewer bits lower the quality: slightly at 8 bits, more at 4 bits.",
    ),
    keys=STATUSES,
    key_column="status",
    key_style="bar",
    choices=tuple(BITS),
    choice_column="bits",
    choice_label="Precision",
    table=(
        Column("device", "Device", link="accelerators/accelerator_id"),
        Column("model_name", "Model", link="models/model_id"),
        Column("bits", "Precision"), Column("status", "Fits"),
        Column("needed", "Needed", sort="needed_bytes"), Column("available", "Available", sort="available_bytes"),
        Column("speed", "Maximum tokens/s", sort="tokens_per_s"),
    ),
    height=400,
    names_px=190,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Matrix of devices by memory and models by size, for the chosen precision."""
    tight = pl.col("needed_bytes") > 0.8 * pl.col("available_bytes")
    rows = frame.select(
        "accelerator_id", "device", "model_id", "model_name", pl.format("{}-bit", "weight_bits").alias("bits"),
        pl.when(~pl.col("fits")).then(pl.lit("does not fit")).when(tight).then(pl.lit("fits tightly"))
        .otherwise(pl.lit("fits")).alias("status"),
        short_number("needed_bytes", "needed_bytes"), short_number("available_bytes", "available_bytes"),
        short_number("tokens_per_s_bound", "tokens_per_s"), written("needed_bytes", lambda v: with_prefix(v, "B"), "needed"),
        written("available_bytes", lambda v: with_prefix(v, "B"), "available"),
        written("tokens_per_s_bound", plain, "speed"),
        pl.col("total_params").map_elements(_size, pl.String).alias("size"),
    ).with_columns(pl.col("status").replace_strict(SIGNS).alias("sign"))  # fmt: skip
    devices = rows["device"].unique(maintain_order=True).to_list()
    sizes = rows.filter(pl.col("device") == devices[0])["size"].unique(maintain_order=True).to_list()
    sizes_axis = alt.Axis(
        labelAngle=alt.ExprRef("narrow ? -90 : 0"), labelAlign=alt.ExprRef("narrow ? 'left' : 'center'"),
        labelBaseline=alt.ExprRef("narrow ? 'middle' : 'bottom'"), orient="top", domain=False, ticks=False, labelOverlap=False,
    )  # fmt: skip
    x = alt.X("size:O", sort=sizes, title="parameters", axis=sizes_axis)
    y = alt.Y("device:N", sort=devices, title=None, axis=names_axis(210, 118))
    tips = tooltips({"device": "Device", "model_name": "Model", "bits": "Precision", "status": "Memory", "needed": "Needed",
                     "available": "Available", "speed": "Maximum tokens/s"})  # fmt: skip
    base = alt.Chart(ROWS).transform_filter("datum.bits == pick").encode(x=x, y=y, tooltip=tips)
    opacity = alt.condition(
        "hl == 'all' ? datum.status != 'does not fit' : datum.status == hl", alt.value(0.95), alt.value(0.1)
    )
    cells = base.mark_rect(cornerRadius=3, xOffset=1, x2Offset=-1, yOffset=1, y2Offset=-1).encode(
        color=alt.Color("status:N", scale=hues_of(STATUSES), title=None), opacity=opacity
    )
    signs = base.mark_text(fontSize=13, fontWeight=600, style="card-label").encode(text="sign:N")
    dark = base.transform_filter("datum.status == 'does not fit' || (hl != 'all' && datum.status != hl)").mark_text(
        fontSize=13, style="ink-label", opacity=0.6
    ).encode(text="sign:N")  # fmt: skip
    lit = signs.transform_filter("datum.status != 'does not fit' && (hl == 'all' || datum.status == hl)")
    at_4 = frame.filter(pl.col("weight_bits") == 4, pl.col("fits"))
    largest = {
        row["accelerator_id"]: row
        for row in at_4.sort("total_params").iter_rows(named=True)
        if row["accelerator_count"] == 1
    }
    words = [
        f"{_size(largest[device]['total_params'])} {where}"
        for device, where in (
            ("apple-a17-pro", "on a phone"),
            ("rtx-4090", "on a gaming card"),
            ("h100-sxm", "on one H100"),
        )
        if device in largest
    ]
    title = f"Largest model that fits at 4 bits: {', '.join(words[:-1])} and {words[-1]}"
    counts = {bits: int(frame.filter(pl.col("weight_bits") == n)["fits"].sum()) for bits, n in BITS.items()}
    cells_each = frame.filter(pl.col("weight_bits") == 4).height
    alt_text = (
        f"Matrix of {len(devices)} devices, from {devices[0]} to {devices[-1]}, and {len(sizes)} open models from "
        f"{sizes[0]} to {sizes[-1]} parameters. Of {cells_each} pairs, "
        + ", ".join(f"{count} fit at {bits}" for bits, count in counts.items())
        + f". {title}."
    )
    facts: dict[str, float | int | str] = {
        "devices": len(devices), "models": len(sizes), **{f"pairs_that_fit_{b}": n for b, n in counts.items()},
    }  # fmt: skip
    return Built((Panel(layered(cells, lit, dark)),), title, alt_text, facts, rows)


def _size(params: float) -> str:
    """Parameters as people call a size: 8B."""
    billions = params / 1e9
    return f"{number(billions, 2 if billions < 10 else 3 if billions >= 100 else 2)}B"
