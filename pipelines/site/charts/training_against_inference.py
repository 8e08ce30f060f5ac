"""Chart: when serving a model has taken as much as training it."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import count_of, energy, flop, money, plain, with_prefix
from pipelines.site.charts.extent import least_of, median_of, most_of
from pipelines.site.charts.marks import (
    ROWS,
    grouped,
    highlighted,
    inline_data,
    interval,
    layered,
    names_axis,
    short_number,
    tooltips,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart
from pipelines.site.charts.style import SUPERSCRIPT_LABEL

UNITS = {"operations": 0, "electricity": 1, "money": 2}
MODELS = ("Llama 3.1 8B", "Llama 3.1 70B", "Llama 3.1 405B", "Gemma 2 27B", "DeepSeek-V3")

QUERY = f"""
with complete as (
    select model_id from mart.break_even where training_tokens > 0
    group by model_id having count(distinct unit) = 3
),

candidates as (
    select b.model_id, b.model_name, max(s.training_flop) as training_flop
    from mart.break_even as b
    inner join complete as c on b.model_id = c.model_id
    inner join mart.training_summary as s on b.model_id = s.model_id and s.is_main_run
    group by b.model_id, b.model_name
),

shown as (
    select model_id, training_flop from candidates
    order by list_contains({list(MODELS)}, model_name) desc, training_flop desc, model_id limit 14
)

select
    b.model_id, b.model_name, b.unit, b.training_amount, b.per_token_amount, b.training_tokens,
    b.tokens_at_break_even_low, b.tokens_at_break_even, b.tokens_at_break_even_high,
    b.tokens_at_break_even_low / b.training_tokens as ratio_low, b.tokens_at_break_even / b.training_tokens as ratio,
    b.tokens_at_break_even_high / b.training_tokens as ratio_high,
    list_filter(b.days_at_volume, lambda v: v.volume = 'product')[1].value as product_days,
    list_filter(b.days_at_volume, lambda v: v.volume = 'product')[1].tokens_per_day as product_tokens_per_day,
    s.training_flop
from mart.break_even as b
inner join shown as s on b.model_id = s.model_id
order by s.training_flop desc, b.model_id, list_position(['flop', 'kwh', 'usd'], b.unit)
"""


def _tokens(value: float) -> str:
    """A count of tokens as people say it."""
    for size, word in ((1e15, "quadrillion"), (1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{plain(value / size)}\u00a0{word}"
    return plain(value)


def _amounts(frame: pl.DataFrame) -> pl.DataFrame:
    """What training and a token take, in words, by the unit of the row."""
    write = {"flop": flop, "kwh": energy, "usd": money}
    per_token = {
        "flop": lambda v: with_prefix(v, "FLOP", 2),
        "kwh": lambda v: f"{plain(v * 3.6e6)}\u00a0J",
        "usd": lambda v: f"${plain(v * 1e6)} a million",
    }
    return pl.DataFrame({
        "training": [write[unit](value) for unit, value in zip(frame["unit"], frame["training_amount"], strict=True)],
        "per_token": [per_token[unit](value) for unit, value in zip(frame["unit"], frame["per_token_amount"], strict=True)],
    })  # fmt: skip


@chart(
    "training-against-inference",
    number=8,
    section="inference",
    name="Training or serving",
    kicker="When does serving a model overtake training it?",
    subtitle="Above: output tokens after which serving has used as much as training, as a multiple of the training "
             "tokens, log scale, with 90 % intervals. Below, for the chosen model: what serving has used, as a "
             "multiple of training.",
    query=QUERY,
    source="Compute Ledger, mart.break_even; the warehouse names model cards, datasheets and price lists",
    notes=(
        "For a dense model, the answer in operations is exact: training uses 6 operations per parameter and token, "
        "serving uses 2. Both are equal at three times the training tokens, for any model size.",
        "In electricity and money, serving overtakes earlier: it uses the chip less efficiently than training. How "
        "much less depends mostly on how many requests run at the same time.",
        "Only the final training run counts. Earlier experiments would move the break-even to the right; prompt "
        "tokens would move it to the left.",
    ),
    keys=UNITS,
    key_column="what",
    choices=MODELS,
    chosen="Llama 3.1 70B",
    choice_column="model_name",
    choice_label="Model",
    table=(
        Column("model_name", "Model", link="models/model_id"),
        Column("what", "In"), Column("training", "Training"),
        Column("per_token", "Per output token"), Column("tokens_text", "Break-even, tokens", sort="tokens"),
        Column("interval", "90 % interval"), Column("multiple", "Multiple of training tokens", sort="ratio"),
        Column("days_text", "Days at product volume", sort="days"),
    ),
    height=430,
    names_px=120,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Interval dots by model and unit with the rule at three; crossing lines of one model."""
    names = dict(zip(("flop", "kwh", "usd"), UNITS, strict=True))
    rows = pl.concat([frame.select(
        "model_id", "model_name", pl.col("unit").replace_strict(names).alias("what"),
        short_number("tokens_at_break_even_low", "tokens_low"), short_number("tokens_at_break_even", "tokens"),
        short_number("tokens_at_break_even_high", "tokens_high"), short_number("ratio_low", "low"),
        short_number("ratio", "ratio"), short_number("ratio_high", "high"), short_number("product_days", "days"),
        pl.col("tokens_at_break_even").map_elements(_tokens, pl.String).alias("tokens_text"),
        interval("tokens_at_break_even_low", "tokens_at_break_even_high", _tokens, "interval"),
        pl.col("ratio").map_elements(lambda v: f"{plain(v)}×", pl.String).alias("multiple"),
        pl.col("product_days").map_elements(plain, pl.String).alias("days_text"),
    ), _amounts(frame)], how="horizontal")  # fmt: skip
    volume = float(frame["product_tokens_per_day"][0])
    medians = {word: median_of(rows.filter(pl.col("what") == word)["ratio"]) for word in UNITS}
    title = (
        f"Serving overtakes training after {plain(medians['operations'])}× the training tokens in operations, "
        f"{plain(medians['money'])}× in money"
    )
    models = rows["model_name"].unique(maintain_order=True).to_list()
    alt_text = (
        f"Dots with 90 % intervals on a log scale for {count_of(len(models), 'model')}: output tokens at which "
        "serving has used as much as training, as a multiple of the training tokens. Medians: "
        f"{plain(medians['operations'])}× in operations, {plain(medians['electricity'])}× in electricity and "
        f"{plain(medians['money'])}× in money. Below, lines for one model show what serving has used against tokens "
        "served; they cross the level of training."
    )
    facts: dict[str, float | int | str] = {
        "models": len(models), **{f"median_multiple_{word}": value for word, value in medians.items()},
        "tokens_a_day_of_a_product": _tokens(volume),
    }  # fmt: skip
    crossing = Panel(_crossing(rows), "Chosen model: what serving has used, training = 1", 220)
    return Built((Panel(_break_even(rows, models)), crossing), title, alt_text, facts, rows)


def _break_even(rows: pl.DataFrame, models: list[str]) -> alt.LayerChart:
    low, high = least_of(rows["low"]), most_of(rows["high"])
    scale = alt.Scale(type="log", domain=[low / 1.4, high * 1.4], nice=False)
    axis = alt.Axis(
        values=[v * 10.0**e for e in range(-4, 4) for v in (1, 3)],
        labelExpr="format(datum.value, ',~r') + '×'",
        grid=True,
    )
    y = alt.Y("model_name:N", sort=models, title=None, axis=names_axis(170, 105))
    offset = alt.YOffset("what:N", sort=list(UNITS), scale=alt.Scale(paddingOuter=0.6))
    base, looks = alt.Chart(ROWS), grouped("what", UNITS, rows)
    three = alt.Chart(inline_data(pl.DataFrame({"at": [3.0], "text": ["3 × training tokens"]})))
    rule = three.mark_rule(style="muted-line", strokeDash=[4, 4]).encode(
        x=alt.X("at:Q", scale=scale, axis=axis, title=None)
    )
    words = three.mark_text(style="caption", fontSize=11.5, align="right", dx=-4, dy=-6).encode(
        x=alt.X("at:Q", scale=scale), y=alt.value(0), text="text:N"
    )
    spans = base.mark_rule(strokeWidth=1.8).encode(
        x=alt.X("low:Q", scale=scale, axis=axis, title=None), x2="high:Q", y=y, yOffset=offset, stroke=looks["stroke"],
        opacity=highlighted("what", 0.6),
    )  # fmt: skip
    dots = base.mark_point(size=46, strokeWidth=1.4, fillOpacity=0.9).encode(
        x=alt.X("ratio:Q", scale=scale, axis=axis, title=None), y=y, yOffset=offset, **looks, opacity=highlighted("what"),
        tooltip=tooltips({"model_name": "Model", "what": "In", "training": "Training", "per_token": "Per output "
                                                                                                         "token",
                          "tokens_text": "Break-even, tokens", "interval": "90 % interval", "multiple": "Multiple of "
                                                                                                         "training "
                                                                                                         "tokens"}),
    )  # fmt: skip
    return layered(rule, words, spans, dots)


def _crossing(rows: pl.DataFrame) -> alt.LayerChart:
    """Lines of slope one through each break-even point, with the band of its interval."""
    ends = [
        {"model_name": row["model_name"], "what": row["what"], "served": served, "share": served / row["tokens"],
         "least": served / row["tokens_high"], "most": served / row["tokens_low"]}
        for row in rows.filter(pl.col("model_name").is_in(MODELS)).iter_rows(named=True) for served in (1e11, 1e15)
    ]  # fmt: skip
    data = pl.DataFrame(ends).with_columns(pl.col("share", "least", "most").round_sig_figs(4))
    base = alt.Chart(inline_data(data)).transform_filter("datum.model_name == pick")
    x = alt.X("served:Q", title="output tokens served", scale=alt.Scale(type="log", nice=False),
              axis=alt.Axis(values=[10.0**e for e in range(9, 18)], labelExpr=SUPERSCRIPT_LABEL))  # fmt: skip
    scale = alt.Scale(type="log", domain=[0.01, 100], nice=False)
    axis = alt.Axis(values=[0.01, 0.1, 1, 10, 100], labelExpr="format(datum.value, '~r') + '×'")
    y = alt.Y("share:Q", title=None, scale=scale, axis=axis)
    looks = grouped("what", UNITS, rows)
    level = alt.Chart(inline_data(pl.DataFrame({"at": [1.0], "text": ["training"]})))
    line = level.mark_rule(style="ink-line").encode(y=alt.Y("at:Q", scale=scale, axis=axis, title=None))
    word = level.mark_text(style="ink-label", align="left", dy=-7, dx=4, fontSize=11.5).encode(
        x=alt.value(0), y=alt.Y("at:Q", scale=scale), text="text:N"
    )
    bands = base.mark_area(clip=True).encode(
        x=x,
        y=alt.Y("least:Q", scale=scale, axis=axis, title=None),
        y2="most:Q",
        fill=looks["fill"],
        opacity=highlighted("what", 0.14),
    )
    lines = base.mark_line(strokeWidth=2, clip=True).encode(
        x=x, y=y, stroke=looks["stroke"], opacity=highlighted("what")
    )
    crossings = alt.Chart(ROWS).transform_filter("datum.model_name == pick").transform_calculate(one="1").mark_point(
        size=70, strokeWidth=1.5, fillOpacity=1
    ).encode(
        x=alt.X("tokens:Q", scale=alt.Scale(type="log", nice=False), title="output tokens served"), y=alt.Y("one:Q", scale=scale),
        **looks, opacity=highlighted("what"),
        tooltip=tooltips({"model_name": "Model", "what": "In", "tokens_text": "Break-even, tokens", "interval": "90 % interval",
                          "days_text": "Days at product volume"}),
    )  # fmt: skip
    return layered(bands, lines, line, word, crossings)
