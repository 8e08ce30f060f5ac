"""The version of code as tables and pages note it.

What belongs here: one digest of modules and texts. What does not: which modules decide a table (``recipes.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pipelines.records.code_versions import code_version


def version_of_code(modules: Iterable[str], *texts: object) -> str:
    """Digest of the code of modules and all that they import, and of texts."""
    parts = (code_version(frozenset(modules)), *texts)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
