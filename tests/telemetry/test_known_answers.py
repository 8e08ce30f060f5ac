"""Energy of series whose answer is known: exact to 1e-9 J, and never more than was measured."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.telemetry.conftest import Home
from tests.telemetry.generator import FORMATS, START_MS, Sample, constant, nvidia_smi, parquet, walk

EXACT = 1e-9


def near(value: float) -> object:
    return pytest.approx(value, abs=EXACT, rel=1e-15)


def rapl(readings: list[tuple[int, int]], limit_uj: int = 1_000_000_000) -> bytes:
    """A log of one counter: (milliseconds, microjoules)."""
    rows = [f"{at},package-0,{value},{limit_uj}" for at, value in readings]
    return "\n".join(["timestamp,zone,energy_uj,max_energy_range_uj", *rows, ""]).encode()


def test_constant_power(home: Home) -> None:
    home.deliver("a.csv", nvidia_smi(constant(100, 60)))
    device = home.devices()["0"]
    assert (device["energy_j"], device["measured_s"]) == (near(5900), near(59))
    assert (device["gap_count"], device["reset_count"], device["peak_power_w"]) == (0, 0, 100)


def test_a_ramp(home: Home) -> None:
    home.deliver("a.csv", nvidia_smi([Sample("0", n + 1, START_MS + 1000 * n, float(n)) for n in range(60)]))
    assert home.devices()["0"]["energy_j"] == near(59**2 / 2)


def test_a_gap_is_told_and_adds_nothing(home: Home) -> None:
    before, after = constant(100, 30), constant(100, 30, begin_ms=START_MS + 129_000)
    home.deliver("a.parquet", parquet([*before, *(Sample("0", s.seq + 30, s.at_ms, s.power_w) for s in after)]))
    device = home.devices()["0"]
    assert (device["energy_j"], device["gap_count"], device["gap_s"]) == (near(5800), 1, near(100))
    assert device["elapsed_s"] == near(158)


def test_ten_seconds_are_no_gap_and_a_millisecond_more_is(home: Home) -> None:
    times = [0, 10_000, 20_001]
    home.deliver("a.csv", nvidia_smi([Sample("0", n, START_MS + at, 50.0) for n, at in enumerate(times, 1)]))
    device = home.devices()["0"]
    assert (device["energy_j"], device["gap_count"], device["gap_s"]) == (near(500), 1, near(10.001))


def test_a_clock_that_goes_back_or_stands(home: Home) -> None:
    times = [*range(0, 30), *range(10, 40), 39]
    home.deliver("a.csv", nvidia_smi([Sample("0", n, START_MS + 1000 * at, 100.0) for n, at in enumerate(times, 1)]))
    device = home.devices()["0"]
    assert (device["energy_j"], device["reset_count"], device["gap_count"]) == (near(2 * 29 * 100), 2, 0)


def test_a_counter_that_is_full_begins_again(home: Home) -> None:
    home.deliver("rapl.csv", rapl([(START_MS + 1000 * n, (n * 300_000_000) % 1_000_000_000) for n in range(11)]))
    device = home.devices()["package-0"]
    assert (device["energy_j"], device["wrap_count"], device["reset_count"]) == (near(3000), 3, 0)


def test_a_counter_that_was_set_back_adds_nothing(home: Home) -> None:
    limit = 262_143_328_850
    home.deliver(
        "rapl.csv",
        rapl([(START_MS, 200_000_000_000), (START_MS + 1000, 10_000_000), (START_MS + 2000, 110_000_000)], limit),
    )
    device = home.devices()["package-0"]
    assert (device["energy_j"], device["wrap_count"], device["reset_count"]) == (near(100), 0, 1)


def test_a_counter_misses_nothing_between_two_readings(home: Home) -> None:
    home.deliver("rapl.csv", rapl([(START_MS, 0), (START_MS + 600_000, 42_000_000)]))
    device = home.devices()["package-0"]
    assert (device["energy_j"], device["gap_count"], device["measured_s"]) == (near(42), 0, near(600))


BERLIN = "Europe/Berlin"


def local_log(begin: datetime, seconds: int, zone: str) -> bytes:
    """A log with local times of constant 100 W, a sample each five seconds."""
    from zoneinfo import ZoneInfo

    first = int(begin.timestamp())
    rows = [
        f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%Y/%m/%d %H:%M:%S}.000, 0, 100.00 W"
        for at in range(first, first + seconds + 1, 5)
    ]
    return "\n".join(["timestamp, index, power.draw [W]", *rows, ""]).encode()


@pytest.mark.parametrize(
    ("begin", "seconds"),
    [
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 3 * 3600),  # the whole night in which an hour comes twice
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 3600),  # begins and ends within the two hours
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), 3600),  # begins in the second of them
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 3600),  # an hour that does not come at all
    ],
)
def test_nights_in_which_clocks_are_moved(home: Home, begin: datetime, seconds: int) -> None:
    home.deliver("a.csv", local_log(begin, seconds, BERLIN), zone=BERLIN)
    device = home.devices()["0"]
    assert (device["energy_j"], device["gap_count"], device["reset_count"]) == (near(100 * seconds), 0, 0)
    assert device["started_at"] == begin.replace(tzinfo=None)


def test_the_clock_that_was_put_back_is_told(home: Home) -> None:
    home.deliver("a.csv", local_log(datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 3 * 3600, BERLIN), zone=BERLIN)
    assert [file.folded_count for file in home.landed.read_manifest().files] == [1]


def test_a_local_time_that_never_was_is_set_aside(home: Home) -> None:
    log = local_log(datetime(2026, 3, 29, 0, 0, tzinfo=UTC), 3500, BERLIN)
    home.deliver("a.csv", log + b"2026/03/29 02:30:00.000, 0, 100.00 W\n", zone=BERLIN)
    (file,) = home.landed.read_manifest().files
    assert (file.rejected_count, file.accepted_count) == (1, 701)
    assert [reject.reason for reject in home.landed.read_rejects(file.sha256)] == ["expected a time"]


def test_two_devices_out_of_step(home: Home) -> None:
    slow = constant(200, 21, device="1", interval_ms=3000, begin_ms=START_MS + 137)
    home.deliver("a.csv", nvidia_smi([*constant(100, 60), *slow]))
    devices = home.devices()
    assert {name: row["energy_j"] for name, row in devices.items()} == {"0": near(5900), "1": near(200 * 60)}


def told(home: Home) -> dict[str, tuple[object, ...]]:
    """What is known of each device, but for the number of files."""
    left_out = {"run_id", "device_id", "file_count", "device_name", "energy_j", "measured_s", "gap_s", "elapsed_s"}
    return {
        name: tuple(value for column, value in row.items() if column not in left_out)
        for name, row in home.devices().items()
    }


def energies(home: Home) -> dict[str, tuple[float, ...]]:
    return {
        n: tuple(row[c] for c in ("energy_j", "measured_s", "gap_s", "elapsed_s")) for n, row in home.devices().items()
    }


def same(one: Home, other: Home) -> None:
    assert told(one) == told(other)
    for name, values in energies(one).items():
        assert energies(other)[name] == pytest.approx(values, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_samples_in_any_format(new_home: Callable[[str], Home], name: str) -> None:
    samples = walk(7, whole=True)
    reference, other = new_home("reference"), new_home("other")
    reference.deliver("a.parquet", parquet(samples))
    outcome = other.deliver(name, FORMATS[name](samples))
    assert outcome.status == "landed", outcome.message
    same(reference, other)


def split(samples: list[Sample], parts: int) -> list[list[Sample]]:
    """Samples in so many pieces, one after the other in the order in which they were taken."""
    last = max(s.seq for s in samples)
    return [[s for s in samples if last * n // parts < s.seq <= last * (n + 1) // parts] for n in range(parts)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_any_split_in_any_order(new_home: Callable[[str], Home], order: tuple[int, ...]) -> None:
    samples = walk(11)
    reference, other = new_home("reference"), new_home("other")
    reference.deliver("a.parquet", parquet(samples))
    pieces = split(samples, 3)
    for number in order:
        other.deliver(f"{number}.parquet", parquet(pieces[number]))
    same(reference, other)


def test_delivered_twice_in_pieces_and_as_a_whole(new_home: Callable[[str], Home]) -> None:
    samples = walk(13)
    reference, other = new_home("reference"), new_home("other")
    reference.deliver("a.parquet", parquet(samples))
    middle = [s for s in samples if 120 < s.seq < 300]
    deliveries = [parquet(middle), parquet(samples), *map(parquet, split(samples, 4)), parquet(samples)]
    outcomes = [other.deliver(f"{number}.parquet", data) for number, data in enumerate(deliveries)]
    assert [outcome.sample_count for outcome in outcomes] == [2 * 179, 2 * (400 - 179), 0, 0, 0, 0, 0]
    assert outcomes[-1].status == "known"
    same(reference, other)


def test_a_log_that_grew_brings_what_is_new(new_home: Callable[[str], Home]) -> None:
    samples = walk(17, gaps=1, resets=0)
    reference, other = new_home("reference"), new_home("other")
    reference.deliver("a.csv", nvidia_smi(samples))
    assert other.deliver("a.csv", nvidia_smi([s for s in samples if s.seq <= 150])).sample_count == 300
    assert other.deliver("a.csv", nvidia_smi(samples)).sample_count == 500
    same(reference, other)
