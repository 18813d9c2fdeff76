"""Reports, suggestions and decisions for the tests of the review loop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from classifier.review.decisions import NewDecision, Recorded, record_decision
from classifier.store.database import Database
from classifier.store.reports import IncomingReport, add_reports
from classifier.store.tables import Report, StoredSuggestion

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TEXT = "Bruker ringte og sa at han visste hvor jeg bor."


def add(database: Database, *texts: str, source: str = "arkiv", **fields: Any) -> list[int]:
    """Store reports with these texts under the external ids 1, 2, ..., and return their ids."""
    reports = [IncomingReport(source, str(number), text, **fields) for number, text in enumerate(texts or (TEXT,), start=1)]
    with database.writing() as session:
        add_reports(session, reports, NOW)
        ids = {row.external_id: row.id for row in session.scalars(select(Report).where(Report.source == source))}
    return [ids[report.external_id] for report in reports]


def suggest(database: Database, report: int, category: str, channel: str, version: str = "1") -> int:
    """Store a suggestion for a report, and return its id."""
    with database.writing() as session:
        row = StoredSuggestion(
            report_id=report,
            model_version=version,
            prior="corpus",
            created_at=NOW,
            outcome="ok",
            category=category,
            channel=channel,
        )
        session.add(row)
        session.flush()
        return row.id


def decide(
    database: Database, report: int, who: str = "kari", label: Sequence[str] = ("trussel", "telefon"), **fields: Any
) -> Recorded:
    """Record a decision, a label by a registrar unless told otherwise."""
    category, channel = label if fields.get("kind", "label") in ("label", "adjudication") else (None, None)
    given: dict[str, Any] = {
        "role": "registrar",
        "decided_at": NOW + timedelta(hours=1),
        "category": category,
        "channel": channel,
    } | fields
    with database.writing() as session:
        return record_decision(session, NewDecision(report_id=report, annotator=who, **given))
