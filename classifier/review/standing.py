"""What stands for a report by all that people decided about it: pure rules over its decisions, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["open", "settled", "disputed", "parked"]


@dataclass(frozen=True)
class PastDecision:
    """A decision as it was made, and whether a later one took it back."""

    id: int
    report_id: int
    sequence: int
    kind: str
    category: str | None
    channel: str | None
    annotator: str
    role: str
    decided_at: datetime
    suggestion_id: int | None
    blind: bool
    reason: str | None
    undoes_id: int | None
    origin: str
    undone: bool

    @property
    def label(self) -> tuple[str | None, str | None]:
        """The category and the channel."""
        return self.category, self.channel


@dataclass(frozen=True)
class Standing:
    """What stands for a report.

    "open": nobody's label stands. "settled": all whose label stands agree, or somebody settled it. "disputed": people
    disagree, and a third has to settle it. "parked": the last word was that something must be cleared up first. `decision` is
    the one whose label stands, in a dispute or a parked report the last one given; `people` are those whose own labels
    stand. `sequence` is the number of the last decision of any kind, 0 if there is none: who decides next has seen so far.
    """

    state: State
    decision: PastDecision | None
    people: tuple[str, ...]
    sequence: int


OPEN = Standing("open", None, (), 0)


def standing_of(decisions: Sequence[PastDecision]) -> Standing:
    """Return what stands by a report's decisions, oldest first.

    A decision that was taken back counts no more, and of each person only the last label. The last adjudication settles,
    whatever labels come before or after it, until it is taken back or somebody adjudicates anew.
    """
    if not decisions:
        return OPEN
    live = [decision for decision in decisions if not decision.undone and decision.kind != "undo"]
    labels = last_labels(decisions)
    adjudications = [decision for decision in live if decision.kind == "adjudication"]
    deciding = adjudications[-1] if adjudications else max(labels, key=lambda label: label.sequence, default=None)
    state: State
    if live and live[-1].kind == "park":
        state = "parked"
    elif deciding is None:
        state = "open"
    elif adjudications or len({label.label for label in labels}) == 1:
        state = "settled"
    else:
        state = "disputed"
    return Standing(state, deciding, tuple(label.annotator for label in labels), decisions[-1].sequence)


def last_labels(decisions: Sequence[PastDecision]) -> list[PastDecision]:
    """Return each person's last label that was not taken back, in the order in which people first gave one."""
    by_person: dict[str, PastDecision] = {}
    for decision in decisions:
        if decision.kind == "label" and not decision.undone:
            by_person[decision.annotator] = decision
    return list(by_person.values())
