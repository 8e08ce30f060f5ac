"""Curated files as many times as large: copies of models, training runs, accelerators and benchmark rows under other names.

``python -m tests.benchmarks.measured.synthetic_seeds FOLDER TIMES``. A copy refers to the copies of what its row refers to.
Shapes of models and prices are not copied: serving is estimated for every known shape on every accelerator that is rented,
so these tables grow with the product of both.
"""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.cost import ROOT

COPIED: dict[str, tuple[str, ...]] = {
    "models/models.csv": ("model_id", "model_name", "base_model_id"),
    "models/training_runs.csv": ("training_run_id", "model_id", "accelerator_id"),
    "models/published_figures.csv": ("published_figure_id", "subject_id", "subject_name", "accelerator_id"),
    "hardware/accelerators.csv": ("accelerator_id", "accelerator_name"),
    "hardware/accelerator_peaks.csv": ("accelerator_id",),
    "benchmarks/benchmark_results.csv": ("benchmark_result_id", "system", "accelerator_id"),
    "benchmarks/energy_measurements.csv": ("energy_measurement_id", "publisher_model", "accelerator_id"),
}
"""Files that grow, and the columns that name the row or what it refers to."""

MOST_CHARS = 70
"""Of a name before the number of its copy: names have a limit."""

Row = dict[str, str]


def copies(rows: list[Row], named: tuple[str, ...], times: int) -> Iterator[Row]:
    """The rows, and their copies: the same under the same names with a number."""
    yield from rows
    for number in range(1, times):
        for row in rows:
            yield {**row, **{name: f"{row[name][:MOST_CHARS]}-copy{number}" for name in named if row[name]}}


def write(folder: Path, times: int) -> None:
    """Copy ``seeds/`` to a folder, the files of COPIED as many times as large."""
    shutil.copytree(ROOT / "seeds", folder)
    for relative, named in COPIED.items():
        path = folder / relative
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            rows, columns = list(reader), list(reader.fieldnames or ())
        with path.open("w", encoding="utf-8", newline="") as sink:
            writer = csv.DictWriter(sink, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(copies(rows, named, times))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
