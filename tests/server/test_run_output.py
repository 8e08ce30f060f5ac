"""What a run prints: kept beside the history for the UI, and whole on the terminal where a command runs it."""

from pathlib import Path

import pytest

from pipelines.server.run_output import PRINTED, RunOutput


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunOutput:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return RunOutput.from_config_value(None, {})


def test_a_run_of_the_ui_keeps_what_it_prints(
    output: RunOutput, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with output.capture_logs(["a", "compute_logs", "b"]):
        print("made three tables")
    assert (tmp_path / "storage/a/compute_logs/b.out").read_text() == "made three tables\n"
    assert output.is_capture_complete(["a", "compute_logs", "b"])


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
