"""What a fetch may do: hosts, addresses, deadlines, sizes; and the errors that say which rule was broken.

What belongs here: the rules. What does not: how bytes travel (``transports.py``) and one download (``download.py``).
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from pipelines.errors import LedgerError
from pipelines.settings import Settings

REDIRECT_HOSTS = frozenset({"codeload.github.com", "objects.githubusercontent.com", "raw.githubusercontent.com"})
"""Hosts that registered addresses are known to redirect to."""


NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class FetchError(LedgerError):
    """An address did not give its bytes; says which and why."""

    may_pass = False
    """Whether waiting some minutes may help: the fault lay on the way or in a server, not in what it sent."""


class MissingError(FetchError):
    """The publisher has no file at an address."""


class UnreachableError(FetchError):
    """No connection to the host could be made at all."""


class DeadlineError(Exception):
    """The time for one file is over."""


class TransientError(Exception):
    """Worth another try."""

    def __init__(self, reason: str, *, retry_after_s: float | None = None, is_unreachable: bool = False) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        self.is_unreachable = is_unreachable


class RefusedAddressError(Exception):
    """A name resolves to an address that is not public."""


@dataclass(frozen=True)
class FetchPolicy:
    """Which addresses may be asked, and how much they may send.

    The defaults are those of production; ``private_endpoints`` and ``https_only=False`` are for tests.
    """

    allowed_hosts: frozenset[str]
    """HOST, or HOST:PORT where the port is not the usual one."""
    https_only: bool = True
    private_endpoints: frozenset[str] = frozenset()
    """HOST:PORT that may resolve to an address that is not public."""
    mirrors: tuple[Path, ...] = ()
    """Folders that are read in place of the network, the first that has a file."""
    deadline_s: float = 300.0
    max_bytes: int | None = None
    """Cap of every file, in place of the one that it brings."""
    max_ratio: int = 200
    max_tries: int = 3
    wait_s: float = 1.0
    """Wait before the second try; doubles from then on."""


@dataclass(frozen=True)
class Progress:
    """How far a file is."""

    message: str
    byte_count: int = 0
    total_bytes: int | None = None


@dataclass(frozen=True)
class Received:
    """What came. ``sha256`` is None where the publisher says that nothing changed."""

    tries: int
    sha256: str | None = None
    byte_count: int = 0
    etag: str | None = None
    last_modified: str | None = None


Report = Callable[[Progress], None]


def default_policy(settings: Settings, urls: Iterable[str]) -> FetchPolicy:
    """The policy of production for these registered addresses."""
    return FetchPolicy(
        allowed_hosts=frozenset(_hosts(urls)) | REDIRECT_HOSTS,
        mirrors=settings.mirrors,
        deadline_s=settings.fetch_deadline_s,
        max_bytes=settings.fetch_max_bytes,
        max_ratio=settings.fetch_max_ratio,
    )


def _hosts(urls: Iterable[str]) -> Iterator[str]:
    for url in urls:
        with suppress(httpx.InvalidURL):  # the download of this address says so; the others go on
            yield authority_of(httpx.URL(url))


def authority_of(url: httpx.URL) -> str:
    """Host and port of an address as it writes them."""
    return url.netloc.decode("ascii", "replace")


def plain_address(url: httpx.URL | str) -> str:
    """An address fit for messages: without user, query and fragment, which may hold secrets.

    >>> plain_address("https://user:word@epoch.ai/data/x.csv?token=1#a")
    'https://epoch.ai/data/x.csv'
    """
    return str(httpx.URL(url).copy_with(userinfo=b"", query=None, fragment=None))


def address_kind(address: str) -> str:
    """What a numeric address is: 'public', or the kind of address that is not.

    >>> [address_kind(a) for a in ("9.9.9.9", "127.0.0.1", "10.1.2.3", "169.254.169.254", "::ffff:127.0.0.1")]
    ['public', 'loopback', 'private', 'link-local', 'loopback']
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else ip.ipv4_mapped or ip.sixtofour
        ip = inside or ip
    kinds = (
        (ip.is_unspecified, "unspecified"),
        (ip.is_loopback, "loopback"),
        (ip.is_link_local, "link-local"),
        (ip.is_multicast, "multicast"),
        (ip.is_private, "private"),
        (not ip.is_global, "reserved"),
    )
    return next((kind for holds, kind in kinds if holds), "public")


class Deadline:
    """The end of the time that one file may take."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is used up; a timer may wake a little early."""
        return self._end - time.monotonic() < 0.01

    def cap(self, timeout: float | None = None) -> float:
        """The shorter of ``timeout`` and the time that is left; raises DeadlineError if there is none."""
        if self.is_over:
            raise DeadlineError
        left = self._end - time.monotonic()
        return left if timeout is None else min(timeout, left)
