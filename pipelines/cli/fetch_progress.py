"""Progress of fetching: bytes and rate, a bar on a terminal, a line a file elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from pipelines.logs import logs_as_json, say

if TYPE_CHECKING:
    from pipelines.fetch.policy import Progress as FileProgress


class FetchProgress:
    """Shows each file as it comes."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.started: dict[str, TaskID] = {}
        self.bar = Progress(
            TextColumn("{task.description:<48}"), BarColumn(bar_width=24), DownloadColumn(), TransferSpeedColumn(),
            console=Console(stderr=True), disable=not sys.stderr.isatty() or logs_as_json(),
        )  # fmt: skip

    def __enter__(self) -> FetchProgress:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def update(self, source_id: str, name: str, url: str, progress: FileProgress) -> None:
        """Take note of what a file has received."""
        if url not in self.started:
            self.started[url] = self.bar.add_task(name, total=None)
            if self.bar.disable:
                self.total = max(self.total, len(self.started))  # a file may name others
                place = f"[{len(self.started):>2}/{self.total}]"
                say("fetching", f"{place} {url}", source_id=source_id, url=url)
        if progress.message.startswith("try "):
            text = f"{name}: {progress.message}"
            if self.bar.disable:
                say("retrying", text, level="warning", source_id=source_id, url=url)
            else:
                self.bar.console.print(text)
        self.bar.update(self.started[url], completed=progress.byte_count, total=progress.total_bytes)
