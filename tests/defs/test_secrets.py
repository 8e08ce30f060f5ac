"""A secret in the message of a step that fails: neither the run history nor standard error has it."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from pipelines.cli.runs import prepare_instance
from pipelines.defs.asset import step_asset
from pipelines.errors import LedgerError
from pipelines.settings import Settings

CANARY = "canary-5f1c9e"
OTHER = "opossum-77"
"""In no variable of the environment: found by the form of an address."""


def refused() -> None:
    raise LedgerError(f"the server at https://me:{OTHER}@example.org/ refused {CANARY}")


def unforeseen() -> None:
    raise RuntimeError(f"cannot log in with {CANARY}")


def file_not_there() -> None:
    Path(f"/nonexistent/{CANARY}").read_bytes()


def caused_by_another() -> None:
    try:
        unforeseen()
    except RuntimeError as error:
        raise ValueError("the answer cannot be read") from error


def leaky(act: Callable[[], None]) -> dg.AssetsDefinition:
    @step_asset(dg.AssetKey(["meta", "leaky"]), kinds={"python"}, description="Fails with a secret in its message.")
    def fail(_context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        act()
        return dg.MaterializeResult()

    return fail


@pytest.mark.parametrize("act", [refused, unforeseen, file_not_there, caused_by_another])
def test_no_secret_of_a_failure_is_written_down(
    act: Callable[[], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    home = Settings(home=tmp_path / "home", site=tmp_path / "site")
    for name in ("DAGSTER_HOME", "LEDGER_HOME"):
        monkeypatch.setenv(name, "")  # prepare_instance sets them for this process: undone at the end
    monkeypatch.setenv("SOME_API_KEY", CANARY)
    prepare_instance(home)
    with dg.DagsterInstance.get() as instance:
        result = dg.materialize([leaky(act)], instance=instance, raise_on_error=False)
        (failure,) = (event.step_failure_data for event in result.all_events if event.is_step_failure)
    assert not result.success
    told = failure.user_failure_data.description
    assert "***" in told or act is caused_by_another
    written = b"".join(path.read_bytes() for path in home.home.rglob("*") if path.is_file())
    said = "".join(capfd.readouterr())
    assert b"leaky" in written
    for secret in (CANARY, OTHER):
        assert secret.encode() not in written
        assert secret not in said
    if act in (unforeseen, caused_by_another):
        assert "in unforeseen" in failure.user_failure_data.metadata["traceback"].value, "where it happened is kept"
