"""What long-running commands say while they work: plain lines, or with LEDGER_LOG=json one JSON object a line.

What belongs here: the form of a line, and taking secrets out of it. What does not: progress bars, answers of commands.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from typing import Literal

from pipelines.settings import logs_as_json, secret_values

Level = Literal["info", "warning", "error"]

HIDDEN = "***"

PATTERNS = (
    (re.compile(r"(?<=://)[^\s/@]+@"), f"{HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"(?i)\b([\w-]*(?:token|secret|password|passwd|signature|api[_-]?key|access[_-]?key)\"?\s*[=:]\s*\"?)[^\s\"&,;]+"
        ),
        rf"\1{HIDDEN}",
    ),
)
"""What looks like a secret: users in addresses, credentials in headers, values of names such as token and password."""


def scrubbed(text: str) -> str:
    """A text without secrets: those of the environment, and what looks like one.

    >>> scrubbed("https://me:word@epoch.ai/x?token=abc&n=1 and training_tokens=15")
    'https://***@epoch.ai/x?token=***&n=1 and training_tokens=15'
    """
    for secret in secret_values():
        text = text.replace(secret, HIDDEN)
    for pattern, kept in PATTERNS:
        text = pattern.sub(kept, text)
    return text


def json_line(event: str, message: str, level: Level = "info", **more: object) -> str:
    """One event as one line of JSON, without secrets."""
    told = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "event": event,
            "message": message, **more}  # fmt: skip
    clean = {name: scrubbed(value) if isinstance(value, str) else value for name, value in told.items()}
    return json.dumps(clean, default=lambda value: scrubbed(str(value)))


def say(event: str, message: str, *, level: Level = "info", **more: object) -> None:
    """Write an event to standard error: its message, or all of it as JSON."""
    line = json_line(event, message, level, **more) if logs_as_json() else scrubbed(message)
    print(line, file=sys.stderr, flush=True)
