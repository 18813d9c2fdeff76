"""The figures of the model page, computed from the store and the registry; kept for a while, as some take a second."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from classifier.corpus import Example, read_corpus, shipped_corpus
from classifier.errors import InputError
from classifier.model.artifact import Manifest
from classifier.model.estimator import TARGETS, Target
from classifier.model.registry import Promotion, promotions, registered
from classifier.review.acceptance import Acceptance, acceptance
from classifier.review.agreement import Figure, answers, between_people, blind_accuracy, with_model
from classifier.review.drift import LENGTHS, Drift, by_language, by_length, drift
from classifier.review.feedback import collect
from classifier.review.thermometer import blind_labels
from classifier.settings import Settings
from classifier.store.tables import Decision, ModelVersion, Report, Snapshot, StoredSuggestion
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

if TYPE_CHECKING:
    from classifier.model.incident_model import IncidentModel
    from classifier.store.database import Database

KEPT = timedelta(minutes=2)
INCOMING = timedelta(days=90)
"""What counts as incoming: reports received this lately."""

_MOST_TEXTS = 2_000
_LANGUAGES = ("nb", "nn", "other")


@dataclass(frozen=True)
class Version:
    """A model version as the registry knows it, with the figures it was measured by when it was made."""

    version: str
    created: datetime
    examples: int
    metrics: Mapping[str, Any]
    champion: bool


@dataclass(frozen=True)
class Waiting:
    """Decisions that the model in use has not learned from, by what they are."""

    confirmations: int
    corrections: int
    settled: int


@dataclass(frozen=True)
class Figures:
    """What people's decisions and the incoming reports say of the model in use; pairs are category and channel."""

    acceptance: Acceptance
    blind: tuple[Figure, Figure]
    people: tuple[Figure, Figure]
    people_alpha: tuple[Figure, Figure]
    with_model: tuple[Figure, Figure]
    waiting: Waiting
    categories: Drift
    channels: Drift
    lengths: Drift
    languages: Drift


@dataclass(frozen=True)
class Registry:
    """What the folder of models holds: its versions, and every change of champion."""

    versions: tuple[Version, ...]
    promotions: tuple[Promotion, ...]
    verdicts: Mapping[str, str]


class FigureKeeper:
    """Computes the figures when somebody asks, and keeps them for a while."""

    def __init__(self, database: Database, settings: Settings, clock: Callable[[], datetime]) -> None:
        """Take the store, the settings of the blind share, and a clock."""
        self._database = database
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: tuple[str, datetime, Figures] | None = None

    def figures(self, model: IncidentModel, manifest: Manifest | None) -> Figures:
        """Return the figures of a model, as old as KEPT at most."""
        with self._lock:
            now = self._clock()
            if self._kept is None or self._kept[0] != model.version or now - self._kept[1] > KEPT:
                with self._database.reading() as session:
                    self._kept = model.version, now, _figures(session, self._settings, model, manifest, now)
            return self._kept[2]


def registry_of(database: Database, models: Path) -> Registry:
    """Return what there is in a folder of models, with what the store knows of each version's comparison."""
    with database.reading() as session:
        rows = session.execute(select(ModelVersion.version, ModelVersion.comparison))
        verdicts = {row.version: str(row.comparison.get("verdict", "")) for row in rows}
    versions = tuple(
        Version(
            entry.version,
            datetime.fromisoformat(entry.artifact.manifest.created),
            entry.artifact.manifest.examples,
            entry.artifact.manifest.metrics,
            entry.champion,
        )
        for entry in registered(models)
        if entry.artifact is not None
    )
    return Registry(versions, tuple(promotions(models)), verdicts)


def manifest_of(models: Path, version: str) -> Manifest | None:
    """Return a version's manifest, None if the folder does not hold it, or it is damaged."""
    artifact = next((entry.artifact for entry in registered(models) if entry.version == version), None)
    return None if artifact is None else artifact.manifest


def _figures(session: Session, settings: Settings, model: IncidentModel, manifest: Manifest | None, now: datetime) -> Figures:
    share, salt = settings.blind_share, settings.blind_salt
    given = answers(session, share, salt)
    blind = blind_labels(session, share, salt)
    truths: dict[int, dict[Target, str]] = {
        label.report_id: {"category": label.category, "channel": label.channel} for label in blind
    }
    people = {target: between_people(given, target, 0) for target in TARGETS}
    since = now - INCOMING
    texts = _incoming_texts(session, since)
    lengths, languages = _training_texts()
    return Figures(
        acceptance=acceptance(session, model.version),
        blind=(blind_accuracy(given, truths, "category"), blind_accuracy(given, truths, "channel")),
        people=(people["category"][0], people["channel"][0]),
        people_alpha=(people["category"][1], people["channel"][1]),
        with_model=(with_model(given, "category", 0)[0], with_model(given, "channel", 0)[0]),
        waiting=_waiting(session, settings, model.version),
        categories=_labels_drift(session, model, manifest, "category", since),
        channels=_labels_drift(session, model, manifest, "channel", since),
        lengths=drift(lengths, by_length(texts), [name for name, _, _ in LENGTHS]),
        languages=drift(languages, by_language(texts), _LANGUAGES),
    )


def _waiting(session: Session, settings: Settings, version: str) -> Waiting:
    taught, _ = collect(session, settings.blind_share, settings.blind_salt)
    snapshot = session.scalars(
        select(Snapshot)
        .join(ModelVersion, ModelVersion.snapshot_number == Snapshot.number)
        .where(ModelVersion.version == version)
    ).one_or_none()
    seen = 0
    if snapshot is not None:
        # What was there when the model learned was taken or left out for a reason, and waits for nothing.
        seen = session.scalar(select(func.max(Decision.id)).where(Decision.decided_at <= snapshot.created_at)) or 0
    counts = Counter(item.provenance for item in taught if item.decision_id > seen)
    return Waiting(counts["confirmation"], counts["correction"], counts["adjudication"])


def _labels_drift(session: Session, model: IncidentModel, manifest: Manifest | None, target: Target, since: datetime) -> Drift:
    labels = CATEGORY_IDS if target == "category" else CHANNEL_IDS
    column: InstrumentedAttribute[str | None] = getattr(StoredSuggestion, target)
    query = (
        select(column, func.count())
        .join(Report)
        .where(
            StoredSuggestion.model_version == model.version,
            StoredSuggestion.prior == model.prior,
            StoredSuggestion.outcome == "ok",
            Report.received_at >= since,
        )
        .group_by(column)
    )
    observed = {label: float(how_many) for label, how_many in session.execute(query) if label is not None}
    if manifest is None:
        return drift({}, {}, labels)
    found = getattr(manifest.targets, target)
    expected = {label: share * manifest.examples for label, share in zip(found.labels, found.prior, strict=True)}
    return drift(expected, observed, labels)


def _incoming_texts(session: Session, since: datetime) -> list[str]:
    query = select(Report.text).where(Report.received_at >= since, Report.text.is_not(None)).order_by(Report.id.desc())
    return [text for text in session.scalars(query.limit(_MOST_TEXTS)) if text]


@cache
def _training_texts() -> tuple[dict[str, float], dict[str, float]]:
    """Return how long the shipped corpus's texts are, and in which standard; what people decided adds little to either."""

    def refuse(error: InputError) -> None:
        raise error

    examples: list[Example] = [located.example for located in read_corpus(shipped_corpus(), refuse, split="train")]
    texts = [example.text for example in examples]
    return by_length(texts), by_language(texts)
