"""Deal the next report of a queue to a person, with what that person may see of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.review.columns import waits
from classifier.review.decisions import history, standings
from classifier.review.leases import (
    Lease,
    close_expired,
    current_lease,
    handed_back,
    held,
    one_at_a_time,
    take_lease,
)
from classifier.review.queue import Queue, QueueItem
from classifier.review.ranking import DISPUTED
from classifier.review.reasons import Reason
from classifier.store import audit
from classifier.store.suggestions import restored, suggestion_of
from classifier.store.tables import Report
from classifier.suggestion import Suggestion

if TYPE_CHECKING:
    from classifier.store.database import Database

_ASKED_AT_ONCE = 50
"""How many items of the queue are checked against the store at a time."""


@dataclass(frozen=True)
class DealtItem:
    """A report that a person holds until `expires_at`, and why.

    `sequence` is the number of the last decision on it, which the person's own decision should name. A blind item comes without
    what could sway: no suggestion, and no label that it had.
    """

    report_id: int
    source: str
    external_id: str
    text: str
    language: str | None
    incident_date: date | None
    unit: str | None
    label_category: str | None
    label_channel: str | None
    labelled_by: str | None
    suggestion: Suggestion | None
    suggestion_id: int | None
    reasons: tuple[Reason, ...]
    blind: bool
    expires_at: datetime
    sequence: int


def deal_next(
    database: Database, queue: Queue, annotator: str, *, now: datetime, lease_minutes: int, may_settle: bool = True
) -> DealtItem | None:
    """Return the report that a person holds already, else the first of the queue that is free, leased to that person.

    Returns None if the queue has nothing for this person. The queue may be old: what was decided or leased since it was built
    is passed over, as are reports on which the person has had a say or which the person handed back. `may_settle` says whether
    the person's role lets them settle what others disagree on.
    """
    with database.writing() as session:
        one_at_a_time(session, annotator)
        lease = current_lease(session, annotator, now)
        if lease is None:
            close_expired(session, now)
            candidates = (item for item in queue.items if may_settle or item.reasons[0].id != DISPUTED)
            lease = _first_free(session, candidates, annotator, now, lease_minutes)
            if lease is not None:
                details = {"blind": lease.blind, "reasons": [item["id"] for item in lease.reasons]}
                audit.record(session, "deal", who=annotator, at=now, report_id=lease.report_id, details=details)
        return None if lease is None else _dealt(session, lease, queue)


def _first_free(session: Session, items: Iterator[QueueItem], annotator: str, now: datetime, minutes: int) -> Lease | None:
    unwanted = handed_back(session, annotator)
    wanted = (item for item in items if item.report_id not in unwanted)
    for item in _still_waiting(session, wanted, annotator, now):
        reasons = [asdict(reason) for reason in item.reasons]
        lease = take_lease(session, item.report_id, annotator, now=now, minutes=minutes, blind=item.blind, reasons=reasons)
        if lease is not None:
            return lease
    return None


def _still_waiting(session: Session, items: Iterator[QueueItem], annotator: str, now: datetime) -> Iterator[QueueItem]:
    while some := list(islice(items, _ASKED_AT_ONCE)):
        ids = [item.report_id for item in some]
        present = set(session.scalars(select(Report.id).where(Report.id.in_(ids), Report.erased_at.is_(None))))
        free = present - held(session, now, ids)
        standing = standings(session, ids)
        for item in some:
            found = standing.get(item.report_id)
            if item.report_id in free and waits(found) and (found is None or annotator not in found.people):
                yield item


def _dealt(session: Session, lease: Lease, queue: Queue) -> DealtItem:
    report = session.get_one(Report, lease.report_id)
    decided = history(session, lease.report_id)
    stored = None if lease.blind else suggestion_of(session, lease.report_id, queue.model_version, queue.prior)
    return DealtItem(
        report_id=report.id,
        source=report.source,
        external_id=report.external_id,
        text=report.text or "",
        language=report.language,
        incident_date=report.incident_date,
        unit=report.unit,
        label_category=None if lease.blind else report.label_category,
        label_channel=None if lease.blind else report.label_channel,
        labelled_by=None if lease.blind else report.labelled_by,
        suggestion=None if stored is None else restored(stored),
        suggestion_id=None if stored is None else stored.id,
        reasons=tuple(Reason(item["id"], item["text"]) for item in lease.reasons),
        blind=lease.blind,
        expires_at=lease.expires_at,
        sequence=decided[-1].sequence if decided else 0,
    )
