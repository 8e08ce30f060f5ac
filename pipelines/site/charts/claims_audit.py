"""Chart: public claims against what the ledger computes."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.labels import CLAIMED_DIGITS, said, span
from pipelines.answers.numbers import count_of
from pipelines.site.charts.marks import ROWS, grouped, highlighted, inline_data, layered, short_number, tooltips
from pipelines.site.charts.registry import Built, Column, Panel, chart

VERDICTS = {"supported": 0, "partly": 3, "contradicted": 1, "unsupported": 5, "untestable": 5}
SIGNS = {"supported": "✓", "partly": "≈", "contradicted": "×", "unsupported": "?", "untestable": "–"}
WIDEST = 300.0

QUERY = """
select
    document, claim_id, paraphrase, subject_name, quantity, claimed_low, claimed_high, computed_low, computed, computed_high,
    unit, ratio, verdict, reason, figure_ids
from mart.claim_audit
order by document, claim_id
"""


def _span(low: float | None, high: float | None, unit: str, digits: int) -> str:
    """A range in words: one amount where both ends are the same, 'at least' and 'at most' where one is missing."""
    if low is None and high is None:
        return "–"
    if low is None or high is None:
        return (
            f"at least {said(low, unit, digits=digits)}"
            if low is not None
            else f"at most {said(high, unit, digits=digits)}"
        )
    return span(low, high, unit, digits=digits)


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for row in frame.iter_rows(named=True):
        known = row["computed"] is not None
        rows.append({
            "claimed_text": _span(row["claimed_low"], row["claimed_high"], row["unit"], CLAIMED_DIGITS),
            "computed_text": _span(row["computed"], row["computed"], row["unit"], 2) if known else "–",
            "interval_text": _span(row["computed_low"], row["computed_high"], row["unit"], 2) if known else "–",
        })  # fmt: skip
    return pl.DataFrame(rows)


def _relative(column: str) -> pl.Expr:
    """A bound over the computed value, kept within the axis."""
    return (pl.col(column) / pl.col("computed")).clip(1 / WIDEST, WIDEST).round_sig_figs(4)


@chart(
    "claims-audit",
    number=14,
    section="trust",
    name="Claims",
    kicker="Which public claims are right?",
    subtitle="Each claim in the audited documents (mark) against the 90 % interval that we calculate (bar), as a "
             "multiple of our value, log scale. Left of 1 the claim is too low, right of 1 it is too high.",
    query=QUERY,
    source="Compute Ledger, mart.claim_audit; we paraphrase the claims, and each row names its document",
    notes=(
        "Supported: the claim lies inside our interval. Partly: the claim overlaps our interval, or is right for some "
        "of its subjects. Contradicted: the claim lies outside. Unsupported: our data do not support it. Untestable: "
        "the claim gives no quantity that can be checked.",
        "A mark at the edge of the axis lies beyond the axis. A claim with one bound, such as at least, extends from "
        "that bound to the edge.",
        "Fixed rules decide the verdict, not a reader. Each row gives the reason and the figures behind it.",
    ),
    keys=VERDICTS,
    key_column="verdict",
    table=(
        Column("claim_id", "Claim"), Column("paraphrase", "Claim text"), Column("verdict", "Verdict"),
        Column("claimed_text", "Claimed"), Column("computed_text", "Calculated", sort="computed"),
        Column("interval_text", "90 % interval"), Column("subject_name", "Subject"), Column("reason", "Reason"),
    ),
    height=760,
    names_px=430,
    internal_columns=("figure_ids",),
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Claim marks over intervals on a common relative axis."""
    claimed = pl.when(pl.col("claimed_low").is_null()).then(pl.col("claimed_high")).otherwise(pl.col("claimed_low"))
    whole = pl.col("paraphrase")
    shortened = (
        pl.when(whole.str.len_chars() > 64).then(whole.str.slice(0, 61).str.strip_chars_end() + "…").otherwise(whole)
    )
    rows = pl.concat([frame.select(
        "claim_id", "paraphrase", "subject_name", "verdict", "reason", short_number("computed", "computed"),
        pl.format("{} · {}", "claim_id", shortened).alias("label"),
        _relative("computed_low").alias("low"), _relative("computed_high").alias("high"),
        (claimed / pl.col("computed")).clip(1 / WIDEST, WIDEST).round_sig_figs(4).alias("claimed"),
        pl.when(claimed.is_null() | pl.col("computed").is_null()).then(None)
        .when(pl.col("claimed_high").is_null()).then(pl.lit(WIDEST)).when(pl.col("claimed_low").is_null())
        .then(pl.lit(1 / WIDEST).round_sig_figs(4)).otherwise(_relative("claimed_high")).alias("claimed_to"),
        pl.format("{} {}", pl.col("verdict").replace_strict(SIGNS), "verdict").alias("sign"),
    ), _texts(frame)], how="horizontal")  # fmt: skip
    names = alt.Axis(
        labelExpr="narrow ? split(datum.label, ' · ')[0] : datum.label", labelLimit=0, labelAlign="left",
        labelPadding=alt.ExprRef("narrow ? 34 : 436"), domain=False, ticks=False, grid=False,
    )  # fmt: skip
    y = alt.Y("label:N", sort=rows["label"].to_list(), title=None, axis=names)
    axis = alt.Axis(
        values=[0.01, 0.1, 1, 10, 100], labelExpr="format(datum.value, '~r') + '×'", grid=True, orient="top"
    )
    scale = alt.Scale(type="log", domain=[1 / WIDEST / 1.2, WIDEST * 40], nice=False)
    x = alt.X("claimed:Q", title=None, scale=scale, axis=axis)
    tips = tooltips({"paraphrase": "Claim", "verdict": "Verdict", "claimed_text": "Claimed", "computed_text": "Calculated",
                     "interval_text": "90 % interval", "subject_name": "Subject"})  # fmt: skip
    looks = grouped("verdict", VERDICTS, rows)
    base = alt.Chart(ROWS)
    one = alt.Chart(inline_data(pl.DataFrame({"at": [1.0]}))).mark_rule(style="muted-line").encode(
        x=alt.X("at:Q", scale=scale, axis=axis, title=None)
    )  # fmt: skip
    known = base.transform_filter("isValid(datum.low)")
    bars = known.mark_rule(strokeWidth=7, style="muted-line").encode(
        x=alt.X("low:Q", scale=scale, axis=axis, title=None), x2="high:Q", y=y, opacity=highlighted("verdict", 0.28),
        tooltip=tips,
    )  # fmt: skip
    ranges = base.transform_filter("isValid(datum.claimed) && isValid(datum.claimed_to)").mark_rule(strokeWidth=2).encode(
        x=x, x2="claimed_to:Q", y=y, stroke=looks["stroke"], opacity=highlighted("verdict")
    )  # fmt: skip
    dots = base.transform_filter("isValid(datum.claimed)").mark_point(size=62, strokeWidth=1.5, fillOpacity=0.9).encode(
        x=x, y=y, **looks, opacity=highlighted("verdict"), tooltip=tips
    )  # fmt: skip
    words = base.transform_calculate(word="narrow ? split(datum.sign, ' ')[0] : datum.sign").mark_text(
        style="ink-label", fontSize=12, align=alt.ExprRef("narrow ? 'right' : 'left'"), dx=alt.ExprRef("narrow ? 0 : -96")
    ).encode(x=alt.value("width"), y=y, text="word:N", opacity=highlighted("verdict"))  # fmt: skip
    tally = {verdict: rows.filter(pl.col("verdict") == verdict).height for verdict in VERDICTS}
    rest = tally["unsupported"] + tally["untestable"]
    title = (
        f"Of {count_of(frame.height, 'claim')}, {tally['supported']} are supported, {tally['partly']} are partly "
        f"right and {tally['contradicted']} are contradicted"
    )
    wrong = rows.filter(pl.col("verdict") == "contradicted")["paraphrase"].to_list()
    alt_text = (
        f"{frame.height} claims, each as a mark over the 90 % interval that we calculate, on a log scale: "
        + ", ".join(f"{count} {verdict}" for verdict, count in tally.items())
        + (f". Contradicted: {'; '.join(wrong[:6])}." if wrong else ".")
    )
    facts: dict[str, float | int | str] = {"claims": frame.height, **tally, "without_verdict": rest}
    return Built((Panel(layered(one, bars, ranges, dots, words)),), title, alt_text, facts, rows)
