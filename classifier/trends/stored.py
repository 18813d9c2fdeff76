"""Incidents from the store, with labels that people decided, that they came with, or that a model proposed. No text is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.orm import Session

from classifier.model.estimator import LABELS, TARGETS
from classifier.model.own_prior import Prior, name_of
from classifier.review.decisions import standings
from classifier.review.standing import Standing
from classifier.store.tables import Report, StoredSuggestion
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.trends.incidents import NO_UNIT, Incident, kind_of_unit

StoredLabels = Literal["registered", "decided", "imported", "model"]
"""Whose labels: what people decided and, where nobody did, what a report came with; only the one, or only the other; a
model's."""

STORED_LABELS: tuple[StoredLabels, ...] = ("registered", "decided", "imported", "model")

Noted = Literal["undated", "disputed", "unknown", "unread"]

_AT_A_TIME = 5_000

_IN_WORDS: dict[Noted, tuple[str, str]] = {
    "undated": ("1 rapport mangler dato og er ikke med.", "{} rapporter mangler dato og er ikke med."),
    "disputed": (
        "1 rapport er folk uenige om. Den teller med det siste som ble valgt.",
        "{} rapporter er folk uenige om. De teller med det siste som ble valgt.",
    ),
    "unknown": (
        "1 rapport kom med et merke som ikke er blant dagens. Den teller uten det.",
        "{} rapporter kom med et merke som ikke er blant dagens. De teller uten det.",
    ),
    "unread": (
        "1 rapport har modellen ikke svart på. Den teller uten type og kanal.",
        "{} rapporter har modellen ikke svart på. De teller uten type og kanal.",
    ),
}


@dataclass(frozen=True)
class Reader:
    """A model by its version and the prior it answers under: what a stored suggestion is known by."""

    version: str
    prior: Prior


def stored_incidents(
    session: Session, labels: StoredLabels, noted: Counter[Noted], reader: Reader | None = None
) -> Iterator[Incident]:
    """Yield the incidents of every report with a date, erased ones too, by ascending id and a few thousand in memory at a time.

    What stands by people's decisions is as `review.standing` has it: in a dispute, the label given last. `noted` counts what is
    left out or counted otherwise than one might think. Labels "model" are those of `reader`, with its probabilities. A report
    without a label of the kind asked for is an incident without one: it happened.
    """
    if (labels == "model") != (reader is not None):
        raise ValueError("a reader goes with the labels of a model, and with no others")
    last = 0
    while rows := session.execute(_query(reader, last)).all():
        last = rows[-1].id
        decided = standings(session, [row.id for row in rows]) if labels in ("registered", "decided") else {}
        for row in rows:
            if row.incident_date is None:
                noted["undated"] += 1
                continue
            category, channel, probabilities = _label(row, labels, decided.get(row.id), noted)
            unit = (row.unit or "").strip() or NO_UNIT
            kind = (row.unit_kind or "").strip() or kind_of_unit(unit)
            yield Incident(row.incident_date, unit, kind, category, channel, probabilities)


def notes_on(noted: Mapping[Noted, int]) -> list[str]:
    """Return in Bokmål what `stored_incidents` noted."""
    return [
        one if count == 1 else many.format(f"{count:,}".replace(",", "\u00a0"))
        for kind, (one, many) in _IN_WORDS.items()
        if (count := noted.get(kind, 0))
    ]


def _query(reader: Reader | None, after: int) -> Select[*tuple[Any, ...]]:
    columns = (Report.id, Report.incident_date, Report.unit, Report.unit_kind, Report.label_category, Report.label_channel)
    if reader is None:
        return select(*columns).where(Report.id > after).order_by(Report.id).limit(_AT_A_TIME)
    suggestion = and_(
        StoredSuggestion.report_id == Report.id,
        StoredSuggestion.model_version == reader.version,
        StoredSuggestion.prior == name_of(reader.prior),
    )
    proposed = (
        StoredSuggestion.category,
        StoredSuggestion.channel,
        StoredSuggestion.category_proba,
        StoredSuggestion.channel_proba,
    )
    query = select(*columns, *proposed).outerjoin(StoredSuggestion, suggestion)
    return query.where(Report.id > after).order_by(Report.id).limit(_AT_A_TIME)


def _label(
    row: Row[Any], labels: StoredLabels, standing: Standing | None, noted: Counter[Noted]
) -> tuple[str | None, str | None, tuple[float, ...]]:
    if labels == "model":
        if row.category not in CATEGORY_IDS or row.channel not in CHANNEL_IDS:
            noted["unread"] += 1
            return None, None, ()
        return row.category, row.channel, _probabilities(row)
    if standing is not None and standing.decision is not None:
        noted["disputed"] += standing.state == "disputed"
        return standing.decision.category, standing.decision.channel, ()
    if labels == "decided":
        return None, None, ()
    category = row.label_category if row.label_category in CATEGORY_IDS else None
    channel = row.label_channel if row.label_channel in CHANNEL_IDS else None
    noted["unknown"] += (row.label_category or None) != category or (row.label_channel or None) != channel
    return category, channel, ()


def _probabilities(row: Row[Any]) -> tuple[float, ...]:
    """Return every label's probability, none for a suggestion that lacks one: it comes from a taxonomy that is not today's."""
    found = {"category": row.category_proba, "channel": row.channel_proba}
    if any(label not in found[target] for target in TARGETS for label in LABELS[target]):
        return ()
    return tuple(float(found[target][label]) for target in TARGETS for label in LABELS[target])
