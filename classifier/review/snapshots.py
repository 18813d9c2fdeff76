"""Numbered, immutable sets of examples made from decisions; the same content is the same snapshot, whoever asks for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from classifier.errors import ConflictError, TrainingError
from classifier.language import LoadedPipeline
from classifier.review.feedback import Feedback, FeedbackExample, Taught, collect, prepare
from classifier.review.thermometer import blind_labels
from classifier.store import audit
from classifier.store.database import Database
from classifier.store.tables import Report, Snapshot, SnapshotExample

_TRIES = 3
_ROWS_A_STATEMENT = 1000
_LOCK = 7_245_012
"""An arbitrary number that PostgreSQL knows the making of snapshots by."""


@dataclass(frozen=True)
class TakenSnapshot:
    """A snapshot, what it left out and why, and whether it was there before."""

    number: int
    digest: str
    examples: int
    left_out: dict[str, int]
    made_anew: bool


@dataclass(frozen=True)
class SnapshotText:
    """An example of a snapshot, and the digest of its report's own text, by which repeats are known."""

    example: FeedbackExample
    text_digest: str | None


def take_snapshot(
    database: Database,
    *,
    share: float,
    salt: str,
    frozen: Sequence[str],
    pipeline: LoadedPipeline,
    who: str,
    now: datetime,
    empty: bool = False,
    progress: Callable[[], None] = lambda: None,
) -> TakenSnapshot:
    """Keep what people have decided so far as a snapshot, or return the one that holds just that.

    `frozen` are the texts of the test split, `share` and `salt` those of the blind share; `progress` is called after each text.
    Reading and masking takes a while and holds up nobody; if a report was erased or decided about meanwhile it starts again.
    Raises ConflictError if that happens over and over, and TrainingError if nothing that people decided may teach, unless
    `empty` allows that.
    """
    for _ in range(_TRIES):
        with database.reading() as session:
            taught, left_out = collect(session, share, salt)
            blind = [label.text for label in blind_labels(session, share, salt)]
        feedback = prepare(taught, left_out, measured_on=[*frozen, *blind], pipeline=pipeline, progress=progress)
        if not feedback.examples and not empty:
            reasons = ", ".join(f"{number} {reason}" for reason, number in feedback.left_out.items()) or "no decisions at all"
            raise TrainingError(f"nobody has decided anything that may teach; left out: {reasons}")
        with database.writing() as session:
            if _still_so(session, taught, share, salt):
                return _keep(session, feedback, who, now)
    raise ConflictError("people decide faster than a snapshot can be taken; try again later")


def snapshot_examples(session: Session, number: int) -> list[SnapshotText]:
    """Return the examples of a snapshot that are still there, by ascending report; those of erased reports are gone."""
    query = (
        select(SnapshotExample, Report.text_digest)
        .join(Report, Report.id == SnapshotExample.report_id)
        .where(SnapshotExample.snapshot_number == number, Report.erased_at.is_(None))
        .order_by(SnapshotExample.report_id)
    )
    return [SnapshotText(_example(row), digest) for row, digest in session.execute(query)]


def snapshot_digest(examples: Sequence[FeedbackExample]) -> str:
    """Return a SHA-256 of the examples' content; which of several decisions gave a label does not matter, nor does order."""
    lines = sorted(
        json.dumps(
            [e.report_id, e.text, e.category, e.channel, e.language, e.provenance, e.source, e.group], ensure_ascii=False
        )
        for e in examples
    )
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _still_so(session: Session, taught: Sequence[Taught], share: float, salt: str) -> bool:
    """Return whether nothing was erased or decided since, and keep others from erasing until this transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        ids = [item.report_id for item in taught]
        for first in range(0, len(ids), _ROWS_A_STATEMENT):
            part = ids[first : first + _ROWS_A_STATEMENT]
            session.execute(select(Report.id).where(Report.id.in_(part)).order_by(Report.id).with_for_update(read=True))
    return collect(session, share, salt)[0] == list(taught)


def _keep(session: Session, feedback: Feedback, who: str, now: datetime) -> TakenSnapshot:
    digest = snapshot_digest(feedback.examples)
    left_out = {str(reason): number for reason, number in feedback.left_out.items()}
    found = session.scalars(select(Snapshot).where(Snapshot.digest == digest)).one_or_none()
    if found is not None:
        return TakenSnapshot(found.number, digest, found.examples, left_out, made_anew=False)
    number = (session.scalar(select(func.max(Snapshot.number))) or 0) + 1
    session.add(
        Snapshot(
            number=number,
            created_at=now,
            created_by=who,
            digest=digest,
            examples=len(feedback.examples),
            settings={"left_out": left_out},
        )
    )
    session.flush()
    session.add_all([SnapshotExample(**_row(number, example)) for example in feedback.examples])
    details = {"number": number, "examples": len(feedback.examples), "left_out": left_out}
    audit.record(session, "snapshot", who=who, at=now, details=details)
    return TakenSnapshot(number, digest, len(feedback.examples), left_out, made_anew=True)


def _row(number: int, example: FeedbackExample) -> dict[str, Any]:
    return {
        "snapshot_number": number,
        "report_id": example.report_id,
        "decision_id": example.decision_id,
        "text": example.text,
        "category": example.category,
        "channel": example.channel,
        "language": example.language,
        "provenance": example.provenance,
        "source": example.source,
        "text_group": example.group,
    }


def _example(row: SnapshotExample) -> FeedbackExample:
    return FeedbackExample(
        report_id=row.report_id,
        decision_id=row.decision_id,
        text=row.text,
        category=row.category,
        channel=row.channel,
        language=row.language,
        provenance=row.provenance,  # type: ignore[arg-type]
        source=row.source,
        group=row.text_group,
    )
