from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from classifier.errors import ConflictError
from classifier.store.database import Database
from classifier.store.idempotency import Answer, RequestKey, ReusedKeyError, once
from classifier.store.tables import AuditEntry, IdempotentAnswer

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
KEY = RequestKey("ola", "n1", b"POST /reports {}")


def ask(database: Database, key: RequestKey | None, *, now: datetime = NOW) -> Answer:
    """Do some work that leaves a trace, and answer with how often it was done."""
    with database.writing() as session:

        def work() -> Answer:
            session.add(AuditEntry(at=NOW, who="ola", action="register", details={}))
            session.flush()
            return Answer(201, {"done": session.scalar(select(func.count(AuditEntry.id)))})

        return once(session, key, work, now=now)


def test_a_request_with_a_key_is_done_once(database: Database) -> None:
    assert ask(database, KEY) == ask(database, KEY) == Answer(201, {"done": 1})
    assert ask(database, RequestKey("kari", "n1", KEY.request)).content == {"done": 2}, "another's key is another key"
    assert ask(database, None).content == {"done": 3}
    with pytest.raises(ReusedKeyError):
        ask(database, RequestKey("ola", "n1", b"POST /reports {1}"))
    assert ask(database, None).content == {"done": 4}


def test_a_key_may_be_used_anew_after_a_day(database: Database) -> None:
    ask(database, KEY)
    assert ask(database, KEY, now=NOW + timedelta(hours=25)).content == {"done": 2}
    with database.reading() as session:
        assert session.scalar(select(func.count(IdempotentAnswer.digest))) == 1


def test_work_that_fails_leaves_its_key_free(database: Database) -> None:
    def fail() -> Answer:
        raise ConflictError("halfway")

    with pytest.raises(ConflictError, match="halfway"), database.writing() as session:
        once(session, KEY, fail, now=NOW)
    assert ask(database, KEY).content == {"done": 1}


def test_two_at_once_get_one_answer(database: Database) -> None:
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(database, KEY))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [Answer(201, {"done": 1})] * 6
