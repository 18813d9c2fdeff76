"""How often registrars keep the label that was suggested to them while they registered."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from classifier.model.evaluation import INTERVAL, Estimate
from classifier.review.agreement import FEWEST
from classifier.store.tables import Decision, StoredSuggestion

REGISTRATION = "registration"


@dataclass(frozen=True)
class Acceptance:
    """Of `count` registrations with a suggestion on the page, how many kept its category, its channel, and both.

    A share is None on fewer than FEWEST registrations.
    """

    count: int
    category: Estimate | None
    channel: Estimate | None
    both: Estimate | None


def acceptance(session: Session, model_version: str | None = None) -> Acceptance:
    """Return how often suggestions were kept, those of one model version or all; intervals are Wilson's (1927)."""
    undo = aliased(Decision)
    same_category = Decision.category == StoredSuggestion.category
    same_channel = Decision.channel == StoredSuggestion.channel
    shown = [
        Decision.origin == REGISTRATION,
        Decision.kind == "label",
        StoredSuggestion.outcome == "ok",
        ~exists().where(undo.undoes_id == Decision.id),
    ]
    if model_version is not None:
        shown.append(StoredSuggestion.model_version == model_version)

    def registrations(*conditions: ColumnElement[bool]) -> int:
        query = select(func.count(Decision.id)).join(StoredSuggestion, Decision.suggestion_id == StoredSuggestion.id)
        return session.scalar(query.where(*shown, *conditions)) or 0

    count = registrations()
    kept = (registrations(same_category), registrations(same_channel), registrations(and_(same_category, same_channel)))
    category, channel, both = (_share(how_many, count) for how_many in kept)
    return Acceptance(count, category, channel, both)


def _share(hits: int, count: int) -> Estimate | None:
    from scipy.stats import binomtest

    if count < FEWEST:
        return None
    interval = binomtest(hits, count).proportion_ci(INTERVAL, method="wilson")
    return Estimate(hits / count, float(interval.low), float(interval.high))
