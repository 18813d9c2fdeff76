"""One line of log and one observation for each request; neither holds what was sent, nor an address with a query."""

from __future__ import annotations

import logging
import time
import traceback
import uuid
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from classifier.web.answers import MEDIA_TYPE, answer_problem
from classifier.web.problems import internal

LOGGER = logging.getLogger("asys.web")


class Observation:
    """Gives each request an id, logs and counts its answer, and answers a bug with a problem instead of a stack of frames."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the application that answers."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        request.state.request_id = str(uuid.uuid4())
        started = time.perf_counter()
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception as error:
            # The message of an exception may hold incident text; where it came from does not.
            LOGGER.error("bug", extra={"id": request.state.request_id, "kind": type(error).__name__, "where": frames_of(error)})
            if status == 0:
                await _answer_bug(request)(scope, receive, send_and_note)
        finally:
            seconds = time.perf_counter() - started
            # The pattern, not the address, which may hold an id; an unknown address has none.
            route = getattr(scope.get("route"), "path", "") or "(none)"
            problem = getattr(request.state, "problem", None)
            request.app.state.service.metrics.count_request(scope["method"], route, status, problem, seconds)
            LOGGER.info(
                "request",
                extra={
                    "id": request.state.request_id,
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                    "problem": problem,
                },
            )


def _answer_bug(request: Request) -> Response:
    try:
        return answer_problem(request, internal())
    except Exception as error:
        # The page that says so is broken itself.
        LOGGER.error("bug", extra={"id": request.state.request_id, "kind": type(error).__name__, "where": frames_of(error)})
        return JSONResponse(internal().as_dict(request.state.request_id), internal().status, media_type=MEDIA_TYPE)


def frames_of(error: BaseException) -> list[str]:
    """Return where an exception came from, innermost last: file, line and function."""
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
