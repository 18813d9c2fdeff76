"""Register one report together with what the model proposed for it, once however often it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.errors import ConflictError
from classifier.store import audit
from classifier.store.reports import IncomingReport, add_reports, text_digest
from classifier.store.suggestions import add_suggestions, suggestion_of
from classifier.store.tables import Report
from classifier.suggestion import Suggestion

_REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class Registered:
    """A report in the store, the id of its suggestion, and whether it is there just now for the first time."""

    report: Report
    suggestion_id: int
    created: bool


def register_report(
    session: Session, incoming: IncomingReport, suggestion: Suggestion, *, prior: str, who: str, now: datetime
) -> Registered:
    """Keep a report and its suggestion, and note it in the audit trail; one that is there already stays as it is.

    Raises ConflictError if another text is kept under the same source and external id.
    """
    incoming = replace(incoming, text=storable(incoming.text))
    created = bool(add_reports(session, [incoming], now))
    known = Report.source == incoming.source, Report.external_id == incoming.external_id
    report = session.scalars(select(Report).where(*known)).one()
    if report.text_digest != text_digest(incoming.text):
        raise ConflictError(f"report {incoming.external_id!r} of {incoming.source!r} is there with another text")
    add_suggestions(session, [(report.id, suggestion)], prior=prior, created_at=now)
    kept = suggestion_of(session, report.id, suggestion.model_version, prior)
    assert kept is not None, "just added"
    if created:
        details = {"source": incoming.source, "model_version": suggestion.model_version, "outcome": suggestion.outcome}
        audit.record(session, "register", who=who, at=now, report_id=report.id, details=details)
    return Registered(report, kept.id, created)


def storable(text: str) -> str:
    """Return a text that every database keeps as it is, character for character as long.

    No text that a person writes holds a null character or half a surrogate pair; PostgreSQL refuses them.
    """
    return "".join(_REPLACEMENT if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)
