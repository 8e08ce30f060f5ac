"""All of it together: what all counted AI chips take, what drives the interval, and how it compares."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from pipelines.answers.labels import input_name, quantity_name, said
from pipelines.answers.numbers import NBSP, count, energy, money, number, percent, plain, with_prefix
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words, cell, csv_of, head, page, ratio_plot, row, section, table
from pipelines.warehouse.file import Row, read_rows

FOOTPRINT = "select * from mart.installed_footprint order by year, scope_kind, scope"
DRIVERS = """
    select d.* from core.installed_drivers as d
    where d.year = (select max(year) from core.installed_drivers)
        and d.quantity in ('facility_energy_kwh', 'location_co2e_kg', 'cost_usd')
    order by list_position(['facility_energy_kwh', 'location_co2e_kg', 'cost_usd'], d.quantity), d.share desc, d.factor
"""
COMPARISONS = """
    select c.*, s.title as source_title, s.url as source_url
    from mart.installed_comparisons as c
    inner join meta.sources as s on c.source_id = s.source_id
    order by not c.is_independent, c.quantity, c.year, c.total_id
"""
GROWTH = """
    select * from mart.trends
    where metric in ('installed_h100_equivalents', 'sold_h100_equivalents') and is_longest
    order by metric, list_position(['all', 'NVIDIA', 'Google', 'Amazon', 'AMD'], cohort)
"""
GROWING = {
    "installed_h100_equivalents": "Compute in service",
    "sold_h100_equivalents": "Compute sold in a quarter",
}
ACCOUNTS = "select * from mart.installed_accounts order by year desc, account"
LEVERS = "select * from mart.installed_levers order by saved_fraction desc, lever_id"
READ = {
    "footprint": FOOTPRINT, "growth": GROWTH, "drivers": DRIVERS, "compared": COMPARISONS, "accounts": ACCOUNTS, "levers": LEVERS,
}  # fmt: skip
"""What the page reads."""
DOWNLOADS = {
    "installed_compute.csv": "select * from mart.installed_compute order by quarter_end, designer, chip_id, owner",
    "installed_footprint.csv": FOOTPRINT,
    "installed_comparisons.csv": "select * from mart.installed_comparisons order by total_id",
}
SCOPES = {"all": "All", "designer": "Designer", "owner": "Owner", "chip": "Chip"}
RELATIONS = {
    "the same": "counts the same",
    "includes ours": "includes ours",
    "part of ours": "is part of ours",
    "upper bound": "is an upper bound",
}


def _watts(value: float) -> str:
    return with_prefix(value, "W", 2)


def _tonnes(kg: float) -> str:
    """Emissions as large as these, in tonnes with a prefix."""
    return with_prefix(kg / 1000, "t", 2)


def _span(low: float, high: float, write: Callable[[float], str]) -> str:
    """From one amount to another; a unit that both have is said once.

    >>> _span(3.9e10, 9.5e10, energy).replace(NBSP, " ")
    '39 to 95 TWh'
    """
    first, last = write(low), write(high)
    amount, _, unit = first.partition(NBSP)
    return f"{amount if unit == last.partition(NBSP)[2] else first} to {last}"


def _factor_name(factor: str) -> str:
    """A factor in words: an assumption with the class that it is for, or a count."""
    name, _, of = factor.partition(" for ")
    return f"{input_name(name)} ({of})" if of else factor


MEASURES = (
    ("chip_power_w", "Rated chip power", _watts),
    ("facility_power_w", "Facility power", _watts),
    ("facility_energy_kwh", "Energy", energy),
    ("location_co2e_kg", "CO₂e, location-based", _tonnes),
    ("market_co2e_kg", "CO₂e, market-based", _tonnes),
    ("embodied_co2e_kg", "CO₂e, embodied", _tonnes),
    ("water_l", "Water", lambda value: with_prefix(value, "L", 2)),
    ("cost_usd", "Cost of the year", money),
)
"""Columns of the footprint, their headings and how they are written."""


def _amounts(one: Row) -> list[Words]:
    """A cell for each measure, with its interval below."""
    return [
        cell(write(one[name]), one[name], note=_span(one[f"{name}_low"], one[f"{name}_high"], write))
        if one[name] is not None
        else cell(None)
        for name, _, write in MEASURES
    ]


def _footprint_table(table_id: str, label: str, first: str, rows: list[tuple[str, Row]]) -> Words:
    heads = [head(first), *(head(text, number=True) for _, text, _ in MEASURES)]
    return table(table_id, label, heads, [row(cell(name), *_amounts(one)) for name, one in rows])


def _driver_row(one: Row) -> Words:
    return row(
        cell(quantity_name(one["quantity"])),
        cell(_factor_name(one["factor"])),
        cell(percent(one["share"]), one["share"]),
    )


def comparison_row(one: Row) -> Words:
    """A published total beside ours."""
    unit = one["unit"]
    ratio = one["ratio"]
    plot = (
        cell("no estimate of ours for that year")
        if ratio is None
        else cell(
            f"ours is {number(ratio, 3)} times the published total",
            ratio,
            plot=ratio_plot(
                one["value_low"] / one["published_value"], ratio, one["value_high"] / one["published_value"]
            ),
        )
    )
    inside = "not compared" if ratio is None else "inside" if one["is_inside"] else "outside"
    agrees = "–" if ratio is None else "yes" if one["agrees"] else "no"
    return row(
        cell(one["total_name"], one["total_name"].lower(), note=one["source_title"], note_url=one["source_url"]),
        cell(one["year"], one["year"]),
        cell(said(one["published_value"], unit, one["quantity"], 3), one["published_value"]),
        cell(None if ratio is None else said(one["value"], unit, one["quantity"], 3), one["value"]),
        cell(None if ratio is None else f"{number(ratio, 3)} ×", ratio),
        plot,
        cell(inside),
        cell(f"{RELATIONS[one['relation']]}: {agrees}"),
        cell(one["reason"]),
    )


def comparison_table(table_id: str, label: str, rows: list[Row]) -> Words:
    """Published totals beside ours: ratio, whether inside our interval, and why they differ."""
    heads = [
        head("Total and publisher"),
        head("Year", number=True),
        head("Published", number=True),
        head("Ours", number=True),
        head("Ratio", number=True),
        head("Position relative to the published total", unseen=True),
        head("Interval"),
        head("Agrees by definition"),
        head("Why they differ", long=True),
    ]
    return table(table_id, label, heads, [comparison_row(one) for one in rows], tall=True)


def _growth_row(one: Row) -> Words:
    months = one["doubling_time_months"]
    doubling = None if months is None else f"{plain(months)}{NBSP}months"
    return row(
        cell(GROWING[one["metric"]]),
        cell("All counted AI chips" if one["cohort"] == "all" else one["cohort"]),
        cell(
            f"{plain(one['growth_per_year'])}{NBSP}×",
            one["growth_per_year"],
            note=f"{plain(one['growth_per_year_low'])} to {plain(one['growth_per_year_high'])}{NBSP}×",
        ),
        cell(doubling, months),
        cell(one["n_rows"], one["n_rows"]),
    )


def _account_row(one: Row) -> Words:
    share = _span(one["share_low"], one["share_high"], percent)
    return row(
        cell(one["year"], one["year"]),
        cell(one["account"]),
        cell(percent(one["share"]), one["share"], note=share),
        cell(energy(one["value"]), one["value"], note=_span(one["value_low"], one["value_high"], energy)),
        cell(one["detail"]),
    )


def _lever_row(one: Row) -> Words:
    fraction = _span(one["saved_fraction_low"], one["saved_fraction_high"], percent)
    write = energy if one["unit"] == "kWh" else _tonnes
    return row(
        cell(one["lever"], note=one["basis"]),
        cell(quantity_name(one["quantity"])),
        cell(percent(one["saved_fraction"]), one["saved_fraction"], note=fraction),
        cell(write(one["amount"]), one["amount"], note=_span(one["amount_low"], one["amount_high"], write)),
    )


def _tables_of_scopes(last: list[Row]) -> list[Words]:
    """A section each for designers, owners and chips in the last year."""
    year = last[0]["year"]
    titles = {
        "designer": ("Whose chips are they?", f"By designer, {year}"),
        "owner": ("Who owns them?", f"By owner, {year}"),
        "chip": ("Which chips take the most?", f"By chip, {year}"),
    }
    found = []
    for kind, (kicker, title) in titles.items():
        rows = sorted(
            (one for one in last if one["scope_kind"] == kind), key=lambda one: -(one["facility_energy_kwh"] or 0)
        )
        named = [(one["scope_name"], one) for one in rows]
        found.append(
            section(
                f"by-{kind}", kicker, title, "", table=_footprint_table(f"{kind}-table", title, SCOPES[kind], named)
            )
        )
    return found


def _lead(one: Row) -> str:
    return (
        f"In {one['year']} the AI chips of NVIDIA, Google, Amazon and AMD took about {energy(one['facility_energy_kwh'])} "
        f"({_span(one['facility_energy_kwh_low'], one['facility_energy_kwh_high'], energy)}) and caused "
        f"{_tonnes(one['location_co2e_kg'])} of CO₂e "
        f"({_span(one['location_co2e_kg_low'], one['location_co2e_kg_high'], _tonnes)}, location-based). "
        "Chips of other designers and chips sold before the counts begin are not included."
    )


def _words(read: dict[str, list[Row]]) -> Words:
    footprint, compared = read["footprint"], read["compared"]
    years = [one for one in footprint if one["scope_kind"] == "all"]
    world = years[-1]
    last = [one for one in footprint if one["year"] == world["year"]]
    named = [
        (str(one["year"]) if one["has_all_designers"] else f"{one['year']}, not all designers", one)
        for one in reversed(years)
    ]
    free = [one for one in compared if one["is_independent"]]
    same = [one for one in compared if not one["is_independent"]]
    driver_heads = [head("Quantity"), head("Assumption or count"), head("Share of the spread", number=True)]
    growth_heads = [head("What"), head("Whose chips"), head("Growth a year", number=True), head("Doubles in", number=True),
                    head("Quarters", number=True)]  # fmt: skip
    account_heads = [head("Year", number=True), head("Account"), head("Share", number=True), head("Energy", number=True),
                     head("What is counted", long=True)]  # fmt: skip
    lever_heads = [
        head("Lever", long=True),
        head("Saves"),
        head("Share saved", number=True),
        head("Amount", number=True),
    ]
    return page(
        "All of it together",
        "What does all AI compute take?",
        _lead(world),
        [
            section(
                "years",
                "How much is it?",
                "All counted AI chips by year",
                "Each amount with its 90 % interval. Power is that at the end of the year; emissions of the electricity are "
                "location-based or market-based, and embodied emissions add to either.",
                table=_footprint_table("year-table", "All counted AI chips by year", "Year", named),
                downloads=list(DOWNLOADS)[:2],
                notes=[
                    "The counts have NVIDIA from 2022, Google from 2023, Amazon and AMD from 2024. Only years with all four "
                    "may be compared.",
                ],
            ),
            section(
                "growth",
                "How fast does it grow?",
                "Growth in H100-equivalents",
                "Least squares on the logarithm over complete quarters, with 90 % intervals. Over all designers from 2024 on, "
                "when each of them is counted.",
                table=table("growth-table", "Growth", growth_heads, [_growth_row(one) for one in read["growth"]]),
            ),
            *_tables_of_scopes(last),
            section(
                "drivers",
                "What makes the interval wide?",
                f"Drivers of the spread, {world['year']}",
                "Share of the variance of the total on the logarithm. Assumptions that chips and owners share move together.",
                table=table(
                    "driver-table", "Drivers of the spread", driver_heads, [_driver_row(one) for one in read["drivers"]]
                ),
            ),
            section(
                "compared",
                "Do others find the same?",
                f"{count(len(free))} published totals beside ours",
                "The line is our 90 % interval, the dot the central value, the vertical mark the published total. A total that "
                "includes ours must not be below our interval; one that is part of ours must not be above it.",
                table=comparison_table("compared-table", "Published totals beside ours", free),
                downloads=["installed_comparisons.csv"],
            ),
            section(
                "publisher",
                "Do the chips add up to the publisher's totals?",
                "Sums over chips beside the publisher's totals by designer",
                table=comparison_table("publisher-table", "Sums over chips beside the publisher's totals", same),
                folded=f"Show the {len(same)} totals of the publisher",
            ),
            section(
                "account",
                "How much of it is publicly known?",
                "Share with a public account",
                "Energy of published training runs and of published token counts, over the energy of all counted chips.",
                table=table(
                    "account-table",
                    "Share with a public account",
                    account_heads,
                    [_account_row(one) for one in read["accounts"]],
                ),
            ),
            section(
                "levers",
                "What would save the most?",
                f"Levers applied to {world['year']}",
                "What each lever alone would have saved with the same work done. Savings do not add up.",
                table=table("lever-table", "Levers", lever_heads, [_lever_row(one) for one in read["levers"]]),
                notes=["Try other values: ledger estimate --installed --pue 1.1 --grid 0.1"],
            ),
        ],
    )


@page_kind(
    "together",
    number=11,
    name="All of it together",
    menu_page="together.html",
    description="What all counted AI chips take in power, energy, emissions, water and money, with intervals; what drives "
    "them, published totals beside ours, the share with a public account, and levers.",
    tables=("mart.installed_footprint", "mart.installed_compute", "mart.installed_comparisons", "mart.installed_accounts",
            "mart.installed_levers", "mart.trends", "core.installed_drivers"),
)  # fmt: skip
def draft_together_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page and its rows as CSV."""
    read = {name: read_rows(connection, query) for name, query in READ.items()}
    draft = Draft("together.html", "tabular.html", read, lambda: _words(read))
    world = [one for one in read["footprint"] if one["scope_kind"] == "all"][-1]
    facts: dict[str, float | int | str] = {
        "year": world["year"], "facility_energy_kwh": world["facility_energy_kwh"],
        "location_co2e_kg": world["location_co2e_kg"], "comparisons": len(read["compared"]),
    }  # fmt: skip
    return Drafts([draft], {name: csv_of(connection, query) for name, query in DOWNLOADS.items()}, facts)
