"""Who may call which route: every route asks for a role, or says that it is open; one that does neither stops the start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request
from starlette.routing import Mount

from classifier.web.forgery import refuse_forgery
from classifier.web.problems import ProblemError
from classifier.web.rendering import VersionedFiles
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


@dataclass(frozen=True)
class Door:
    """A route as somebody outside sees it: `roles` that open it, any of which is enough; none where it is open to all."""

    path: str
    methods: frozenset[str]
    roles: frozenset[str]


def doors_of(app: FastAPI) -> tuple[Door, ...]:
    """Return every route of an application but those of static files.

    Raises RuntimeError, naming it, for a route that neither asks for a role nor is marked as open to all, or of which that
    cannot be told.
    """
    found = []
    for route in iter_route_contexts(app.routes):
        original = route.original_route
        if isinstance(original, Mount) and isinstance(original.app, VersionedFiles):
            continue
        if not isinstance(original, APIRoute):
            raise RuntimeError(f"route {route.path} is of a kind that nobody can tell who may call")
        guards = [frozenset(guard.roles) for guard in _guards(route.dependant)]
        if not guards and not getattr(route.endpoint, _OPEN, False):
            raise RuntimeError(f"route {route.path} asks for no role and is not marked as open")
        roles = frozenset.intersection(*guards) if guards else frozenset()
        found.append(Door(route.path or "", frozenset(route.methods or ()) - {"HEAD"}, roles))
    return tuple(found)


def _guards(dependant: Dependant) -> Iterator[RoleGuard]:
    if isinstance(dependant.call, RoleGuard):
        yield dependant.call
    for part in dependant.dependencies:
        yield from _guards(part)
