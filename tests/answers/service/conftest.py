"""A real server of answers for the tests: ``ledger serve`` on a free port of loopback, over the offline build."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from pipelines.settings import ROOT, Settings
from tests.server.conftest import clean_environment, ended, free_port, wait_until


@dataclass
class Served:
    """A running ``ledger serve``."""

    process: subprocess.Popen[str]
    port: int
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **given: object) -> httpx.Response:
        return httpx.get(f"{self.url}/v1/{path}", params=given, timeout=120)  # type: ignore[arg-type]


@contextmanager
def serving(home: Path, output: Path, *options: str, **variables: str) -> Iterator[Served]:
    """Start ``ledger serve`` and wait until it prints its address; it is gone when the block ends."""
    port = free_port()
    with output.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines", "serve", "--port", str(port), *options],
            env=clean_environment(home, **variables), cwd=ROOT, stdout=written, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    with ended(process):
        wait_until(lambda: "stop with Ctrl-C" in output.read_text() or process.poll() is not None)
        assert process.poll() is None, output.read_text()
        yield Served(process, port, output)


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory, built: Settings) -> Iterator[Served]:
    """One server for all tests of the folder."""
    output = tmp_path_factory.mktemp("served") / "said.txt"
    with serving(built.home, output) as opened:
        yield opened
        opened.process.terminate()
        assert opened.process.wait(30) == 0
    assert "Traceback" not in output.read_text()
