"""Who may call which route: every route asks for a role, or says that it is open; one that does neither stops the start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from classifier.web.forgery import refuse_forgery
from classifier.web.problems import ProblemError
from classifier.web.service import service_of
from classifier.web.users import User

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_OPEN = "asys_open_to_all"


class RoleGuard:
    """A dependency that lets in who has one of its roles, and returns who that is."""

    def __init__(self, *roles: str) -> None:
        """Take the roles, any of which is enough."""
        self.roles = roles

    async def __call__(self, request: Request) -> User:
        """Return who is asking; raises ProblemError for nobody, for a caller without the role, and for a forged request."""
        service = service_of(request)
        user = await service.entry.caller(request)
        if user is None:
            raise ProblemError(
                "login-needed", "Økten er over, eller du har ikke logget inn.", headers={"WWW-Authenticate": "Bearer"}
            )
        service.limiter.take(user.subject)
        request.state.user = user
        if not user.may(*self.roles):
            raise ProblemError("no-access", "Det du prøver på, krever en annen rolle. Be om tilgang der du vanligvis gjør det.")
        await refuse_forgery(request, user, service.web)
        return user


Registrar = Annotated[User, Depends(RoleGuard("registrar", "quality_checker"))]
"""Whoever registers incidents, or reads them."""

QualityChecker = Annotated[User, Depends(RoleGuard("quality_checker"))]
"""Whoever reviews what was registered."""

Administrator = Annotated[User, Depends(RoleGuard("administrator"))]
"""Whoever trains and promotes models; the role alone opens no incident."""

AnyRole = Annotated[User, Depends(RoleGuard("registrar", "quality_checker", "administrator"))]
"""Whoever has a role at all."""


def open_to_all(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint as one that anybody may call."""
    setattr(endpoint, _OPEN, True)
    return endpoint


def is_open(route: APIRoute) -> bool:
    """Return whether anybody may call a route."""
    return getattr(route.endpoint, _OPEN, False)


def roles_of(route: APIRoute) -> frozenset[str] | None:
    """Return the roles that open a route, or None if it asks for none."""
    guards = [set(guard.roles) for guard in _guards(route.dependant)]
    return frozenset(set.intersection(*guards)) if guards else None


def refuse_unguarded(app: FastAPI) -> None:
    """Raise RuntimeError, naming it, for a route that neither asks for a role nor is marked as open."""
    for route in app.routes:
        if isinstance(route, APIRoute) and not is_open(route) and roles_of(route) is None:
            raise RuntimeError(f"route {route.path} asks for no role and is not marked as open")


def _guards(dependant: Dependant) -> Iterator[RoleGuard]:
    if isinstance(dependant.call, RoleGuard):
        yield dependant.call
    for part in dependant.dependencies:
        yield from _guards(part)
