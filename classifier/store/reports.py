"""Put reports into the store, each external id once per source, and find them again."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from classifier.errors import ConflictError, UnknownReportError
from classifier.language_id import identify
from classifier.store.tables import Report

MOST_UNITS = 300
"""Units that a list to choose from holds; a longer one helps nobody."""

_IDS_A_STATEMENT = 10_000


@dataclass(frozen=True)
class IncomingReport:
    """A report on its way into the store, with the label its source gave it and whatever else the source told.

    `received_at` is when another store had it, if it comes from there, and `erased_at` when its text was erased there; it then
    has none.
    """

    source: str
    external_id: str
    text: str
    incident_date: date | None = None
    unit: str | None = None
    unit_kind: str | None = None
    language: str | None = None
    label_category: str | None = None
    label_channel: str | None = None
    labelled_by: str | None = None
    label_taxonomy: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    received_at: datetime | None = None
    erased_at: datetime | None = None


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text without regard to white space, case and Unicode form, by which repeats are known."""
    plain = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def add_reports(session: Session, reports: Sequence[IncomingReport], received_at: datetime) -> int:
    """Add the reports that the store does not have yet, and return how many those were.

    A report is known by its source and external id; one that is there already stays as it is.
    """
    if not reports:
        return 0
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    table = Report.__table__
    statement = insert(table).on_conflict_do_nothing(index_elements=["source", "external_id"])  # type: ignore[arg-type]
    # On the connection, and not on the session, SQLAlchemy writes the statement once, however many rows there are.
    done = session.connection().execute(statement.returning(table.c.id), [_row(report, received_at) for report in reports])
    return len(done.all())


def find_report(session: Session, external_id: str, source: str | None = None) -> Report:
    """Return a report by its external id, and its source where several sources use the same id.

    Raises UnknownReportError if there is none, ConflictError if several sources have one and none was named.
    """
    query = select(Report).where(Report.external_id == external_id)
    if source is not None:
        query = query.where(Report.source == source)
    found = session.scalars(query.limit(2)).all()
    if not found:
        raise UnknownReportError(external_id)
    if len(found) > 1:
        sources = ", ".join(sorted({report.source for report in found}))
        raise ConflictError(f"report {external_id!r} is in several sources ({sources}); name one with --source")
    return found[0]


def reports_by_id(session: Session, ids: Iterable[int]) -> dict[int, Report]:
    """Return the reports of these ids, erased ones too; an id that there is not is left out."""
    wanted, found = sorted(set(ids)), {}
    for start in range(0, len(wanted), _IDS_A_STATEMENT):
        query = select(Report).where(Report.id.in_(wanted[start : start + _IDS_A_STATEMENT]))
        found.update({report.id: report for report in session.scalars(query)})
    return found


def known_ids(session: Session, external_ids: Iterable[str]) -> set[str]:
    """Return those of these external ids that a report has, whatever its source."""
    wanted, found = sorted(set(external_ids)), set[str]()
    for start in range(0, len(wanted), _IDS_A_STATEMENT):
        query = select(Report.external_id).where(Report.external_id.in_(wanted[start : start + _IDS_A_STATEMENT]))
        found.update(session.scalars(query))
    return found


def language_of(report: Report) -> str:
    """Return the written standard of a report, "nb" or "nn": as its source told, else as its text reads."""
    if report.language in ("nb", "nn"):
        return report.language
    return "nn" if identify(report.text or "").standard == "nn" else "nb"


def _row(report: IncomingReport, received_at: datetime) -> dict[str, Any]:
    return {
        "source": report.source,
        "external_id": report.external_id,
        "text": report.text if report.erased_at is None else None,
        "text_digest": text_digest(report.text) if report.erased_at is None else None,
        "language": report.language,
        "incident_date": report.incident_date,
        "unit": report.unit,
        "unit_kind": report.unit_kind,
        "received_at": report.received_at or received_at,
        "label_category": report.label_category,
        "label_channel": report.label_channel,
        "labelled_by": report.labelled_by,
        "label_taxonomy": report.label_taxonomy,
        "extra": dict(report.extra),
        "erased_at": report.erased_at,
    }


def units_of(session: Session) -> list[str]:
    """Return the units that reports come from, by name, for people to choose from; at most MOST_UNITS."""
    query = select(Report.unit).where(Report.unit.is_not(None)).distinct().order_by(Report.unit).limit(MOST_UNITS)
    return [unit for unit in session.scalars(query) if unit]
