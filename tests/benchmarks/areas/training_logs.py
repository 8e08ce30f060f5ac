"""What reading a round of MLPerf Training costs."""

from __future__ import annotations

from tests.benchmarks.cost import Cost, Costs, cheapest, python, reported, run
from tests.benchmarks.figures import Area, Bench, Figure

TIMES = 5


def measure(bench: Bench) -> Costs:
    """The reader, people's first one, and the floors, on the same round."""
    packed, plain = bench.folder / "round.tar.gz", bench.folder / "round.txt"
    module = "tests.benchmarks.measured.reading_round"
    run(python(module, "unpack", packed, plain))
    found = reported(python(module, "read", packed)) | reported(python(module, "lines", packed))
    grep = ["grep", "-a", "-c", "MLLOG", str(plain)]
    gzip = ["gzip", "--decompress", "--stdout", "--test", str(packed)]
    costs = {
        **found,
        "grep -c": cheapest(lambda: run(grep)[0], TIMES),
        "gzip": cheapest(lambda: run(gzip)[0], TIMES),
    }
    costs["times grep"] = Cost(amount=costs["parse"].cpu_s / costs["grep -c"].cpu_s)
    costs["times gzip"] = Cost(amount=costs["parse"].cpu_s / costs["gzip"].cpu_s)
    plain.unlink()
    return costs


AREA = Area(
    "training-logs",
    "Logs of MLPerf Training",
    measure,
    (
        Figure("parsing the logs of a round, unpacking aside", "parse", floor="grep -c", peer="line by line"),
        Figure("parsing, times `grep -c`", "times grep", "×", target=8,
               short="one careful reader for every line, without a quick path"),
        Figure("parsing, times decompressing the archive", "times gzip", "×", target=1),
        Figure("memory of the reader", "parse", "MB memory", target=150),
        Figure("with the tables made of them", "tables"),
    ),
    "Round v5.0 as published where a mirror is at hand, else a round made in the same format. *grep -c* counts the lines with "
    "the mark in the unpacked bytes, *gzip* decompresses the archive, *line by line* decodes every line and reads those with the "
    "mark by `json`.",
)  # fmt: skip
