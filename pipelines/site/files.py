"""Bytes of the site: writing only what changed, and texts that are safe in a page, a script element or a spreadsheet."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from pipelines.settings import REPORTS


def write_changed(path: Path, data: bytes) -> bool:
    """Write ``data`` unless the file holds it already; returns whether it wrote. Never leaves half a file."""
    partial = path.with_name(f".{path.name}.partial")
    if path.exists() and path.read_bytes() == data:
        partial.unlink(missing_ok=True)  # of a process that was killed
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    partial.write_bytes(data)
    partial.replace(path)
    return True


def guarded(frame: pl.DataFrame) -> pl.DataFrame:
    """Text cells that a spreadsheet would run as a formula, with an apostrophe before them."""
    return frame.with_columns(
        pl.when(pl.col(pl.String).str.contains(r"^[=+\-@\t\r]")).then("'" + pl.col(pl.String)).otherwise(pl.col(pl.String))
        .name.keep()
    )  # fmt: skip


def sha256(data: bytes) -> str:
    """Digest as hex digits."""
    return hashlib.sha256(data).hexdigest()


def script_hash(script: str) -> str:
    """A script as the content-security policy names it."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def json_for_html(value: Any) -> Markup:
    """JSON that can neither end nor nest the script element it stands in: without any ``<``."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return Markup(text.replace("<", "\\u003c"))


def packed_json(value: Any) -> Markup:
    """JSON, packed by gzip and written in base64 as a JSON string: an eighth of the bytes, and nothing that ends a script."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return Markup(json.dumps(base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()))


def embedded_font(name: str) -> str:
    """A font file as base64."""
    return base64.b64encode((REPORTS / "fonts" / name).read_bytes()).decode()
