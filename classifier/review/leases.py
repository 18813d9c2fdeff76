"""Leases: a report is one person's for a while, and nobody else's; what is not decided in time comes back.

The database, not this module, keeps two people from the same report: at most one assignment of it can be open.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from classifier.store.tables import Assignment, Report


@dataclass(frozen=True)
class Lease:
    """A report that is one person's until `expires_at`, why it was dealt, and whether without a suggestion.

    `reasons` are objects with `id` and `text`.
    """

    id: int
    report_id: int
    annotator: str
    dealt_at: datetime
    expires_at: datetime
    blind: bool
    reasons: tuple[dict[str, Any], ...]


def current_lease(session: Session, annotator: str, now: datetime) -> Lease | None:
    """Return the lease that a person holds, the oldest of several; one of a report that was erased meanwhile is none."""
    query = (
        select(Assignment)
        .join(Report, Report.id == Assignment.report_id)
        .where(
            Assignment.annotator == annotator,
            Assignment.closed_at.is_(None),
            Assignment.expires_at > now,
            Report.erased_at.is_(None),
        )
    )
    found = session.scalars(query.order_by(Assignment.id).limit(1)).one_or_none()
    return None if found is None else _lease(found)


def take_lease(
    session: Session,
    report_id: int,
    annotator: str,
    *,
    now: datetime,
    minutes: int,
    blind: bool,
    reasons: Sequence[dict[str, Any]],
) -> Lease | None:
    """Lease a report to a person from `now`, or return None if somebody has it; `session` must be one for writing."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    # In PostgreSQL this waits for another who is inserting the same, and then sees who came first.
    statement = (
        insert(Assignment)
        .values(
            report_id=report_id,
            annotator=annotator,
            dealt_at=now,
            expires_at=now + timedelta(minutes=minutes),
            blind=blind,
            reasons=list(reasons),
        )
        .on_conflict_do_nothing(index_elements=["report_id"], index_where=Assignment.closed_at.is_(None))
        .returning(Assignment)
    )
    taken = session.scalars(statement).one_or_none()
    return None if taken is None else _lease(taken)


def release(session: Session, annotator: str, now: datetime, report_id: int | None = None) -> list[int]:
    """Hand back, undecided, what a person holds or one report of it, and return the ids; others may be dealt them at once."""
    statement = (
        update(Assignment)
        .where(Assignment.annotator == annotator, Assignment.closed_at.is_(None), Assignment.expires_at > now)
        .values(closed_at=now)
        .returning(Assignment.report_id)
    )
    if report_id is not None:
        statement = statement.where(Assignment.report_id == report_id)
    return sorted(session.scalars(statement))


def close_expired(session: Session, now: datetime) -> int:
    """Close the leases that have run out, and return how many those were; one that somebody else is closing is left to them."""
    expired = select(Assignment.id).where(Assignment.closed_at.is_(None), Assignment.expires_at <= now)
    ids = session.scalars(expired.with_for_update(skip_locked=True)).all()
    if ids:
        session.execute(update(Assignment).where(Assignment.id.in_(ids)).values(closed_at=now))
    return len(ids)


def held(session: Session, now: datetime, report_ids: Collection[int] | None = None) -> set[int]:
    """Return which of these reports, or of all, are somebody's now."""
    query = select(Assignment.report_id).where(Assignment.closed_at.is_(None), Assignment.expires_at > now)
    if report_ids is not None:
        query = query.where(Assignment.report_id.in_(report_ids))
    return set(session.scalars(query))


def handed_back(session: Session, annotator: str) -> set[int]:
    """Return the reports that a person held and gave up before the time was out; they are not dealt to that person again."""
    query = select(Assignment.report_id).where(
        Assignment.annotator == annotator, Assignment.closed_at.is_not(None), Assignment.closed_at < Assignment.expires_at
    )
    return set(session.scalars(query))


def deals_so_far(session: Session) -> int:
    """Return how many reports have ever been dealt."""
    return session.scalar(select(func.count(Assignment.id))) or 0


def one_at_a_time(session: Session, annotator: str) -> None:
    """Make a person's other requests wait until this transaction ends, so that asking twice at once gives one report."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:who, 0))"), {"who": annotator})


def _lease(row: Assignment) -> Lease:
    return Lease(row.id, row.report_id, row.annotator, row.dealt_at, row.expires_at, row.blind, tuple(row.reasons))
