"""Write reports and decisions to a file from which they can be imported again: CSV, Excel or JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TextIO

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, selectinload

from classifier.errors import InputError
from classifier.store.database import Database
from classifier.store.history_records import COLUMNS, as_cells, decision_record, report_record
from classifier.store.tables import Decision, Report
from classifier.table_writer import csv_writer, new_file, workbook_writer

What = Literal["reports", "decisions", "both"]

EXPORT_SUFFIXES = (".jsonl", ".csv", ".xlsx")

_REPORTS_AT_A_TIME = 500


@dataclass
class ExportCounts:
    """How many records were written of each kind."""

    reports: int = 0
    decisions: int = 0


def export_file(
    database: Database,
    path: Path,
    *,
    what: What = "both",
    since: datetime | None = None,
    advance: Callable[[], None] = lambda: None,
    before_kept: Callable[[ExportCounts], None] = lambda _counts: None,
) -> ExportCounts:
    """Write reports, decisions or both, each report before its decisions, all from one state of the database.

    `since` leaves out reports that were neither received nor decided on since then, and decisions made before it. The file's
    kind is told by its name. `before_kept` is called with the counts when all is written, before the file gets its name; if
    it fails, there is no file. Raises InputError for another kind of file, or one that cannot be written.
    """
    if path.suffix.lower() not in EXPORT_SUFFIXES:
        expected = f"one of {', '.join(EXPORT_SUFFIXES)}"
        raise InputError(str(path), f"a file name ending in {path.suffix or 'nothing'!r}", expected)
    counts = ExportCounts()
    with new_file(path) as temporary, one_state(database) as session:
        with _record_writer(temporary) as write:
            for reports in reports_since(session, since):
                decided = {} if what == "reports" else _decisions_of(session, reports, since)
                for report in reports:
                    if what != "decisions":
                        write(report_record(report))
                        counts.reports += 1
                    for decision in decided.get(report.id, []):
                        write(decision)
                        counts.decisions += 1
                    advance()
        before_kept(counts)
    return counts


@contextmanager
def one_state(database: Database) -> Iterator[Session]:
    """Yield a session that sees one state of the database however long it reads."""
    with database.reading() as session:
        if database.dialect == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def reports_since(session: Session, since: datetime | None) -> Iterator[Sequence[Report]]:
    """Yield the reports received or decided on since then, in the order in which the store got them, some at a time."""
    wanted: list[ColumnElement[bool]] = []
    if since is not None:
        decided = exists().where(Decision.report_id == Report.id, Decision.decided_at >= since)
        wanted.append((Report.received_at >= since) | decided)
    last = 0
    while True:
        query = select(Report).where(Report.id > last, *wanted).order_by(Report.id).limit(_REPORTS_AT_A_TIME)
        reports = session.scalars(query).all()
        if not reports:
            return
        yield reports
        last = reports[-1].id
        session.expunge_all()


def _decisions_of(session: Session, reports: Sequence[Report], since: datetime | None) -> dict[int, list[dict[str, Any]]]:
    """Return the records of the reports' decisions since then, by the reports' ids, in the order of each report's history."""
    by_id = {report.id: report for report in reports}
    query = select(Decision).where(Decision.report_id.in_(by_id)).order_by(Decision.report_id, Decision.sequence)
    decisions = session.scalars(query.options(selectinload(Decision.suggestion))).all()
    sequences = {decision.id: decision.sequence for decision in decisions}
    records: dict[int, list[dict[str, Any]]] = {}
    for decision in decisions:
        if since is None or decision.decided_at >= since:
            undoes = None if decision.undoes_id is None else sequences[decision.undoes_id]
            written = decision_record(decision, by_id[decision.report_id], undoes, decision.suggestion)
            records.setdefault(decision.report_id, []).append(written)
    return records


@contextmanager
def _record_writer(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        with workbook_writer(path, COLUMNS) as write_row:
            yield _through_cells(write_row)
        return
    # Excel knows UTF-8 by the mark in front.
    encoding, newline = ("utf-8-sig", "") if suffix == ".csv" else ("utf-8", "\n")
    with path.open("w", encoding=encoding, newline=newline) as file:
        if suffix == ".csv":
            yield _through_cells(csv_writer(file, COLUMNS))
        else:
            yield lambda record: _write_line(file, record)


def _through_cells(write_row: Callable[[Sequence[str | None]], None]) -> Callable[[dict[str, Any]], None]:
    return lambda record: write_row(as_cells(record))


def _write_line(file: TextIO, record: dict[str, Any]) -> None:
    file.write(json.dumps(record, ensure_ascii=False) + "\n")
