"""A round of MLPerf Training made here, in the published format, for where no mirror of published files is at hand."""

from __future__ import annotations

import io
import random
import tarfile

MADE_RUNS = 400


def _line(key: str, value: str, time_ms: int, event: str = "POINT_IN_TIME", more: str = "") -> str:
    return (
        f':::MLLOG {{"namespace": "", "time_ms": {time_ms}, "event_type": "{event}", "key": "{key}", '
        f'"value": {value}, "metadata": {{"file": "/workspace/train.py", "lineno": 17{more}}}}}\n'
    )


def made_log(seed: int) -> bytes:
    """A run's log of the size and make of real ones: a third of its lines are records, few of them matter."""
    chance, now = random.Random(seed), 1_700_000_000_000
    lines = [_line(f"submission_{name}", '"x"', now) for name in ("benchmark", "division", "org", "platform", "status")]
    counted = ("global_batch_size", "gradient_accumulation_steps", "train_samples", "eval_samples", "seed")
    lines += [_line(name, "448", now) for name in counted]
    lines += [_line("weights_initialization", "null", now, more=', "tensor": "layer.weight"') for _ in range(60)]
    lines.append(_line("run_start", "null", now, "INTERVAL_START"))
    for step in range(180):
        now += chance.randrange(500, 1500)
        lines += [
            f"step {step} loss {chance.random():.6f} seconds {chance.random():.3f} on 8 devices\n" for _ in range(4)
        ]
        lines.append(_line("tracked_stats", f'{{"throughput": {chance.random()}}}', now, more=f', "step": {step}'))
    lines.append(_line("eval_accuracy", "0.72", now, more=', "epoch_num": 3'))
    lines.append(_line("run_stop", "null", now, "INTERVAL_END", more=', "status": "success"'))
    return "".join(lines).encode()


def made_archive() -> bytes:
    """A round of one system with many benchmarks."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=6) as archive:

        def add(path: str, data: bytes) -> None:
            entry = tarfile.TarInfo(f"training_results-0123abc/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))

        add("Example/systems/box.json", b'{"division": "closed"}')
        for number in range(MADE_RUNS):
            add(f"Example/results/box/bert{number // 10}/result_{number % 10}.txt", made_log(number))
    return buffer.getvalue()
