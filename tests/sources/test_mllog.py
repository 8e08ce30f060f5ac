"""Logs of MLPerf Training: what somebody reads is read, each odd line is named, nothing else is lost."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.settings import ROOT
from pipelines.sources.mlperf.mllog import MAX_ODD_LINES, MlLog
from pipelines.sources.mlperf.training_logs import integrate, power_reader, power_values, result_reader, result_values
from tests.fuzz.properties import check

CORPUS = ROOT / "tests/fuzz/corpus"
START = 1_700_000_000_000


def record(key: str, value: Any = None, time_ms: int = START, event: str = "POINT_IN_TIME", **metadata: Any) -> str:
    """A record as the logging library writes it."""
    said = {"file": "/workspace/train.py", "lineno": 7, **metadata}
    entry = {"namespace": "", "time_ms": time_ms, "event_type": event, "key": key, "value": value, "metadata": said}
    return f":::MLLOG {json.dumps(entry)}\n"


HEADER = [
    record("cache_clear", True),
    record("submission_benchmark", "bert"),
    record("submission_org", "Example"),
    record("submission_division", "closed"),
    record("global_batch_size", 448),
    record("train_samples", 1_000.0),
    record("seed", 17),
]
RUN = [
    record("run_start", None, START + 60_000, "INTERVAL_START"),
    "step 1: loss 0.9\n",
    record("tracked_stats", {"throughput": 10.5}, START + 90_000),
    record("eval_accuracy", 0.5, START + 120_000, epoch_num=1),
    record("eval_accuracy", 0.72, START + 180_000, epoch_num=2),
    record("run_stop", None, START + 240_000, "INTERVAL_END", status="success"),
]
GOOD = "".join(HEADER + RUN).encode()
EXPECTED = {
    "submission_benchmark": "bert", "submission_org": "Example", "submission_division": "closed",
    "global_batch_size": 448, "train_samples": 1_000, "seed": "17", "run_start_ms": START + 60_000,
    "run_stop_ms": START + 240_000, "eval_accuracy": 0.72, "eval_samples_count": None, "eval_epoch_num": 2.0,
    "run_status": "success",
}  # fmt: skip


def read(data: bytes) -> MlLog:
    """A run's log, by a fresh reader."""
    return result_reader().read(data)


def test_a_clean_log_says_what_was_run():
    log = read(GOOD)
    assert result_values(log) == EXPECTED
    assert (log.record_count, log.odd_count) == (12, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda line: f"[0] {line}",  # the rank that wrote it
        lambda line: f"\x1b[32m12:00:01 node-17 0: {line}",
        lambda line: line.replace("\n", "\r\n"),
        lambda line: line * 3,  # told by three ranks
        lambda line: line.replace('": ', '":').replace(', "', ',"'),  # without blanks
        lambda line: line.replace('"namespace": ""', '"namespace": "worker7"'),
        lambda line: line + "some text ::: MLLOG {\n",
        lambda line: "\n\n" + line,
    ],
)  # fmt: skip
def test_other_usual_forms_are_no_fault(change):
    log = read("".join(change(line) for line in HEADER + RUN).encode())
    assert result_values(log) == EXPECTED
    assert log.odd_count == 0


def test_a_log_without_its_last_line_end_is_whole():
    assert result_values(read(GOOD.rstrip(b"\n"))) == EXPECTED


def test_the_first_start_and_stop_count():
    more = [
        record("run_start", None, START + 70_000, "INTERVAL_START"),
        record("run_stop", None, START + 250_000, status="aborted"),
    ]
    assert result_values(read(GOOD + "".join(more).encode())) == EXPECTED


def line_of(**changes: Any) -> bytes:
    """A record with some of its members changed, or left out where the change is Ellipsis."""
    entry = {
        "namespace": "",
        "time_ms": START,
        "event_type": "POINT_IN_TIME",
        "key": "seed",
        "value": 5,
        "metadata": {},
    }
    entry = {name: value for name, value in {**entry, **changes}.items() if value is not ...}
    return f":::MLLOG {json.dumps(entry)}\n".encode()


DEEP = b":::MLLOG " + b'{"key": "seed", "value": ' + b"[" * 5_000 + b"]" * 5_000 + b', "time_ms": 1700000000000}\n'
ODD = {
    "no time": (line_of(time_ms=...), r"'seed' has no time_ms"),
    "no time, a number null": (line_of(time_ms=None), r"'seed' has no time_ms"),
    "time is NaN": (line_of(time_ms=float("nan")), r"is not JSON"),
    "time is infinite": (line_of().replace(b"1700000000000", b"1e400"), r"is not JSON"),
    "time is text": (line_of(time_ms="1700000000000"), r"time_ms is not a whole number"),
    "time is broken": (line_of(time_ms=1_700_000_000_000.5), r"time_ms is not a whole number"),
    "time is true": (line_of(time_ms=True), r"time_ms is not a whole number"),
    "time is before all logs": (line_of(time_ms=0), r"time_ms 0 is not in the years 2014 to 2096"),
    "time is negative": (line_of(time_ms=-START), r"is not in the years"),
    "time is in seconds": (line_of(time_ms=1_700_000_000), r"is not in the years"),
    "time is huge": (line_of(time_ms=10**30), r"time_ms is not a whole number"),
    "two records on a line": (line_of().rstrip(b"\n") + line_of(), r"shares its line"),
    "two records on a line, the first unread": (record("tracked_stats").encode().rstrip(b"\n") + line_of(), r"shares its line"),
    "deep nesting": (DEEP, r"10,000 opening brackets|5,001 opening brackets.*nested too deeply"),
    "bytes that are not UTF-8": (line_of(value=5, namespace="x").replace(b'"x"', b'"\xff\xfe"'), r"is not JSON.*UTF-8"),
    "a lone surrogate": (line_of(namespace="\ud800"), r"is not JSON.*surrogate"),
    "a NUL": (line_of().replace(b"seed", b"se\0ed"), r"is not JSON"),
    "cut short": (line_of()[:60] + b"\n", r"is not JSON"),
    "cut short before its key": (line_of()[:30] + b"\n", r"is not JSON"),
    "nothing behind the mark": (b":::MLLOG\n", r"is not JSON"),
    "no JSON": (b":::MLLOG run finished\n", r"is not JSON"),
    "a list": (b":::MLLOG [1, 2]\n", r"is not a JSON object"),
    "a number": (b":::MLLOG 17\n", r"is not a JSON object"),
    "more behind the object": (line_of().rstrip(b"\n") + b" and more\n", r"is not JSON.*after document"),
    "no key": (line_of(key=...), r"names no key"),
    "a key that is no text": (line_of(key=["seed"]), r"has a key that is not text"),
    "a name twice": (line_of().replace(b'"value": 5', b'"value": 5, "value": 6'), r"has value twice"),
    "a value of another kind": (line_of(value="seventeen"), r"seed: value 'seventeen'; expected a whole number"),
    "a value out of range": (line_of(value=-5), r"seed: value '-5'; expected a whole number from 0"),
    "an endless value": (line_of(key="eval_accuracy", value=float("inf")), r"is not JSON"),
    "accuracies that are no numbers": (line_of(key="eval_accuracy", value={"BBOX": "high"}), r"expected a number"),
    "a line of 40 MB": (line_of(metadata={"text": "x" * 40_000_000}), r"has 40,000,\d+ bytes; expected at most 1,048,576"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_line_is_named_and_nothing_else_is_lost(kind):
    odd, reason = ODD[kind]
    before = "".join(HEADER[:3]).encode()
    log = read(before + odd + GOOD[len(before) :])
    assert result_values(log) == EXPECTED
    (line,) = log.odd_lines
    assert (line.line, line.byte_start) == (4, len(before))
    assert log.odd_count == 1
    assert re.search(reason, line.reason), line.reason
    assert line.text.startswith(odd[:30].rstrip(b"\n").decode(errors="replace"))
    assert len(line.text) <= 200


def test_all_odd_lines_of_a_log_are_named():
    kinds = [odd for name, (odd, _) in ODD.items() if "40 MB" not in name]
    log = read(b"".join(b"text\n" + odd for odd in kinds) + GOOD)
    assert result_values(log) == EXPECTED
    assert [line.line for line in log.odd_lines] == list(range(2, 2 * len(kinds) + 1, 2))


def test_a_log_of_nothing_but_odd_lines_keeps_the_first_thousand():
    log = read(b":::MLLOG {\n" * 5_000)
    assert (log.record_count, log.odd_count, len(log.odd_lines)) == (5_000, 5_000, MAX_ODD_LINES)


def test_an_odd_line_does_not_touch_the_logs_that_are_read_after_it():
    reader = result_reader()
    logs = [GOOD, GOOD + ODD["no time"][0], b"", GOOD.replace(b"success", b"aborted"), b"no record\n"]
    found = [reader.read(log) for log in logs]
    assert [log.odd_count for log in found] == [0, 1, 0, 0, 0]
    assert [result_values(log)["run_status"] for log in found] == ["success", "success", None, "aborted", None]
    assert [log.record_count for log in found] == [12, 13, 0, 12, 0]


def test_accuracies_of_several_measures_are_kept():
    log = read(GOOD + record("eval_accuracy", {"BBOX": 0.37, "SEGM": 0.34}, START + 200_000).encode())
    values = result_values(log)
    assert (values.get("eval_accuracy"), values["eval_accuracies"]) == (None, '{"BBOX":0.37,"SEGM":0.34}')


def readings(*pairs: tuple[int, float], stop_ms: int | None = 4_000) -> bytes:
    """A power log that starts at 0 s; times in milliseconds from then."""
    lines = [record("power_measurement_start", None, START, "INTERVAL_START")]
    lines.append(record("conversion_eff", 0.94, measurement_type="AC"))
    lines += [record("power_reading", power, START + time_ms) for time_ms, power in pairs]
    if stop_ms is not None:
        lines.append(record("power_measurement_stop", None, START + stop_ms, "INTERVAL_END"))
    return "".join(lines).encode()


def test_readings_are_integrated_in_the_order_of_their_times():
    values = power_values(power_reader().read(readings((1_000, 100.0), (3_000, 200.0), (4_000, 50.0))))
    assert (values["to_stop_j"], values["to_last_reading_j"]) == (100 + 400 + 50, 550)
    assert (values["reading_count"], values["conversion_eff"], values["measurement_type"]) == (3, 0.94, "AC")
    shuffled = power_values(power_reader().read(readings((4_000, 50.0), (1_000, 100.0), (3_000, 200.0))))
    assert shuffled == values


def test_readings_outside_of_the_measurement_do_not_count():
    found = power_values(power_reader().read(readings((-1_000, 900.0), (2_000, 100.0), (9_000, 800.0))))
    assert (found["to_stop_j"], found["to_last_reading_j"]) == (200, 200 + 7 * 800)
    at_once = power_values(power_reader().read(readings((1_000, 100.0), (2_000, 100.0), stop_ms=0)))
    assert (at_once["to_stop_j"], at_once["to_last_reading_j"]) == (0, 200)  # a stop at the start: no length
    open_end = power_values(power_reader().read(readings((1_000, 100.0), stop_ms=None)))
    assert (open_end["to_stop_j"], open_end["measurement_stop_ms"]) == (100, None)


def test_readings_that_cannot_be_are_named():
    whole = readings((1_000, 100.0), (2_000, 100.0))
    broken = (
        whole
        + record("power_reading", -9, START + 3_000).encode()
        + record("power_reading", 1e8, START + 3_500).encode()
    )
    log = power_reader().read(broken)
    assert [line.line for line in log.odd_lines] == [6, 7]
    assert "power_reading: value '-9'; expected watts from 0" in log.odd_lines[0].reason
    assert power_values(log) == power_values(power_reader().read(whole))


@given(st.lists(st.tuples(st.integers(0, 10_000), st.floats(0, 5_000)), max_size=30), st.integers(0, 10_000))
def test_an_integral_is_the_sum_of_its_parts(pairs, cut):
    times, powers = [time for time, _ in pairs], [power for _, power in pairs]
    before, whole = integrate(times, powers, 0, cut)
    assert 0 <= before <= whole * (1 + 1e-12) + 1e-9
    late = [(time, power) for time, power in sorted(pairs) if time > cut]
    start = max((time for time in times if time <= cut), default=0)
    _, after = integrate([time for time, _ in late], [power for _, power in late], start)
    assert before + after == pytest.approx(whole, rel=1e-9, abs=1e-6)


KEYS = st.sampled_from(
    ["seed", "run_start", "run_stop", "eval_accuracy", "power_reading", "tracked_stats", "cache_clear", "x"]
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 2**70), st.floats(), st.text(max_size=5), st.just({"a": 1.0})
)
TIMES = st.one_of(st.integers(START, START + 10**6), st.sampled_from([None, 0, "x", 1.5, float("nan"), 10**30, -1]))
RECORDS = st.builds(lambda key, value, time: record(key, value, time).encode(), KEYS, VALUES, TIMES)
PIECES = st.one_of(
    RECORDS, RECORDS, RECORDS,
    RECORDS.flatmap(lambda line: st.integers(0, len(line)).map(lambda cut: line[:cut])),
    st.sampled_from([b":::MLLOG", b":::MLLOG {", b"\n", b"\r\n", b"[3] ", b"\0", b"\xff", b"text\n", b":::", b'"key": "seed"']),
    st.binary(max_size=12),
)  # fmt: skip


@settings(max_examples=1_000, deadline=None)
@given(st.lists(PIECES, max_size=14).map(b"".join))
@example(b"")
def test_no_bytes_break_the_rules_of_reading(data):
    check(data)


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(GOOD)), st.integers(0, 30))
def test_no_change_of_a_good_log_breaks_the_rules_of_reading(change, at, removed):
    check(GOOD[:at] + change + GOOD[at + removed :])


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_what_fuzzing_found_stays_mended(path):
    data = path.read_bytes()
    check(data, is_fresh=True)
    check(data)
    check(data * 3, is_fresh=True)
