"""What the steps of a run print: kept for the UI; a command's own run prints to its terminal alone.

Dagster keeps output by sending it through a file and a process that follows the file. A command that ends soon after its
last step would lose the last lines on that way, and start four processes for it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster._core.storage.compute_log_manager import CapturedLogContext
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._serdes import ConfigurableClassData

PRINTED: set[str] = set()
"""Runs of this process that print where the process does."""


class RunOutput(LocalComputeLogManager):
    """Files of output beside the run history, for all runs but those in PRINTED."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Nothing to set: the folder is Dagster's own."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: object) -> RunOutput:
        """The files where Dagster looks for them by default."""
        return cls(base_dir=str(Path(os.environ["DAGSTER_HOME"]) / "storage"), inst_data=inst_data)

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Generator[CapturedLogContext]:
        """Keep what is printed meanwhile, unless the run prints it."""
        if log_key[0] in PRINTED:
            yield CapturedLogContext(log_key)
        else:
            with super().capture_logs(log_key) as context:
                yield context
