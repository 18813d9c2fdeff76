"""A suggestion as a page shows it: choices in words and bars, warnings, and a sentence for those who hear the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classifier.spans import PersonalData
from classifier.suggestion import OUTCOME_TEXTS, Proposal, Suggestion
from classifier.suggestion_view import in_words
from classifier.taxonomy import category, channel
from classifier.web.pages.choices import Choice, category_choices, channel_choices
from classifier.web.pages.marked_text import Piece, masked_summary, pieces, weighed


@dataclass(frozen=True)
class Target:
    """One kind of label: its choices, best first, and how sure the proposal is, in words ("" where there is none).

    `preselected` says that the proposal is sure enough to be chosen beforehand, and is, since nobody chose.
    """

    choices: tuple[Choice, ...]
    sureness: str
    confident: bool
    preselected: bool = False

    @property
    def best(self) -> Choice:
        """The likeliest choice, or the first of the guide where nothing is proposed."""
        return self.choices[0]


@dataclass(frozen=True)
class Panel:
    """Everything a page shows beside a report that is being labelled.

    `proposed` says whether there is a proposal at all; `message` why not. `spoken` is read aloud when it changes.
    `masked` counts the personal data that was taken out. `text` is the report with marks, as it is kept; `weighed` says in
    words what the marks say.
    `seen` is what the form sends back, so that the decision can say which suggestion was looked at.
    """

    proposed: bool
    message: str
    spoken: str
    category: Target
    channel: Target
    warnings: tuple[str, ...]
    text: tuple[Piece, ...]
    weighed: tuple[str, ...]
    masked: str
    seen: str


def empty_panel(category_label: str | None = None, channel_label: str | None = None) -> Panel:
    """Return the panel of a report without a suggestion: every label, in the guide's order."""
    return Panel(
        proposed=False,
        message="",
        spoken="",
        category=Target(category_choices(None, category_label), "", False),
        channel=Target(channel_choices(None, channel_label), "", False),
        warnings=(),
        text=(),
        weighed=(),
        masked="",
        seen="",
    )


def panel(
    text: str,
    suggestion: Suggestion,
    personal_data: Sequence[PersonalData] = (),
    *,
    category_label: str | None = None,
    channel_label: str | None = None,
) -> Panel:
    """Return the panel of a suggestion for a text that is masked; `personal_data` is what was taken out of it.

    A label is chosen if a person chose it, or if the proposal is confident.
    """
    labels = [proposal.label for proposal in (suggestion.category, suggestion.channel) if proposal]
    shown = pieces(text, suggestion.evidence, labels)
    return Panel(
        proposed=suggestion.outcome == "ok",
        message=OUTCOME_TEXTS[suggestion.outcome],
        spoken=_spoken(suggestion),
        category=_target(suggestion.category, category_choices, category_label),
        channel=_target(suggestion.channel, channel_choices, channel_label),
        warnings=tuple(category(label).name for label in suggestion.warnings),
        text=shown,
        weighed=weighed(shown),
        masked=masked_summary(personal_data),
        seen=seen(suggestion),
    )


def seen(suggestion: Suggestion) -> str:
    """Return what tells one suggestion from another to the person who reads it: the version and the labels it puts first."""
    labels = (proposal.label if proposal else "" for proposal in (suggestion.category, suggestion.channel))
    return ":".join((suggestion.model_version, *labels))


def _target(
    proposal: Proposal | None, choices: Callable[[Proposal | None, str | None], tuple[Choice, ...]], by_person: str | None
) -> Target:
    if proposal is None:
        return Target(choices(None, by_person), "", False)
    preselected = proposal.confident and not by_person
    chosen = proposal.label if preselected else by_person
    return Target(choices(proposal, chosen), in_words(proposal), proposal.confident, preselected)


def _spoken(suggestion: Suggestion) -> str:
    if suggestion.category is None or suggestion.channel is None:
        return OUTCOME_TEXTS[suggestion.outcome]
    said = (
        f"Forslag: {category(suggestion.category.label).name}, {in_words(suggestion.category)}. "
        f"Kanal: {channel(suggestion.channel.label).name}, {in_words(suggestion.channel)}."
    )
    if suggestion.warnings:
        said += f" Kan også være {' eller '.join(category(label).name for label in suggestion.warnings)}."
    return said
