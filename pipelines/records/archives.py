"""Members of a .tar.gz, one after the other, straight from its compressed bytes.

What belongs here: walking an archive that a publisher serves, and refusing one that is hostile or
broken. What does not: what the members mean.

Nothing is written to disk and no name from the archive is ever opened; the archive is unpacked in
pieces, so memory does not grow with what it unpacks to. Every count that an archive could inflate has
a cap (``ArchiveCaps``). A refusal is a LedgerError that names the member.

The blocks are read here, and each header by ``tarfile.TarInfo.frombuf``: ``tarfile.open`` would read an
extended header of any length into memory, keep every member it has seen, and take a broken header for
the end of the archive.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from posixpath import normpath

from pipelines.errors import LedgerError, shown

BLOCK_BYTES = tarfile.BLOCKSIZE
CHUNK_BYTES = 1 << 20
EXTENDED = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
LONG_NAMES = {tarfile.GNUTYPE_LONGNAME: "path", tarfile.GNUTYPE_LONGLINK: "linkpath"}
KINDS = {
    tarfile.CHRTYPE: "a character device",
    tarfile.BLKTYPE: "a block device",
    tarfile.FIFOTYPE: "a named pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


@dataclass(frozen=True)
class ArchiveCaps:
    """What an archive may hold at most.

    The publishers' archives of MLPerf results have below 10,000 result members, 600 MB unpacked, 4 MB a
    member and unpack to 15 times their size; a code host takes no file above 100 MB.
    """

    max_members: int = 200_000
    max_member_bytes: int = 128 << 20
    max_total_bytes: int = 4 << 30
    max_ratio: int = 200
    """How many times its compressed size it may unpack to, once it is past ``free_bytes``."""
    free_bytes: int = 8 << 20
    max_header_bytes: int = 64 << 10
    """Length of one extended header: the long name of a member."""
    max_name_chars: int = 1_024


DEFAULT_CAPS = ArchiveCaps()


@dataclass(frozen=True)
class Member:
    """A regular file of an archive. It can be read until the walk goes on to the next member, and only once."""

    path: str
    """Where it lies in the archive, without the top folder."""
    size: int
    _take: Callable[[int], bytes]

    def chunks(self, size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """Its bytes, in pieces of ``size``."""
        while piece := self._take(size):
            yield piece

    def read(self) -> bytes:
        """All its bytes: at most the cap of a member."""
        return self._take(self.size)


class _Blocks:
    """The archive unpacked: read forward, every byte counted."""

    def __init__(self, data: bytes, file: str, caps: ArchiveCaps) -> None:
        self._opened = gzip.GzipFile(fileobj=io.BytesIO(data), mode="rb")
        self._file, self._caps = file, caps
        self._most = min(caps.max_total_bytes, max(caps.free_bytes, caps.max_ratio * len(data)))
        self._packed = len(data)
        self.taken = 0
        self.at = "its start"
        """Where in the archive this is, for messages."""

    def fail(self, what: str) -> LedgerError:
        """The error that says where and what."""
        return LedgerError(f"{self._file}: {self.at}: {what}")

    def take(self, count: int) -> bytes:
        """Up to ``count`` bytes; fewer at the end of the archive only."""
        try:
            found = self._opened.read(count)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise self.fail(
                f"the archive cannot be unpacked after {self.taken:,} bytes ({error}): it is cut short, damaged or "
                "not a gzip file."
            ) from None
        self.taken += len(found)
        if self.taken > self._most:
            raise self.fail(
                f"the archive unpacks to more than {self._most:,} bytes from {self._packed:,}; expected at most "
                f"{self._caps.max_ratio} times its size and {self._caps.max_total_bytes:,} bytes. It may be a "
                "decompression bomb."
            )
        return found

    def take_all(self, count: int) -> bytes:
        """Exactly ``count`` bytes."""
        found = self.take(count)
        if len(found) < count:
            raise self.fail(
                f"the archive ends after {self.taken:,} bytes, inside a member. The transfer was cut short."
            )
        return found

    def skip(self, count: int) -> None:
        """Pass over ``count`` bytes."""
        while count > 0:
            count -= len(self.take_all(min(count, CHUNK_BYTES)))

    def header(self) -> tarfile.TarInfo | None:
        """The next header, or None where the archive ends, which takes a block of zeros."""
        block = self.take(BLOCK_BYTES)
        try:
            return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            if len(block) == BLOCK_BYTES and not any(block):
                while self.take(CHUNK_BYTES):  # to the end, where gzip verifies its checksum
                    pass
                return None
            raise self.fail(
                f"no header of a member at byte {self.taken - len(block):,} ({error}): the archive is damaged or cut."
            ) from None


def _padding(size: int) -> int:
    return -size % BLOCK_BYTES


def _pax_values(text: bytes) -> dict[str, str]:
    """Names and values of an extended header; raises ValueError where it is none.

    >>> _pax_values(b"12 path=a/b\\n")
    {'path': 'a/b'}
    """
    values, at = {}, 0
    while at < len(text):
        blank = text.index(b" ", at, at + 8)
        end = at + int(text[at:blank])
        name, equals, value = text[blank + 1 : end - 1].partition(b"=")
        if end > len(text) or end <= blank or not equals or text[end - 1 : end] != b"\n":
            raise ValueError("a record of the wrong length")
        values[name.decode("utf-8", "surrogateescape")] = value.decode("utf-8", "surrogateescape")
        at = end
    return values


class _Walk:
    """One pass over an archive."""

    def __init__(self, data: bytes, file: str, caps: ArchiveCaps) -> None:
        self._blocks, self._caps = _Blocks(data, file, caps), caps
        self._top: str | None = None
        self._seen: set[str] = set()
        self._count = 0
        self._left = 0

    def members(self) -> Iterator[Member]:
        """The regular files."""
        extra: dict[str, str] = {}
        while (header := self._blocks.header()) is not None:
            self._count += 1
            self._blocks.at = f"member {shown(header.name)}"
            if self._count > self._caps.max_members:
                raise self._blocks.fail(f"the archive has more than {self._caps.max_members:,} members.")
            if header.type in EXTENDED or header.type in LONG_NAMES:
                found = self._extended(header)
                extra |= {} if header.type == tarfile.XGLTYPE else found
                continue
            if header.size < 0:
                raise self._blocks.fail(f"has a size of {header.size} bytes.")
            self._apply(header, extra)
            extra = {}
            path = self._path(header.name)
            if header.isreg() and not header.issparse():
                yield from self._file(path, header.size)
            else:
                self._pass_over(header)

    def _extended(self, header: tarfile.TarInfo) -> dict[str, str]:
        """What a header says that only describes the next one."""
        if not 0 <= header.size <= self._caps.max_header_bytes:
            raise self._blocks.fail(
                f"an extended header of {header.size:,} bytes; expected at most {self._caps.max_header_bytes:,}."
            )
        text = self._blocks.take_all(header.size)
        self._blocks.skip(_padding(header.size))
        if header.type in LONG_NAMES:
            return {LONG_NAMES[header.type]: text.rstrip(b"\0").decode("utf-8", "surrogateescape")}
        try:
            return _pax_values(text)
        except ValueError as error:
            raise self._blocks.fail(f"an extended header that cannot be read: {error}.") from None

    def _apply(self, header: tarfile.TarInfo, extra: dict[str, str]) -> None:
        """Give a header the long names and large sizes that came before it."""
        header.name = extra.get("path", header.name)
        header.linkname = extra.get("linkpath", header.linkname)
        self._blocks.at = f"member {shown(header.name)}"
        if any(name.startswith("GNU.sparse") for name in extra):
            raise self._blocks.fail("is a sparse file; expected regular files and folders.")
        if "size" in extra:
            if not extra["size"].isascii() or not extra["size"].isdecimal() or len(extra["size"]) > 18:
                raise self._blocks.fail(f"has the size {shown(extra['size'])}.")
            header.size = int(extra["size"])

    def _path(self, name: str) -> str:
        """The name without the top folder; raises LedgerError for a name that no such archive has."""
        parts = name.rstrip("/").split("/")
        if len(name) > self._caps.max_name_chars:
            raise self._blocks.fail(f"a name with {len(name):,} characters.")
        if any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) < 0xE000 for c in name):
            raise self._blocks.fail("a name with control characters, or a name that is not UTF-8.")
        if name.startswith("/"):
            raise self._blocks.fail("an absolute path; expected names below one top folder.")
        if any(part in ("", ".", "..") for part in parts):
            raise self._blocks.fail("a name that leads outside; expected no '..', '.' or empty part in it.")
        self._top = self._top or parts[0]
        if parts[0] != self._top:
            raise self._blocks.fail(f"lies outside the top folder {shown(self._top)}; expected only one.")
        path = "/".join(parts[1:])
        if path in self._seen:
            raise self._blocks.fail("appears twice in the archive.")
        self._seen.add(path)
        return path

    def _file(self, path: str, size: int) -> Iterator[Member]:
        if not path:
            raise self._blocks.fail("is a file; expected a top folder.")
        if size > self._caps.max_member_bytes:
            raise self._blocks.fail(f"{size:,} bytes; expected at most {self._caps.max_member_bytes:,}.")
        self._left = size
        number = self._count

        def take(count: int) -> bytes:
            if self._count != number:
                raise RuntimeError(f"{path}: read after the walk went on")
            found = self._blocks.take_all(min(count, self._left))
            self._left -= len(found)
            return found

        yield Member(path, size, take)
        self._blocks.skip(self._left + _padding(size))

    def _pass_over(self, header: tarfile.TarInfo) -> None:
        """Folders and links that stay inside are of no use here; any other kind is refused."""
        if header.islnk() or header.issym():
            base = header.name.rpartition("/")[0] + "/" if header.issym() else ""
            target = normpath(base + header.linkname)
            is_inside = target == self._top or target.startswith(f"{self._top}/")
            if header.linkname.startswith("/") or not is_inside:
                raise self._blocks.fail(f"a link to {shown(header.linkname)}, outside the archive.")
        elif not header.isdir():
            kind = KINDS.get(header.type, f"of the kind {header.type!r}")
            raise self._blocks.fail(f"is {kind}; expected regular files and folders.")
        if header.size and not header.isdir():
            raise self._blocks.fail(f"a link with {header.size:,} bytes of content.")


def walk_archive(data: bytes, file: str, caps: ArchiveCaps = DEFAULT_CAPS) -> Iterator[Member]:
    """Regular files of a .tar.gz in the order of the archive; folders, and links that stay inside, are passed over.

    ``data`` are its compressed bytes, ``file`` names it in messages. Raises LedgerError, naming the
    member, for anything that an archive of a repository does not have (absolute or climbing names, links
    that lead out, devices, two top folders, a name twice), for one beyond ``caps``, and for a damaged one.
    The error comes when the walk gets there: use nothing of an archive before its walk has ended.
    """
    return _Walk(data, file, caps).members()
