"""Errors into answers: problem details for programs, a page for people; the one place where an error becomes a status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from classifier.errors import ClassifierError
from classifier.web.forgery import FIELD
from classifier.web.problems import ProblemError, of_status, problem_of
from classifier.web.rendering import page

MEDIA_TYPE = "application/problem+json"

_WORDS = {
    "missing": "mangler",
    "string_type": "må være tekst",
    "string_too_long": "er for lang; høyst {max_length} tegn",
    "string_too_short": "er for kort; minst {min_length} tegn",
    "string_unicode": "har tegn som ikke er gyldig Unicode",
    "string_pattern_mismatch": "har en form som ikke passer",
    "too_long": "har for mange elementer; høyst {max_length}",
    "too_short": "har for få elementer; minst {min_length}",
    "extra_forbidden": "er ukjent",
    "int_parsing": "må være et helt tall",
    "int_type": "må være et helt tall",
    "bool_type": "må være true eller false",
    "bool_parsing": "må være true eller false",
    "list_type": "må være en liste",
    "dict_type": "må være et objekt",
    "model_attributes_type": "må være et JSON-objekt",
    "literal_error": "må være en av {expected}",
    "enum": "må være en av {expected}",
    "greater_than_equal": "må være minst {ge}",
    "less_than_equal": "må være høyst {le}",
}
_DATES = ("date_", "datetime_")


def add_handlers(app: FastAPI) -> None:
    """Let an application answer every error with a problem."""

    async def on_error(request: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError):
            problem = problem_of_validation(error)
        elif isinstance(error, HTTPException):
            problem = _of_http(error)
        else:
            assert isinstance(error, ClassifierError)
            problem = problem_of(error)
        return await _answer(request, problem)

    for kind in (RequestValidationError, HTTPException, ClassifierError):
        app.add_exception_handler(kind, on_error)


def answer_problem(request: Request, problem: ProblemError) -> Response:
    """Return a problem as a program or a person reads it, whichever asks."""
    request.state.problem = problem.kind.name
    shown = problem.as_dict(request_id_of(request))
    if wants_page(request):
        response = page(request, "problem.html", status=problem.status, problem={"detail": "", **shown})
        response.headers.update(problem.headers)
        return response
    return JSONResponse(shown, problem.status, problem.headers, media_type=MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Return whether a person looks at the answer."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def request_id_of(request: Request) -> str:
    """Return what the log knows a request by."""
    return str(getattr(request.state, "request_id", ""))


def problem_of_validation(error: RequestValidationError) -> ProblemError:
    """Return the problem of a request that has not the form it should: where, and what is wrong there, without quoting it."""
    found = error.errors()
    kinds = {item["type"] for item in found}
    if "json_invalid" in kinds:
        return ProblemError("invalid-json", "Sjekk anførselstegn, komma og klammer.")
    members = {"errors": [{"where": _where(item), "what": _what(item)} for item in found[:20]]}
    texts = [item for item in found if item["loc"][-1] == "text" or "texts" in item["loc"]]
    for item in texts:
        if item["type"] == "string_too_long":
            return ProblemError("too-long", f"En tekst kan ha høyst {item['ctx']['max_length']} tegn.", members=members)
        if item["type"] == "too_long":
            return ProblemError("too-many-texts", f"Send høyst {item['ctx']['max_length']} tekster om gangen.", members=members)
    if any(item["type"] == "string_unicode" for item in found):
        return ProblemError("invalid-encoding", "Teksten har tegn som ikke er gyldig Unicode.", members=members)
    return ProblemError("invalid-request", "Se «errors» for hva som er galt, og hvor.", members=members)


async def _answer(request: Request, problem: ProblemError) -> Response:
    if not wants_page(request):
        return answer_problem(request, problem)
    if problem.kind.name == "login-needed" and request.method in ("GET", "HEAD"):
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?{urlencode({'return_to': target})}", 303)
    if problem.kind.name in ("login-needed", "stale-form") and request.method == "POST":
        # What was typed must not be lost: the page offers to send the same form again, with a token that holds.
        form = await request.form()
        fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name != FIELD]
        shown = {"detail": "", **problem.as_dict(request_id_of(request))}
        request.state.problem = problem.kind.name
        return page(request, "resend.html", status=problem.status, problem=shown, fields=fields, action=request.url.path)
    return answer_problem(request, problem)


def _of_http(error: HTTPException) -> ProblemError:
    if isinstance(error.__cause__, UnicodeDecodeError):
        return ProblemError("invalid-encoding", "Send teksten som UTF-8.")
    if isinstance(error.__cause__, RecursionError):
        return ProblemError("invalid-json", "Klammene er for dypt nestet.")
    problem = of_status(error.status_code)
    problem.headers.update(error.headers or {})
    return problem


def _where(item: Any) -> str:
    location: Sequence[int | str] = item["loc"]
    if item["type"] == "extra_forbidden":
        # The name of an unknown member is the caller's own words.
        location = (*location[:-1], "…")
    return ".".join(str(part) for part in location)


def _what(item: Any) -> str:
    kind: str = item["type"]
    if kind.startswith(_DATES):
        return "må være en dato på formen 2021-12-31"
    try:
        return _WORDS[kind].format(**item.get("ctx", {}))
    except KeyError:
        return "kan ikke brukes slik den er"
