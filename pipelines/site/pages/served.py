"""What serves what: the table of a model's sheet (what it runs on) and of a chip's (what runs on it).

What belongs here: the rows and their words. What does not: the sheets (``models``, ``accelerators``), any estimate.
"""

from __future__ import annotations

from pipelines.answers.numbers import number, with_prefix
from pipelines.site.pages.figure_words import Words
from pipelines.warehouse.file import Row

MOST_SHOWN = 25

SERVED = """
    with sheets as (
        select r.model_id
        from core.training_runs as r
        inner join mart.figures as f on f.subject_kind = 'training_run' and r.training_run_id = f.subject_id
        union
        select subject_id as model_id from mart.figures where subject_kind = 'model'
    )
    select s.*, s.model_id in (select t.model_id from sheets as t) as has_model_sheet, true as has_accelerator_sheet
    from (
    select g.model_id, m.model_name, g.accelerator_id, a.accelerator_name, g.accelerator_count, g.number_format,
        g.tokens_per_s_per_accelerator_low * g.accelerator_count as speed_low,
        g.tokens_per_s_per_accelerator * g.accelerator_count as speed,
        g.tokens_per_s_per_accelerator_high * g.accelerator_count as speed_high,
        g.joule_per_token, g.usd_per_million_tokens, null::double as bound, null::double as measured, 'server' as kind
    from mart.serving_grid as g
    inner join core.models as m on g.model_id = m.model_id
    inner join mart.accelerators as a on g.accelerator_id = a.accelerator_id
    where g.workload = '1k to 1k' and g.concurrency = 64
    qualify row_number() over (partition by g.model_id, g.accelerator_id order by g.accelerator_count) = 1
    union all
    select f.model_id, f.model_name, f.accelerator_id, f.accelerator_name, f.accelerator_count, f.number_format,
        null, null, null, null, null, f.tokens_per_s_bound as bound, f.measured_tokens_per_s as measured, 'device' as kind
    from mart.device_fit as f
    where f.fits and f.accelerator_count = 1 and f.tokens_per_s_bound is not null and f.segment <> 'datacentre'
    qualify row_number() over (partition by f.model_id, f.accelerator_id order by f.weight_bits desc) = 1
    ) as s
    order by kind desc, speed desc nulls last, bound desc nulls last, model_id, accelerator_id
"""
"""Servers with 64 users, prompts and answers of 1,024 tokens, on as few accelerators as hold the model; then single devices."""


def served_words(rows: list[Row], other: str) -> Words | None:
    """The table of one sheet; ``other`` is what each row names: model or accelerator. None without rows."""
    if not rows:
        return None
    shown = [row for kind in ("server", "device") for row in [r for r in rows if r["kind"] == kind][:MOST_SHOWN]]
    return {"rows": [_row_words(row, other) for row in shown], "more": len(rows) - len(shown)}


def _row_words(row: Row, other: str) -> Words:
    speed = row["speed"] if row["kind"] == "server" else row["measured"] or row["bound"]
    if row["kind"] == "server":
        said = f"{number(row['speed'], 3)} ({number(row['speed_low'], 2)} to {number(row['speed_high'], 2)})"
    elif row["measured"] is not None:
        said = f"{number(row['measured'], 3)} measured, at most {number(row['bound'], 3)}"
    else:
        said = f"at most {number(row['bound'], 3)}"
    return {
        "href": f"{other}s/{row[f'{other}_id']}.html" if row[f"has_{other}_sheet"] else None,
        "name": row[f"{other}_name"],
        "count": f"{row['accelerator_count']:,}",
        "format": row["number_format"],
        "users": 64 if row["kind"] == "server" else 1,
        "speed": said,
        "sort": speed,
        "energy": "–" if row["joule_per_token"] is None else with_prefix(row["joule_per_token"], "J"),
        "cost": "–" if row["usd_per_million_tokens"] is None else number(row["usd_per_million_tokens"], 2),
    }
