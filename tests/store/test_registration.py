from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from classifier.errors import ConflictError
from classifier.store.database import Database
from classifier.store.registration import register_report, storable
from classifier.store.reports import IncomingReport
from classifier.store.tables import AuditEntry, Report, StoredSuggestion
from classifier.suggestion import Suggestion

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
SHORT = Suggestion("too_short", None, None, (), (), None, "2026.11.1")


def register(database: Database, text: str) -> tuple[int, bool]:
    incoming = IncomingReport("asys", "1", text)
    with database.writing() as session:
        kept = register_report(session, incoming, SHORT, prior="corpus", who="ola", now=NOW)
        return kept.suggestion_id, kept.created


def test_a_report_and_its_suggestion_are_kept_once(database: Database) -> None:
    first, created = register(database, "Nei.")
    assert created
    assert register(database, "Nei.") == (first, False)
    with database.reading() as session:
        assert len(session.scalars(select(Report)).all()) == 1
        assert len(session.scalars(select(StoredSuggestion)).all()) == 1
        assert len(session.scalars(select(AuditEntry)).all()) == 1


def test_another_text_under_the_same_name_is_a_conflict(database: Database) -> None:
    register(database, "Nei.")
    with pytest.raises(ConflictError, match="another text"):
        register(database, "Jo.")


def test_every_text_can_be_kept_character_for_character_as_long(database: Database) -> None:
    text = "Han skrev \x00 og \ud800 og 😀."
    register(database, text)
    with database.reading() as session:
        kept = session.scalars(select(Report.text)).one()
    assert kept == storable(text) == "Han skrev \ufffd og \ufffd og 😀."
    assert len(kept) == len(text)
