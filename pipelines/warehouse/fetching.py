"""Fetching files of publishers under the licences that the curated files name.

A module of its own: what decides a raw table does not depend on the columns of curated files.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.fetch.snapshots import FetchOutcome, OnProgress, fetch
from pipelines.records.raw_tables import RemoteFile
from pipelines.settings import Settings
from pipelines.warehouse.seed_layer import described_sources


def fetch_sources(
    settings: Settings, files: Sequence[RemoteFile], on_progress: OnProgress | None = None, *, accept: bool = False
) -> list[FetchOutcome]:
    """Fetch files of publishers, each under the licence that SOURCES.toml gives its source: see ``fetch``."""
    licences = {source_id: source.licence for source_id, source in described_sources(settings).items()}
    return fetch(settings, files, on_progress, accept=accept, licences=licences)
