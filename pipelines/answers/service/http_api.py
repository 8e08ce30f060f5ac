"""The questions over HTTP, with an OpenAPI document: ``GET /v1/explain?subject=…&quantity=…``.

What belongs here: addresses and statuses. What does not: who may ask (``server/guard.py``), and the answers.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial, wraps
from typing import Annotated, Any, get_type_hints

from fastapi import FastAPI, Request
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from pipelines import __version__
from pipelines.answers.audit import ListedClaim
from pipelines.answers.service.questions import MostRows, QueryText, QueryTime, Questions
from pipelines.answers.service.sandbox import BusyError
from pipelines.answers.service.shapes import AuditAnswer, Problem, Rows, Table
from pipelines.answers.time_limit import TooLongError
from pipelines.errors import LedgerError, UsageError

DESCRIPTION = """What AI costs in compute, energy, money and carbon: figures with interval, method and sources.

Every answer names the build that it comes from. Nothing here changes anything. The same questions are tools of the
Model Context Protocol at `/mcp`."""

BAD, UNKNOWN, TOO_LONG, BUSY, NOTHING_PUBLISHED = 400, 404, 422, 429, 503

PROBLEMS: dict[int | str, dict[str, Any]] = {
    BAD: {"model": Problem, "description": "The question names what there is not, or what cannot be."},
    UNKNOWN: {"model": Problem, "description": "Nothing is known that answers it."},
    TOO_LONG: {"model": Problem, "description": "The query took longer than it may."},
    BUSY: {"model": Problem, "description": "Too many queries are under way."},
    NOTHING_PUBLISHED: {"model": Problem, "description": "No warehouse is published."},
}


class SqlQuestion(BaseModel):
    """A query, for one that is too long for an address."""

    model_config = ConfigDict(extra="forbid")
    query: QueryText
    timeout_s: QueryTime = 30
    limit: MostRows = 1_000


class Claims(BaseModel):
    """Claims to be held against our figures."""

    model_config = ConfigDict(extra="forbid")
    claims: Annotated[list[ListedClaim], Field(max_length=1_000)]


def make_api(questions: Questions, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> FastAPI:
    """The application: one address a question. It loads nothing from elsewhere, so it has no page of its own."""
    api = FastAPI(
        title="Compute Ledger", version=__version__, description=DESCRIPTION, docs_url=None, redoc_url=None,
        lifespan=lifespan, generate_unique_id_function=lambda route: route.name,
    )  # fmt: skip
    api.add_exception_handler(LedgerError, partial(_told, questions))
    api.add_exception_handler(RequestValidationError, _refused)
    api.add_exception_handler(HTTPException, _not_answered)

    def post_sql(asked: SqlQuestion) -> Rows:
        """Query the published warehouse, as ``GET /v1/sql`` does: for queries that are too long for an address."""
        return questions.sql(asked.query, asked.timeout_s, asked.limit)

    def post_audit(asked: Claims) -> AuditAnswer:
        """Check your own claims against our figures: verdict, ratio and reason for each."""
        return questions.audit(asked.claims)

    def audit() -> AuditAnswer:
        """The claims of the shipped documents, checked against our figures."""
        return questions.audit()

    def table(name: Annotated[str, PathParameter(min_length=1, max_length=400)]) -> Table:
        """Describe a table: every column with type, unit and meaning."""
        return questions.table(name)

    gets: dict[str, Callable[..., Any]] = {
        **{"search": questions.search, "explain": questions.explain, "estimate": questions.estimate},
        **{"estimate/serving": questions.estimate_serving, "estimate/devices": questions.find_devices},
        **{"estimate/installed": questions.estimate_installed},
        **{"sql": questions.sql, "audit": audit, "sources": questions.sources},
        **{"tables": questions.tables, "tables/{name}": table},
    }
    for address, ask in gets.items():
        _add(api, "GET", address, ask)
    _add(api, "POST", "sql", post_sql)
    _add(api, "POST", "audit", post_audit)
    return api


def _add(api: FastAPI, method: str, address: str, ask: Callable[..., Any]) -> None:
    summary, _, _ = (ask.__doc__ or "").partition(". ")
    api.add_api_route(
        f"/v1/{address}", _as_json(ask), methods=[method], responses=PROBLEMS, summary=summary.partition(":")[0],
        response_model=get_type_hints(ask)["return"],
    )  # fmt: skip


def _as_json(ask: Callable[..., BaseModel]) -> Callable[..., Response]:
    """A question whose answer is written as it is: its type has checked it when it was made."""

    @wraps(ask)
    def answered(*given: Any, **named: Any) -> Response:
        return Response(ask(*given, **named).model_dump_json(exclude_unset=True), media_type="application/json")

    return answered


def _told(questions: Questions, _request: Request, error: Exception) -> JSONResponse:
    """A failure that the reader of the message can mend, as JSON."""
    if not questions.settings.published.exists():
        status = NOTHING_PUBLISHED
    else:
        kinds = {UsageError: BAD, TooLongError: TOO_LONG, BusyError: BUSY}
        status = next((code for kind, code in kinds.items() if isinstance(error, kind)), UNKNOWN)
    return JSONResponse({"error": str(error)}, status)


def _not_answered(_request: Request, error: Exception) -> JSONResponse:
    """An address or a body that nothing here answers to."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def _refused(_request: Request, error: Exception) -> JSONResponse:
    """What is missing or out of its bounds, by name."""
    assert isinstance(error, RequestValidationError)
    told = [f"{'.'.join(map(str, one['loc'][1:])) or one['loc'][0]}: {one['msg']}" for one in error.errors()]
    return JSONResponse({"error": "; ".join(told)}, BAD)
