"""The order of the queue: each turn goes to a rule, or to the blind share, by lot, and deals what stands first there.

Lots are drawn by the number of the turn, which counts everything ever dealt: a queue that is built anew goes on where the last
one stopped, and every tenth turn or so is the blind share's however often that happens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from classifier.review.blind import place_in_draw

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLIND = "blind"
DISPUTED = "disputed"


@dataclass(frozen=True)
class Turn:
    """A report, by its place among those ranked, and what brought it here: a rule, "disputed" or "blind"."""

    place: int
    rule: str


@dataclass(frozen=True)
class Lots:
    """How turns are drawn: the blind share's part of them, the quotas of the rules among the rest, and what seeds it."""

    blind_share: float
    quotas: Mapping[str, float]
    salt: str
    first_turn: int = 0


def ranked(
    strengths: Mapping[str, NDArray[np.float64]], lots: Lots, *, blind: Sequence[int] = (), first: Sequence[int] = ()
) -> Iterator[Turn]:
    """Yield every report once that a rule with a quota speaks for, or that is blind, in the order to look at them.

    `strengths` holds a rule's word on each report, NaN for none. `blind` are the places of the blind share in the order of
    their draw; what rules say of them is not asked. `first` are places that go before all rules. A rule that has nothing left
    leaves its turns to the others.

    >>> import numpy as np
    >>> strengths = {"mislabelled": np.array([0.25, np.nan, 0.75, 0.5])}
    >>> [turn.place for turn in ranked(strengths, Lots(0.0, {"mislabelled": 1}, "salt"), blind=[3])]
    [2, 0, 3]
    """
    taken = set(blind)
    waiting = {DISPUTED: _untaken(iter(first), taken)}
    waiting |= {
        rule: _untaken(_strongest_first(strengths[rule]), taken)
        for rule, quota in lots.quotas.items()
        if quota and rule in strengths
    }
    drawn = iter(blind)
    for turn in count(lots.first_turn):
        lot = place_in_draw("turn", str(turn), lots.salt)
        if lot < lots.blind_share and (place := next(drawn, None)) is not None:
            yield Turn(place, BLIND)
            continue
        rest = (lot - lots.blind_share) / (1 - lots.blind_share) if lot >= lots.blind_share else lot / lots.blind_share
        found = _next(waiting, lots.quotas, rest)
        if found is None:
            yield from (Turn(place, BLIND) for place in drawn)
            return
        taken.add(found.place)
        yield found


def _next(waiting: dict[str, Iterator[int]], quotas: Mapping[str, float], lot: float) -> Turn | None:
    """Return what the rule that `lot` in [0, 1) falls on has next; a rule without anything is out, and the lot falls anew."""
    while waiting:
        rule = DISPUTED if DISPUTED in waiting else _drawn({rule: quotas[rule] for rule in waiting}, lot)
        place = next(waiting[rule], None)
        if place is not None:
            return Turn(place, rule)
        del waiting[rule]
    return None


def _drawn(quotas: Mapping[str, float], lot: float) -> str:
    reached = 0.0
    for rule, quota in quotas.items():
        reached += quota / sum(quotas.values())
        if lot < reached:
            return rule
    return rule


def _strongest_first(strength: NDArray[np.float64]) -> Iterator[int]:
    import numpy as np

    speaks = np.flatnonzero(~np.isnan(strength))
    return iter(speaks[np.argsort(-strength[speaks], kind="stable")].tolist())


def _untaken(places: Iterator[int], taken: set[int]) -> Iterator[int]:
    return (place for place in places if place not in taken)
