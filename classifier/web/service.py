"""What every route needs, made once when the service starts and handed to each request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from classifier.settings import Settings
from classifier.store.database import Database
from classifier.web.auth.entry import Entry
from classifier.web.decided_reports import DecidedReports
from classifier.web.desk import Desk
from classifier.web.metrics import Metrics
from classifier.web.model_figures import FigureKeeper
from classifier.web.rate_limit import RateLimiter
from classifier.web.rendering import Templates
from classifier.web.settings import WebSettings
from classifier.web.suggester import Champion, Suggester


@dataclass(frozen=True)
class Service:
    """The service's parts: `clock` tells the time, with its zone; `suggester` asks the model that `champion` knows, and `desk`
    deals reports for review.
    """

    settings: Settings
    web: WebSettings
    database: Database
    champion: Champion
    suggester: Suggester
    desk: Desk
    entry: Entry
    limiter: RateLimiter
    metrics: Metrics
    decided: DecidedReports
    figures: FigureKeeper
    templates: Templates
    clock: Callable[[], datetime]


def service_of(request: Request) -> Service:
    """Return the service that answers a request."""
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(service_of)]
"""How a route asks for the service."""
