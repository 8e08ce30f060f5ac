"""The soak, short: a kill of each kind, readers beside, and nothing that readers should not see."""

import tempfile
from pathlib import Path

import pytest

from pipelines.settings import Settings
from tests.soak.__main__ import STEPS, WRONG, soak


@pytest.mark.slow
def test_readers_see_whole_files_in_order_through_every_kill(built: Settings) -> None:
    with tempfile.TemporaryDirectory(prefix="ledger-soak-") as folder:
        done = soak(Path(folder), kills=len(STEPS) + 3, reads=60, seed=2, home=built.home)
    assert {name: done.counts[name] for name in WRONG} == dict.fromkeys(WRONG, 0), done.said
    assert set(STEPS) <= set(done.killed)
    assert done.counts["reads"] >= 60
