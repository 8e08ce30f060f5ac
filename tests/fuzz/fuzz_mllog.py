"""Fuzz the log parser, guided by coverage: ``python -m tests.fuzz.fuzz_mllog [libFuzzer options]``.

Starts from the kept cases and from the logs below. A case that breaks a property, or takes more than
five seconds, is written to the working folder by libFuzzer: keep it in ``corpus/``, where the tests
replay it.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pipelines.sources.mlperf.mllog", "pipelines.sources.mlperf.training_logs"]):
    from tests.fuzz.properties import check

HERE = Path(__file__).parent
RUNS = 1_000_000


def run(data: bytes) -> None:
    """One execution."""
    check(data)


def main() -> None:
    """Fuzz with options that the command line may override."""
    folder = tempfile.mkdtemp(prefix="fuzz-mllog-")
    options = [f"-runs={RUNS}", "-timeout=5", "-max_len=4096", f"-dict={HERE / 'mllog.dict'}", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, *sys.argv[1:], folder, str(HERE / "corpus")], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
