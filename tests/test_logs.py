"""Lines of logs: one JSON object each, without secrets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.logs import json_line, say, scrubbed
from pipelines.server.processes import tell_lines
from tests.conftest import run_ledger

CANARY = "canary-5f1c9e"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://me:word@host/x", "https://***@host/x"),
        ("https://host/x?token=abcdef&page=2", "https://host/x?token=***&page=2"),
        ("X-Amz-Signature=00ffaa, next", "X-Amz-Signature=***, next"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ('{"password": "word", "rows": 3}', '{"password": "***", "rows": 3}'),
        ("api_key=abc", "api_key=***"),
        ("training_tokens=15000000000000", "training_tokens=15000000000000"),
        ("15 tokens: of each; secrets: none", "15 tokens: of each; secrets: none"),
        ("core.models: 12 rows at https://epoch.ai/data", "core.models: 12 rows at https://epoch.ai/data"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out_and_nothing_else(text: str, expected: str) -> None:
    assert scrubbed(text) == expected


@pytest.mark.parametrize("name", ["LEDGER_UI_TOKEN", "LEDGER_WEBHOOK_URL", "AWS_SECRET_ACCESS_KEY", "SOME_PASSWORD"])
def test_secrets_of_the_environment_are_taken_out_wherever_they_are(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, CANARY)
    line = json_line("failed", f"it said {CANARY}.", url=f"x{CANARY}y", error=ValueError(CANARY), rows=3)
    assert CANARY not in line
    told = json.loads(line)
    assert (told["message"], told["url"], told["error"], told["rows"]) == ("it said ***.", "x***y", "***", 3)


def test_a_line_is_text_unless_json_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LEDGER_LOG", raising=False)
    say("step", "core.models\u2028done")
    assert capsys.readouterr().err == "core.models\u2028done\n"
    monkeypatch.setenv("LEDGER_LOG", "json")
    say("step", "two\nlines", level="warning", step="core.models")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["level"], told["event"], told["message"], told["step"]) == (
        "warning", "step", "two\nlines", "core.models",
    )  # fmt: skip


def test_a_fetch_that_fails_logs_json_without_secrets(tmp_path: Path) -> None:
    empty = tmp_path / CANARY
    empty.mkdir()
    done = run_ledger("fetch", "epoch_models", home=tmp_path / "home", LEDGER_LOG="json", LEDGER_MIRROR=str(empty),
                      SOME_API_KEY=CANARY)  # fmt: skip
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines
    assert {line["event"] for line in lines} == {"fetching", "fetched"}
    assert {line["status"] for line in lines if line["event"] == "fetched"} == {"failed"}
    assert CANARY not in done.stderr


def test_what_a_process_of_the_ui_writes_becomes_events(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEDGER_LOG", "json")
    monkeypatch.setenv("SOME_TOKEN", CANARY)
    own = json_line("run_failed", "a run failed", "error")
    written = f"WARNING: {CANARY} \u2028\n{own}\n\n[1, 2]\n".encode() + b"\xff\n"
    with subprocess.Popen(
        [sys.executable, "-c", f"import os; os.write(1, {written!r})"], stdout=subprocess.PIPE
    ) as child:
        tell_lines("daemon", child.stdout)
    lines = [json.loads(line) for line in capsys.readouterr().err.split("\n") if line]
    assert [line["message"] for line in lines] == ["WARNING: ***", "a run failed", "[1, 2]", "\ufffd"]
    assert [line.get("process") for line in lines] == ["daemon", None, "daemon", "daemon"]


def test_another_form_of_log_is_refused(tmp_path: Path) -> None:
    done = run_ledger("status", home=tmp_path, LEDGER_LOG="xml")
    assert (done.returncode, done.stderr) == (1, "ledger: LEDGER_LOG='xml': expected text or json.\n")
