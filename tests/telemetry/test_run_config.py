"""run.toml may name the model's config.json: its parameters are counted, and what cannot be is told."""

import hashlib
from pathlib import Path

import pytest

from pipelines.telemetry.run_note import read_note_of
from pipelines.telemetry.taking_in import Outcome, find_files, take_in
from pipelines.warehouse.own_run_inbox import take_in_inbox
from tests.telemetry.conftest import GPT2, Home
from tests.telemetry.generator import constant, nvidia_smi


def run_folder(folder: Path, note: str, config: str | None = GPT2) -> Path:
    """A folder of a run with a log, a note and a configuration."""
    folder.mkdir(parents=True)
    (folder / "gpu.csv").write_bytes(nvidia_smi(constant(100, 5)))
    (folder / "run.toml").write_text(note)
    if config is not None:
        (folder / "config.json").write_text(config)
    return folder


def delivered(home: Home, folder: Path) -> list[Outcome]:
    return take_in(home.landed, find_files(folder), zone="UTC")


def test_parameters_are_counted_from_the_configuration(home: Home) -> None:
    folder = run_folder(home.folder / "mine", 'config = "config.json"\n')
    assert [(each.path.name, each.status) for each in delivered(home, folder)] == [("gpu.csv", "landed")]
    note = home.landed.read_manifest().notes["mine"]
    digest = hashlib.sha256(GPT2.encode()).hexdigest()[:12]
    assert (note.active_params, note.config) == (124_439_808, f"config.json (sha256 {digest})")


def test_a_configuration_that_changed_counts_when_the_log_comes_again(home: Home) -> None:
    folder = run_folder(home.folder / "mine", 'config = "config.json"\n')
    delivered(home, folder)
    (folder / "config.json").write_text(GPT2.replace('"n_layer": 12', '"n_layer": 24'))
    assert [each.status for each in delivered(home, folder)] == ["known"]
    assert home.landed.read_manifest().notes["mine"].active_params == 124_439_808 + 12 * 7_087_872


def test_the_inbox_moves_the_configuration_with_its_run(home: Home) -> None:
    run_folder(home.settings.inbox / "mine", 'config = "config.json"\ntimezone = "UTC"\n')
    assert [each.status for each in take_in_inbox(home.settings)] == ["landed"]
    found = read_note_of(home.settings.inbox / ".done" / "mine")
    assert found is not None
    assert found.active_params == 124_439_808
    assert take_in_inbox(home.settings) == []


@pytest.mark.parametrize(
    ("note", "config", "message"),
    [
        ('config = "config.json"\n', None, "config.json: cannot be read: No such file or directory."),
        ('config = "config.json"\n', "{", "config.json: not JSON"),
        ('config = "config.json"\n', '{"n_layer": 2}', "config.json: hidden_size is missing or not a whole number above zero"),
        ('config = "config.json"\nactive_params = 1e9\n', GPT2, "config and active_params both say how large the model is"),
        ('config = "../config.json"\n', GPT2, "run.toml: config: String should match pattern"),
        ('config = "config.json"\n', GPT2.replace('"n_embd": 768', '"qk_rope_head_dim": 4, "kv_lora_rank": 8, "n_embd": 768'),
         "config.json: not as a language model has it (KeyError"),
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_be_used_is_told(home: Home, note: str, config: str | None, message: str) -> None:
    folder = run_folder(home.folder / "mine", note, config)
    refused = [each for each in delivered(home, folder) if each.path.name == "gpu.csv"]
    assert [each.status for each in refused] == ["refused"]
    assert message in refused[0].message
