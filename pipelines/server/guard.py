"""The guard in front of our web servers, that of Dagster and that of the answers: which requests get through.

Dagster's own server runs what any web page asks it to run, by GET too. This guard lets a request through only if it was
sent to one of our own names, comes from our own pages (following a link to a page is the one exception), and, where a
token is set, from a browser or program that knows it. What changes something is a JSON POST from our own pages.

What belongs here: judging a request. What does not: addresses (``listening``) and processes (``processes``).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Match

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Message, Receive, Scope, Send

GRAPHQL = "/graphql"

HTTP_PORT = 80
"""The port that browsers leave out of ``Host`` and ``Origin``."""

PAGES = ("/{path:path}", "/")
"""Dagster's routes that answer with the page of the UI, whatever the path; all other routes are data or actions."""

SINGLE_HEADERS = (
    *("host", "origin", "content-type", "authorization"),
    *("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"),
)
"""Headers that decide here: sent twice, another program might read the other one."""

OWN_HEADERS = {
    "X-Frame-Options": "DENY",  # a page that frames the UI could make people click its buttons
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

SIGNED_IN = '<!doctype html><title>Signed in</title><meta http-equiv="refresh" content="0; url=/">'
"""A page, not a redirect: after a link from elsewhere, browsers withhold a SameSite=Strict cookie from a redirect."""


@dataclass(frozen=True)
class Access:
    """Who may ask: the names and the port that mean this server, and the token that a request has to know."""

    names: frozenset[str]
    port: int
    any_address: bool = False
    """Whether every IP address means this server, for one that listens on all of them. A name still has to be known."""
    token: str | None = None

    def is_ours(self, host: str) -> bool:
        """Whether a value of the header ``Host`` means this server."""
        name = host.lower().removesuffix(f":{self.port}")
        if len(name) == len(host) and self.port != HTTP_PORT:
            return False
        return name in self.names or (self.any_address and _is_address(name))

    def knows_token(self, given: str) -> bool:
        """Whether a text is the token; takes equally long for every text of its length."""
        return self.token is not None and hmac.compare_digest(self.token.encode(), given.encode())

    def knows_cookie(self, given: str) -> bool:
        """Whether a text is what the cookie of this server holds."""
        return hmac.compare_digest(self.cookie_value.encode(), given.encode())

    @property
    def cookie_name(self) -> str:
        """Name of the cookie. Browsers send the cookies of all ports of a host alike, so it says the port."""
        return f"ledger_ui_{self.port}"

    @property
    def cookie_value(self) -> str:
        """What the cookie holds: made from the token, which cannot be read from it."""
        return hmac.digest((self.token or "").encode(), b"Compute Ledger UI", hashlib.sha256).hex()


MOST_BODY_BYTES = 1_000_000
"""Largest body of a question."""


@dataclass(frozen=True)
class Rules:
    """What differs between the servers behind the guard."""

    pages: tuple[str, ...] = PAGES
    """Routes that answer with a page: a link from elsewhere may lead there, and the token may come in the address."""
    post_only: tuple[str, ...] = (GRAPHQL,)
    changes_nothing: bool = False
    """Whether a program may POST without naming its origin: there is nothing that a request could change."""
    if_unknown: str = "This UI needs its token: open the address /?token=… with it once."


OF_ANSWERS = Rules((), (), changes_nothing=True, if_unknown="This server needs its token: Authorization: Bearer ….")
"""Answers are read, by programs and by no page of another site."""


class RefusedError(Exception):
    """A request that does not get through: HTTP status, and one sentence that says why."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Guard:
    """ASGI application that hands to another only the requests that may get through."""

    def __init__(self, app: Starlette, access: Access, rules: Rules | None = None) -> None:
        self.app = app
        self.access = access
        self.rules = rules or Rules()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request, hand on all others."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        answer = self._answer(HTTPConnection(scope))
        if answer is None:
            await self.app(scope, receive, _with_own_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # before it is accepted: the browser gets status 403
        else:
            await answer(scope, receive, send)

    def _answer(self, request: HTTPConnection) -> Response | None:
        """The guard's own answer; None lets the request through."""
        try:
            _check_headers(request)
            _check_host(request, self.access)
            _check_origin(request)
            route = self._route(request)
            if request.scope["type"] == "websocket":
                _check_websocket(request)
            else:
                _check_method(request, route, self.rules)
            return self._check_token(request, route)
        except RefusedError as refused:
            return PlainTextResponse(f"{refused.sentence}\n", refused.status, OWN_HEADERS)

    def _route(self, request: HTTPConnection) -> str:
        """The route that the server would take, by its own rules: a path may be spelled in many ways."""
        taken = (route for route in self.app.routes if route.matches(request.scope)[0] is not Match.NONE)
        return str(getattr(next(taken, None), "path", ""))

    def _check_token(self, request: HTTPConnection, route: str) -> Response | None:
        """Refuse a request that does not know the token; answer one that brings it in the address with the cookie."""
        access = self.access
        if access.token is None:
            return None
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if access.knows_cookie(request.cookies.get(access.cookie_name, "")) or access.knows_token(bearer):
            return None
        if route in self.rules.pages and access.knows_token(request.query_params.get("token", "")):
            answer = HTMLResponse(SIGNED_IN, headers={**OWN_HEADERS, "Referrer-Policy": "no-referrer"})
            answer.set_cookie(access.cookie_name, access.cookie_value, httponly=True, samesite="strict")
            return answer
        raise RefusedError(HTTPStatus.UNAUTHORIZED, self.rules.if_unknown)


def _check_headers(request: HTTPConnection) -> None:
    for name in SINGLE_HEADERS:
        if len(request.headers.getlist(name)) > 1:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"The header {name} was sent more than once.")


def _check_host(request: HTTPConnection, access: Access) -> None:
    """Refuse other names: a page whose name was pointed at this machine (DNS rebinding) still sends its own name."""
    if not access.is_ours(request.headers.get("host", "")):
        raise RefusedError(HTTPStatus.FORBIDDEN, "Host does not name this server: open the address that it printed.")


def _check_origin(request: HTTPConnection) -> None:
    """Refuse requests that pages of other origins send; a page here is one that came from the same Host."""
    origin = request.headers.get("origin")
    if origin is not None and origin.lower() != f"http://{request.headers['host'].lower()}":
        raise RefusedError(HTTPStatus.FORBIDDEN, "Requests from pages of other origins are refused.")


def _check_websocket(request: HTTPConnection) -> None:
    """Browsers let any page open a WebSocket, and always say from which origin."""
    if "origin" not in request.headers:
        raise RefusedError(HTTPStatus.FORBIDDEN, "A WebSocket needs the header Origin, with the address of this UI.")


def _check_method(request: HTTPConnection, route: str, rules: Rules) -> None:
    method = request.scope["method"]
    if method in ("GET", "HEAD"):
        _check_read(request, route, rules)
    elif method == "POST":
        _check_write(request, rules)
    else:
        raise RefusedError(HTTPStatus.FORBIDDEN, "Only GET, HEAD and POST are answered.")


def _check_read(request: HTTPConnection, route: str, rules: Rules) -> None:
    """Reading is for our own pages and for programs; from elsewhere, browsers may only open a page of the UI."""
    if route in rules.post_only:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "GraphQL is answered by POST only.")
    is_link = (
        route in rules.pages
        and request.headers.get("sec-fetch-mode") == "navigate"
        and request.headers.get("sec-fetch-dest") == "document"
    )
    if not (_is_own_site(request) or is_link):
        raise RefusedError(HTTPStatus.FORBIDDEN, "Requests from pages of other sites are refused.")


def _check_write(request: HTTPConnection, rules: Rules) -> None:
    """What may change something: JSON, which no form can send, from a page of the UI itself."""
    if "origin" not in request.headers and not rules.changes_nothing:
        raise RefusedError(HTTPStatus.FORBIDDEN, "A POST needs the header Origin, with the address of this UI.")
    if not _is_own_site(request):
        raise RefusedError(HTTPStatus.FORBIDDEN, "Requests from pages of other sites are refused.")
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise RefusedError(HTTPStatus.BAD_REQUEST, "A POST needs the header Content-Type: application/json.")
    if rules.changes_nothing and not _is_small(request.headers.get("content-length", "")):
        sentence = f"A POST needs the header Content-Length, with at most {MOST_BODY_BYTES:,} bytes."
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)


def _is_small(length: str) -> bool:
    return length.isdecimal() and int(length) <= MOST_BODY_BYTES


def _is_own_site(request: HTTPConnection) -> bool:
    """What the browser says of the sender; programs, and browsers on unencrypted remote addresses, say nothing."""
    return request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _with_own_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(OWN_HEADERS)
        await send(message)

    return send_with_headers
