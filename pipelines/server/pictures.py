"""The pictures of charts, as the UI shows them: SVG files of the page in a small size, below an address of the server.

Dagster shows a picture without a click only if its Markdown is short, so the metadata of a chart hold this address in
place of the picture. A browser runs no script of a picture in a page; opened by itself, this one may load and run nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from pipelines.settings import PICTURES

if TYPE_CHECKING:
    from starlette.requests import Request

    from pipelines.settings import Settings

CHART_ID = re.compile(r"[a-z0-9-]+")

SIZE = re.compile(rb' width="(\d+)" height="(\d+)"')

WIDTH = 420
"""Pixels in width: what the table of metadata has room for."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def pictures_route(settings: Settings) -> Route:
    """The route of the pictures; put before Dagster's, whose last one takes every path."""

    def picture(request: Request) -> Response:
        chart_id = request.path_params["chart_id"]
        file = settings.site / f"{chart_id}.svg"
        if not CHART_ID.fullmatch(chart_id) or not file.is_file():
            raise HTTPException(404, "There is no such picture.")
        return Response(small(file.read_bytes()), media_type="image/svg+xml", headers=HEADERS)

    return Route(f"{PICTURES}/{{chart_id}}.svg", picture, methods=["GET"])


def small(svg: bytes) -> bytes:
    """A picture in the width of a preview; its viewBox keeps what it shows.

    >>> small(b'<svg width="1000" height="600" viewBox="0 0 1000 600"></svg>')
    b'<svg width="420" height="252" viewBox="0 0 1000 600"></svg>'
    """

    def size(found: re.Match[bytes]) -> bytes:
        width, height = map(int, found.groups())
        return b' width="%d" height="%d"' % (WIDTH, round(height * WIDTH / width))

    return SIZE.sub(size, svg, count=1)
