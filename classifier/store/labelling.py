"""Reports out to a labelling tool, and what was chosen there into the history as decisions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.errors import InputError
from classifier.store.audit import record
from classifier.store.database import Database
from classifier.store.exporting import ExportCounts, one_state, reports_since
from classifier.store.history_records import RecordError
from classifier.store.labelling_formats import (
    Annotation,
    Shown,
    Tool,
    annotations_of,
    argilla_record,
    label_studio_task,
)
from classifier.store.suggestions import suggestion_of
from classifier.store.tables import Decision, Report, StoredSuggestion
from classifier.table_writer import new_file


@dataclass
class AnnotationCounts:
    """What became of a labelling tool's answers."""

    decisions: int = 0
    there: int = 0
    rejected: int = 0


def export_for_labelling(
    database: Database,
    path: Path,
    tool: Tool,
    *,
    prepared: Callable[[Sequence[str]], Iterable[str]],
    is_blind: Callable[[str, str], bool],
    since: datetime | None = None,
    advance: Callable[[], None] = lambda: None,
    before_kept: Callable[[ExportCounts], None] = lambda _counts: None,
) -> ExportCounts:
    """Write every report with a text for a labelling tool, each with the newest suggestion the store has for it.

    `prepared` returns the texts as they may leave, masked as a rule. Reports that are blind, by source and id, go without a
    suggestion. `since` and `before_kept` are as for `export_file`. Raises InputError if the file cannot be written.
    """
    if path.suffix.lower() != ".json":
        raise InputError(str(path), f"a file name ending in {path.suffix or 'nothing'!r}", ".json for a labelling tool")
    counts = ExportCounts()
    shape = argilla_record if tool == "argilla" else label_studio_task
    with new_file(path) as temporary, one_state(database) as session:
        with temporary.open("w", encoding="utf-8") as file:
            for reports in reports_since(session, since):
                kept = [report for report in reports if report.text is not None]
                newest = _newest_suggestions(session, kept)
                for report, text in zip(kept, prepared([report.text or "" for report in kept]), strict=True):
                    shown = None if is_blind(report.source, report.external_id) else newest.get(report.id)
                    item = shape(report.source, report.external_id, text, shown)
                    file.write((",\n" if counts.reports else "[\n") + json.dumps(item, ensure_ascii=False))
                    counts.reports += 1
                    advance()
            file.write("\n]\n" if counts.reports else "[]\n")
        before_kept(counts)
    return counts


def read_annotations(path: Path, reject: Callable[[int, str], None]) -> list[tuple[int, Annotation]]:
    """Return what people chose, with the place of its record or task in the file, from 1; hand bad ones to `reject`.

    Raises InputError for a file that is no JSON array.
    """
    try:
        items = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(str(path), error.strerror or "an unreadable file", "a readable file") from error
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list):
        raise InputError(
            str(path), "no JSON array", "the records of Argilla or the tasks of Label Studio, as either writes them"
        )
    found: list[tuple[int, Annotation]] = []
    for place, item in enumerate(items, start=1):
        try:
            found += [(place, one) for one in annotations_of(item, partial(reject, place))]
        except RecordError as error:
            reject(place, str(error))
    return found


def import_annotations(
    database: Database,
    annotations: Sequence[tuple[int, Annotation]],
    reject: Callable[[int, str], None],
    *,
    file: str,
    who: str,
    now: datetime,
    dry_run: bool = False,
) -> AnnotationCounts:
    """Add a decision for each annotation, all in one transaction; the same person's same answer twice is one decision.

    A decision is blind if the tool was shown no suggestion. An annotation without a time gets `now`.
    """
    counts = AnnotationCounts()
    with database.writing() as session:
        for place, annotation in annotations:
            try:
                if _decide(session, annotation, now):
                    counts.decisions += 1
                else:
                    counts.there += 1
            except RecordError as error:
                counts.rejected += 1
                reject(place, str(error))
        if counts.decisions:
            record(session, "import", who=who, at=now, details={"file": file, "decisions": counts.decisions})
        if dry_run:
            session.rollback()
    return counts


def _decide(session: Session, annotation: Annotation, now: datetime) -> bool:
    key = Report.source == annotation.source, Report.external_id == annotation.external_id
    # Held until the end, so that nobody else becomes the next in its history meanwhile.
    report = session.scalars(select(Report).where(*key).with_for_update()).one_or_none()
    if report is None:
        raise RecordError("an answer about a report that is not there", "its report first")
    if report.erased_at is not None:
        raise RecordError("an answer about a report that was erased", "a report with a text")
    history = session.scalars(select(Decision).where(Decision.report_id == report.id).order_by(Decision.sequence)).all()
    earlier = [one for one in history if (one.annotator, one.origin) == (annotation.annotator, annotation.tool)]
    if earlier and (earlier[-1].category, earlier[-1].channel) == (annotation.category, annotation.channel):
        return False
    seen = None
    if annotation.model_version is not None and annotation.prior is not None:
        seen = suggestion_of(session, report.id, annotation.model_version, annotation.prior)
        if seen is None:
            raise RecordError("a suggestion that this database does not hold", "an export of this database")
    decision = Decision(
        report_id=report.id,
        sequence=len(history) + 1,
        kind="label",
        category=annotation.category,
        channel=annotation.channel,
        annotator=annotation.annotator,
        role="quality_checker",
        decided_at=annotation.decided_at or now,
        suggestion_id=None if seen is None else seen.id,
        blind=seen is None,
        origin=annotation.tool,
    )
    session.add(decision)
    session.flush()
    return True


def _newest_suggestions(session: Session, reports: Sequence[Report]) -> dict[int, Shown]:
    ids = [report.id for report in reports]
    query = select(StoredSuggestion).where(StoredSuggestion.report_id.in_(ids), StoredSuggestion.outcome == "ok")
    return {one.report_id: _shown(one) for one in session.scalars(query.order_by(StoredSuggestion.id))}


def _shown(suggestion: StoredSuggestion) -> Shown:
    category, channel = suggestion.category or "", suggestion.channel or ""
    return Shown(
        model_version=suggestion.model_version,
        prior=suggestion.prior,
        category=category,
        category_probability=suggestion.category_proba[category],
        channel=channel,
        channel_probability=suggestion.channel_proba[channel],
    )
