"""The reports of the store as a history, and a place in the store for what the model said of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from classifier.batch.answers import Answer, suggestion_of
from classifier.batch.sources import Record, Refusal
from classifier.batch.worker import ModelReference
from classifier.model.own_prior import name_of
from classifier.review.decisions import standings
from classifier.review.standing import OPEN
from classifier.store.database import Database
from classifier.store.suggestions import keep_suggestions
from classifier.store.tables import Decision, Report

COLUMNS = ("id", "source", "date", "unit", "unit_kind", "text", "category", "channel")
"""`id` is the external one; the label is the one that stands by people's decisions, else the one the report came with."""

_ROWS_AT_A_TIME = 500
_EXTENT = re.compile(r"(\d+)\.(\d+)\.[0-9a-f]{64}")

_NAMED = (
    Report.id,
    Report.external_id,
    Report.source,
    Report.incident_date,
    Report.unit,
    Report.unit_kind,
    Report.label_category,
    Report.label_channel,
)


@dataclass(frozen=True)
class Extent:
    """How far the store is read: up to which report and which decision, by their ids; what comes later is another run's."""

    last_report: int
    last_decision: int


def present_extent(database: Database) -> Extent:
    """Return an extent that holds everything there is now."""
    with database.reading() as session:
        return Extent(session.scalar(select(func.max(Report.id))) or 0, session.scalar(select(func.max(Decision.id))) or 0)


def extent_of(digest: str) -> Extent | None:
    """Return the extent of the source that a digest was made of, None if that was no store."""
    found = _EXTENT.fullmatch(digest)
    return None if found is None else Extent(int(found[1]), int(found[2]))


class StoreSource:
    """The reports of a store by ascending id, those left out whose text was erased; a record's `line` is its report's id.

    Reports and decisions that come in while it is read, or before a stopped run goes on, change nothing: it reads up to its
    extent. An erasure does change it, and its digest.
    """

    def __init__(self, database: Database, extent: Extent) -> None:
        """Take an open database, and how far to read it."""
        self.name = database.engine.url.render_as_string()
        self.columns: tuple[str, ...] = COLUMNS
        self._database = database
        self._extent = extent

    def digest(self) -> str:
        """Return the extent, and a SHA-256 of all that is read up to it, of each text its digest."""
        digest = hashlib.sha256()
        for row, label in self._reports(Report.text_digest):
            told = (row.external_id, row.source, str(row.incident_date), row.unit, row.unit_kind, row.text_digest, *label)
            digest.update(json.dumps((row.id, *told)).encode())
        return f"{self._extent.last_report}.{self._extent.last_decision}.{digest.hexdigest()}"

    def rows(self) -> Iterator[Record | Refusal]:
        """Yield the reports."""
        for row, label in self._reports(Report.text):
            values = (row.external_id, row.source, row.incident_date, row.unit, row.unit_kind, row.text, *label)
            yield Record(f"{row.source}: {row.external_id}", row.id, values)

    def _reports(self, text: InstrumentedAttribute[str | None]) -> Iterator[tuple[Row[Any], tuple[str | None, str | None]]]:
        """Yield each report's columns, `text` among them, and its label; no session stays open while the caller works."""
        last = 0
        while True:
            with self._database.reading() as session:
                found = self._some(session, last, text)
                decided = standings(session, [row.id for row in found], until=self._extent.last_decision)
            if not found:
                return
            for row in found:
                standing = decided.get(row.id, OPEN).decision
                yield row, (row.label_category, row.label_channel) if standing is None else standing.label
            last = found[-1].id

    def _some(self, session: Session, last: int, text: InstrumentedAttribute[str | None]) -> Sequence[Row[Any]]:
        query = select(*_NAMED, text).where(Report.id > last, Report.id <= self._extent.last_report, Report.erased_at.is_(None))
        rows: Sequence[Row[Any]] = session.execute(query.order_by(Report.id).limit(_ROWS_AT_A_TIME)).all()  # type: ignore[assignment]
        return rows


def keep_answers(
    database: Database, answers: Sequence[tuple[int, Answer]], reference: ModelReference, *, who: str, now: datetime
) -> None:
    """Keep answers with spans, each by the id of its report, as suggestions; to keep the same again changes none of them."""
    suggested = [(report, suggestion_of(answer, reference.version)) for report, answer in answers]
    keep_suggestions(database, suggested, model_version=reference.version, prior=name_of(reference.prior), who=who, now=now)
