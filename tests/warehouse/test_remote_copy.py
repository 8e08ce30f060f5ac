"""The copy of the published file for readers elsewhere: in a folder, and in a real S3 server on loopback."""

import hashlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import httpx
import pytest

from pipelines.errors import LedgerError
from pipelines.settings import Settings
from pipelines.warehouse.published_bytes import note_bytes
from pipelines.warehouse.remote_copy import copy_published

STARTS_WITHIN_S = 60
SECRET = "canary-5f1c9e"


def publish(home: Settings, build_id: str, content: bytes) -> None:
    """Put a file where a publish puts it; the copy looks at its bytes only."""
    target = home.versions / f"warehouse-{build_id}.duckdb"
    target.write_bytes(content)
    note_bytes(target, target)
    home.published.unlink(missing_ok=True)
    home.published.symlink_to(target.relative_to(home.home))


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home", site=tmp_path / "site", copy_to=(tmp_path / "elsewhere").as_uri())
    made.prepare()
    publish(made, "20260101T000000Z-aa", b"first")
    return made


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """The address of an S3 server in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/moto-api/", timeout=5)
            break
        except httpx.HTTPError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(30)


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, home: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose copies go to a folder, then one whose copies go to a bucket."""
    if request.param == "folder":
        return home
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3_server"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = f"bucket-{hashlib.sha256(str(home.home).encode()).hexdigest()[:12]}"
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir(bucket)
    return replace(home, copy_to=f"s3://{bucket}/ledger")


def there(home: Settings) -> dict[str, bytes]:
    """All files of the place, read by a client of its own."""
    files, folder = fsspec.core.url_to_fs(home.copy_to, skip_instance_cache=True)
    return {path.removeprefix(folder).lstrip("/"): files.cat_file(path) for path in files.find(folder)}


def test_a_reader_finds_the_newest_file_by_its_pointer(place: Settings) -> None:
    said = copy_published(place)
    assert said == f"copied to {place.copy_to}: versions/warehouse-20260101T000000Z-aa.duckdb"
    found = there(place)
    assert set(found) == {"latest.json", "versions/warehouse-20260101T000000Z-aa.duckdb"}, "nothing partial is left"
    assert json.loads(found["latest.json"]) == {
        "build_id": "20260101T000000Z-aa",
        "file": "versions/warehouse-20260101T000000Z-aa.duckdb",
        "sha256": hashlib.sha256(b"first").hexdigest(),
        "byte_count": 5,
    }
    assert copy_published(place) == f"{place.copy_to} has it already"
    publish(place, "20260102T000000Z-bb", b"second")
    copy_published(place)
    found = there(place)
    assert found[json.loads(found["latest.json"])["file"]] == b"second"
    assert "versions/warehouse-20260101T000000Z-aa.duckdb" in found, "who reads it now can go on"


def test_as_many_copies_are_kept_as_files_here(place: Settings) -> None:
    few = replace(place, keep_versions=2)
    for day in (1, 2, 3, 4):
        publish(few, f"2026010{day}T000000Z-aa", str(day).encode())
        copy_published(few)
    assert sorted(there(few)) == ["latest.json", *(f"versions/warehouse-2026010{d}T000000Z-aa.duckdb" for d in (3, 4))]


@pytest.mark.parametrize("damage", ["damaged", "not JSON", "gone"])
def test_a_pointer_that_does_not_hold_is_written_again(home: Settings, tmp_path: Path, damage: str) -> None:
    copy_published(home)
    pointer = tmp_path / "elsewhere" / "latest.json"
    whole = pointer.read_bytes()
    pointer.write_text({"damaged": '{"sha256": "00"}', "not JSON": "[", "gone": ""}[damage])
    if damage == "gone":
        pointer.unlink()
    copy_published(home)
    assert pointer.read_bytes() == whole


def test_a_copy_that_fails_leaves_what_was_there(home: Settings, tmp_path: Path) -> None:
    copy_published(home)
    before = there(home)
    publish(home, "20260102T000000Z-bb", b"second")
    elsewhere = tmp_path / "elsewhere"
    versions = elsewhere / "versions"
    shutil.move(versions, tmp_path / "kept")
    versions.write_text("a file where the folder should be")
    with pytest.raises(LedgerError, match=r"the published file was not copied to file://.*Readers there keep the copy"):
        copy_published(home)
    versions.unlink()
    shutil.move(tmp_path / "kept", versions)
    assert there(home) == before


def test_a_server_that_refuses_is_told_without_secrets(
    place: Settings, s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with pytest.raises(LedgerError) as told:
        copy_published(replace(place, copy_to="s3://no-such-bucket-here/ledger"))
    assert "not copied to s3://no-such-bucket-here/ledger (LEDGER_COPY_TO)" in str(told.value)
    assert SECRET not in str(told.value)


def test_an_address_of_another_kind_is_refused(home: Settings) -> None:
    with pytest.raises(LedgerError, match="LEDGER_COPY_TO=nonsense://x: Protocol not known: nonsense; expected s3://"):
        copy_published(replace(home, copy_to="nonsense://x"))


def test_without_the_setting_nothing_is_copied(home: Settings) -> None:
    assert copy_published(replace(home, copy_to=None)) is None
    assert [path.name for path in home.home.parent.iterdir()] == ["home"]
