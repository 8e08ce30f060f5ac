"""A disk that fills up while a build is published, at ten amounts of free space: the old file stays, and then it goes on.

A file system of its own, in memory, for the superuser; else a limit on the size of a file, which strikes alike.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.settings import Settings
from pipelines.warehouse.publish import publish, published_build, sweep
from tests.warehouse.disturbed_build import sha256, started
from tests.warehouse.test_publishing import PUBLISHER, made_build

PAGE = 4096
SHARES = tuple(round(0.05 + 0.1 * number, 2) for number in range(10))
"""Free space as a share of what the new file takes."""


@contextmanager
def disk_of(place: Path, size: int) -> Iterator[None]:
    """A file system of ``size`` bytes at ``place``."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def taken(folder: Path) -> int:
    """Bytes that a file system in memory needs for a folder: whole pages, and one for each name."""
    return sum(-(-path.lstat().st_size // PAGE) * PAGE + PAGE for path in folder.rglob("*"))


@contextmanager
def nearly_full(home: Path, place: Path, free: int) -> Iterator[tuple[Settings, int]]:
    """A copy of the home where only so much more can be written, and what ``PUBLISHER`` is to be given for that."""
    if os.geteuid() == 0:
        with disk_of(place, taken(home) + free):
            shutil.copytree(home, place / "home", symlinks=True)
            yield Settings(home=place / "home", site=place / "site"), 0
    else:
        shutil.copytree(home, place / "home", symlinks=True)
        yield Settings(home=place / "home", site=place / "site"), -free


def make_room(place: Path) -> None:
    """Let the disk be as large as one likes."""
    if os.geteuid() == 0:
        subprocess.run(["mount", "-o", "remount,size=1g", str(place)], check=True)


@pytest.mark.parametrize("share", SHARES)
def test_a_disk_that_fills_up_leaves_the_old_file_and_publishing_goes_on_once_there_is_room(
    tmp_path: Path, share: float
) -> None:
    small = Settings(home=tmp_path / "home", site=tmp_path / "site")
    publish(made_build(small, "first"), "first")
    size = made_build(small, "second", rows=20_000).build_file.stat().st_size
    place = tmp_path / "disk"
    with nearly_full(small.home, place, int(size * share)) as (full, stop_at):
        before = sha256(full.published)
        with started("-c", PUBLISHER, str(full.home), str(stop_at)) as process:
            _, stderr = process.communicate()
        assert process.returncode == 1
        assert "cannot be written: " in stderr
        assert "Nothing was published." in stderr
        assert sha256(full.published) == before
        assert published_build(full)["build_id"] == "first"
        assert [*full.versions.glob("*.partial"), *full.home.glob(".warehouse*")] == []
        make_room(place)
        publish(full, "second")
        assert published_build(full)["build_id"] == "second"
        sweep(full)
