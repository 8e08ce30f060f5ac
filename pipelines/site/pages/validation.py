"""How well our estimates meet published figures that they do not know."""

from __future__ import annotations

import duckdb

from pipelines.answers.labels import method_name, place, quantity_name, said
from pipelines.answers.numbers import NBSP, number, plain
from pipelines.answers.subjects import public_name
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.tabular import Words, cell, csv_of, head, page, ratio_plot, row, section, table
from pipelines.site.pages.together import COMPARISONS, comparison_table
from pipelines.warehouse.file import Row, read_rows

SCORES = "select * from core.validation_scores where quantity is not null order by quantity"
GROUPS = """
    select * from core.validation_scores where quantity is null
    order by list_position(['year', 'architecture', 'chip', 'method', 'organization'], group_kind), group_name
"""
GROUP_WORDS = {
    "year": "Year of training",
    "architecture": "Architecture",
    "chip": "Chip",
    "method": "Our method",
    "organization": "Developer",
}
COMPARED = """
    select v.*, r.model_id, s.title as published_title, s.url as published_url
    from mart.validation as v
    inner join core.training_runs as r on v.training_run_id = r.training_run_id
    inner join meta.sources as s on v.published_source_id = s.source_id
    order by abs(v.log10_error) desc, v.published_figure_id
"""
SERVING = """
    select source, quantity, held_back_kind, count(*) as measurement_count, median(abs(log10_error)) as error_log10,
        median(log10_error) as bias_log10, avg(is_covered::int) as covered_fraction,
        median(abs(log10_error_of_ecologits)) as ecologits_log10
    from mart.validation_inference where is_held_out group by all order by source, quantity desc, held_back_kind desc
"""
SERVING_WORDS = {
    "tokens_per_s_per_accelerator": "Tokens per second and accelerator",
    "joule_per_token": "Energy per output token",
    "usd_per_million_tokens": "Cost per million tokens",
    "facility_joule_per_answer": "Energy per answer, whole service",
}
DOWNLOAD_SERVING = "select * from mart.validation_inference order by source, serving_point_id, quantity, held_back_kind"
DOWNLOAD = "select * from mart.validation order by is_circular, quantity, abs(log10_error) desc, published_figure_id"


def _factor(log10: float) -> str:
    """A distance on the logarithm as a factor."""
    return f"{number(10**log10, 3)}{NBSP}×"


def _percent(share: float) -> str:
    return f"{plain(share * 100)} %" if share else "0 %"


def _group_name(one: Row) -> str:
    """The words for a group: a quantity, a method, else as it is named."""
    if one["quantity"] is not None:
        return "All quantities" if one["quantity"] == "all" else quantity_name(one["quantity"])
    return method_name(one["group_name"]) if one["group_kind"] == "method" else str(one["group_name"])


def _score_row(one: Row) -> Words:
    inside = f"{_percent(one['coverage_fraction_low'])} to {_percent(one['coverage_fraction_high'])}"
    kind = [] if one["quantity"] is not None else [cell(GROUP_WORDS[one["group_kind"]])]
    return row(
        cell(_group_name(one)),
        *kind,
        cell(one["figure_count"], one["figure_count"]),
        cell(one["run_count"], one["run_count"]),
        cell(_factor(one["median_absolute_error_log10"]), one["median_absolute_error_log10"]),
        cell(_factor(one["bias_log10"]), one["bias_log10"]),
        cell(_percent(one["coverage_fraction"]), one["coverage_fraction"]),
        cell(inside),
        cell(
            _factor(0) if one["median_interval_ratio"] is None else f"{number(one['median_interval_ratio'], 3)}{NBSP}×",
            one["median_interval_ratio"],
        ),
    )


def _compared_row(one: Row) -> Words:
    unit, quantity = one["unit"], one["quantity"]
    published = one["published_value"]
    ratio = one["value"] / published
    plot = ratio_plot(one["value_low"] / published, ratio, one["value_high"] / published)
    inside = "inside" if one["is_covered"] else "outside"
    because = [cell(one["circular_because"])] if one["is_circular"] else []
    return row(
        cell(
            one["subject_name"],
            one["subject_name"].lower(),
            href=f"models/{one['model_id']}.html",
            note=one["published_title"],
            note_url=one["published_url"],
        ),
        cell(quantity_name(public_name(quantity, one["boundary"])), note=method_name(one["method"])),
        cell(said(published, unit, quantity, 3), published),
        cell(said(one["value"], unit, quantity), one["value"]),
        cell(f"{number(ratio, 3)}{NBSP}×", ratio),
        cell(f"estimate {number(ratio, 3)} times the published figure, {inside} the interval", ratio, plot=plot),
        cell(inside),
        *because,
    )


def _compared_table(table_id: str, label: str, rows: list[Row], *, circular: bool) -> Words:
    because = [head("Why it is circular")] if circular else []
    heads = [
        head("Run and publisher"),
        head("Quantity and our method", long=True),
        head("Published", number=True),
        head("Our estimate", number=True),
        head("Ratio", number=True),
        head("Position relative to the published figure", unseen=True),
        head("Interval"),
        *because,
    ]
    return table(table_id, label, heads, [_compared_row(one) for one in rows], tall=True)


def _score_heads(*first: Words) -> list[Words]:
    return [
        *first,
        head("Figures", number=True),
        head("Runs", number=True),
        head("Median error", number=True),
        head("Bias", number=True),
        head("Inside the interval", number=True),
        head("90 % interval of that share"),
        head("Upper ÷ lower bound", number=True),
    ]


def _serving_row(one: Row) -> Words:
    return row(
        cell(one["source"], one["source"].lower()),
        cell(SERVING_WORDS[one["quantity"]]),
        cell(one["held_back_kind"]),
        cell(one["measurement_count"], one["measurement_count"]),
        cell(_factor(one["error_log10"]), one["error_log10"]),
        cell(_factor(one["bias_log10"]), one["bias_log10"]),
        cell(_percent(one["covered_fraction"]), one["covered_fraction"]),
        cell("–" if one["ecologits_log10"] is None else _factor(one["ecologits_log10"]), one["ecologits_log10"]),
    )


def _serving_section(serving: list[Row]) -> Words:
    heads = [
        head("Measured by"),
        head("Quantity"),
        head("Not seen by the fit"),
        head("Measurements", number=True),
        head("Median error", number=True),
        head("Bias", number=True),
        head("Inside the interval", number=True),
        head("Median error of EcoLogits", number=True),
    ]
    return section(
        "serving",
        "How good are the estimates of serving?",
        "Measured serving against fits that have not seen the model or the accelerator",
        "Each measurement is estimated at its operating point by a fit without its model, and by one without its "
        "accelerator. Figures of published fleets and prompts count in no score: their model is a stand-in, or their operating "
        "point was chosen by them. The file has them beside our estimates.",
        table=table("serving-table", "Scores of serving", heads, [_serving_row(one) for one in serving]),
        downloads=["validation_inference.csv"],
    )


def _words(scores: list[Row], groups: list[Row], compared: list[Row], totals: list[Row], serving: list[Row]) -> Words:
    free = [one for one in compared if not one["is_circular"]]
    scored = sum(one["is_scored"] for one in compared)
    circular = [one for one in compared if one["is_circular"]]
    every = next((one for one in scores if one["quantity"] == "all"), None)
    lead = "No published figure of a run can be compared yet."
    if every is not None:
        lead = (
            f"{every['figure_count']} published figures for {every['run_count']} runs, compared with estimates that "
            "use neither the figure nor anything derived from it, and typical utilisations from other papers only. "
            "Half of the estimates are within a factor of "
            f"{number(10 ** every['median_absolute_error_log10'], 3)}; {_percent(every['coverage_fraction'])} of the figures "
            f"lie inside our 90 % interval."
        )
    ordered = sorted(scores, key=lambda one: (one["quantity"] == "all", place(one["quantity"])))
    heads = _score_heads(head("Quantity"))
    group_heads = _score_heads(head("Group"), head("Grouped by"))
    return page(
        "Validation",
        "How good are the estimates?",
        lead,
        [
            section(
                "scores",
                "How large are the errors?",
                "Scores by quantity",
                "Median error: half of the estimates are within this factor. Bias: above 1 × if estimates are too "
                "high. Upper ÷ lower bound: the median width of our interval.",
                table=table("score-table", "Scores by quantity", heads, [_score_row(one) for one in ordered]),
            ),
            section(
                "groups",
                "Where are they better, where worse?",
                "Scores by group of runs",
                "The same figures by year, architecture, chip, method and developer; groups of fewer than five figures are "
                "left out. The fewer figures, the less the share inside the interval says.",
                table=table("group-table", "Scores by group", group_heads, [_score_row(one) for one in groups]),
            ),
            _serving_section(serving),
            section(
                "compared",
                "Which figures did we miss?",
                f"{len(free)} figures, the largest error first",
                "The line is the 90 % interval of our estimate, the dot its central value, the vertical mark the "
                "published figure. The scale ranges from 1/30 to 30 times the published figure.",
                table=_compared_table("compared-table", "Estimates and published figures", free, circular=False),
                downloads=["validation.csv"],
                notes=[
                    f"The scores count one figure of each run and quantity, a measured one before others: {scored} of these.",
                    f"The file has {len(compared)} rows; circular comparisons are marked.",
                ],
            ),
            section(
                "totals",
                "Does all of it together fit what others publish?",
                f"{len(totals)} published totals beside ours",
                "The line is the 90 % interval of our total of all counted AI chips, the dot its central value, the vertical "
                "mark the published total. A total that includes ours must not be below our interval.",
                table=comparison_table("total-table", "Published totals beside ours", totals),
            ),
            section(
                "circular",
                "Which comparisons are circular?",
                f"{len(circular)} comparisons are not independent",
                "The publisher calculated these figures as we do, a third party estimated them, or they had a part in an "
                "assumption of our estimate. The scores exclude them.",
                table=_compared_table("circular-table", "Circular comparisons", circular, circular=True),
                folded=f"Show the {len(circular)} circular comparisons",
            ),
        ],
    )


@page_kind(
    "validation",
    number=10,
    name="Validation",
    menu_page="validation.html",
    description="Our estimates against published figures that they do not use: error and coverage by quantity, every "
    "comparison, circular comparisons separately.",
    tables=(
        "core.validation_scores",
        "mart.validation",
        "mart.validation_inference",
        "core.training_runs",
        "mart.installed_comparisons",
    ),
)
def draft_validation_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page and its rows as CSV."""
    scores, groups = read_rows(connection, SCORES), read_rows(connection, GROUPS)
    compared = read_rows(connection, COMPARED)
    totals = [one for one in read_rows(connection, COMPARISONS) if one["is_independent"]]
    serving = read_rows(connection, SERVING)
    inputs = (scores, groups, compared, totals, serving)
    draft = Draft("validation.html", "tabular.html", inputs, lambda: _words(*inputs))
    facts: dict[str, float | int | str] = {"comparisons": len(compared)}
    for one in scores:
        if one["quantity"] == "all":
            facts |= {
                "median_absolute_error_log10": one["median_absolute_error_log10"],
                "coverage": one["coverage_fraction"],
            }
    files = {
        "validation.csv": csv_of(connection, DOWNLOAD),
        "validation_inference.csv": csv_of(connection, DOWNLOAD_SERVING),
    }
    return Drafts([draft], files, facts)
