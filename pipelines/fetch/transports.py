"""How bytes arrive: over the network to checked addresses only, or from folders that mirror it; unpacked under limits.

What belongs here: connections and streams. What does not: what is allowed (``policy.py``), retries (``download.py``).
"""

from __future__ import annotations

import os
import queue
import socket
import ssl
import stat
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpcore
import httpx

from pipelines.errors import shown
from pipelines.fetch.policy import (
    Deadline,
    FetchError,
    FetchPolicy,
    RefusedAddressError,
    address_kind,
    authority_of,
    plain_address,
)

CONNECT_S = 10.0
PIECE_BYTES = 65_536


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
        raise httpcore.ConnectTimeout(f"the name server gives no answer about {host}") from None
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
                    raise RefusedAddressError(f"{host} is {address}, which is {kind}; expected a public address")
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


class NetworkTransport(httpx.BaseTransport):
    """httpx over connections of ``_Backend``: no proxy and no retry of its own."""

    def __init__(self, policy: FetchPolicy, deadline: Deadline) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context() if policy.https_only else None,
            network_backend=_Backend(policy, deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to an address that the policy allows."""
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
        """Close all connections."""
        self._pool.close()


def mirror_path(mirror: Path, url: httpx.URL) -> Path:
    """The file of a mirror that stands for an address; raises FetchError where it would lie outside.

    A query is the end of the file's name, percent-encoded: ``x?model=a`` is the file ``x%3Fmodel%3Da``.
    """
    path, mark, asked = url.raw_path.decode("ascii").partition("?")
    names = [authority_of(url), *(unquote(part, errors="surrogateescape") for part in path.split("/")[1:])]
    if odd := [name for name in names if name in {"", ".", ".."} or set(name) & set("/\\\0")]:
        raise FetchError(
            f"{plain_address(url)}: refused: an address with the part {shown(odd[0])}; a mirror supports plain names only."
        )
    names[-1] += quote(mark + asked, safe="")
    root = mirror.resolve()
    found = root.joinpath(*names).resolve()
    if not found.is_relative_to(root):
        raise FetchError(f"{plain_address(url)}: refused: {found} lies outside the mirror {root} (LEDGER_MIRROR).")
    return found


def find_mirrored(mirrors: Sequence[Path], url: httpx.URL) -> Path | None:
    """The file that stands for an address in the first mirror that has one; raises FetchError as ``mirror_path``."""
    places = [mirror_path(mirror, url) for mirror in mirrors]
    return next((place for place in places if place.exists()), None)


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


class MirrorTransport(httpx.BaseTransport):
    """httpx over folders. No validators: a copied file may keep its old time, so its bytes are read each time."""

    def __init__(self, mirrors: Sequence[Path]) -> None:
        self._mirrors = mirrors

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the file that stands for the address, or 404."""
        path = find_mirrored(self._mirrors, request.url) or mirror_path(self._mirrors[0], request.url)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            others = f", nor in {', '.join(map(str, self._mirrors[1:]))}" if self._mirrors[1:] else ""
            raise FetchError(
                f"{plain_address(request.url)}: cannot read {path}: {error.strerror}{others} (LEDGER_MIRROR)."
            ) from None
        body, found = _FileBody(handle), os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            body.close()
            raise FetchError(f"{plain_address(request.url)}: {path} is not a regular file (LEDGER_MIRROR).")
        return httpx.Response(200, headers={"content-length": str(found.st_size)}, stream=body)


class Plain:
    """A body that is sent as it is."""

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        """What a piece of the body unpacks to, in pieces."""
        yield chunk

    def end(self) -> Iterator[bytes]:
        """What is left at the end; raises where the body is cut off."""
        yield b""


class Gunzip:
    """A gzip stream, unpacked in bounded pieces."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        """What a piece of the body unpacks to, in pieces."""
        while chunk:
            if self._member.eof:
                self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            yield self._member.decompress(chunk, PIECE_BYTES)
            chunk = self._member.unconsumed_tail or self._member.unused_data

    def end(self) -> Iterator[bytes]:
        """What is left at the end; raises where the body is cut off."""
        yield self._member.flush()
        if not self._member.eof:
            raise zlib.error("the stream ends before its end mark: the transfer was cut short")
