"""Requests that may be sent twice: the second gets the first one's answer, and nothing is done again."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from classifier.errors import ConflictError
from classifier.store.tables import IdempotentAnswer

KEPT_HOURS = 24


class ReusedKeyError(ConflictError):
    """A key that came with another request before."""


@dataclass(frozen=True)
class RequestKey:
    """The key that a caller gave a request, and what the request was: its method, address and body."""

    caller: str
    key: str
    request: bytes

    @property
    def digest(self) -> str:
        """What the store knows caller and key by."""
        return hashlib.sha256(f"{self.caller}\0{self.key}".encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def fingerprint(self) -> str:
        """What the store knows the request by: keyed, so that nobody can try whether it held a certain text."""
        return hmac.new(self.key.encode("utf-8", "surrogatepass"), self.request, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What a request is answered: a status, and JSON without incident text."""

    status: int
    content: dict[str, Any]


def once(session: Session, key: RequestKey | None, work: Callable[[], Answer], *, now: datetime) -> Answer:
    """Return what `work` answers, or what it answered when a request with this key came before, for a day.

    `session` must be one for writing, and `work` must write by it: then the answer is kept exactly if the work is. A request
    without a key is simply done. Raises ReusedKeyError if the key came with another request.
    """
    if key is None:
        return work()
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.created_at < now - timedelta(hours=KEPT_HOURS)))
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {"digest": key.digest, "request": key.fingerprint, "status": 0, "answer": {}, "created_at": now}
    # Whoever comes second waits here until the first one's transaction is over.
    new = session.scalars(
        insert(IdempotentAnswer)
        .values(row)
        .on_conflict_do_nothing(index_elements=["digest"])
        .returning(IdempotentAnswer.digest)
    ).all()
    if not new:
        kept = session.get_one(IdempotentAnswer, key.digest)
        if not hmac.compare_digest(kept.request, key.fingerprint):
            raise ReusedKeyError("the idempotency key came with another request before")
        return Answer(kept.status, kept.answer)
    answer = work()
    session.execute(
        update(IdempotentAnswer)
        .where(IdempotentAnswer.digest == key.digest)
        .values(status=answer.status, answer=answer.content)
    )
    return answer
