"""Chart: how much of the world's AI compute has a public account."""

from __future__ import annotations

import altair as alt
import polars as pl

from pipelines.answers.numbers import energy, percent
from pipelines.site.charts.extent import least_of, most_of
from pipelines.site.charts.marks import (
    ROWS,
    grouped,
    highlighted,
    interval,
    layered,
    percents,
    short_number,
    tooltips,
    written,
)
from pipelines.site.charts.registry import Built, Column, Panel, chart

ACCOUNTS = {"published training runs": 0, "published token counts": 1, "both": 5}

QUERY = """
select year, account, value_low, value, value_high, share_low, share, share_high, detail
from mart.installed_accounts
qualify account <> 'both' or count(*) over (partition by year) > 2
order by year, account
"""


@chart(
    "installed-account",
    number=20,
    section="energy",
    name="Public account",
    kicker="How much of all AI compute has a public account?",
    subtitle="Energy that published training runs and published token counts explain, as a share of the energy of all counted AI "
             "chips, with 90 % intervals, log scale.",
    query=QUERY,
    source="Compute Ledger, mart.installed_accounts: mart.training_totals and seeds/installed/served_tokens.csv over "
           "mart.installed_footprint",
    notes=(
        "Runs count in the year of their publication. Token counts take the mean of the months that a provider publishes, times "
        "an assumed energy per processed token with a wide interval.",
        "Years before 2024 lack the chips of some designers, so their shares are too high.",
        "What is left has no public account: other training, failed and exploratory runs, serving without published counts, and "
        "rented or idle hardware.",
    ),
    keys=ACCOUNTS,
    key_column="account",
    table=(
        Column("year_text", "Year"), Column("account", "Account"), Column("share_text", "Share", sort="share"),
        Column("share_interval", "90 % interval"), Column("amount", "Energy", sort="value"), Column("detail", "What is counted"),
    ),
    height=300,
)  # fmt: skip
def draw(frame: pl.DataFrame) -> Built:
    """Interval dots by year and account on a log axis of shares."""
    rows = frame.select(
        pl.col("year").cast(pl.String).alias("year_text"), "account", "detail",
        short_number("share_low", "low"), short_number("share", "share"), short_number("share_high", "high"),
        short_number("value", "value"), written("share", percent, "share_text"),
        interval("share_low", "share_high", percent, "share_interval"), written("value", energy, "amount"),
    )  # fmt: skip
    scale = alt.Scale(type="log", nice=False, domain=[least_of(rows["low"]) / 1.4, most_of(rows["high"]) * 1.4])
    axis = percents(values=[m * 10.0**e for e in range(-6, 1) for m in (1, 3)])
    x = alt.X("year_text:O", title=None, axis=alt.Axis(labelAngle=0))
    y = alt.Y("share:Q", title=None, scale=scale, axis=axis)
    offset = alt.XOffset("account:N", sort=list(ACCOUNTS))
    looks = grouped("account", ACCOUNTS, rows)
    base = alt.Chart(ROWS)
    spans = base.mark_rule(strokeWidth=2).encode(
        x=x, xOffset=offset, y=alt.Y("low:Q", title=None, scale=scale, axis=axis), y2="high:Q", stroke=looks["stroke"],
        opacity=highlighted("account", 0.6),
    )  # fmt: skip
    dots = base.mark_point(size=50, strokeWidth=1.3, fillOpacity=0.85).encode(
        x=x, xOffset=offset, y=y, **looks, opacity=highlighted("account"),
        tooltip=tooltips({"year_text": "Year", "account": "Account", "share_text": "Share",
                          "share_interval": "90 % interval", "amount": "Energy", "detail": "What is counted"}),
    )  # fmt: skip
    last = frame.sort("year", "share").row(-1, named=True)
    title = (
        f"About {percent(last['share'])} of the energy of AI chips in {last['year']} has a public account "
        f"({percent(last['share_low'])} to {percent(last['share_high'])})"
    )
    alt_text = (
        f"Dots with 90 % intervals on a log scale, by year: the share of the energy of all counted AI chips that published "
        f"training runs and published token counts explain. In {last['year']} it is {percent(last['share'])}."
    )
    facts: dict[str, float | int | str] = {"year": last["year"], "share": last["share"], "energy_kwh": last["value"]}
    return Built((Panel(layered(spans, dots)),), title, alt_text, facts, rows)
