"""Candidates and promotions on record in two places that cannot change at once: the folder of models, and the store.

What is about to happen is written down first, beside the models. Whoever comes next, after a crash at any point, finishes what
the note announces or takes it back, so that both places tell the same. One process at a time does so, held by a file lock that
ends with its owner.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from classifier.errors import ArtifactError, ConflictError
from classifier.model import registry
from classifier.model.artifact import Artifact, read_manifest
from classifier.store import audit
from classifier.store.database import Database
from classifier.store.tables import ModelVersion, Promotion, Report, SnapshotExample

NOTE = ".retrain.json"
LOCK = ".retrain.lock"


class _Note(BaseModel):
    """What is about to happen, and in which database it will be on record."""

    model_config = ConfigDict(extra="forbid")

    doing: Literal["candidate", "promotion", "rollback"]
    database: str
    version: str
    who: str
    when: str
    why: str = ""
    comparison: dict[str, Any] = {}


@contextmanager
def alone(models: Path) -> Iterator[None]:
    """Keep other retraining and promoting processes out of a folder of models; raises ConflictError if one is at work."""
    try:
        models.mkdir(parents=True, exist_ok=True)
        file = (models / LOCK).open("w")
    except OSError as error:
        raise ArtifactError(str(models), f"cannot be written: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(f"models in {models} are being retrained or promoted by another process; wait for it") from None
        yield


def finish_interrupted(database: Database, models: Path) -> str | None:
    """Finish or take back what a process that died had begun, and return which of them in words, or None; call it `alone`.

    Raises ConflictError if that process worked with another database, as only there it can be finished.
    """
    note = _read_note(models)
    if note is None:
        return None
    if note.database != _name(database):
        raise ConflictError(f"an interrupted {note.doing} of {note.version} belongs to {note.database}; finish it with that")
    finish = _finish_candidate if note.doing == "candidate" else _finish_promotion
    done = finish(database, models, note)
    _forget(models)
    return done


def publish_candidate(
    database: Database,
    models: Path,
    version: str,
    write: Callable[[Path], Artifact],
    *,
    snapshot_number: int | None,
    used: int,
    comparison: dict[str, Any],
    who: str,
    at: datetime,
) -> Artifact:
    """Have `write` make the artefact's folder, put the version on record in the store, and have the registry vouch for it.

    `used` is how many examples of the snapshot it learned from: if one of them was erased meanwhile, the version is marked as
    having seen it. Call it `alone`.
    """
    _write_note(models, _Note(doing="candidate", database=_name(database), version=version, who=who, when=at.isoformat()))
    artifact = write(models / version)
    # The store comes before the registry: no version that the store does not know, and that an erasure could not mark, serves.
    with database.writing() as session:
        left = 0
        if snapshot_number is not None:
            query = select(Report.id).join(SnapshotExample, SnapshotExample.report_id == Report.id)
            query = query.where(SnapshotExample.snapshot_number == snapshot_number, Report.erased_at.is_(None))
            left = len(session.scalars(query.with_for_update(read=True, of=Report)).all())
        session.add(
            ModelVersion(
                version=version,
                snapshot_number=snapshot_number,
                trained_at=at,
                training_data_digest=artifact.manifest.training_data_digest,
                comparison={**comparison, "manifest": artifact.digest},
                saw_erased_at=at if left < used else None,
            )
        )
        details = {"version": version, "snapshot": snapshot_number, "examples": artifact.manifest.examples}
        audit.record(session, "train", who=who, at=at, details=details)
    registry.register(artifact)
    _forget(models)
    return artifact


def promote_version(
    database: Database,
    models: Path,
    version: str,
    *,
    who: str,
    at: datetime,
    why: str,
    comparison: dict[str, Any] | None = None,
) -> None:
    """Make a registered version the champion, on record in the registry and the store; call it `alone`.

    Raises ArtifactError if the registry does not know the version or it is damaged.
    """
    when = at.isoformat()
    note = _Note(
        doing="promotion",
        database=_name(database),
        version=version,
        who=who,
        when=when,
        why=why,
        comparison=comparison or {},
    )
    _write_note(models, note)
    try:
        entry = registry.Promotion(version=version, who=who, when=when, why=why, comparison=note.comparison)
        registry.promote(models, entry)
    except ArtifactError:
        _forget(models)
        raise
    _record_promotion(database, note)
    _forget(models)


def roll_back(database: Database, models: Path, *, who: str, at: datetime, why: str) -> str:
    """Make the champion before the present one serve again, on record in both places, and return its version.

    Call it `alone`. Raises ArtifactError if there was none.
    """
    when = at.isoformat()
    note = _Note(doing="rollback", database=_name(database), version="", who=who, when=when, why=why)
    _write_note(models, note)
    try:
        version = registry.roll_back(models, who=who, when=when, why=why)
    except ArtifactError:
        _forget(models)
        raise
    _record_promotion(database, note.model_copy(update={"version": version}))
    _forget(models)
    return version


def _finish_candidate(database: Database, models: Path, note: _Note) -> str:
    folder = models / note.version
    with database.reading() as session:
        row = session.get(ModelVersion, note.version)
    for left_over in models.glob(f".{note.version}.*"):
        shutil.rmtree(left_over, ignore_errors=True)
    if row is None:
        shutil.rmtree(folder, ignore_errors=True)
        return f"took back {note.version}, which was not finished"
    artifact = read_manifest(folder)
    if artifact.digest != row.comparison["manifest"]:
        raise ArtifactError(str(folder), "is not the model that the database knows; it was damaged or altered")
    registry.register(artifact)
    return f"finished {note.version}, which was trained but not registered"


def _finish_promotion(database: Database, models: Path, note: _Note) -> str:
    history = registry.promotions(models)
    if not history or (history[-1].who, history[-1].when) != (note.who, note.when):
        return f"a {note.doing} had not happened, and has not"
    _record_promotion(database, note.model_copy(update={"version": history[-1].version}))
    return f"put the {note.doing} of {history[-1].version} on record"


def _record_promotion(database: Database, note: _Note) -> None:
    at, back = datetime.fromisoformat(note.when), note.doing == "rollback"
    with database.writing() as session:
        same = select(Promotion).where(
            Promotion.version == note.version, Promotion.promoted_at == at, Promotion.who == note.who
        )
        if session.scalars(same).first() is not None:
            return
        session.add(
            Promotion(
                version=note.version,
                who=note.who,
                promoted_at=at,
                why=note.why,
                rollback=back,
                comparison=note.comparison,
            )
        )
        audit.record(session, "rollback" if back else "promote", who=note.who, at=at, details={"version": note.version})


def _name(database: Database) -> str:
    """Return which database this is, without its password."""
    url = database.engine.url
    if database.dialect == "sqlite" and url.database:
        return str(Path(url.database).resolve())
    return url.render_as_string()


def _read_note(models: Path) -> _Note | None:
    try:
        content = (models / NOTE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return _Note.model_validate(json.loads(content))
    except ValueError:
        raise ArtifactError(str(models / NOTE), "is damaged; a person has to look at what a retraining left there") from None


def _write_note(models: Path, note: _Note) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f"{NOTE}.", dir=models)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(note.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(models / NOTE)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _forget(models: Path) -> None:
    (models / NOTE).unlink(missing_ok=True)
