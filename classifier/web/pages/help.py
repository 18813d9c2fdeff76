"""The pages that explain: the labelling guide, the accessibility statement, and how the pages look."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.web.access import AnyRole, open_to_all
from classifier.web.navigation import THEME_COOKIE, THEMES
from classifier.web.pages.guide import entry_count, guide, search
from classifier.web.pages.wording import count, sentence
from classifier.web.rendering import page, set_cookie
from classifier.web.service import TheService

router = APIRouter(include_in_schema=False)

_YEAR = 365 * 24 * 60 * 60
_LONGEST_QUERY = 100


@router.get("/hjelp")
def show_help(request: Request, _user: AnyRole, q: str = "") -> Response:
    """Show the guide, or what of it holds the words asked for."""
    query = " ".join(q.split())[:_LONGEST_QUERY]
    sections = search(guide(), query)
    found = sentence(count(entry_count(sections), "ett treff", "treff"))
    return page(request, "help.html", title="Hjelp", query=query, sections=sections, found=found)


@router.get("/tilgjengelighet")
@open_to_all
async def show_accessibility(request: Request, service: TheService) -> Response:
    """Show the accessibility statement, to anybody."""
    request.state.user = await service.entry.caller(request)
    return page(request, "accessibility.html", title="Tilgjengelighetserklæring")


@router.get("/statistikk")
def show_statistics(request: Request, _user: AnyRole) -> Response:
    """Hold the place of the statistics."""
    return page(request, "statistics.html", title="Statistikk")


@router.post("/utseende")
def choose_look(
    _user: AnyRole,
    service: TheService,
    tema: Annotated[str, Form()] = "",
    tilbake: Annotated[str, Form()] = "/",
) -> Response:
    """Remember, in this browser, how the pages are to look, and go back to where it was chosen."""
    back = tilbake if tilbake.startswith("/") and not tilbake.startswith(("//", "/\\")) else "/"
    response = RedirectResponse(back, 303)
    set_cookie(response, THEME_COOKIE, tema if tema in THEMES else "", secure=service.web.secure, seconds=_YEAR)
    return response
