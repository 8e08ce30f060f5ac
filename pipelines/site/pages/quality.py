"""How sound the data are: what is measured, reported, derived, assumed, missing, not fetched, rejected, in conflict."""

from __future__ import annotations

import duckdb

from pipelines.answers.explain import VERIFIED, References, read_references
from pipelines.answers.labels import place, quantity_name, spoken
from pipelines.answers.numbers import NBSP, number, plain
from pipelines.answers.subjects import public_name
from pipelines.site.pages.models import conflict_words, references_digest
from pipelines.site.pages.registry import Draft, Drafts, page_kind
from pipelines.site.pages.source_states import outdated, read_states, state_words, states_section
from pipelines.site.pages.tabular import Words, cell, csv_of, head, page, parquet_of, row, section, stacked, table
from pipelines.site.pages.unknown_names import unknown_names, unknown_names_section
from pipelines.warehouse.file import Row, read_rows

KINDS = (("measured", 0), ("reported", 3), ("estimated", 4), ("derived", 5), ("assumed", 1))
CHECKED = (("seen", 0), ("secondary", 3), ("recalled", 1), ("judged", 5))

BY_QUANTITY = """
    select quantity, boundary, kind, count(*) as figures from mart.figures where is_preferred group by all order by all
"""
SUMMARY_COLUMNS = (
    "total_params",
    "training_tokens",
    "accelerator_count",
    "training_flop",
    "chip_hours",
    "mfu",
    "facility_energy_kwh",
    "cloud_cost_usd",
    "owned_cost_usd",
    "location_co2e_kg",
    "water_l",
)
FILES = "select * from meta.files order by table_name, file_name"
MOST_REJECTS = 500
REJECTS = f"select * from meta.rejects order by table_name, record_no, column_name limit {MOST_REJECTS}"
REJECT_COUNT = "select count(distinct (file_sha256, record_no)) as rejects from meta.rejects"
FINDINGS = (
    "select * exclude (source_ids) from mart.consistency_findings order by severity, rule, subject_name, finding_id"
)
CONFLICTS = "select * from mart.conflicts order by subject_kind, subject_id, field, source_b, row_b"
CHECKED_TABLES = """
    select table_schema || '.' || table_name as name from information_schema.columns
    where table_schema = 'seeds' and column_name = 'verified' order by 1
"""
FIGURES_CSV = "select * exclude (inputs) from mart.figures order by figure_id"
FIGURES_PARQUET = "select * from mart.figures order by figure_id"


def _checked_counts(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """How the rows of each curated table were checked."""
    names = [one["name"] for one in read_rows(connection, CHECKED_TABLES)]
    query = " union all ".join(
        f"select '{name}' as table_name, verified, count(*) as facts from {name} group by 2" for name in names
    )
    return read_rows(connection, f"select * from ({query}) order by table_name, verified") if names else []


def _known_counts(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    parts = ", ".join(f"count({column}) as {column}" for column in SUMMARY_COLUMNS)
    return read_rows(connection, f"select count(*) as runs, {parts} from mart.training_summary")


def _stack_rows(rows: list[Row], name: str, kind: str, count: str, kinds: tuple[tuple[str, int], ...]) -> list[Words]:
    """A row per name with counts by kind, and a bar."""
    counts: dict[str, dict[str, int]] = {}
    for one in rows:
        counts.setdefault(one[name], {})[one[kind]] = one[count]
    made = []
    for key, by_kind in counts.items():
        parts = [(word, hue, by_kind.get(word, 0)) for word, hue in kinds]
        made.append(row(cell(key), *(cell(f"{n:,}" if n else None, n) for _, _, n in parts), stacked(parts)))
    return made


def _by_quantity(rows: list[Row]) -> Words:
    named = [{**one, "name": public_name(one["quantity"], one["boundary"])} for one in rows]
    named.sort(key=lambda one: place(one["name"]))
    said = [{**one, "name": quantity_name(one["name"])} for one in named]
    heads = [
        head("Quantity"),
        *(head(word.capitalize(), number=True) for word, _ in KINDS),
        head("As a bar", unseen=True),
    ]
    rows_made = _stack_rows(said, "name", "kind", "figures", KINDS)
    return section(
        "kinds",
        "How much is measured, and how much is calculated?",
        "Figures by quantity and kind",
        "Summaries show the preferred figures.",
        keys=[(word.capitalize(), hue) for word, hue in KINDS],
        table=table("kind-table", "Figures by quantity and kind", heads, rows_made, tall=True),
        downloads=["figures.csv", "figures.parquet"],
        notes=["The files include figures that are not preferred. The Parquet file includes inputs."],
    )


def _missing(known: list[Row]) -> Words:
    counts = known[0]
    rows = []
    for column in SUMMARY_COLUMNS:
        have, runs = counts[column], counts["runs"]
        percent = f"{plain(100 * have / runs)} %" if have else "0 %"
        rows.append(
            row(
                cell(quantity_name(column)),
                cell(f"{have:,}", have),
                cell(f"{runs - have:,}", runs - have),
                cell(percent, have / runs if runs else 0),
                stacked([("known", 0, have), ("missing", 4, runs - have)]),
            )
        )
    heads = [
        head("Quantity"),
        head("Known", number=True),
        head("Missing", number=True),
        head("Share known", number=True),
        head("As a bar", unseen=True),
    ]
    return section(
        "missing",
        "What is missing?",
        f"Published facts about {counts['runs']:,} training runs",
        "Where developers publish too little, there is no figure: we never guess from a name.",
        keys=[("Known", 0), ("Missing", 4)],
        table=table("missing-table", "Published facts about training runs", heads, rows),
    )


def _checked(rows: list[Row]) -> Words:
    heads = [
        head("Table"),
        *(head(VERIFIED[word].capitalize(), number=True) for word, _ in CHECKED),
        head("As a bar", unseen=True),
    ]
    return section(
        "checked",
        "How were facts checked?",
        "Curated facts by how they were checked",
        "Checked in the source: we read the source itself. Cited by another work: we read a work that cites the source. "
        "Unverified: neither yet. Our own judgement: no source gives the value; the methods page gives the reasons.",
        keys=[(VERIFIED[word].capitalize(), hue) for word, hue in CHECKED],
        table=table(
            "checked-table",
            "Curated facts by how they were checked",
            heads,
            _stack_rows(rows, "table_name", "verified", "facts", CHECKED),
        ),
    )


def _files(files: list[Row], states: list[Row], references: References) -> Words:
    told = {one["source_id"]: state_words(one) for one in states}

    unread = sorted(told.keys() - {one["source_id"] for one in files})
    rows = [
        row(
            cell(one["table_name"], code=True),
            cell(
                references.sources[one["source_id"]]["title"]
                if one["source_id"] in references.sources
                else spoken(one["source_id"])
            ),
            cell(one["file_name"]),
            cell(f"{one['record_count']:,}", one["record_count"]),
            cell(f"{one['rejected_count']:,}", one["rejected_count"]),
            cell(f"{one['duplicate_count']:,}", one["duplicate_count"]),
            cell(told.get(one["source_id"], "shipped with the project or a package")),
        )
        for one in files
    ]
    rows += [
        row(
            cell("none"),
            cell(references.sources[source_id]["title"] if source_id in references.sources else spoken(source_id)),
            cell(None),
            cell("0", 0),
            cell("0", 0),
            cell("0", 0),
            cell(told[source_id]),
        )
        for source_id in unread
    ]
    heads = [
        head("Table"),
        head("Source"),
        head("File"),
        head("Records", number=True),
        head("Rejected", number=True),
        head("Repeated", number=True),
        head("State"),
    ]
    return section(
        "files",
        "Which files were read?",
        f"{len(files)} files read",
        "The date of a snapshot is the day we first received these bytes. Data of a source that was not fetched are "
        "missing from the figures; nothing replaces them.",
        table=table("file-table", "Files read", heads, rows, tall=True),
    )


def _rejects(rejects: list[Row], total: int) -> Words | None:
    if not rejects:
        return None
    heads = [head("Table"), head("Record", number=True), head("Column"), head("Value"), head("Reason", long=True)]
    rows = [
        row(
            cell(one["table_name"], code=True),
            cell(one["record_no"], one["record_no"]),
            cell(one["column_name"]),
            cell((one["value"] or "")[:120]),
            cell(one["reason"]),
        )
        for one in rejects
    ]
    shown = "" if len(rejects) < MOST_REJECTS else f" The first {len(rejects)} rows are shown."
    return section(
        "rejects",
        "Which records were rejected?",
        f"{total:,} rejected record{'' if total == 1 else 's'}",
        f"The warehouse keeps a rejected record with its reasons, one a row. No figure uses it.{shown}",
        table=table("reject-table", "Rejected records", heads, rows, tall=True),
    )


def _findings(findings: list[Row]) -> Words:
    def amount(one: Row, name: str) -> Words:
        unit = one["unit"] if one["unit"] not in (None, "1", "ratio") else ""
        return cell(None if one[name] is None else f"{number(one[name])} {unit}".strip(), one[name])

    rows = [
        row(
            cell(one["subject_name"]),
            cell(spoken(one["rule"]), note=one["likely_cause"]),
            cell(one["severity"], note="corrected here" if one["is_corrected"] else None),
            amount(one, "observed"),
            amount(one, "expected"),
            cell(None if one["ratio"] is None else f"{number(one['ratio'], 3)}{NBSP}×", one["ratio"]),
        )
        for one in findings
    ]
    heads = [
        head("Subject"),
        head("Rule and likely cause", long=True),
        head("Severity"),
        head("Observed", number=True),
        head("Expected", number=True),
        head("Ratio", number=True),
    ]
    counts: dict[str, int] = {}
    for one in findings:
        counts[one["severity"]] = counts.get(one["severity"], 0) + 1
    said = ", ".join(f"{n} {word}{'' if n == 1 or word == 'info' else 's'}" for word, n in counts.items())
    return section(
        "findings",
        "What looks wrong?",
        f"{len(findings)} findings{': ' + said if said else ''}",
        "Published figures that are impossible, probably wrong, or need care. The rules have found real errors.",
        table=table("finding-table", "Findings", heads, rows, tall=True),
        downloads=["findings.csv"],
    )


def _conflicts(conflicts: list[Row], references: References) -> Words:
    def href(one: Row) -> str | None:
        if one["subject_kind"] == "accelerator":
            return f"accelerators/{one['subject_id']}.html"
        return None

    rows = []
    for one in conflicts:
        words = conflict_words(one, references)
        rows.append(
            row(
                cell(one["subject_name"], one["subject_name"].lower(), href=href(one)),
                cell(words["field"]),
                cell(words["used"], one["value_a"]),
                cell(words["used_source"]["title"], url=words["used_source"]["url"]),
                cell(words["other"], one["value_b"]),
                cell(words["other_source"]["title"], url=words["other_source"]["url"]),
                cell(words["ratio"], one["ratio"]),
                cell(words["reason"]),
            )
        )
    heads = [
        head("Subject"),
        head("Fact"),
        head("Used", number=True),
        head("From"),
        head("Other value", number=True),
        head("From"),
        head("Ratio", number=True),
        head("Reason", long=True),
    ]
    return section(
        "conflicts",
        "Where do sources disagree?",
        f"Sources disagree on {len(conflicts)} facts",
        "The values differ by more than 2 %. We use the first value.",
        table=table("conflict-table", "Facts on which sources disagree", heads, rows, tall=True),
        downloads=["conflicts.csv"],
    )


@page_kind(
    "quality",
    number=12,
    name="Quality",
    menu_page="quality.html",
    description="How much is measured, reported, derived, assumed, missing, not fetched, rejected or in conflict; "
    "findings.",
    tables=(
        "mart.figures",
        "mart.training_summary",
        "mart.consistency_findings",
        "mart.conflicts",
        "core.accelerator_names",
    ),
)
def draft_quality_page(connection: duckdb.DuckDBPyConnection) -> Drafts:
    """One page, and all figures, findings and conflicts as files."""
    references = read_references(connection)
    kinds, known = read_rows(connection, BY_QUANTITY), _known_counts(connection)
    checked, files = _checked_counts(connection), read_rows(connection, FILES)
    states, rejects = read_states(connection), read_rows(connection, REJECTS)
    total = read_rows(connection, REJECT_COUNT)[0]["rejects"]
    findings, conflicts = read_rows(connection, FINDINGS), read_rows(connection, CONFLICTS)
    names = unknown_names(connection)

    def words() -> Words:
        sections = [
            _by_quantity(kinds),
            _missing(known),
            _checked(checked),
            states_section(states),
            _files(files, states, references),
            _rejects(rejects, total),
            unknown_names_section(names, references),
            _findings(findings),
            _conflicts(conflicts, references),
        ]
        count = sum(one["figures"] for one in kinds)
        assumed = sum(one["figures"] for one in kinds if one["kind"] == "assumed")
        lead = (
            f"{count:,} preferred figures, {(plain(100 * assumed / count) if assumed else 0)} % of them assumed; "
            f"{len(findings)} findings about published figures; sources disagree on {len(conflicts)} facts; {total:,} "
            f"record{('' if total == 1 else 's')} rejected; {len(outdated(states))} of {len(states)} online sources stale, "
            "held or failed."
        )
        return page("Data quality", "How reliable are the data?", lead, [one for one in sections if one])

    digest = references_digest(references)
    rows = (kinds, known, checked, files, states, rejects, total, findings, names, conflicts, digest)
    downloads = {
        "figures.csv": csv_of(connection, FIGURES_CSV),
        "figures.parquet": parquet_of(connection, FIGURES_PARQUET),
        "findings.csv": csv_of(connection, FINDINGS),
        "conflicts.csv": csv_of(connection, CONFLICTS),
    }
    facts = {"findings": len(findings), "conflicts": len(conflicts), "rejects": total}
    return Drafts([Draft("quality.html", "tabular.html", rows, words)], downloads, facts)
