"""Logging in and out in a browser."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.web.access import AnyRole, open_to_all
from classifier.web.auth.oidc import LOGIN_MINUTES, OidcEntry
from classifier.web.auth.provider import CALLBACK
from classifier.web.problems import ProblemError
from classifier.web.rendering import page, set_cookie
from classifier.web.service import Service, TheService

router = APIRouter(include_in_schema=False)

Given = Annotated[str, Query(max_length=4000)]


@router.get("/login")
@open_to_all
async def login(request: Request, service: TheService, return_to: Given = "/") -> Response:
    """Send a browser to the provider; in local mode nobody logs in."""
    entry = service.entry
    if not isinstance(entry, OidcEntry):
        return RedirectResponse("/", 303)
    _limit(request, service)
    departure = await entry.begin(return_to)
    response = RedirectResponse(departure.address, 303)
    seconds = LOGIN_MINUTES * 60
    set_cookie(response, entry.login_cookie, departure.token, secure=service.web.secure, seconds=seconds)
    return response


@router.get(CALLBACK)
@open_to_all
async def callback(request: Request, service: TheService, state: Given = "", code: Given = "") -> Response:
    """Take a browser in that comes back from the provider."""
    entry = service.entry
    if not isinstance(entry, OidcEntry):
        return RedirectResponse("/", 303)
    _limit(request, service)
    if not code:
        raise ProblemError("login-failed", "Innloggingen ble avbrutt.")
    arrival = await entry.finish(state=state, browser=request.cookies.get(entry.login_cookie, ""), code=code)
    response = RedirectResponse(arrival.return_to, 303)
    assert arrival.user.new_token is not None, "a new session has a token"
    set_cookie(response, entry.cookie, arrival.user.new_token, secure=service.web.secure)
    response.delete_cookie(entry.login_cookie, path="/", secure=service.web.secure, httponly=True, samesite="lax")
    return response


@router.post("/logout")
async def logout(request: Request, user: AnyRole, service: TheService) -> Response:  # noqa: ARG001  (the role is what counts)
    """End the session, here and at the provider."""
    entry = service.entry
    if not isinstance(entry, OidcEntry):
        return RedirectResponse("/", 303)
    response = RedirectResponse(await entry.leave(request), 303)
    response.delete_cookie(entry.cookie, path="/", secure=service.web.secure, httponly=True, samesite="lax")
    return response


@router.get("/logged-out")
@open_to_all
async def logged_out(request: Request) -> Response:
    """Say that nobody is logged in any more."""
    return page(request, "logged_out.html")


def _limit(request: Request, service: Service) -> None:
    service.limiter.take(f"login from {request.client.host if request.client else ''}")
