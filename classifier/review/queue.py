"""The queue: which reports a person should look at next, in which order, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from classifier.errors import InputError
from classifier.model.estimator import LABELS, Target
from classifier.review import ranking
from classifier.review.blind import place_in_draw
from classifier.review.columns import Columns, read_columns
from classifier.review.decisions import standings
from classifier.review.leases import deals_so_far
from classifier.review.ranking import BLIND, DISPUTED, Lots, Turn
from classifier.review.reasons import REASONS, RULES, Reason, reason
from classifier.review.strengths import rule_strengths, unknown_shares

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Filters:
    """What to look at: reports of a unit, of incidents between two dates, of a category or channel, for one reason, or listed.

    A category or a channel is met by the label given and by the one proposed. Unit and dates bind the blind share too; the rest
    does not, for a measurement on what somebody chose to look at measures that choice.
    """

    unit: str | None = None
    first: date | None = None
    last: date | None = None
    category: str | None = None
    channel: str | None = None
    reason: str | None = None
    ids: frozenset[str] | None = None
    """External ids, of whatever source."""


@dataclass(frozen=True)
class QueueSettings:
    """How the queue is mixed: each rule's quota of the turns, the blind share, and what its lots are drawn with."""

    blind_share: float
    blind_salt: str
    quotas: Mapping[str, float]


@dataclass(frozen=True)
class QueueItem:
    """A report to look at: its rank from 1, and the reasons, what brought it here first.

    `not_for` names who has had a say on it. A blind item's only reason is that; nothing that a model or an old label says of it
    is told.
    """

    report_id: int
    source: str
    external_id: str
    rank: int
    reasons: tuple[Reason, ...]
    blind: bool
    not_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Queue:
    """The queue as it stood when it was built, and the model version whose suggestions it went by."""

    items: tuple[QueueItem, ...]
    model_version: str
    prior: str
    built_at: datetime
    waiting: int
    """How many reports waited when it was built, listed or not."""


def build_queue(
    session: Session,
    *,
    model_version: str,
    prior: str,
    settings: QueueSettings,
    now: datetime,
    filters: Filters | None = None,
    unknown_share: Callable[[str], float] | None = None,
    limit: int | None = None,
) -> Queue:
    """Return the queue of the reports that wait, by the suggestions that a model version made under a prior.

    `unknown_share` says of a text which share of its words the model never saw; without it only texts that the model could not
    read count as unlike training. Settled, parked, erased and leased reports are left out. Raises InputError for a reason that
    there is not.
    """
    filters = filters or Filters()
    if filters.reason is not None and filters.reason not in REASONS:
        raise InputError("queue", f"the reason {filters.reason!r}", f"one of {', '.join(REASONS)}")
    columns = read_columns(
        session,
        model_version=model_version,
        prior=prior,
        standings=standings(session),
        now=now,
        unit=filters.unit,
        first=filters.first,
        last=filters.last,
    )
    strengths = rule_strengths(columns, unknown_shares(session, columns, unknown_share), settings.blind_salt)
    blind = blind_places(columns, settings)
    turns = islice(turns_of(columns, strengths, blind, settings, filters, first_turn=deals_so_far(session)), limit)
    hidden = set(blind)
    items = tuple(_item(columns, strengths, turn, rank, blind=turn.place in hidden) for rank, turn in enumerate(turns, start=1))
    return Queue(items, model_version, prior, now, waiting=len(columns.ids))


def blind_places(columns: Columns, settings: QueueSettings) -> list[int]:
    """Return the places of the blind share in the order of their draw."""
    draws = [place_in_draw(*name, settings.blind_salt) for name in columns.names]
    return sorted((place for place, draw in enumerate(draws) if draw < settings.blind_share), key=draws.__getitem__)


def turns_of(
    columns: Columns,
    strengths: Mapping[str, NDArray[np.float64]],
    blind: Sequence[int],
    settings: QueueSettings,
    filters: Filters,
    *,
    first_turn: int,
) -> Iterator[Turn]:
    """Yield the reports in the order to look at them, by each rule's word on them and what `blind_places` draws.

    `first_turn` is how many were ever dealt.
    """
    import numpy as np

    wanted = np.ones(len(columns.ids), dtype=bool)
    if filters.category is not None:
        wanted &= _has_label(columns, "category", filters.category)
    if filters.channel is not None:
        wanted &= _has_label(columns, "channel", filters.channel)
    if filters.ids is not None:
        wanted &= np.array([external_id in filters.ids for _, external_id in columns.names], dtype=bool)
    hidden = set(blind)
    disputed = [place for place in columns.disputed if wanted[place] or place in hidden]
    waiting_blind = [place for place in blind if place not in columns.disputed]
    wanted[list(blind)] = False
    if filters.reason == BLIND:
        return iter([Turn(place, BLIND) for place in waiting_blind])
    quotas = settings.quotas
    if filters.reason == DISPUTED:
        quotas = {}
    elif filters.reason is not None:
        disputed, quotas = [], {filters.reason: 1.0}
    lots = Lots(settings.blind_share, quotas, settings.blind_salt, first_turn)
    asked = {rule: np.where(wanted, strength, np.nan) for rule, strength in strengths.items()}
    return ranking.ranked(asked, lots, blind=waiting_blind, first=disputed)


def _has_label(columns: Columns, target: Target, label: str) -> NDArray[np.bool_]:
    import numpy as np

    place = LABELS[target].index(label)
    probabilities = columns.probabilities[target]
    proposed = ~np.isnan(probabilities[:, 0]) & (np.nan_to_num(probabilities).argmax(axis=1) == place)
    either: NDArray[np.bool_] = proposed | (columns.given[target] == place)
    return either


def _item(columns: Columns, strengths: Mapping[str, NDArray[np.float64]], turn: Turn, rank: int, *, blind: bool) -> QueueItem:
    import numpy as np

    ids = [turn.rule]
    if not blind:
        ids += [rule for rule in RULES if rule not in (turn.rule, "random") and not np.isnan(strengths[rule][turn.place])]
    if "mislabelled" in ids:
        # It says in stronger words that the two disagree.
        ids = [id_ for id_ in ids if id_ != "disagreement"]
    facts = columns.facts(turn.place)
    source, external_id = columns.names[turn.place]
    return QueueItem(
        report_id=columns.ids[turn.place],
        source=source,
        external_id=external_id,
        rank=rank,
        reasons=tuple(reason(id_, facts) for id_ in ids),
        blind=blind,
        not_for=columns.not_for.get(turn.place, ()),
    )
