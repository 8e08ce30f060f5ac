"""What a run prints comes whole to the terminal of the command that runs it; ``test_guard.py`` has a run of the UI."""

from pathlib import Path

import pytest

from pipelines.server.run_output import PRINTED, RunOutput


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunOutput:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return RunOutput.from_config_value(None, {})


def test_a_run_of_a_command_prints_to_its_terminal_and_leaves_no_file(
    output: RunOutput, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.server.run_output.PRINTED", PRINTED | {"a"})
    with output.capture_logs(["a", "compute_logs", "b"]):
        print("made three tables")
        assert capfd.readouterr().out == "made three tables\n", (
            "at once, not by way of a process that may end too early"
        )
    assert [*tmp_path.rglob("*")] == []
