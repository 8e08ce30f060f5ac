"""The bytes that an address serves, or a reason that a person can read.

What belongs here: HTTPS with limits that hold. Every hop of a redirect is checked (scheme, host, and
the address that its name resolves to, which is the one connected to); one deadline bounds name look-up,
connecting, handshake, headers, body and waits together; sizes are capped while bytes stream. What does
not: what the bytes mean and where they are kept (``snapshots.py``).

With a mirror, ``https://HOST/PATH`` is read from ``MIRROR/HOST/PATH`` by the same code: only the
transport below the client differs.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import queue
import socket
import ssl
import stat
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

import httpcore
import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay

from pipelines.errors import LedgerError, shown
from pipelines.settings import Settings

REDIRECT_HOSTS = frozenset({"codeload.github.com", "objects.githubusercontent.com", "raw.githubusercontent.com"})
"""Hosts that registered addresses are known to redirect to."""

MAX_REDIRECTS = 5
CONNECT_S = 10.0
SILENCE_S = 30.0
"""Longest wait for the next bytes; the deadline bounds all waits together."""

PIECE_BYTES = 65_536
RATIO_FLOOR_BYTES = 1_000_000
"""Unpacked size from which the ratio cap counts: small answers of one repeated byte harm nobody."""

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class FetchError(LedgerError):
    """An address did not give its bytes; says which and why."""


class UnreachableError(FetchError):
    """No connection to the host could be made at all."""


class DeadlineError(Exception):
    """The time for one file is over."""


class _TransientError(Exception):
    """Worth another try."""

    def __init__(self, reason: str, *, retry_after_s: float | None = None, is_unreachable: bool = False) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        self.is_unreachable = is_unreachable


class _RefusedAddressError(Exception):
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
    mirror: Path | None = None
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
        mirror=settings.mirror,
        deadline_s=settings.fetch_deadline_s,
        max_bytes=settings.fetch_max_bytes,
        max_ratio=settings.fetch_max_ratio,
    )


def _hosts(urls: Iterable[str]) -> Iterator[str]:
    for url in urls:
        with suppress(httpx.InvalidURL):  # the download of this address says so; the others go on
            yield _authority(httpx.URL(url))


def _authority(url: httpx.URL) -> str:
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


def _resolve(host: str, port: int, deadline: Deadline) -> list[str]:
    """Numeric addresses of a host. The look-up itself knows no time limit, so a thread makes it."""
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found)))
        except (OSError, UnicodeError, OverflowError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.cap(CONNECT_S))
    except queue.Empty:
        raise httpcore.ConnectTimeout(f"no answer from the name server about {host}") from None
    if isinstance(answer, Exception):
        raise httpcore.ConnectError(f"the name {host} cannot be resolved ({answer})")
    return answer


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write ends at the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.cap(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.cap(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, self._deadline.cap(timeout))
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to the very address that was checked, so that a second look-up cannot give another."""

    def __init__(self, policy: FetchPolicy, deadline: Deadline) -> None:
        self._policy = policy
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolve(host, port, self._deadline)
        if f"{host}:{port}" not in self._policy.private_endpoints:
            for address in addresses:
                if (kind := address_kind(address)) != "public":
                    raise _RefusedAddressError(f"{host} is {address}, which is {kind}; expected a public address")
        failure: Exception = httpcore.ConnectError(f"the name {host} has no address")
        for address in addresses:
            try:
                wait = self._deadline.cap(timeout)
                inner = self._inner.connect_tcp(address, port, wait, local_address, socket_options)
                return _Stream(inner, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Body(httpx.SyncByteStream):
    """The body of an answer, as it comes from the connection."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _NetworkTransport(httpx.BaseTransport):
    """httpx over connections of ``_Backend``: no proxy and no retry of its own."""

    def __init__(self, policy: FetchPolicy, deadline: Deadline) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context() if policy.https_only else None,
            network_backend=_Backend(policy, deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    def close(self) -> None:
        self._pool.close()


def mirror_path(mirror: Path, url: httpx.URL) -> Path:
    """The file of a mirror that stands for an address; raises FetchError where it would lie outside."""
    path, _, asked = url.raw_path.decode("ascii").partition("?")
    names = [_authority(url), *(unquote(part, errors="surrogateescape") for part in path.split("/")[1:])]
    odd = [name for name in names if name in {"", ".", ".."} or set(name) & set("/\\\0")]
    if odd or asked:
        what = f"the part {shown(odd[0])}" if odd else "a query"
        raise FetchError(f"{plain_address(url)}: an address with {what} is refused; a mirror maps plain names only.")
    root = mirror.resolve()
    found = root.joinpath(*names).resolve()
    if not found.is_relative_to(root):
        raise FetchError(f"{plain_address(url)}: {found} lies outside the mirror {root} (LEDGER_MIRROR); refused.")
    return found


class _FileBody(httpx.SyncByteStream):
    """The bytes of an open file."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def __iter__(self) -> Iterator[bytes]:
        while piece := os.read(self._handle, PIECE_BYTES):
            yield piece

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


class _MirrorTransport(httpx.BaseTransport):
    """httpx over a folder. No validators: a copied file may keep its old time, so its bytes are read each time."""

    def __init__(self, mirror: Path) -> None:
        self._mirror = mirror

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = mirror_path(self._mirror, request.url)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise FetchError(
                f"{plain_address(request.url)}: cannot read {path}: {error.strerror} (LEDGER_MIRROR)."
            ) from None
        body, found = _FileBody(handle), os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            body.close()
            raise FetchError(f"{plain_address(request.url)}: {path} is no regular file (LEDGER_MIRROR).")
        return httpx.Response(200, headers={"content-length": str(found.st_size)}, stream=body)


class _Plain:
    """A body that is sent as it is."""

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def end(self) -> Iterator[bytes]:
        yield b""


class _Gunzip:
    """A gzip stream, unpacked in bounded pieces."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self._member.eof:
                self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            yield self._member.decompress(chunk, PIECE_BYTES)
            chunk = self._member.unconsumed_tail or self._member.unused_data

    def end(self) -> Iterator[bytes]:
        yield self._member.flush()
        if not self._member.eof:
            raise zlib.error("the stream ends before its end mark: the transfer was cut short")


@dataclass
class _Download:
    """One file on its way: what is asked, how far it is."""

    url: str
    sink: IO[bytes]
    policy: FetchPolicy
    max_bytes: int
    validators: dict[str, str]
    report: Report
    deadline: Deadline = field(init=False)
    where: str = ""
    tries: int = 0
    byte_count: int = 0

    def __post_init__(self) -> None:
        self.deadline = Deadline(self.policy.deadline_s)
        self.where = plain_address(self.url)

    def run(self) -> Received:
        """Try until it succeeds or there is no sense in another try; raises FetchError."""
        attempts = Retrying(
            retry=retry_if_exception_type(_TransientError),
            stop=stop_after_attempt(self.policy.max_tries) | stop_before_delay(self.policy.deadline_s),
            wait=self._pause,
            before_sleep=self._tell_pause,
            reraise=True,
        )
        try:
            return attempts(self._attempt)
        except _TransientError as error:
            kind = UnreachableError if error.is_unreachable else FetchError
            asked = f" It asks to wait {error.retry_after_s:,.0f} s." if error.retry_after_s else ""
            many = "1 try" if self.tries == 1 else f"{self.tries} tries"
            raise kind(f"{self.where}: {error} ({many}).{asked} Try again later.") from None
        except DeadlineError:
            raise FetchError(
                f"{self.where}: not finished after {self.policy.deadline_s:g} s, {self.byte_count:,} bytes received. "
                "The limit is LEDGER_FETCH_DEADLINE_S."
            ) from None

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, _TransientError) else None
        return asked or self.policy.wait_s * 2 ** (state.attempt_number - 1)

    def _tell_pause(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self.report(
            Progress(
                f"try {state.attempt_number} of {self.policy.max_tries}: {error}; again in {state.upcoming_sleep:g} s"
            )
        )

    def _attempt(self) -> Received:
        self.tries += 1
        self.byte_count = 0
        self.sink.seek(0)
        self.sink.truncate()
        mirror = self.policy.mirror
        transport = _MirrorTransport(mirror) if mirror else _NetworkTransport(self.policy, self.deadline)
        timeout = httpx.Timeout(SILENCE_S, connect=CONNECT_S)
        with httpx.Client(transport=transport, timeout=timeout, trust_env=False) as client:
            response = self._follow(client)
            try:
                return self._judge(response)
            finally:
                response.close()

    def _follow(self, client: httpx.Client) -> httpx.Response:
        """The answer at the end of the redirects."""
        headers = {"accept-encoding": "gzip", "accept": "*/*", "user-agent": _user_agent(), **self.validators}
        url, self.where = httpx.URL(self.url), plain_address(self.url)
        for hop in range(1, MAX_REDIRECTS + 2):
            self._check_hop(url)
            self.report(Progress(f"asking {url.host}"))
            with self._explained():
                response = client.send(client.build_request("GET", url, headers=headers), stream=True)
            if response.status_code not in {301, 302, 303, 307, 308}:
                return response
            response.close()
            try:
                url = url.join(response.headers["location"])
                self.where = f"hop {hop} of {plain_address(self.url)}, to {shown(plain_address(url))}"
            except (KeyError, httpx.InvalidURL):
                raise FetchError(
                    f"{self.where}: redirects to {shown(response.headers.get('location'))}, which is no address."
                ) from None
        raise FetchError(f"{self.where}: more than {MAX_REDIRECTS} redirects; expected the file. Is it a loop?")

    def _check_hop(self, url: httpx.URL) -> None:
        schemes = ("https",) if self.policy.https_only else ("https", "http")
        if url.scheme not in schemes:
            raise FetchError(f"{self.where}: refused: the scheme is {shown(url.scheme)}; expected {schemes[0]}.")
        if url.userinfo:
            raise FetchError(f"{self.where}: refused: the address carries a user name or password.")
        if (authority := _authority(url)) not in self.policy.allowed_hosts:
            raise FetchError(
                f"{self.where}: refused: host {shown(authority)} is not on the list: "
                f"{', '.join(sorted(self.policy.allowed_hosts))}."
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn faults of the connection into words, and sort those that deserve another try."""
        try:
            yield
        except _RefusedAddressError as error:
            raise FetchError(f"{self.where}: refused: {error}.") from None
        except httpcore.TimeoutException as error:
            if self.deadline.is_over:
                raise DeadlineError from None
            first = isinstance(error, httpcore.ConnectTimeout)
            reason = f"cannot connect: {error}" if first else f"no bytes for {SILENCE_S:g} s"
            raise _TransientError(reason, is_unreachable=first) from None
        except httpcore.NetworkError as error:
            if error.args and isinstance(cause := error.args[0], ssl.SSLCertVerificationError):
                raise FetchError(f"{self.where}: its certificate is not trusted: {cause.verify_message}.") from None
            first = isinstance(error, httpcore.ConnectError)
            reason = f"cannot connect: {error}" if first else f"the connection broke: {error}"
            raise _TransientError(reason, is_unreachable=first) from None
        except httpx.ProtocolError as error:  # httpx reads the Location of a redirect itself
            raise FetchError(f"{self.where}: {error}.") from None
        except httpcore.ProtocolError as error:
            raise _TransientError(f"the answer is not HTTP: {error}") from None

    def _judge(self, response: httpx.Response) -> Received:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        if response.status_code == 429 or response.status_code >= 500:
            raise _TransientError(f"got {status}", retry_after_s=_retry_after_s(response))
        if response.status_code == 304 and self.validators:
            return Received(self.tries)
        if response.status_code != 200:
            raise FetchError(
                f"{self.where}: got {status}; expected 200. If the publisher moved the file, "
                "its new address belongs into its connector under pipelines/sources."
            )
        return self._receive(response)

    def _receive(self, response: httpx.Response) -> Received:
        """Write the body to the sink, within all caps."""
        expected, coding = _content_length(response), response.headers.get("content-encoding", "identity").lower()
        if coding not in {"identity", "gzip", "x-gzip"}:
            raise FetchError(f"{self.where}: the body is encoded as {shown(coding)}; expected gzip or none.")
        if expected is not None and expected > self.max_bytes:
            raise FetchError(self._too_large(f"announces {expected:,} bytes"))
        body = _Plain() if coding == "identity" else _Gunzip()
        digest, sent = hashlib.sha256(), 0

        def keep(pieces: Iterator[bytes]) -> None:
            for piece in pieces:
                self.byte_count += len(piece)
                self._check_size(sent)
                digest.update(piece)
                self.sink.write(piece)

        try:
            with self._explained_body(expected, lambda: sent):
                for chunk in response.iter_raw():
                    self.deadline.cap()
                    sent += len(chunk)
                    keep(body.unpack(chunk))
                    self.report(Progress("receiving", sent, expected))
            if expected is not None and sent != expected:
                raise FetchError(self._cut(expected, sent))
            keep(body.end())
        except zlib.error as error:
            raise FetchError(f"{self.where}: the gzip body is damaged after {sent:,} bytes: {error}.") from None
        etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
        return Received(self.tries, digest.hexdigest(), self.byte_count, etag, modified)

    @contextmanager
    def _explained_body(self, expected: int | None, sent: Callable[[], int]) -> Iterator[None]:
        """As ``_explained``; a body that ends too early is an error of its own, and final."""
        with self._explained():
            try:
                yield
            except httpcore.RemoteProtocolError as error:
                cut = self._cut(expected, sent()) if expected is not None else None
                raise FetchError(
                    cut or f"{self.where}: the transfer broke off after {sent():,} bytes: {error}."
                ) from None

    def _cut(self, expected: int, sent: int) -> str:
        return f"{self.where}: expected {expected:,} got {sent:,} bytes: the transfer was cut short."

    def _too_large(self, what: str) -> str:
        return (
            f"{self.where}: {what}, more than the {self.max_bytes:,} that this file may have. "
            "If the publisher's file has grown, raise LEDGER_FETCH_MAX_BYTES."
        )

    def _check_size(self, sent: int) -> None:
        if self.byte_count > self.max_bytes:
            raise FetchError(self._too_large(f"sends {self.byte_count:,} bytes or more"))
        if self.byte_count > RATIO_FLOOR_BYTES and self.byte_count > self.policy.max_ratio * sent:
            raise FetchError(
                f"{self.where}: {sent:,} compressed bytes unpack to {self.byte_count:,} or more, above the ratio of "
                f"{self.policy.max_ratio} that LEDGER_FETCH_MAX_RATIO allows."
            )


def _content_length(response: httpx.Response) -> int | None:
    text = response.headers.get("content-length", "")
    return int(text) if text.isdecimal() else None


def _retry_after_s(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdecimal() and len(text) < 9 else None


def _user_agent() -> str:
    try:
        return f"compute-ledger/{version('compute-ledger')}"
    except PackageNotFoundError:
        return "compute-ledger"


def download(
    url: str,
    sink: IO[bytes],
    policy: FetchPolicy,
    *,
    max_bytes: int,
    etag: str | None = None,
    last_modified: str | None = None,
    report: Report = lambda _: None,
) -> Received:
    """Write what an address serves into ``sink``; raises FetchError.

    With ``etag`` or ``last_modified`` of an earlier answer the publisher may say that nothing changed:
    then the sink stays empty and ``sha256`` of the result is None.
    """
    validators = {"if-none-match": etag} if etag else {"if-modified-since": last_modified} if last_modified else {}
    try:
        return _Download(url, sink, policy, policy.max_bytes or max_bytes, validators, report).run()
    except httpx.InvalidURL as error:
        raise FetchError(f"{shown(url)} is no address: {error}.") from None
