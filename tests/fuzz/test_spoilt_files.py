"""Small files of our own, spoilt: a few changes each, the same every time. ``make fuzz-files`` spoils publishers' files."""

from pathlib import Path
from random import Random

import pytest

from pipelines.records.raw_tables import RemoteFile
from tests.fuzz.fuzz_files import parts_of, spoil
from tests.fuzz.mutations import KINDS, Mutation
from tests.fuzz.outcomes import good_file, judged
from tests.mirror.packing import address_path, all_files

COUNT = 4 * len(KINDS)


def small_files(small_mirror: Path) -> list[tuple[RemoteFile, bytes]]:
    """The files of our own, one of each set of tables."""
    found: dict[object, tuple[RemoteFile, bytes]] = {}
    for file in all_files():
        if (place := small_mirror / address_path(file.url)).is_file():
            found.setdefault(file.tables, (file, place.read_bytes()))
    return list(found.values())


def test_a_spoilt_file_is_refused_held_or_costs_what_was_spoilt(small_mirror: Path, tmp_path: Path) -> None:
    files = small_files(small_mirror)
    assert len(files) >= 15
    faults = [fault for file, data in files for fault in spoil(file, data, COUNT, 0, tmp_path)[1]]
    assert faults == []


@pytest.fixture
def regions(small_mirror: Path) -> tuple[RemoteFile, bytes]:
    """A small CSV file."""
    return next(found for found in small_files(small_mirror) if found[0].name == "impact.csv")


def test_what_may_not_be_is_found(regions: tuple[RemoteFile, bytes], tmp_path: Path) -> None:
    """The judgement itself, on changes that say less than they do."""
    file, data = regions
    good = good_file(file, parts_of(file, data, Random(0)).data, tmp_path)
    lines = good.data.splitlines(keepends=True)
    without = Mutation("cell", "says one record, takes three", b"".join([*lines[:5], *lines[8:]]), 1)
    assert judged(good, without).faults == (
        "raw.codecarbon_regions: 3 records changed or are gone, but 1 were changed and 0 set aside",
    )
    for change, status in ((b"".join(lines), "accepted"), (b"".join(lines[:40]), "held"), (b"<html>", "refused")):
        assert judged(good, Mutation("row", "honest", change, None)).status == status
