"""What every page shows around its own content: the menu for who is reading, and how the page is to look."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from classifier.web.users import User

THEME_COOKIE = "asys_utseende"
THEMES = ("light", "dark")

_PAGES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("/", "Registrer", ("registrar", "quality_checker")),
    ("/kvalitet", "Kvalitet", ("quality_checker",)),
    ("/sok", "Søk", ("registrar", "quality_checker")),
    ("/modell", "Modell", ("registrar", "quality_checker", "administrator")),
    ("/statistikk", "Statistikk", ("registrar", "quality_checker", "administrator")),
    ("/hjelp", "Hjelp", ("registrar", "quality_checker", "administrator")),
)


@dataclass(frozen=True)
class MenuItem:
    """A page that the menu leads to; `current` is the one that is shown."""

    href: str
    name: str
    current: bool


def menu(user: User | None, path: str) -> tuple[MenuItem, ...]:
    """Return the pages that a user may open; nobody's menu is empty."""
    if user is None:
        return ()
    return tuple(
        MenuItem(href, name, path == href or (href != "/" and path.startswith(f"{href}/")))
        for href, name, roles in _PAGES
        if user.may(*roles)
    )


def theme_of(request: Request) -> str:
    """Return the look that this browser asked for, "" to follow its system."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""
