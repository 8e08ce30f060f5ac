"""What long-running commands say while they work: plain lines, or with LEDGER_LOG=json one JSON object a line.

What belongs here: the form of a line, and taking secrets out of it. What does not: progress bars, answers of commands.
"""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import UTC, datetime
from typing import Literal

Level = Literal["info", "warning", "error"]

HIDDEN = "***"

SECRETS = ("LEDGER_WEBHOOK_URL", "LEDGER_UI_TOKEN", "LEDGER_SERVE_TOKEN")
SECRET_ENDINGS = ("TOKEN", "SECRET", "PASSWORD", "API_KEY", "ACCESS_KEY", "ACCESS_KEY_ID")
SHORTEST_SECRET = 6
"""Which variables of the environment hold secrets; a shorter value would blot out ordinary words."""

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


def logs_as_json() -> bool:
    """Whether long-running commands tell what they do as one JSON object a line."""
    return os.environ.get("LEDGER_LOG") == "json"


def secret_values() -> list[str]:
    """Values of the environment that no log may hold, the longest first: by the names of their variables."""
    secrets = {
        value
        for name, value in os.environ.items()
        if len(value) >= SHORTEST_SECRET and (name in SECRETS or name.endswith(SECRET_ENDINGS))
    }
    return sorted(secrets, key=len, reverse=True)


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
