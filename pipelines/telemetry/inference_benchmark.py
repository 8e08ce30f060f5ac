"""A small inference benchmark on the processors of this machine: a real model, in float32 and in int8, by ONNX Runtime.

What belongs here: the model, its variants, what is timed and how often. What does not: power (``meters.py``), the command
line, what follows from the results (sql/core/telemetry, sql/core/levers).

The model is the one that the package magika ships: it tells the type of a file by its first and last bytes. Its inputs are
files of this project. It runs as ``python -m pipelines.telemetry.inference_benchmark FILE``: each result is a line that is
added to FILE as soon as it is there. Packages: pip install 'compute-ledger[benchmark]'.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.errors import LedgerError
from pipelines.settings import SEEDS, SQL
from pipelines.telemetry.formats.recording import result_line
from pipelines.telemetry.meters import RaplMeter, processor_name, rapl_zones
from pipelines.telemetry.results import Result

PACKAGES = ("magika", "onnx", "onnxruntime")
INSTALL = "pip install 'compute-ledger[benchmark]'"

HALF_BYTES, PADDING, SEED = 1024, 256, 20261130
"""What the model reads of a file: so many bytes of its begin and of its end, and a number where there is none."""

Inputs = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Variant:
    """A form of the model."""

    number_format: str
    is_optimized: bool
    """Whether ONNX Runtime may rewrite the graph."""
    file: Path


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    batch_sizes: Sequence[int] = (1, 8, 32)
    thread_counts: Sequence[int] = (1, os.cpu_count() or 1)
    repeat_count: int = 5
    repeat_s: float = 0.2
    """Least length of a repeat."""


def require_packages() -> None:
    """Raise LedgerError, which says what to install, where a package is missing."""
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        raise LedgerError(f"--benchmark needs {', '.join(missing)}. Run: {INSTALL}")


def shipped_model() -> Path:
    """The model of the package magika; its package is not imported."""
    spec = find_spec("magika")
    assert spec is not None
    assert spec.origin is not None
    found = sorted((Path(spec.origin).parent / "models").glob("*/model.onnx"))
    if not found:
        raise LedgerError(f"the installed magika ships no model.onnx. Run: {INSTALL}")
    return found[-1]


def read_inputs(folders: Sequence[Path] = (SQL, SEEDS)) -> Inputs:
    """The files of the project as the model reads them, in an order that is the same each time."""
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".sql", ".csv", ".toml"))
    rows = [_as_input(path.read_bytes().strip()) for path in files]
    return np.random.default_rng(SEED).permutation(np.stack(rows))


def _as_input(data: bytes) -> Inputs:
    """First and last bytes of a file.

    >>> [int(_as_input(b"ab")[n]) for n in (0, 1, 2, -3, -2, -1)]
    [97, 98, 256, 256, 97, 98]
    """
    row = np.full(2 * HALF_BYTES, PADDING, np.int32)
    head, tail = data[:HALF_BYTES], data[-HALF_BYTES:]
    row[: len(head)] = list(head)
    row[len(row) - len(tail) :] = list(tail)
    return row


class _Calibration:
    """Inputs for the ranges of int8, as ONNX Runtime asks for them."""

    def __init__(self, inputs: Inputs) -> None:
        self.batches = iter(np.array_split(inputs, max(1, len(inputs) // 8)))

    def get_next(self) -> dict[str, Inputs] | None:
        """The next inputs."""
        batch = next(self.batches, None)
        return None if batch is None else {"bytes": batch}


def make_variants(model: Path, calibration: Inputs, folder: Path) -> list[Variant]:
    """The model as it is, the same without what ONNX Runtime does to its graph, and with weights and activations in int8."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    small = folder / "int8.onnx"
    quantize_static(
        str(model), str(small), _Calibration(calibration), quant_format=QuantFormat.QDQ, per_channel=True,
        weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8, op_types_to_quantize=["Conv", "MatMul"],
    )  # fmt: skip
    return [Variant("fp32", False, model), Variant("fp32", True, model), Variant("int8", True, small)]


def open_session(variant: Variant, thread_count: int) -> Any:
    """A session of ONNX Runtime on the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = thread_count, 1
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if variant.is_optimized else level.ORT_DISABLE_ALL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(variant.file), options, providers=["CPUExecutionProvider"])


def answers(session: Any, inputs: Inputs) -> npt.NDArray[np.int64]:
    """The type that the model tells for each input."""
    found: npt.NDArray[np.int64] = session.run(None, {"bytes": inputs})[0].argmax(axis=1)
    return found


class _Stopwatch:
    """Time, processor time and, where a meter is, energy between two moments."""

    def __init__(self) -> None:
        zones = rapl_zones()
        self.meter = RaplMeter(zones) if zones else None
        self.began = self._now()

    def _now(self) -> tuple[float, float, float]:
        joules = sum(row[2] for row in self.meter.read(0)) if self.meter else 0.0
        return time.perf_counter(), time.process_time(), joules

    def start(self) -> None:
        """Begin."""
        self.began = self._now()

    def read(self) -> dict[str, float | None]:
        """What was spent since; no energy where a counter began again."""
        wall_s, processor_s, joules = (now - then for now, then in zip(self._now(), self.began, strict=True))
        return {
            "wall_s": wall_s, "processor_s": processor_s, "energy_j": joules if self.meter and joules > 0 else None,
        }  # fmt: skip


@dataclass
class Case:
    """A variant with a size of batch and a number of threads, ready to run."""

    variant: Variant
    batch_size: int
    thread_count: int
    session: Any
    same_answer_fraction: float
    run_count: int = 1
    """Batches of a repeat."""

    def run(self, inputs: Inputs, count: int) -> None:
        """Run so many batches."""
        for n in range(count):
            start = n * self.batch_size % (len(inputs) - self.batch_size + 1)
            self.session.run(None, {"bytes": inputs[start : start + self.batch_size]})

    def warm_up(self, inputs: Inputs, repeat_s: float) -> None:
        """Run without counting, and find how many batches last as long as a repeat must."""
        self.run(inputs, 2)
        began = time.perf_counter()
        self.run(inputs, 3)
        self.run_count = max(1, round(3 * repeat_s / (time.perf_counter() - began)))


def make_cases(variants: Sequence[Variant], inputs: Inputs, plan: Plan) -> list[Case]:
    """All cases, warm; each variant with the share of its answers that are those of the model as it is."""
    asked = inputs[:128]
    expected = answers(open_session(variants[0], 1), asked)
    cases = []
    for variant in variants:
        for thread_count in dict.fromkeys(plan.thread_counts):
            session = open_session(variant, thread_count)
            same = float((answers(session, asked) == expected).mean())
            cases += [Case(variant, size, thread_count, session, same) for size in plan.batch_sizes]
    for case in cases:
        case.warm_up(inputs, plan.repeat_s)
    return cases


def measure(plan: Plan, folder: Path) -> Iterator[Result]:
    """Results, one repeat of each case after the other, so that what else the machine does falls on all cases alike."""
    import onnxruntime

    model = shipped_model()
    inputs = read_inputs()
    half = len(inputs) // 2  # ranges of int8 come from other files than those that are timed
    cases = make_cases(make_variants(model, inputs[:half], folder), inputs[half:], plan)
    stopwatch = _Stopwatch()
    for repeat_no in range(1, plan.repeat_count + 1):
        for case in cases:
            stopwatch.start()
            case.run(inputs[half:], case.run_count)
            spent = stopwatch.read()
            yield Result(
                model_name=f"magika {model.parent.name}", framework=f"ONNX Runtime {onnxruntime.__version__}",
                processor_name=processor_name() or "processor", number_format=case.variant.number_format,
                is_optimized=case.variant.is_optimized, batch_size=case.batch_size, thread_count=case.thread_count,
                repeat_no=repeat_no, inference_count=case.run_count * case.batch_size,
                same_answer_fraction=case.same_answer_fraction, **spent,
            )  # fmt: skip


def main() -> None:
    """Measure, and add each result to a file."""
    parser = argparse.ArgumentParser(description="Inference benchmark on the processors of this machine.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=Plan.batch_sizes)
    parser.add_argument("--repeats", type=int, default=Plan.repeat_count)
    parser.add_argument("--seconds", type=float, default=Plan.repeat_s)
    parser.add_argument("--watts-per-core", type=float)
    given = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)  # hints on quantization
    plan = Plan(batch_sizes=given.batch_sizes, repeat_count=given.repeats, repeat_s=given.seconds)
    with tempfile.TemporaryDirectory() as folder, given.file.open("ab") as sink:
        for result in measure(plan, Path(folder)):
            stated = result.model_copy(update={"core_power_w": given.watts_per_core})
            sink.write(result_line(json.loads(stated.model_dump_json())))
            sink.flush()


if __name__ == "__main__":
    main()
