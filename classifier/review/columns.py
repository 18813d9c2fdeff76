"""What the queue knows of the reports that wait, side by side: names, labels given, and what the model proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.review.leases import held
from classifier.review.reasons import Facts
from classifier.review.rules import NO_LABEL
from classifier.review.standing import Standing
from classifier.store.tables import Report, StoredSuggestion
from classifier.suggestion import Proposal, Ranked
from classifier.taxonomy import TAXONOMY_VERSION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REGISTRATION = "registration"
"""The origin of what a registrar decided while typing the report in."""


@dataclass(frozen=True)
class Columns:
    """Reports that wait for a person, a place each, in the order of their ids.

    `given` holds the place of each label among the taxonomy's, or NO_LABEL; `unknown_label` says that there is one, but none of
    today's. Rows of `probabilities` are NaN where the model proposed nothing; `read` says that it tried, `readable` that it
    could. `not_for` names, by place, those who have had their say on the report already.
    """

    ids: tuple[int, ...]
    names: tuple[tuple[str, str], ...]
    given: Mapping[Target, NDArray[np.intp]]
    unknown_label: NDArray[np.bool_]
    older_taxonomy: NDArray[np.bool_]
    probabilities: Mapping[Target, NDArray[np.float64]]
    read: NDArray[np.bool_]
    readable: NDArray[np.bool_]
    warned: NDArray[np.bool_]
    disputed: tuple[int, ...]
    not_for: Mapping[int, tuple[str, ...]]

    def facts(self, place: int) -> Facts:
        """Return what is known of one report, for the wording of reasons."""
        category, channel = (self._label(target, place) for target in TARGETS)
        proposed_category, proposed_channel = (self._proposal(target, place) for target in TARGETS)
        labels = LABELS["category"]
        warnings = tuple(label for label, warned in zip(labels, self.warned[place], strict=True) if warned)
        return Facts(category, channel, proposed_category, proposed_channel, warnings)

    def _label(self, target: Target, place: int) -> str | None:
        found = int(self.given[target][place])
        return None if found == NO_LABEL else LABELS[target][found]

    def _proposal(self, target: Target, place: int) -> Proposal | None:
        import numpy as np

        row = self.probabilities[target][place]
        if np.isnan(row[0]):
            return None
        order = np.argsort(-row, kind="stable")
        return Proposal(tuple(Ranked(LABELS[target][label], float(row[label])) for label in order), confident=False)


def read_columns(
    session: Session,
    *,
    model_version: str,
    prior: str,
    standings: Mapping[int, Standing],
    now: datetime,
    unit: str | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Columns:
    """Read the reports that wait for a person, of a unit and of incidents between two dates where those are given.

    Left out are reports that are settled, parked, erased, or leased to somebody. What a registrar chose at registration settles
    nothing: it is the label given, which the queue doubts as it does an old one.
    """
    import numpy as np

    suggested = and_(
        StoredSuggestion.report_id == Report.id,
        StoredSuggestion.model_version == model_version,
        StoredSuggestion.prior == prior,
    )
    query = (
        select(
            Report.id,
            Report.source,
            Report.external_id,
            Report.label_category,
            Report.label_channel,
            Report.label_taxonomy,
            StoredSuggestion.outcome,
            StoredSuggestion.category_proba,
            StoredSuggestion.channel_proba,
            StoredSuggestion.warnings,
        )
        .outerjoin(StoredSuggestion, suggested)
        .where(Report.erased_at.is_(None))
        .order_by(Report.id)
    )
    if unit is not None:
        query = query.where(Report.unit == unit)
    if first is not None:
        query = query.where(Report.incident_date >= first)
    if last is not None:
        query = query.where(Report.incident_date <= last)
    busy = held(session, now)
    rows = [row for row in session.execute(query) if row.id not in busy and waits(standings.get(row.id))]
    registered = {row.id: _registered(standings.get(row.id)) for row in rows if row.id in standings}
    labels = [registered.get(row.id) or (row.label_category, row.label_channel) for row in rows]
    given = {target: _places(target, [pair[place] for pair in labels]) for place, target in enumerate(TARGETS)}
    holds = {target: np.array([pair[place] is not None for pair in labels], dtype=bool) for place, target in enumerate(TARGETS)}
    unknown = np.zeros(len(rows), dtype=bool)
    for target in TARGETS:
        unknown |= holds[target] & (given[target] == NO_LABEL)
    older = [row.label_taxonomy not in (None, TAXONOMY_VERSION) and row.id not in registered for row in rows]
    return Columns(
        ids=tuple(row.id for row in rows),
        names=tuple((row.source, row.external_id) for row in rows),
        given=given,
        unknown_label=unknown,
        older_taxonomy=np.array(older, dtype=bool),
        probabilities={
            "category": _probabilities("category", [row.category_proba for row in rows]),
            "channel": _probabilities("channel", [row.channel_proba for row in rows]),
        },
        read=np.array([row.outcome is not None for row in rows], dtype=bool),
        readable=np.array([row.outcome in (None, "ok") for row in rows], dtype=bool),
        warned=_warned([row.warnings for row in rows]),
        disputed=tuple(
            place for place, row in enumerate(rows) if row.id in standings and standings[row.id].state == "disputed"
        ),
        not_for={place: standings[row.id].people for place, row in enumerate(rows) if row.id in standings},
    )


def waits(standing: Standing | None) -> bool:
    """Return whether a report of which this stands is still to be looked at by somebody."""
    return standing is None or standing.state in ("open", "disputed") or _registered(standing) is not None


def _registered(standing: Standing | None) -> tuple[str | None, str | None] | None:
    """Return the label that a report was registered with, if nobody has reviewed it since."""
    if standing is None or standing.state != "settled" or standing.decision is None or standing.decision.origin != REGISTRATION:
        return None
    return standing.decision.label


def _places(target: Target, labels: Sequence[str | None]) -> NDArray[np.intp]:
    import numpy as np

    places: dict[str | None, int] = {label: place for place, label in enumerate(LABELS[target])}
    return np.array([places.get(label, NO_LABEL) for label in labels], dtype=np.intp)


def _probabilities(target: Target, rows: Sequence[Mapping[str, Any] | None]) -> NDArray[np.float64]:
    import numpy as np

    labels = LABELS[target]
    nothing = [np.nan] * len(labels)
    return np.array([[row.get(label, 0.0) for label in labels] if row else nothing for row in rows]).reshape(-1, len(labels))


def _warned(rows: Sequence[Sequence[str] | None]) -> NDArray[np.bool_]:
    import numpy as np

    return np.array(
        [[label in row for label in LABELS["category"]] if row else [False] * len(LABELS["category"]) for row in rows],
        dtype=bool,
    ).reshape(-1, len(LABELS["category"]))
