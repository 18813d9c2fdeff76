"""The blind share once people have decided about it: what nobody was swayed on, and nothing learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.review.blind import is_blind
from classifier.review.decisions import histories
from classifier.review.standing import PastDecision, last_labels, standing_of
from classifier.store.reports import language_of, reports_by_id
from classifier.store.tables import Assignment, Decision, Report


@dataclass(frozen=True)
class BlindLabel:
    """The label that people gave a report of the blind share without having seen a suggestion."""

    report_id: int
    text: str
    category: str
    channel: str
    language: str
    decision: PastDecision


def blind_reports(session: Session, share: float, salt: str) -> set[int]:
    """Return the decided reports that belong to the blind share, or were once dealt to somebody as of it.

    What was dealt blind stays in it, also where share or salt were changed since.
    """
    decided = select(Decision.report_id).distinct()
    dealt = set(session.scalars(select(Assignment.report_id).where(Assignment.blind).distinct()))
    rows = session.execute(select(Report.id, Report.source, Report.external_id).where(Report.id.in_(decided)))
    return {row.id for row in rows if row.id in dealt or is_blind(row.source, row.external_id, share, salt)}


def blind_labels(session: Session, share: float, salt: str) -> list[BlindLabel]:
    """Return what people decided on the blind share, by ascending report.

    A disagreement that was settled counts as settled. In one that was not, and among people who agree, it is the label that was
    given first: leaving disputed reports out would leave out the hard ones, and every model would look better than it is. A
    report that is parked, was erased, or that nobody labelled blind is left out.
    """
    ids = blind_reports(session, share, salt)
    by_report = histories(session, ids)
    texts = reports_by_id(session, by_report)
    found = []
    for report, decisions in sorted(by_report.items()):
        deciding = blind_label(decisions)
        row = texts[report]
        if deciding is not None and row.text is not None and deciding.category is not None and deciding.channel is not None:
            found.append(BlindLabel(report, row.text, deciding.category, deciding.channel, language_of(row), deciding))
    return found


def blind_label(decisions: Sequence[PastDecision]) -> PastDecision | None:
    """Return the decision that counts as the truth about a report of the blind share, or None if there is none yet."""
    standing = standing_of(decisions)
    first = next((label for label in sorted(last_labels(decisions), key=lambda past: past.sequence) if label.blind), None)
    if first is None or standing.state == "parked":
        return None
    if standing.decision is not None and standing.decision.kind == "adjudication":
        return standing.decision
    return first
