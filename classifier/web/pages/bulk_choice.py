"""Deciding many reports at once: what was ticked, what each would become, and how that reads before it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from classifier.review.standing import Standing
from classifier.suggestion import Suggestion
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.web.pages.report_view import Label, pair_name, standing_label
from classifier.web.pages.wording import count, sentence

if TYPE_CHECKING:
    from classifier.store.tables import Report

Way = Literal["forslag", "behold", "sett"]
WAYS: tuple[Way, ...] = get_args(Way)
"""Take the suggestion, keep the label that stands, or set one label for all."""


@dataclass(frozen=True)
class Candidate:
    """A report that may be decided with others, with what is known of it now."""

    report: Report
    standing: Standing
    suggestion: Suggestion | None
    suggestion_id: int | None

    @property
    def label(self) -> Label | None:
        """The label that stands."""
        return standing_label(self.report, self.standing)


@dataclass(frozen=True)
class Change:
    """A report and the label it would get; `sequence` and `suggestion_id` are what the person has seen."""

    report_id: int
    sequence: int
    suggestion_id: int | None
    category: str
    channel: str

    @property
    def token(self) -> str:
        """The same in a form's field."""
        return ":".join(map(str, (self.report_id, self.sequence, self.suggestion_id or 0, self.category, self.channel)))


@dataclass(frozen=True)
class PreviewLine:
    """What would happen to reports with one label: "Trussel · Telefon" becomes another, for so many."""

    before: str
    after: str
    count: str


@dataclass(frozen=True)
class Preview:
    """What would be done: the changes, the same counted, and how many of those ticked cannot be done this way."""

    changes: tuple[Change, ...]
    lines: tuple[PreviewLine, ...]
    left_out: int
    heading: str


def preview(candidates: Sequence[Candidate], way: Way, category: str = "", channel: str = "") -> Preview:
    """Return what deciding these reports in one way would do."""
    changes: list[Change] = []
    pairs: Counter[tuple[str, str]] = Counter()
    for candidate in candidates:
        change = _change(candidate, way, category, channel)
        if change is not None:
            changes.append(change)
            before = candidate.label
            pairs[
                (
                    f"{before.category} · {before.channel}" if before else "Ingen kategori",
                    pair_name(change.category, change.channel),
                )
            ] += 1
    lines = tuple(PreviewLine(before, after, str(how_many)) for (before, after), how_many in pairs.most_common())
    heading = sentence(f"{count(len(changes), 'én rapport', 'rapporter')} blir avgjort")
    return Preview(tuple(changes), lines, len(candidates) - len(changes), heading)


def change_of(token: str) -> Change | None:
    """Return the change that a form's field holds, None for one that makes no sense."""
    parts = token.split(":")
    if len(parts) != 5 or not all(part.isdecimal() and len(part) < 19 for part in parts[:3]):
        return None
    if parts[3] not in CATEGORY_IDS or parts[4] not in CHANNEL_IDS:
        return None
    report_id, sequence, suggestion_id = map(int, parts[:3])
    return Change(report_id, sequence, suggestion_id or None, parts[3], parts[4])


def _change(candidate: Candidate, way: Way, category: str, channel: str) -> Change | None:
    proposed = candidate.suggestion
    if way == "forslag":
        if proposed is None or proposed.category is None or proposed.channel is None:
            return None
        category, channel = proposed.category.label, proposed.channel.label
    elif way == "behold":
        label = candidate.label
        if label is None or label.category_id is None or label.channel_id is None:
            return None
        category, channel = label.category_id, label.channel_id
    return Change(candidate.report.id, candidate.standing.sequence, candidate.suggestion_id, category, channel)
