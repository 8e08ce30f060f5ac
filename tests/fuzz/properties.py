"""What must hold of the log parser for any bytes whatever: shared by the fuzzer, hypothesis and the kept cases."""

from functools import cache

from pipelines.sources.mlperf.mllog import EARLIEST_MS, LATEST_MS, MARK, LogReader, MlLog
from pipelines.sources.mlperf.training_logs import power_reader, power_values, result_reader, result_values


@cache
def readers() -> tuple[LogReader, LogReader]:
    """The two readers of the connector; they learn from log to log, as they do there."""
    return result_reader(), power_reader()


def check_log(log: MlLog, data: bytes) -> None:
    """Nothing is lost, nothing out of range, every odd line is where it says."""
    assert log.record_count == data.count(MARK)
    assert len(log.entries) + len(log.series_values) + len(log.odd_lines) <= log.record_count
    assert all(EARLIEST_MS <= time_ms <= LATEST_MS for _, time_ms, _, _ in log.entries)
    assert len(log.series_times_ms) == len(log.series_values)
    assert all(EARLIEST_MS <= time_ms <= LATEST_MS for time_ms in log.series_times_ms)
    assert all(0 <= value < 1e7 for value in log.series_values)
    before = -1
    for odd in log.odd_lines:
        assert before < odd.byte_start < odd.byte_end <= len(data)
        assert odd.byte_start == 0 or data[odd.byte_start - 1 : odd.byte_start] == b"\n"
        assert odd.line == data.count(b"\n", 0, odd.byte_start) + 1
        assert MARK in data[odd.byte_start : odd.byte_end + len(MARK)]
        assert odd.reason
        before = odd.byte_start


def check(data: bytes, *, is_fresh: bool = False) -> None:
    """Reading holds these properties, with readers that learnt from other logs or with fresh ones."""
    result, power = (result_reader(), power_reader()) if is_fresh else readers()
    for reader, values_of in ((result, result_values), (power, power_values)):
        log = reader.read(data)
        check_log(log, data)
        assert values_of(log) == values_of(reader.read(data)), "a reader that knows the heads reads the same"
