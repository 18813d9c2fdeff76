"""The local mode: whoever sits at this machine is an administrator, and nobody else is answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from classifier.store.database import Database
from classifier.web.problems import ProblemError
from classifier.web.sessions import Person, find_session, open_session
from classifier.web.settings import ROLES, is_loopback
from classifier.web.users import User


class LocalEntry:
    """Lets in whoever asks from this machine, by a name that can only mean this machine.

    The name matters: a page elsewhere can make a browser here ask for a name of its own that leads to 127.0.0.1.
    """

    cookie = "asys"

    def __init__(self, database: Database, person: str, *, clock: Callable[[], datetime], minutes: int) -> None:
        """Take who is said to decide, and how long a browser's session lasts."""
        self._database = database
        self._person = Person(person, person, ROLES)
        self._clock = clock
        self._minutes = minutes

    async def caller(self, request: Request) -> User:
        """Return the local administrator, with a session for a browser that asks for a page."""
        address = request.client.host if request.client else ""
        if not is_loopback(address) or not is_loopback(request.headers.get("host", "")):
            raise ProblemError("local-only", "Bruk adressen 127.0.0.1, eller sett opp innlogging (ASYS_AUTH=oidc).")
        token = request.cookies.get(self.cookie)
        found = None
        if token is not None:
            found = await run_in_threadpool(find_session, self._database, token, now=self._clock(), local=True)
        if found is None and "text/html" in request.headers.get("accept", ""):
            found = await run_in_threadpool(
                open_session, self._database, self._person, now=self._clock(), minutes=self._minutes, local=True
            )
        return found or User(self._person.subject, self._person.name, frozenset(ROLES), "local")
