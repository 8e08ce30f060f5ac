"""The bytes that an address serves, or a reason that a person can read.

What belongs here: HTTPS with limits that hold. Every hop of a redirect is checked (scheme, host, and
the address that its name resolves to, which is the one connected to); one deadline bounds name look-up,
connecting, handshake, headers, body and waits together; sizes are capped while bytes stream. What does
not: what the bytes mean and where they are kept (``snapshots.py``).

With mirrors, ``https://HOST/PATH`` is read from ``MIRROR/HOST/PATH`` by the same code: only the
transport below the client differs.
"""

from __future__ import annotations

import hashlib
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import IO

import httpcore
import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay

from pipelines.errors import shown
from pipelines.fetch.policy import (
    Deadline,
    DeadlineError,
    FetchError,
    FetchPolicy,
    MissingError,
    Progress,
    Received,
    RefusedAddressError,
    Report,
    TransientError,
    UnreachableError,
    authority_of,
    plain_address,
)
from pipelines.fetch.transports import CONNECT_S, Gunzip, MirrorTransport, NetworkTransport, Plain

MAX_REDIRECTS = 5
SILENCE_S = 30.0
"""Longest wait for the next bytes; the deadline bounds all waits together."""


RATIO_FLOOR_BYTES = 1_000_000
"""Unpacked size from which the ratio cap counts: small answers of one repeated byte harm nobody."""


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
            retry=retry_if_exception_type(TransientError),
            stop=stop_after_attempt(self.policy.max_tries) | stop_before_delay(self.policy.deadline_s),
            wait=self._pause,
            before_sleep=self._tell_pause,
            reraise=True,
        )
        try:
            return attempts(self._attempt)
        except TransientError as error:
            kind = UnreachableError if error.is_unreachable else FetchError
            asked = f" The server asks to wait {error.retry_after_s:,.0f} s." if error.retry_after_s else ""
            many = "1 try" if self.tries == 1 else f"{self.tries} tries"
            given_up = kind(f"{self.where}: {error} ({many}).{asked} Try again later.")
            given_up.may_pass = True
            raise given_up from None
        except DeadlineError:
            raise FetchError(
                f"{self.where}: not finished after {self.policy.deadline_s:g} s, {self.byte_count:,} bytes received. "
                "The limit is LEDGER_FETCH_DEADLINE_S."
            ) from None

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, TransientError) else None
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
        mirrors = self.policy.mirrors
        transport = MirrorTransport(mirrors) if mirrors else NetworkTransport(self.policy, self.deadline)
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
                    f"{self.where}: redirects to {shown(response.headers.get('location'))}, which is not an address."
                ) from None
        raise FetchError(
            f"{self.where}: more than {MAX_REDIRECTS} redirects; expected the file. The redirects may form a loop."
        )

    def _check_hop(self, url: httpx.URL) -> None:
        schemes = ("https",) if self.policy.https_only else ("https", "http")
        if url.scheme not in schemes:
            raise FetchError(f"{self.where}: refused: the scheme is {shown(url.scheme)}; expected {schemes[0]}.")
        if url.userinfo:
            raise FetchError(f"{self.where}: refused: the address contains a user name or password.")
        if (authority := authority_of(url)) not in self.policy.allowed_hosts:
            raise FetchError(
                f"{self.where}: refused: host {shown(authority)} is not on the list: "
                f"{', '.join(sorted(self.policy.allowed_hosts))}."
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn faults of the connection into words, and sort those that deserve another try."""
        try:
            yield
        except RefusedAddressError as error:
            raise FetchError(f"{self.where}: refused: {error}.") from None
        except httpcore.TimeoutException as error:
            if self.deadline.is_over:
                raise DeadlineError from None
            first = isinstance(error, httpcore.ConnectTimeout)
            reason = f"cannot connect: {error}" if first else f"no bytes for {SILENCE_S:g} s"
            raise TransientError(reason, is_unreachable=first) from None
        except httpcore.NetworkError as error:
            if error.args and isinstance(cause := error.args[0], ssl.SSLCertVerificationError):
                raise FetchError(f"{self.where}: its certificate is not trusted: {cause.verify_message}.") from None
            first = isinstance(error, httpcore.ConnectError)
            reason = f"cannot connect: {error}" if first else f"the connection broke: {error}"
            raise TransientError(reason, is_unreachable=first) from None
        except httpx.ProtocolError as error:  # httpx reads the Location of a redirect itself
            raise FetchError(f"{self.where}: {error}.") from None
        except httpcore.ProtocolError as error:
            raise TransientError(f"the answer is not HTTP: {error}") from None

    def _judge(self, response: httpx.Response) -> Received:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        if response.status_code == 429 or response.status_code >= 500:
            raise TransientError(f"got {status}", retry_after_s=_retry_after_s(response))
        if response.status_code == 304 and self.validators:
            return Received(self.tries)
        if response.status_code != 200:
            kind = MissingError if response.status_code in {404, 410} else FetchError
            raise kind(
                f"{self.where}: got {status}; expected 200. If the publisher moved the file, enter its new address in "
                "its connector under pipelines/sources, or in seeds/benchmarks/mlperf_rounds.csv."
            )
        return self._receive(response)

    def _receive(self, response: httpx.Response) -> Received:
        """Write the body to the sink, within all caps."""
        expected, coding = _content_length(response), response.headers.get("content-encoding", "identity").lower()
        if coding not in {"identity", "gzip", "x-gzip"}:
            raise FetchError(f"{self.where}: the body is encoded as {shown(coding)}; expected gzip or none.")
        if expected is not None and expected > self.max_bytes:
            raise FetchError(self._too_large(f"announces {expected:,} bytes"))
        body = Plain() if coding == "identity" else Gunzip()
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
            f"{self.where}: {what}, above the limit of {self.max_bytes:,} bytes for this file. If the publisher's "
            "file has grown, raise LEDGER_FETCH_MAX_BYTES."
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
        raise FetchError(f"{shown(url)} is not an address: {error}.") from None
