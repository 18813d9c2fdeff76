"""A report that somebody reviews, as the page shows it; of a blind one nothing that could sway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.review.standing import PastDecision, standing_of
from classifier.suggestion import Suggestion
from classifier.taxonomy import category, channel
from classifier.web.decided_reports import Resembling
from classifier.web.excerpts import excerpt
from classifier.web.pages.marked_text import Piece, pieces
from classifier.web.pages.report_view import Event, Fact, Label, facts, history, standing_label
from classifier.web.pages.suggestion_panel import Panel, empty_panel, panel

if TYPE_CHECKING:
    from classifier.store.tables import Report

_VERY_ALIKE, _ALIKE = 0.6, 0.3
_EXCERPT = 180


@dataclass(frozen=True)
class Typed:
    """What a person had chosen and written when something was missing."""

    category: str = ""
    channel: str = ""
    comment: str = ""


@dataclass(frozen=True)
class SimilarView:
    """A decided report that resembles this one."""

    report_id: int
    external_id: str
    category: str
    channel: str
    likeness: str
    excerpt: str


@dataclass(frozen=True)
class ReviewItem:
    """What the page shows of a report under review.

    `differs` says that the suggestion is another label than the one that stands. `sequence` is the number of the last decision,
    and `suggestion_id` the suggestion on the page, both of which the person's own decision names.
    """

    report_id: int
    external_id: str
    facts: tuple[Fact, ...]
    reasons: tuple[str, ...]
    blind: bool
    text: tuple[Piece, ...]
    panel: Panel
    label: Label | None
    differs: bool
    history: tuple[Event, ...]
    similar: tuple[SimilarView, ...]
    sequence: int
    suggestion_id: int | None
    model_version: str
    comment: str


def review_item(
    report: Report,
    decisions: Sequence[PastDecision],
    reasons: Sequence[str],
    *,
    blind: bool,
    suggestion: Suggestion | None,
    suggestion_id: int | None,
    similar: Sequence[Resembling] = (),
    typed: Typed | None = None,
) -> ReviewItem:
    """Return a report for review; of a blind one the suggestion, the labels, the history and what resembles it stay out.

    What a person had typed stays; else the label that stands is chosen, so that it is enough to change what is wrong.
    """
    text = report.text or ""
    label = None if blind else standing_label(report, standing_of(decisions))
    chosen_category = typed.category if typed else (label.category_id if label else None)
    chosen_channel = typed.channel if typed else (label.channel_id if label else None)
    if blind or suggestion is None:
        shown = empty_panel(chosen_category, chosen_channel)
    else:
        shown = panel(text, suggestion, category_label=chosen_category, channel_label=chosen_channel)
    return ReviewItem(
        report_id=report.id,
        external_id=report.external_id,
        facts=facts(report),
        reasons=tuple(reasons),
        blind=blind,
        text=shown.text or pieces(text, (), ()),
        panel=shown,
        label=label,
        differs=_differs(label, shown),
        history=() if blind else history(report, decisions),
        similar=() if blind else tuple(_similar(other) for other in similar),
        sequence=decisions[-1].sequence if decisions else 0,
        suggestion_id=None if blind else suggestion_id,
        model_version="" if blind or suggestion is None else suggestion.model_version,
        comment=typed.comment if typed else "",
    )


def _differs(label: Label | None, shown: Panel) -> bool:
    if label is None or not shown.proposed:
        return False
    return (label.category_id, label.channel_id) != (shown.category.best.label, shown.channel.best.label)


def _similar(other: Resembling) -> SimilarView:
    likeness = "nesten lik" if other.cosine >= _VERY_ALIKE else "ligner" if other.cosine >= _ALIKE else "ligner litt"
    return SimilarView(
        other.report_id,
        other.external_id,
        category(other.category).name,
        channel(other.channel).name,
        likeness,
        excerpt(other.text, (), _EXCERPT),
    )
