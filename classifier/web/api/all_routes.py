"""The API's routes together, and its description."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from classifier.web.api import health, models, reports, review, suggestions
from classifier.web.api.routing import problem_schema
from classifier.web.settings import WebSettings

_DESCRIPTION = (
    "Foreslår ASYS-kategori og kanal for hendelsesrapporter, tar vare på rapporter og avgjørelser, og finner dem igjen. "
    "Feil kommer som problem details (RFC 9457): `type` er stabil, `title` og `detail` er på bokmål."
)


def add_api(app: FastAPI, web: WebSettings) -> None:
    """Add the API to an application, and let it describe itself."""
    for router in (suggestions.router, reports.router, review.router, models.router, health.router):
        app.include_router(router)
    app.include_router(health.metrics_router(open_metrics=web.open_metrics))

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(
                title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes, openapi_version="3.1.0"
            )
            components = described.setdefault("components", {})
            components.setdefault("schemas", {})["ProblemShape"] = problem_schema()
            components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
            described["security"] = [{"bearer": []}] if web.oidc else []
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]  # the way FastAPI documents
