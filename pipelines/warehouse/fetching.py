"""Fetching files of publishers with what curated files say of them: licences, pinned digests, names of listed files.

A module of its own: what decides a raw table does not depend on the columns of curated files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipelines.fetch.snapshots import FetchOutcome, OnProgress, fetch
from pipelines.records.raw_tables import RemoteFile
from pipelines.settings import Settings
from pipelines.warehouse.raw_layer import listed_files, unlisted_codes
from pipelines.warehouse.seed_layer import described_sources


def fetch_sources(
    settings: Settings, files: Sequence[RemoteFile], on_progress: OnProgress | None = None, *, accept: bool = False
) -> list[FetchOutcome]:
    """Fetch files of publishers and the files that they name, as SOURCES.toml says of their sources: see ``fetch``."""
    sources = described_sources(settings)
    outcomes = fetch(
        settings,
        files,
        on_progress,
        accept=accept,
        licences={source_id: source.licence for source_id, source in sources.items()},
        pins={address: digest for source in sources.values() for address, digest in source.pins.items()},
        listed_by=lambda file: listed_files(settings, file),
    )
    return [*outcomes, *(outcome for file in files for outcome in _unlisted(settings, file))]


def _unlisted(settings: Settings, file: RemoteFile) -> Iterator[FetchOutcome]:
    """What a file names without that anybody can ask for it: a row of its curated file is missing."""
    if file.listing is None:
        return
    for code in unlisted_codes(settings, file):
        why = (
            f"{file.name} names {code!r}, but seeds/{file.listing.seed} has no row for it. Add one with the name that its "
            "address takes."
        )
        yield FetchOutcome(replace(file, name=code), "absent", why, None)
