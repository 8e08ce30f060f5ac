"""Progress of a run on the command line: one step after another, as a bar or as plain lines."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from pipelines.logs import logs_as_json, say

if TYPE_CHECKING:
    from dagster import DagsterEvent

PROGRESS = "progress"


class ProgressHandler(logging.Handler):
    """Shows each finished step: a bar on a terminal, plain lines elsewhere."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self.total = total
        self.told: set[str | None] = set()
        self.bar = None
        if sys.stderr.isatty() and not logs_as_json():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            self.bar = Progress(
                TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self.bar.start()
            self.task = self.bar.add_task("starting", total=total)

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of the event that a record holds, if it holds one."""
        event: DagsterEvent | None = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is not None:
            self.tell(event)

    def tell(self, event: DagsterEvent) -> None:
        """Count a step that ended, once; the name of a step is the asset's."""
        ended = event.event_type_value
        if ended in ("STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED") and event.step_key not in self.told:
            self._tell(event.step_key or "", ended)

    def _tell(self, step_key: str, ended: str) -> None:
        self.told.add(step_key)
        name = step_key.replace("__", ".", 1)
        verdict = {"STEP_SUCCESS": "", "STEP_FAILURE": " FAILED", "STEP_SKIPPED": " skipped"}[ended]
        if self.bar is not None:
            self.bar.update(self.task, completed=len(self.told), description=f"{name}{verdict}")
        else:
            text = f"[{len(self.told):>3}/{self.total}] {name}{verdict}"
            say("step", text, level="error" if "FAILED" in verdict else "info", step=name, ended=ended)

    def close(self) -> None:
        """Remove the bar."""
        if self.bar is not None:
            self.bar.stop()
        super().close()


SHARED_HANDLERS: list[ProgressHandler] = []


def progress_logger() -> logging.Logger:
    """The logger that a run started by ``run_job`` writes its events to."""
    logger = logging.Logger(PROGRESS, logging.DEBUG)
    for handler in SHARED_HANDLERS:
        logger.addHandler(handler)
    return logger
