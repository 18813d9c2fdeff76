"""The application: its parts put together, in the order that a request meets them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware import Middleware

from classifier.settings import Settings
from classifier.store.database import Database
from classifier.web.access import doors_of
from classifier.web.answers import add_handlers
from classifier.web.api.all_routes import add_api
from classifier.web.auth import routes as login
from classifier.web.auth.entry import Entry
from classifier.web.auth.local import LocalEntry
from classifier.web.auth.oidc import OidcEntry
from classifier.web.auth.provider import Provider
from classifier.web.decided_reports import DecidedReports
from classifier.web.desk import Desk
from classifier.web.metrics import Metrics
from classifier.web.model_figures import FigureKeeper
from classifier.web.observation import Observation
from classifier.web.pages import routes as pages
from classifier.web.rate_limit import RateLimiter
from classifier.web.rendering import STATIC, Templates, VersionedFiles
from classifier.web.security import BodyLimit, SecurityHeaders
from classifier.web.service import Service
from classifier.web.settings import WebSettings
from classifier.web.suggester import Champion, Suggester


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    web: WebSettings,
    database: Database,
    champion: Champion,
    *,
    person: str = "lokal bruker",
    clock: Callable[[], datetime] = utc_now,
    on_start: Sequence[Callable[[], None]] = (),
    on_close: Sequence[Callable[[], None]] = (),
) -> FastAPI:
    """Return the service over a database and whatever knows which model serves; `person` is who decides in local mode.

    `on_start` is called in the event loop before the first request, `on_close` once every request is answered.
    Raises RuntimeError for a route that nobody guards.
    """
    service = Service(
        settings=settings,
        web=web,
        database=database,
        champion=champion,
        suggester=Suggester(champion),
        desk=Desk(database, champion, settings, clock),
        entry=_entry(web, database, person, clock),
        limiter=RateLimiter(web.rate_limit, time.monotonic),
        metrics=Metrics(),
        decided=DecidedReports(database, clock),
        figures=FigureKeeper(database, settings, clock),
        templates=Templates(local=web.oidc is None),
        clock=clock,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        for start in on_start:
            start()
        yield
        service.suggester.close()
        for close in on_close:
            close()

    app = FastAPI(
        title="ASYS-klassifisering",
        version=version("asys-classifier"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(SecurityHeaders, settings=web),
            Middleware(Observation),
            Middleware(BodyLimit, limit=web.body_limit),
        ],
    )
    app.state.service = service
    add_handlers(app)
    add_api(app, web)
    app.include_router(login.router)
    app.include_router(pages.router)
    app.mount("/static", VersionedFiles(directory=STATIC), name="static")
    doors_of(app)
    return app


def _entry(web: WebSettings, database: Database, person: str, clock: Callable[[], datetime]) -> Entry:
    if web.oidc is None:
        return LocalEntry(database, person, clock=clock, minutes=web.session_minutes)
    provider = Provider(web.oidc, clock)
    return OidcEntry(provider, database, clock=clock, minutes=web.session_minutes, secure=web.secure)
