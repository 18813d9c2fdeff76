"""Requests that another site makes a browser send: known by where they come from, and by a token that it cannot know."""

from __future__ import annotations

import hmac

from starlette.requests import Request

from classifier.web.problems import ProblemError
from classifier.web.sessions import digest_of
from classifier.web.settings import WebSettings
from classifier.web.users import User

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"

_SAFE = ("GET", "HEAD", "OPTIONS")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def refuse_forgery(request: Request, user: User, settings: WebSettings) -> None:
    """Raise ProblemError for a request that changes something and was not meant by the person whose browser sent it.

    A system with a bearer token sends nothing by accident. A form must hold the session's token in `csrf_token`, a script's
    request in the header `X-CSRF-Token`. In local mode a program that is no browser needs none: browsers say where they are.
    """
    if request.method in _SAFE or user.way == "bearer":
        return
    _refuse_foreign(request, settings)
    if user.way == "local" and {"origin", "sec-fetch-site", "cookie"}.isdisjoint(request.headers):
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    given: object = request.headers.get(HEADER)
    if given is None and kind in _FORMS:
        given = (await request.form()).get(FIELD)
    if not isinstance(given, str) or not user.csrf or not hmac.compare_digest(digest_of(given), digest_of(user.csrf)):
        raise ProblemError("stale-form", "Last siden på nytt, og send en gang til.")


def _refuse_foreign(request: Request, settings: WebSettings) -> None:
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    own = settings.oidc.public_url if settings.oidc else f"http://{request.headers.get('host', '')}"
    foreign = origin is not None and origin.lower() != own.lower()
    if foreign or site not in ("same-origin", "none"):
        raise ProblemError("foreign-origin", "Åpne tjenesten i et eget vindu, og prøv igjen der.")
