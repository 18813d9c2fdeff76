"""Browsers that are logged in: a random token in a cookie, and what it stands for in the database."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from classifier.store.database import Database
from classifier.store.tables import WebSession
from classifier.web.users import User

_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Person:
    """Whom a session is for."""

    subject: str
    name: str
    roles: Iterable[str]


def digest_of(token: str) -> str:
    """Return what the database knows a token by; a token is random, so that no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def open_session(database: Database, person: Person, *, now: datetime, minutes: int, local: bool = False) -> User:
    """Keep a session for a person, drop those that are over, and return the user with the token for the cookie."""
    token, csrf = new_token(), new_token()
    row = WebSession(
        digest=digest_of(token),
        subject=person.subject[:200],
        name=person.name[:200],
        roles=sorted(person.roles),
        csrf=csrf,
        created_at=now,
        expires_at=now + timedelta(minutes=minutes),
    )
    with database.writing() as session:
        session.execute(delete(WebSession).where(WebSession.expires_at <= now))
        session.add(row)
    return User(person.subject, person.name, frozenset(person.roles), "local" if local else "session", csrf, token)


def find_session(database: Database, token: str, *, now: datetime, local: bool = False) -> User | None:
    """Return the user a token stands for, or None if it is unknown or its session is over."""
    with database.reading() as session:
        row = session.get(WebSession, digest_of(token))
    if row is None or row.expires_at <= now:
        return None
    return User(row.subject, row.name, frozenset(row.roles), "local" if local else "session", row.csrf)


def close_session(database: Database, token: str) -> None:
    """End a session."""
    with database.writing() as session:
        session.execute(delete(WebSession).where(WebSession.digest == digest_of(token)))
