"""Erase texts and what derives from them, keep the counts, and prove that nothing of them is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from classifier.errors import ConflictError, UnknownReportError
from classifier.store.audit import record
from classifier.store.database import Database
from classifier.store.tables import (
    Assignment,
    Decision,
    ErasurePermit,
    ModelVersion,
    Report,
    SnapshotExample,
    StoredSuggestion,
)

_IDS_A_STATEMENT = 500
_MOST_SEARCHED = 200
"""Reports whose words are looked for afterwards; the columns of all of them are checked."""


@dataclass(frozen=True)
class Selection:
    """What to erase: reports by external id (of one source, where given), or all of incidents before a day; with their copies.

    A report without a date counts as old as the day it was received.
    """

    external_ids: tuple[str, ...] = ()
    source: str | None = None
    before: date | None = None
    copies: bool = False


@dataclass(frozen=True)
class ErasedReport:
    """A report that was erased: what remains of it."""

    source: str
    external_id: str
    incident_date: str | None


@dataclass(frozen=True)
class Copy:
    """A report with the very text of an erased one, which was not to be erased."""

    source: str
    external_id: str


@dataclass
class Erasure:
    """What was erased, where it had gone, and what else holds it.

    `versions` are the model versions that learned from a text that is now erased, `snapshots` the training snapshots that held
    one. `words` are what to look for afterwards: never to be written anywhere.
    """

    reports: list[ErasedReport] = field(default_factory=list)
    suggestions: int = 0
    reasons: int = 0
    examples: int = 0
    assignments: int = 0
    snapshots: list[int] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    report_ids: list[int] = field(default_factory=list, repr=False)
    words: list[str] = field(default_factory=list, repr=False)


def select_reports(session: Session, selection: Selection) -> list[int]:
    """Return the ids of the reports to erase, without those that are erased already.

    Raises UnknownReportError for an external id that there is no report of, ConflictError for one that several sources use if
    none is named.
    """
    found: set[int] = set()
    for external_id in selection.external_ids:
        query = select(Report.id, Report.source, Report.erased_at).where(Report.external_id == external_id)
        if selection.source is not None:
            query = query.where(Report.source == selection.source)
        rows = session.execute(query).all()
        if not rows:
            raise UnknownReportError(external_id)
        if len(rows) > 1:
            sources = ", ".join(sorted(row.source for row in rows))
            raise ConflictError(f"report {external_id!r} is in several sources ({sources}); name one with --source")
        found |= {row.id for row in rows if row.erased_at is None}
    if selection.before is not None:
        midnight = datetime(selection.before.year, selection.before.month, selection.before.day).astimezone()
        old = or_(Report.incident_date < selection.before, and_(Report.incident_date.is_(None), Report.received_at < midnight))
        query_ids = select(Report.id).where(old, Report.erased_at.is_(None))
        if selection.source is not None:
            query_ids = query_ids.where(Report.source == selection.source)
        found |= set(session.scalars(query_ids))
    if selection.copies:
        found |= {copy.id for copy in _with_same_text(session, sorted(found))}
    return sorted(found)


def erase(database: Database, selection: Selection, *, who: str, why: str, now: datetime) -> Erasure:
    """Erase, in one transaction: texts, digests and other columns of reports, evidence and probabilities of suggestions, the
    words beside decisions, and training examples; close what is open for review, and mark the models that had learned from it.

    Labels, dates, units, who decided what and when stay: they are counted. Raises what `select_reports` does.
    """
    erasure = Erasure()
    with database.writing() as session:
        erasure.report_ids = select_reports(session, selection)
        copies = _with_same_text(session, erasure.report_ids)
        erasure.copies = [Copy(copy.source, copy.external_id) for copy in copies]
        for ids in _parts(erasure.report_ids):
            _erase_some(session, ids, erasure, now)
        if erasure.snapshots:
            saw = ModelVersion.snapshot_number.in_(erasure.snapshots)
            erasure.versions = sorted(session.scalars(select(ModelVersion.version).where(saw)))
            session.execute(update(ModelVersion).where(saw).values(saw_erased_at=now))
        details = {
            "why": why,
            "reports": len(erasure.reports),
            "examples": erasure.examples,
            "snapshots": erasure.snapshots,
            "versions": erasure.versions,
        }
        for report_id in erasure.report_ids:
            record(session, "erase", who=who, at=now, report_id=report_id)
        record(session, "erase", who=who, at=now, details=details)
    return erasure


def _erase_some(session: Session, ids: Sequence[int], erasure: Erasure, now: datetime) -> None:
    # Locked, so that nobody writes a decision with a reason beside one of them meanwhile.
    reports = session.scalars(select(Report).where(Report.id.in_(ids)).order_by(Report.id).with_for_update()).all()
    examples = session.scalars(select(SnapshotExample).where(SnapshotExample.report_id.in_(ids))).all()
    _remember_words(session, reports, examples, erasure)
    erasure.reports += [ErasedReport(one.source, one.external_id, _iso(one.incident_date)) for one in reports]
    erasure.examples += len(examples)
    erasure.snapshots = sorted({*erasure.snapshots, *(example.snapshot_number for example in examples)})
    session.expunge_all()

    session.execute(insert(ErasurePermit), [{"report_id": report_id} for report_id in ids])
    session.execute(delete(SnapshotExample).where(SnapshotExample.report_id.in_(ids)))
    with_reason = Decision.report_id.in_(ids), Decision.reason.is_not(None)
    erasure.reasons += len(
        session.scalars(update(Decision).where(*with_reason).values(reason=None).returning(Decision.id)).all()
    )
    cleared = update(StoredSuggestion).where(StoredSuggestion.report_id.in_(ids))
    cleared = cleared.values(category_proba={}, channel_proba={}, evidence=[])
    erasure.suggestions += len(session.scalars(cleared.returning(StoredSuggestion.id)).all())
    opened = update(Assignment).where(Assignment.report_id.in_(ids), Assignment.closed_at.is_(None)).values(closed_at=now)
    erasure.assignments += len(session.scalars(opened.returning(Assignment.id)).all())
    emptied = update(Report).where(Report.id.in_(ids))
    session.execute(emptied.values(text=None, text_digest=None, extra={}, erased_at=now))
    session.execute(delete(ErasurePermit).where(ErasurePermit.report_id.in_(ids)))


def _remember_words(session: Session, reports: Sequence[Report], examples: Sequence[SnapshotExample], erasure: Erasure) -> None:
    room = max(0, _MOST_SEARCHED - len(erasure.reports))
    searched = {report.id for report in reports[:room]}
    reasons = session.scalars(select(Decision.reason).where(Decision.report_id.in_(searched), Decision.reason.is_not(None)))
    words = [word for report in reports[:room] for word in (report.text, report.text_digest) if word]
    words += [example.text for example in examples if example.report_id in searched]
    erasure.words += [*words, *(reason for reason in reasons if reason)]


def _with_same_text(session: Session, ids: Sequence[int]) -> list[Report]:
    """Return other reports that still hold the very text of one of these."""
    chosen = set(ids)
    found: dict[int, Report] = {}
    for part in _parts(ids):
        digests = set(session.scalars(select(Report.text_digest).where(Report.id.in_(part), Report.text_digest.is_not(None))))
        same = select(Report).where(Report.text_digest.in_(digests), Report.erased_at.is_(None)).order_by(Report.id)
        found |= {report.id: report for report in session.scalars(same) if report.id not in chosen}
    return list(found.values())


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _IDS_A_STATEMENT):
        yield ids[start : start + _IDS_A_STATEMENT]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
