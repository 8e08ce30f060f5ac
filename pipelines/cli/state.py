"""Options that come before the command, and the settings that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import Settings, read_settings
from pipelines.warehouse.home import refuse_newer


@dataclass
class State:
    """Options that come before the command."""

    home: Path | None = None

    @property
    def settings(self) -> Settings:
        """Settings with the ``--home`` option applied; raises LedgerError for the home of a newer version."""
        settings = read_settings(self.home)
        refuse_newer(settings)
        return settings


STATE = State()
