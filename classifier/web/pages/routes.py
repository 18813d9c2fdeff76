"""The routes of the pages."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from classifier.web.access import AnyRole
from classifier.web.rendering import page
from classifier.web.service import TheService

router = APIRouter(include_in_schema=False)


@router.get("/")
async def front(request: Request, user: AnyRole, service: TheService) -> Response:
    """Show the first page."""
    return page(request, "front.html", name=user.name, model_version=service.champion.model.version)
