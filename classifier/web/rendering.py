"""Templates into pages, and static files under an address that changes whenever one of them does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from classifier.web.navigation import menu, theme_of
from classifier.web.users import User

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
_YEAR = 365 * 24 * 60 * 60


class Templates:
    """The templates, and what each of them may use: `static(name)`, the user, the CSRF token, the present address,
    the menu and the look."""

    def __init__(self, *, local: bool) -> None:
        """Read the templates; `local` says that everybody is an administrator, and each page shows it."""
        self.version = static_version(STATIC)
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["static"] = lambda name: f"/static/{self.version}/{name}"
        self._environment.globals["local_mode"] = local

    @property
    def environment(self) -> Environment:
        """Jinja's own, for filters and globals."""
        return self._environment

    def html(self, name: str, request: Request, user: User | None, context: Mapping[str, Any]) -> str:
        """Return a template filled with its context, which may name anything but what every template gets."""
        path = request.url.path
        shared = {
            "user": user,
            "csrf_token": user.csrf if user else "",
            "path": path,
            "menu": menu(user, path),
            "theme": theme_of(request),
        }
        return self._environment.get_template(name).render({**context, **shared})


def page(request: Request, name: str, /, *, status: int = 200, **context: Any) -> Response:
    """Return the page of a template; a browser without a session gets its cookie with it."""
    service = request.app.state.service
    user: User | None = getattr(request.state, "user", None)
    response = HTMLResponse(service.templates.html(name, request, user, context), status_code=status)
    if user is not None and user.new_token is not None:
        set_cookie(response, service.entry.cookie, user.new_token, secure=service.web.secure)
    return response


def set_cookie(response: Response, name: str, value: str, *, secure: bool, seconds: int | None = None) -> None:
    """Give a browser a cookie that no script can read and that no other site's form sends along."""
    response.set_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=secure)


def static_version(folder: Path) -> str:
    """Return a digest of every static file: one for all, so that files can refer to each other by name alone."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


class VersionedFiles(StaticFiles):
    """Static files that a browser may keep for good, since their address holds their digest."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file; one asked for by another version's address is there, but not to be kept."""
        version, _, name = path.partition("/")
        response = await super().get_response(name, scope)
        current = scope["app"].state.service.templates.version
        if response.status_code in (200, 304):
            response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if version == current else "no-cache"
        return response
