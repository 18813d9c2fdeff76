"""Put the reports and decisions of a file into the store: a batch a transaction, good rows in, bad rows told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.row_scan import ScannedRow
from classifier.store.audit import record
from classifier.store.database import Database
from classifier.store.history_records import IncomingDecision, RecordError, stored_suggestion
from classifier.store.incoming import RowReader
from classifier.store.reports import IncomingReport, add_reports
from classifier.store.tables import Decision, Report, StoredSuggestion

BATCH_ROWS = 1000
"""Rows a transaction: what a killed import loses at most, and the next one does again."""

_COMPARED = {
    "text": "text",
    "incident_date": "date",
    "unit": "unit",
    "unit_kind": "unit kind",
    "label_category": "category",
    "label_channel": "channel",
    "labelled_by": "labeller",
    "label_taxonomy": "taxonomy",
    "extra": "other columns",
}
_COMPARED_DECISION = ("kind", "category", "channel", "annotator", "role", "decided_at", "blind", "reason", "origin")

Reject = Callable[[ScannedRow, str], None]


@dataclass
class ImportCounts:
    """What became of a file's rows; `erased` are reports that stay erased although the file still has them."""

    reports: int = 0
    reports_there: int = 0
    erased: int = 0
    decisions: int = 0
    decisions_there: int = 0
    rejected: int = 0


def import_rows(
    database: Database,
    rows: Iterable[ScannedRow],
    reader: RowReader,
    reject: Reject,
    *,
    file: str,
    who: str,
    now: datetime,
    dry_run: bool = False,
    batch_rows: int = BATCH_ROWS,
) -> ImportCounts:
    """Put what the rows hold into the store, and hand those that cannot be to `reject` with the reason.

    A report is known by its source and id. One that is there already stays as it is; if the row says something else about it,
    the row is rejected. Decisions join their report's history in its order. Each batch is kept with its entry in the audit
    trail, or not at all, so that an import that was cut off is completed by running it again. A dry run keeps nothing.
    """
    counts = ImportCounts()

    def rejected(row: ScannedRow, reason: str) -> None:
        counts.rejected += 1
        reject(row, reason)

    def keep(session: Session, batch: list[ScannedRow]) -> None:
        before = counts.reports, counts.decisions
        _import_batch(session, batch, reader, rejected, counts, now)
        added, decided = counts.reports - before[0], counts.decisions - before[1]
        if added or decided:
            details = {"file": file, "source": reader.given.source, "reports": added, "decisions": decided}
            record(session, "import", who=who, at=now, details=details)

    if dry_run:
        with database.writing() as session:
            for batch in _batches(rows, batch_rows):
                keep(session, batch)
            session.rollback()
    else:
        for batch in _batches(rows, batch_rows):
            with database.writing() as session:
                keep(session, batch)
    return counts


def _batches(rows: Iterable[ScannedRow], size: int) -> Iterator[list[ScannedRow]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def _import_batch(
    session: Session, batch: list[ScannedRow], reader: RowReader, reject: Reject, counts: ImportCounts, now: datetime
) -> None:
    reports: list[tuple[ScannedRow, IncomingReport]] = []
    decisions: list[tuple[ScannedRow, IncomingDecision]] = []
    for row in batch:
        try:
            read = reader.read(row)
        except RecordError as error:
            reject(row, str(error))
            continue
        if isinstance(read, IncomingReport):
            reports.append((row, read))
        else:
            decisions.append((row, read))
    _import_reports(session, reports, reject, counts, now)
    if decisions:
        _import_decisions(session, decisions, reject, counts)


def _import_reports(
    session: Session, incoming: Sequence[tuple[ScannedRow, IncomingReport]], reject: Reject, counts: ImportCounts, now: datetime
) -> None:
    there: dict[tuple[str, str], Report | IncomingReport] = {
        (found.source, found.external_id): found for found in _found(session, [report for _, report in incoming])
    }
    new: list[IncomingReport] = []
    for row, report in incoming:
        key = report.source, report.external_id
        present = there.get(key)
        if present is None:
            there[key] = report
            new.append(report)
        elif present.erased_at is not None:
            counts.erased += 1
        elif report.erased_at is not None:
            reject(row, "found a report that was erased elsewhere; expected it erased here too (classifier erase)")
        elif different := _differences(report, present):
            reject(row, f"found an id that is there already, with another {different}; expected the same, or an id of its own")
        else:
            counts.reports_there += 1
    counts.reports += add_reports(session, new, now)


def _found(session: Session, wanted: Sequence[IncomingReport | IncomingDecision]) -> Iterator[Report]:
    by_source: dict[str, set[str]] = {}
    for one in wanted:
        by_source.setdefault(one.source, set()).add(one.external_id)
    for source, ids in by_source.items():
        yield from session.scalars(select(Report).where(Report.source == source, Report.external_id.in_(ids)))


def _differences(report: IncomingReport, present: Report | IncomingReport) -> str:
    return " and ".join(
        name for attribute, name in _COMPARED.items() if getattr(report, attribute) != getattr(present, attribute)
    )


def _import_decisions(
    session: Session, incoming: Sequence[tuple[ScannedRow, IncomingDecision]], reject: Reject, counts: ImportCounts
) -> None:
    reports = {(found.source, found.external_id): found for found in _found(session, [decision for _, decision in incoming])}
    ids = [report.id for report in reports.values()]
    history: dict[int, list[Decision]] = {report_id: [] for report_id in ids}
    for decision in session.scalars(select(Decision).where(Decision.report_id.in_(ids)).order_by(Decision.sequence)):
        history[decision.report_id].append(decision)
    for row, given in incoming:
        report = reports.get((given.source, given.external_id))
        try:
            if report is None:
                raise RecordError("a decision on a report that is not there", "its report first")
            if _append(session, report, history[report.id], given):
                counts.decisions += 1
            else:
                counts.decisions_there += 1
        except RecordError as error:
            reject(row, str(error))


def _append(session: Session, report: Report, history: list[Decision], given: IncomingDecision) -> bool:
    """Add a decision to its report's history, and return whether it was new; raises RecordError if it does not fit there."""
    reason = None if report.erased_at is not None else given.reason
    if given.sequence <= len(history):
        present = history[given.sequence - 1]
        undone = {one.id: one.sequence for one in history}.get(present.undoes_id or 0)
        same = all(getattr(present, name) == getattr(given, name) for name in _COMPARED_DECISION if name != "reason")
        if not (same and present.reason == reason and undone == given.undoes):
            raise RecordError(f"another decision {given.sequence} than the one that is there", "the same history")
        return False
    if given.sequence > len(history) + 1:
        raise RecordError(f"decision {given.sequence} after {len(history)} of its report", "every one before it first")
    decision = Decision(
        report_id=report.id,
        suggestion_id=None if given.suggestion is None else _seen(session, report, given.suggestion),
        reason=reason,
        **{name: getattr(given, name) for name in ("sequence", *_COMPARED_DECISION) if name != "reason"},
    )
    if given.undoes is not None:
        if not 0 < given.undoes <= len(history):
            raise RecordError(f"an undo of decision {given.undoes}", "one that came before it")
        decision.undoes_id = history[given.undoes - 1].id
    session.add(decision)
    # Its number is needed by the undo that may follow, and its place in the table keeps the order of the file.
    session.flush()
    history.append(decision)
    return True


def _seen(session: Session, report: Report, fields: Any) -> int:
    suggestion = session.scalars(
        select(StoredSuggestion).where(
            StoredSuggestion.report_id == report.id,
            StoredSuggestion.model_version == fields["model_version"],
            StoredSuggestion.prior == fields["prior"],
        )
    ).one_or_none()
    if suggestion is None:
        suggestion = stored_suggestion(fields, report.id)
        if report.erased_at is not None:
            suggestion.category_proba, suggestion.channel_proba, suggestion.evidence = {}, {}, []
        session.add(suggestion)
        session.flush()
    return suggestion.id
