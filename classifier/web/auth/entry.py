"""The door: says who is asking, by whichever way the settings allow."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request

from classifier.web.users import User


class Entry(Protocol):
    """A way in; there is one for each mode."""

    cookie: str

    async def caller(self, request: Request) -> User | None:
        """Return who is asking, or None if nobody who may come in; raises ProblemError for a caller to be turned away."""
