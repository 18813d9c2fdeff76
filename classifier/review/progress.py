"""How far the review has come: today, by a person and by all, and over everything there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from classifier.store.tables import Decision, Report

REGISTRATION = "registration"


@dataclass(frozen=True)
class Progress:
    """Counts of reports that people looked at again: one person's since a moment, everybody's since then, and in all.

    What was taken back does not count, nor what a registrar chose while typing the report in. `total` is every report that is
    not erased.
    """

    mine: int
    everybody: int
    reviewed: int
    total: int


def progress(session: Session, annotator: str, since: datetime) -> Progress:
    """Return how far the review has come; `since` is when the day began."""
    undo = aliased(Decision)
    looked_at = (
        Decision.kind != "undo",
        Decision.origin != REGISTRATION,
        ~exists().where(undo.undoes_id == Decision.id),
    )

    def reports(*conditions: ColumnElement[bool]) -> int:
        query = select(func.count(Decision.report_id.distinct())).join(Report).where(Report.erased_at.is_(None))
        return session.scalar(query.where(*looked_at, *conditions)) or 0

    today = Decision.decided_at >= since
    total = session.scalar(select(func.count(Report.id)).where(Report.erased_at.is_(None))) or 0
    return Progress(reports(today, Decision.annotator == annotator), reports(today), reports(), total)
