"""People who log in at a provider, and systems that bring its tokens."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from classifier.store.database import Database
from classifier.store.tables import LoginAttempt
from classifier.web.auth.provider import Provider
from classifier.web.auth.tokens import TokenError
from classifier.web.problems import ProblemError
from classifier.web.sessions import Person, close_session, digest_of, find_session, new_token, open_session
from classifier.web.users import User

LOGIN_MINUTES = 10
_REALM = 'Bearer realm="asys"'


@dataclass(frozen=True)
class Departure:
    """A login that begins: where the browser goes, and the token that its cookie keeps until it comes back."""

    address: str
    token: str


@dataclass(frozen=True)
class Arrival:
    """A login that succeeded: who came, and where they wanted to go."""

    user: User
    return_to: str


class OidcEntry:
    """Lets in who has a session, or a bearer token for this service."""

    def __init__(
        self, provider: Provider, database: Database, *, clock: Callable[[], datetime], minutes: int, secure: bool
    ) -> None:
        """Take the provider, where sessions are kept and how long they last."""
        self.provider = provider
        # Browsers take a cookie with this prefix over HTTPS only, and from nobody but this very host.
        self.cookie = "__Host-asys" if secure else "asys"
        self.login_cookie = "__Host-asys-login" if secure else "asys-login"
        self._database = database
        self._clock = clock
        self._minutes = minutes

    async def caller(self, request: Request) -> User | None:
        """Return who is asking; a token that does not hold is refused even beside a session."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme:
            return await self._bearer(token.strip() if scheme.lower() == "bearer" else "")
        token = request.cookies.get(self.cookie, "")
        if not token:
            return None
        return await run_in_threadpool(find_session, self._database, token, now=self._clock())

    async def begin(self, return_to: str) -> Departure:
        """Return where to log in; remembers what the answer must fit."""
        state, browser, nonce = new_token(), new_token(), new_token()
        verifier = secrets.token_urlsafe(64)
        address = await self.provider.login_address(state=state, nonce=nonce, verifier=verifier)
        now = self._clock()
        attempt = LoginAttempt(
            digest=_digest(state, browser),
            nonce=nonce,
            verifier=verifier,
            return_to=own_path(return_to),
            expires_at=now + timedelta(minutes=LOGIN_MINUTES),
        )

        def keep() -> None:
            with self._database.writing() as session:
                session.execute(delete(LoginAttempt).where(LoginAttempt.expires_at <= now))
                session.add(attempt)

        await run_in_threadpool(keep)
        return Departure(address, browser)

    async def finish(self, *, state: str, browser: str, code: str) -> Arrival:
        """Return who logged in; raises ProblemError for an answer that fits no login of this browser, or for nobody known."""
        attempt = await run_in_threadpool(self._take, _digest(state, browser))
        if attempt is None or attempt.expires_at <= self._clock():
            raise ProblemError(
                "login-failed", "Innloggingen tok for lang tid eller ble startet et annet sted. Prøv en gang til."
            )
        try:
            identity = await self.provider.redeem(code, nonce=attempt.nonce, verifier=attempt.verifier)
        except TokenError:
            raise ProblemError("login-failed", "Innloggingstjenesten bekreftet ikke hvem du er. Prøv en gang til.") from None
        if not identity.roles:
            raise ProblemError(
                "no-access", "Du er logget inn, men har ingen rolle her. Be om tilgang der du vanligvis gjør det."
            )
        person = Person(identity.subject, identity.name, identity.roles)
        user = await run_in_threadpool(open_session, self._database, person, now=self._clock(), minutes=self._minutes)
        return Arrival(user, attempt.return_to)

    async def leave(self, request: Request) -> str:
        """End a browser's session, and return where it should go."""
        await run_in_threadpool(close_session, self._database, request.cookies.get(self.cookie, ""))
        return await self.provider.logout_address() or "/logged-out"

    async def _bearer(self, token: str) -> User:
        try:
            identity = await self.provider.identify(token)
        except TokenError:
            headers = {"WWW-Authenticate": f'{_REALM}, error="invalid_token"'}
            raise ProblemError("login-needed", "Tokenet er utløpt, eller det gjelder ikke her.", headers=headers) from None
        return User(identity.subject, identity.name, identity.roles, "bearer")

    def _take(self, digest: str) -> LoginAttempt | None:
        """Return an attempt and forget it: an answer counts once."""
        with self._database.writing() as session:
            attempt = session.get(LoginAttempt, digest, with_for_update=True)
            if attempt is not None:
                session.delete(attempt)
        return attempt


def own_path(address: str) -> str:
    """Return an address if it is a path of this service, else the front page: nobody is sent elsewhere after a login."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and len(address) <= 2000
    return address if inside and address.isprintable() else "/"


def _digest(state: str, browser: str) -> str:
    return digest_of(f"{state}.{browser}")
