"""Let the model read the reports of the store that it has not read yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from classifier.model.incident_model import LONGEST_TEXT, IncidentModel
from classifier.store.suggestions import keep_suggestions, reports_without
from classifier.store.tables import Report, StoredSuggestion

if TYPE_CHECKING:
    from classifier.store.database import Database

_BATCH = 500


def count_missing(database: Database, model_version: str, prior: str) -> int:
    """Return how many reports a model version has not read under a prior."""
    with database.reading() as session:
        reports = session.scalar(select(func.count(Report.id)).where(Report.erased_at.is_(None)))
        read = select(func.count(StoredSuggestion.id)).join(Report).where(Report.erased_at.is_(None))
        suggested = session.scalar(read.where(StoredSuggestion.model_version == model_version, StoredSuggestion.prior == prior))
    return (reports or 0) - (suggested or 0)


def suggest_missing(
    database: Database, model: IncidentModel, *, who: str, now: datetime, progress: Callable[[], None], processes: int = 1
) -> int:
    """Keep a suggestion for every report without one by this model, and return how many; calls `progress` for each.

    Each batch is kept at once: what was interrupted goes on where it stopped. Of a text that is longer than the model reads,
    the beginning is read.
    """
    total = 0
    for ids, texts in _batches(database, model):
        suggested = list(zip(ids, model.suggest_each(texts, processes=processes), strict=True))
        total += keep_suggestions(database, suggested, model_version=model.version, prior=model.prior, who=who, now=now)
        for _ in ids:
            progress()
    return total


def _batches(database: Database, model: IncidentModel) -> Iterator[tuple[list[int], list[str]]]:
    after = 0
    while True:
        with database.reading() as session:
            found = reports_without(session, model.version, model.prior, after=after, limit=_BATCH)
            ids, texts = [report.id for report in found], [(report.text or "")[:LONGEST_TEXT] for report in found]
        if not ids:
            return
        after = ids[-1]
        yield ids, texts
