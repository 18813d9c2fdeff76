"""What the API's routes share: their place, the problems they may answer with, and the idempotency key."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from starlette.requests import Request
from starlette.responses import JSONResponse

from classifier.store.idempotency import RequestKey
from classifier.web.api.shapes import ProblemShape
from classifier.web.problems import KINDS
from classifier.web.users import User

PREFIX = "/api/v1"

_STATUSES = {
    400: "Innholdet er ikke gyldig JSON eller UTF-8",
    401: "Ikke logget inn",
    403: "Rollen mangler, eller forespørselen er forfalsket",
    413: "Forespørselen er for stor",
    422: "Noe i forespørselen er feil",
    429: "For mange forespørsler; Retry-After sier når det går igjen",
    503: "Tjenesten er ikke klar",
}


def api_router(tag: str, *further: int) -> APIRouter:
    """Return a router for routes that may answer with the problems that any may, and with `further` statuses."""
    described = _STATUSES | {status: _title(status) for status in further}
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemShape"}}}
    responses: dict[int | str, dict[str, Any]] = {
        status: {"description": text, "content": content} for status, text in sorted(described.items())
    }
    return APIRouter(prefix=PREFIX, tags=[tag], responses=responses)


def _title(status: int) -> str:
    return " / ".join(kind.title for kind in KINDS.values() if kind.status == status)


def problem_schema() -> dict[str, Any]:
    """Return the schema that every problem fits."""
    return ProblemShape.model_json_schema()


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Din egen nøkkel: samme nøkkel og samme innhold gir samme svar i et døgn, og ingenting gjøres to ganger.",
        examples=["b6f0e9d2-0f0b-4f35-9a3e-7d6a2d1c9b11"],
    ),
]


async def request_key(request: Request, idempotency_key: IdempotencyKey = None) -> tuple[str, bytes] | None:
    """Return the key of a request and what the request was, if it has one."""
    if idempotency_key is None:
        return None
    return idempotency_key, f"{request.method} {request.url.path}\n".encode("utf-8", "backslashreplace") + await request.body()


GivenKey = Annotated[tuple[str, bytes] | None, Depends(request_key)]


def key_of(user: User, given: tuple[str, bytes] | None) -> RequestKey | None:
    """Return the key as the store knows it: each caller has keys of its own."""
    return None if given is None else RequestKey(user.subject, *given)


def as_json(content: Any, status: int = 200) -> JSONResponse:
    """Return JSON as it is: what the service made itself needs no second look."""
    return JSONResponse(content, status)
