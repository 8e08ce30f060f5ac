"""A server on 127.0.0.1 that misbehaves on purpose: real sockets, one thread a connection.

Each path has a list of replies; each request takes the next one, the last one stays. Requests are kept
in ``server.requests`` as (path, headers), so that tests can count them.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Reply:
    """One answer, and the ways in which it goes wrong."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    announce: int | None = -1
    """Content-Length to send: -1 the true one, None none at all (the end of the connection ends the body)."""
    stop_after: int | None = None
    """Close the connection after so many bytes of the body."""
    drip_bytes: int = 0
    """Send the body in pieces of so many bytes, ``pause_s`` apart."""
    drip_header: bool = False
    """Send the header in pieces of one byte, ``pause_s`` apart."""
    pause_s: float = 0.05
    hold_after: int | None = None
    """Send so many bytes of the body, then wait for ``server.release``."""
    reset_after: int | None = None
    """Send so many bytes of the body, then reset the connection."""
    hang_up: bool = False
    """Close the connection without an answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultServer

    def do_GET(self):
        self.close_connection = True
        reply = self.server.take(self.path, dict(self.headers.items()))
        if reply.hang_up:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self._is_known(reply):
            reply = Reply(status=304, etag=reply.etag, last_modified=reply.last_modified, announce=None)
        self._send_header(reply)
        self._send_body(reply)

    def _is_known(self, reply):
        asked = (self.headers.get("if-none-match"), self.headers.get("if-modified-since"))
        return (reply.etag and asked[0] == reply.etag) or (reply.last_modified and asked[1] == reply.last_modified)

    def _send_header(self, reply):
        lines = [f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('Odd',))[0]}", "Connection: close"]
        announced = len(reply.body) if reply.announce == -1 else reply.announce
        if announced is not None:
            lines.append(f"Content-Length: {announced}")
        if reply.etag:
            lines.append(f"ETag: {reply.etag}")
        if reply.last_modified:
            lines.append(f"Last-Modified: {reply.last_modified}")
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        header = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if reply.drip_header:
            self._drip(header, 1, reply.pause_s)
        else:
            self.wfile.write(header)

    def _send_body(self, reply):
        body = reply.body[: reply.stop_after]
        if reply.reset_after is not None:
            self.wfile.write(body[: reply.reset_after])
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if reply.drip_bytes:
            self._drip(body, reply.drip_bytes, reply.pause_s)
        elif reply.hold_after is not None:
            self.wfile.write(body[: reply.hold_after])
            self.wfile.flush()
            self.server.holding.set()
            self.server.release.wait(60)
            self.wfile.write(body[reply.hold_after :])
        else:
            self.wfile.write(body)
        self.server.finished += 1

    def _drip(self, data, size, pause_s):
        for start in range(0, len(data), size):
            self.wfile.write(data[start : start + size])
            self.wfile.flush()
            if self.server.release.wait(pause_s):
                return

    def log_message(self, *_):
        pass


class FaultServer(ThreadingHTTPServer):
    """Use as a context manager; ``authority`` is HOST:PORT."""

    daemon_threads = True

    def __init__(self, certificate: Path | None = None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.finished = 0
        self.holding = threading.Event()
        self.release = threading.Event()
        self.scheme = "http"
        self._lock = threading.Lock()
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.scheme = "https"

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def address(self, path: str) -> str:
        return f"{self.scheme}://{self.authority}{path}"

    def serve(self, path: str, *replies: Reply) -> str:
        """Set the replies of a path; returns its address."""
        with self._lock:
            self.replies[path] = list(replies)
        return self.address(path)

    def take(self, path: str, headers: dict[str, str]) -> Reply:
        with self._lock:
            self.requests.append((path, {name.lower(): value for name, value in headers.items()}))
            waiting = self.replies.get(path)
            if not waiting:
                return Reply(b"no such path", status=404)
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def count(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.requests)

    def handle_error(self, *_):
        """Clients that hang up are what the tests are about."""

    def __enter__(self) -> FaultServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self.shutdown()
        self.server_close()


def closed_port() -> int:
    """A port on 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
