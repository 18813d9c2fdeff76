"""The reports that people have decided, kept between requests, to find those that resemble another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from classifier.review.decisions import standings
from classifier.review.similar import Neighbours
from classifier.store.database import Database
from classifier.store.reports import reports_by_id
from classifier.store.tables import Decision

KEPT = timedelta(minutes=5)
MOST = 3_000
"""Reports looked among: those decided last."""

SHOWN = 3


@dataclass(frozen=True)
class Resembling:
    """A decided report that resembles another, with the label that stands; `cosine` says how much, in 0 to 1."""

    report_id: int
    external_id: str
    text: str
    category: str
    channel: str
    cosine: float


class DecidedReports:
    """Answers which decided reports resemble a text; reads the store every few minutes."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Take the store and a clock."""
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at: datetime | None = None
        self._neighbours = Neighbours((), ())

    def resembling(self, report_id: int, text: str) -> tuple[Resembling, ...]:
        """Return the decided reports that resemble one most."""
        near = self._current().nearest(text, SHOWN, without={report_id})
        ids = [item.id for item in near]
        with self._database.reading() as session:
            reports, standing = reports_by_id(session, ids), standings(session, ids)
        found = []
        for item in near:
            report, decision = reports.get(item.id), standing[item.id].decision if item.id in standing else None
            if report is not None and report.text and decision is not None and decision.category and decision.channel:
                found.append(
                    Resembling(report.id, report.external_id, report.text, decision.category, decision.channel, item.cosine)
                )
        return tuple(found)

    def _current(self) -> Neighbours:
        with self._lock:
            now = self._clock()
            if self._read_at is None or now - self._read_at > KEPT:
                self._neighbours, self._read_at = self._read(), now
            return self._neighbours

    def _read(self) -> Neighbours:
        labelled = Decision.kind.in_(("label", "adjudication"))
        last = select(Decision.report_id).where(labelled).order_by(Decision.id.desc()).limit(MOST)
        with self._database.reading() as session:
            ids = list(dict.fromkeys(session.scalars(last)))
            settled = {report_id for report_id, found in standings(session, ids).items() if found.state == "settled"}
            reports = reports_by_id(session, settled)
        texts = {report_id: report.text for report_id, report in reports.items() if report.text}
        return Neighbours(list(texts), list(texts.values()))
