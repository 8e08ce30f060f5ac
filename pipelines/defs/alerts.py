"""What is told of a run that failed, and telling it to another program.

What belongs here: the words and the one request. What does not: when (``sensors.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg
import httpx

from pipelines.defs.launched_by import LAUNCHED_BY
from pipelines.logs import say, scrubbed

TIMEOUT_S = 10
MOST_CHARACTERS = 2000

Report = dict[str, str]


def failure_report(run: dg.DagsterRun, failure: dg.DagsterEvent, steps: Sequence[dg.DagsterEvent]) -> Report:
    """What failed, in one line of text and by its parts; secrets are taken out.

    ``text`` is the field that chat programs show.
    """
    reasons = list(dict.fromkeys(_reason(step) for step in steps)) or [_run_reason(failure)]
    reason = scrubbed(" ".join("; ".join(reasons).split()))[:MOST_CHARACTERS]
    launched_by = run.tags.get(LAUNCHED_BY, "unknown")
    return {
        "text": f"Compute Ledger: run {run.run_id[:8]} of {run.job_name} failed (launched by {launched_by}): {reason}",
        "run_id": run.run_id,
        "job": run.job_name,
        "launched_by": launched_by,
        "reason": reason,
    }


def _run_reason(failure: dg.DagsterEvent) -> str:
    """Why a run failed before or between its steps: its lock was held, or its process is gone."""
    error = getattr(failure.event_specific_data, "error", None)  # run monitoring reports a run that died without one
    return (error.cause or error).message.split(": ", 1)[-1].strip() if error else str(failure.message)


def _reason(step: dg.DagsterEvent) -> str:
    data = step.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return str(data.user_failure_data.description)
    return f"{step.step_key}: {(data.error.cause or data.error).message.strip() if data.error else step.message}"


def post_alert(url: str, report: Report) -> bool:
    """Send a report as JSON, once; what goes wrong is logged without the address, which is a secret of its own."""
    try:
        status = httpx.post(url, json=report, timeout=TIMEOUT_S, follow_redirects=False).status_code
        problem = None if status < 300 else f"answered {status}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        problem = f"cannot be reached: {type(error).__name__}"
    if problem:
        say("alert_not_sent", f"the webhook of LEDGER_WEBHOOK_URL {problem}", level="error", run_id=report["run_id"])
    return problem is None
