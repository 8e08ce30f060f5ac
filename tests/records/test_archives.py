"""Archives from elsewhere: what a repository's has is walked, whatever else is refused with the member named."""

import gzip
import io
import tarfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import LedgerError
from pipelines.records.archives import DEFAULT_CAPS, ArchiveCaps, Member, walk_archive
from tests.conftest import SHARED_MIRROR, needs_shared_mirror

SMALL = replace(DEFAULT_CAPS, max_members=5, max_member_bytes=1_000, max_total_bytes=1 << 20, free_bytes=1 << 16)


def entry(name: str, data: bytes = b"", **attributes) -> tuple[tarfile.TarInfo, bytes]:
    """A member; its size is that of its content unless told otherwise."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in attributes.items():
        setattr(info, key, value)
    return info, data


def packed(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A .tar.gz with these members."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz", format=form) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return sink.getvalue()


def walked(data: bytes, caps: ArchiveCaps = DEFAULT_CAPS) -> dict[str, bytes]:
    """Paths and contents."""
    return {member.path: member.read() for member in walk_archive(data, "x.tar.gz", caps)}


def refusal(data: bytes, caps: ArchiveCaps = DEFAULT_CAPS) -> str:
    """What is said of an archive that is refused."""
    with pytest.raises(LedgerError) as caught:
        walked(data, caps)
    return str(caught.value)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_members_come_in_order_without_the_top_folder(form):
    name = (
        "top-0123abc/" + "folder/" * 12 + "name.txt"
        if form == tarfile.USTAR_FORMAT
        else "top-0123abc/" + "d/" * 200 + "é.txt"
    )
    data = packed(
        entry("top-0123abc/", type=tarfile.DIRTYPE),
        entry("top-0123abc/a.txt", b"one"),
        entry(name, b"two" * 1000),
        entry("top-0123abc/empty.txt"),
        form=form,
    )
    assert walked(data) == {"a.txt": b"one", name.removeprefix("top-0123abc/"): b"two" * 1000, "empty.txt": b""}


def test_a_member_is_read_in_pieces_or_not_at_all():
    content = bytes(range(256)) * 2_000
    data = packed(entry("top/a", content), entry("top/b", content), entry("top/c", b"c"))
    walk = walk_archive(data, "x.tar.gz")
    first = next(walk)
    assert b"".join(first.chunks(1_000)) == content
    next(walk)  # not read: passed over
    assert next(walk).read() == b"c"
    with pytest.raises(RuntimeError, match="a: read after the walk went on"):
        first.read()


def test_links_that_stay_inside_are_passed_over():
    data = packed(
        entry("top/a", b"a"),
        entry("top/d/link", type=tarfile.SYMTYPE, linkname="../a"),
        entry("top/hard", type=tarfile.LNKTYPE, linkname="top/a"),
    )
    assert walked(data) == {"a": b"a"}


HOSTILE = {
    "climbing": ([entry("top/a"), entry("top/../../etc/passwd", b"x")], r"member 'top/../../etc/passwd'.*leads outside"),
    "absolute": ([entry("/etc/passwd", b"x")], r"member '/etc/passwd'.*absolute path"),
    "dot": ([entry("top/./a")], r"member 'top/./a'.*leads outside"),
    "empty part": ([entry("top//a")], r"member 'top//a'.*leads outside"),
    "control characters": ([entry("top/a\nb")], r"member 'top/a\\nb'.*control characters"),
    "no UTF-8": ([entry("top/\udcff")], r"member 'top/\\udcff'.*not UTF-8"),
    "long name": ([entry("top/" + "a" * 2_000)], r"a name with 2,004 characters"),
    "symlink out": ([entry("top/l", type=tarfile.SYMTYPE, linkname="../../etc/passwd")], r"'top/l'.*a link to '../../etc"),
    "absolute symlink": ([entry("top/l", type=tarfile.SYMTYPE, linkname="/etc/passwd")], r"member 'top/l'.*outside"),
    "hard link out": ([entry("top/l", type=tarfile.LNKTYPE, linkname="etc/passwd")], r"member 'top/l'.*outside"),
    "character device": ([entry("top/null", type=tarfile.CHRTYPE)], r"member 'top/null'.*a character device"),
    "block device": ([entry("top/disk", type=tarfile.BLKTYPE)], r"member 'top/disk'.*a block device"),
    "pipe": ([entry("top/pipe", type=tarfile.FIFOTYPE)], r"member 'top/pipe'.*a named pipe"),
    "sparse file": ([entry("top/s", pax_headers={"GNU.sparse.major": "1"})], r"member 'top/s'.*a sparse file"),
    "two top folders": ([entry("top/a"), entry("other/b")], r"member 'other/b'.*outside the top folder 'top'"),
    "no top folder": ([entry("readme.txt", b"x")], r"member 'readme.txt'.*expected a top folder"),
    "name twice": ([entry("top/a", b"1"), entry("top/a", b"2")], r"member 'top/a'.*appears twice in the archive"),
    "many members": ([entry(f"top/{n}") for n in range(6)], r"member 'top/5'.*more than 5 members"),
    "large member": ([entry("top/large", b"x" * 1_001)], r"member 'top/large'.*1,001 bytes; expected at most 1,000"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_no_repository_has_is_refused_by_name(kind):
    entries, expected = HOSTILE[kind]
    caps = SMALL if kind in {"many members", "large member"} else DEFAULT_CAPS
    with pytest.raises(LedgerError, match=expected):
        walked(packed(*entries), caps)


def test_a_million_members_are_refused_at_the_cap():
    one = tarfile.TarInfo("top/a").tobuf(tarfile.USTAR_FORMAT)
    headers = [one.replace(b"top/a\0\0\0\0\0\0\0\0", f"top/{n:09}".encode()) for n in range(2_000)]

    def checksummed(header: bytes) -> bytes:
        blank = header[:148] + b" " * 8 + header[156:]
        return header[:148] + f"{sum(blank):06o}\0 ".encode() + header[156:]

    some = b"".join(checksummed(header) for header in headers)
    data = gzip.compress(some * 500 + bytes(1_024), 1)  # names repeat, but the cap of 1,000 comes first
    assert "more than 1,000 members" in refusal(data, replace(DEFAULT_CAPS, max_members=1_000))
    assert "appears twice in the archive" in refusal(data)


def test_a_bomb_is_refused_while_it_unpacks():
    def bomb(size: int) -> bytes:
        header = tarfile.TarInfo("top/bomb")
        header.size = size
        return gzip.compress(header.tobuf() + bytes(size) + bytes(1_024))

    data = bomb(100 << 20)
    assert len(data) < 200_000
    assert "member 'top/bomb': the archive unpacks to more than" in refusal(data)
    assert "member 'top/bomb': the archive unpacks to more than 1,048,576 bytes" in refusal(
        data, replace(DEFAULT_CAPS, max_total_bytes=1 << 20)
    )
    assert walked(bomb(4 << 20)) == {"bomb": bytes(4 << 20)}  # small ones may unpack to many times their size


def test_a_long_extended_header_is_not_read_into_memory():
    header = tarfile.TarInfo("top/a")
    header.type = tarfile.XHDTYPE
    header.size = 1 << 33
    data = gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20))
    assert "an extended header of 8,589,934,592 bytes" in refusal(data)


@pytest.mark.parametrize("text", [b"12 path=a", b"x path=a/b\n", b"999 path=a\n", b"3 a\n", b"12 pathxa/b\n"])
def test_an_extended_header_that_cannot_be_read_is_refused(text):
    header = tarfile.TarInfo("top/a")
    header.type, header.size = tarfile.XHDTYPE, len(text)
    assert "cannot be read" in refusal(gzip.compress(header.tobuf() + text.ljust(512, b"\0") + bytes(1_024)))


def test_a_damaged_or_cut_archive_is_refused():
    whole = packed(entry("top/a", b"a" * 5_000), entry("top/b", b"b" * 5_000))
    assert len(walked(whole)) == 2
    assert "cannot be unpacked" in refusal(whole[:-20])
    assert "cannot be unpacked" in refusal(b"<html>not an archive</html>")
    assert "cannot be unpacked" in refusal(whole[:60] + b"\xff\xff" + whole[62:])
    plain = gzip.decompress(whole)
    assert "ends after" in refusal(gzip.compress(plain[:3_000]))
    assert "no header of a member" in refusal(gzip.compress(plain[:11_264]))  # whole members, but no end
    broken = bytearray(plain)
    broken[512 + 5_120 + 10] ^= 1
    assert "no header of a member" in refusal(gzip.compress(bytes(broken)))


@given(st.binary(max_size=2_000), st.integers(0, 3_000), st.binary(min_size=1, max_size=8))
def test_no_bytes_make_it_fail_otherwise(noise, at, change):
    whole = gzip.decompress(packed(entry("top/a", b"a" * 700), entry("top/b" * 60, b"b")))
    changed = whole[:at] + change + whole[at + len(change) :]
    for data in (noise, gzip.compress(noise), gzip.compress(changed)):
        with suppress(LedgerError):
            assert all(path and ".." not in path.split("/") for path in walked(data))


def assert_walked_whole(mirror: Path) -> None:
    """The archives of a mirror are walked as Python's tarfile walks them."""
    paths = sorted(mirror.glob("github.com/*/*/archive/HEAD.tar.gz"))
    assert len(paths) >= 5
    for path in paths:
        if path.stat().st_size < 20_000_000:
            with tarfile.open(path, "r:gz") as archive:
                expected = [(info.name.partition("/")[2], info.size) for info in archive if info.isreg()]
            members: list[Member] = list(walk_archive(path.read_bytes(), path.name))
            assert [(member.path, member.size) for member in members] == expected


def test_whole_archives_are_walked_whole(small_mirror: Path):
    assert_walked_whole(small_mirror)


@needs_shared_mirror
def test_published_archives_are_walked_whole():
    assert_walked_whole(SHARED_MIRROR)
