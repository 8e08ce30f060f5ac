"""How the data are cited: CITATION.cff and BibTeX, with the build that they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines import __version__

TITLE = "Compute Ledger: what AI costs in compute, energy, money and carbon"
DESCRIPTION = (
    "Compute, energy, cost and emissions of AI models and accelerators. Every figure has an interval (the central 90 %), "
    "the method that made it, its inputs and their sources."
)
AUTHORS = "The Compute Ledger authors"
LICENCE = "Apache-2.0"
LICENCE_URL = "https://www.apache.org/licenses/LICENSE-2.0"


def citation_cff(build: Mapping[str, Any] | None = None) -> str:
    """CITATION.cff of the software, or with ``build`` of a data set that it made."""
    kind, version = ("software", __version__) if build is None else ("dataset", f"{build['data_version']}")
    lines = [
        "cff-version: 1.2.0",
        "message: If you use these figures, please cite them with the version of the data.",
        f"type: {kind}",
        f'title: "{TITLE}"',
        "authors:",
        f"  - name: {AUTHORS}",
        f'version: "{version}"',
        f"license: {LICENCE}",
    ]
    if build is not None:
        lines.insert(-1, f"date-released: {build['finished_at']:%Y-%m-%d}")
        lines.append(f"abstract: Build {build['build_id']} of Compute Ledger {__version__}.")
    return "\n".join(lines) + "\n"


def bibtex(build: Mapping[str, Any]) -> str:
    """The same as BibTeX."""
    return (
        f"@misc{{compute_ledger, title = {{{TITLE}}}, author = {{{{{AUTHORS}}}}}, year = {{{build['finished_at']:%Y}}}, "
        f"version = {{{build['data_version']}}}}}"
    )
