"""Whether the service lives, whether it is ready, its figures, and what its API takes and gives."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from classifier.errors import StoreError
from classifier.web.access import AnyRole, RoleGuard, open_to_all
from classifier.web.api.routing import PREFIX
from classifier.web.metrics import CONTENT_TYPE
from classifier.web.problems import ProblemError
from classifier.web.service import TheService

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
@open_to_all
async def health() -> JSONResponse:
    """Say that the process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
@open_to_all
def ready(service: TheService) -> JSONResponse:
    """Say whether database and model can be used; a champion that was refused does not stop the one that serves."""
    try:
        with service.database.reading() as session:
            session.execute(text("SELECT 1"))
    except (SQLAlchemyError, StoreError):
        raise ProblemError("unavailable", "Databasen svarer ikke.") from None
    checks = {"status": "ok", "database": "ok", "model": service.champion.model.version}
    if service.champion.problem is not None:
        checks["promoted_model"] = "refused"
    return JSONResponse(checks)


def metrics_router(*, open_metrics: bool) -> APIRouter:
    """Return the route of the figures, for anybody or for those who run the service."""
    figures_router = APIRouter(include_in_schema=False)

    def figures(service: TheService) -> Response:
        return Response(service.metrics.text(), media_type=CONTENT_TYPE)

    guard = [] if open_metrics else [Depends(RoleGuard("administrator"))]
    figures_router.add_api_route("/metrics", open_to_all(figures) if open_metrics else figures, dependencies=guard)
    return figures_router


@router.get(f"{PREFIX}/openapi.json")
def description(request: Request, user: AnyRole) -> JSONResponse:  # noqa: ARG001  (the role is what counts)
    """Return the API's description."""
    return JSONResponse(request.app.openapi())
