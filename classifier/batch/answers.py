"""What the model says of one text, as the cells that are added to its row."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import cast

from classifier.language import AnalysedText
from classifier.model.estimator import LABELS, TARGETS
from classifier.model.incident_model import IncidentModel
from classifier.person_names import is_listed_name
from classifier.suggestion import Evidence, Outcome, Proposal, Ranked, Suggestion

Cell = str | float | bool | None

_DIGITS = 6
_TOP = 3
_DIGIT = re.compile(r"\d")
_HIDDEN = "…"
_BETWEEN_TARGETS = " | "
_BETWEEN_WARNINGS = "; "


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's answer to one text; everything but `status` is empty where that is not "ok".

    `category_top3` reads "trussel 0.812; sjikane_trakassering 0.101; …". `probabilities` are those of every category, then of
    every channel, in the order of the taxonomy. `evidence` holds the words that weighed for the category, then for the channel;
    `spans` where they stand, for answers that are kept as suggestions: start, end, weight and label.
    """

    status: str
    category: str = ""
    category_probability: float | None = None
    category_confident: bool | None = None
    category_top3: str = ""
    channel: str = ""
    channel_probability: float | None = None
    channel_confident: bool | None = None
    channel_top3: str = ""
    warnings: str = ""
    evidence: str = ""
    probabilities: tuple[float, ...] = ()
    spans: tuple[tuple[int, int, float, str], ...] = ()

    def packed(self) -> str:
        """Return the answer as text, to be kept."""
        return json.dumps([getattr(self, name) for name in Answer.__slots__], ensure_ascii=False)

    @classmethod
    def unpacked(cls, packed: str) -> Answer:
        """Return what `packed` was made from."""
        fields = dict(zip(cls.__slots__, json.loads(packed), strict=True))
        spans = tuple(map(tuple, fields["spans"]))
        return cls(**{**fields, "probabilities": tuple(fields["probabilities"]), "spans": spans})


ADDED = (
    "category",
    "category_probability",
    "channel",
    "channel_probability",
    "category_top3",
    "channel_top3",
    "confident",
    "category_confident",
    "channel_confident",
    "warnings",
    "changed",
    "category_changed",
    "channel_changed",
    "evidence",
    "model_version",
    "status",
    *(f"p_{label}" for target in TARGETS for label in LABELS[target]),
)
"""The columns that are added to a table, before their prefix."""


def added_cells(answer: Answer, category_changed: bool | None, channel_changed: bool | None, version: str) -> tuple[Cell, ...]:
    """Return the cells of the columns ADDED; changed: whether a label differs from the one the row had, None without one."""
    known = [changed for changed in (category_changed, channel_changed) if changed is not None]
    both = None if answer.category_confident is None else bool(answer.category_confident and answer.channel_confident)
    return (
        answer.category,
        answer.category_probability,
        answer.channel,
        answer.channel_probability,
        answer.category_top3,
        answer.channel_top3,
        both,
        answer.category_confident,
        answer.channel_confident,
        answer.warnings,
        any(known) if known else None,
        category_changed,
        channel_changed,
        answer.evidence,
        version,
        answer.status,
        *(answer.probabilities or _NO_PROBABILITIES),
    )


_NO_PROBABILITIES: tuple[None, ...] = (None,) * sum(len(LABELS[target]) for target in TARGETS)


def answer_of(suggestion: Suggestion, text: AnalysedText, model: IncidentModel, *, spans: bool = False) -> Answer:
    """Return the answer for a suggestion to an analysed text, with the places of the words that weighed if `spans`."""
    category, channel = suggestion.category, suggestion.channel
    if category is None or channel is None:
        return Answer(suggestion.outcome)
    return Answer(
        suggestion.outcome,
        category.label,
        round(category.probability, _DIGITS),
        category.confident,
        _top(category),
        channel.label,
        round(channel.probability, _DIGITS),
        channel.confident,
        _top(channel),
        _BETWEEN_WARNINGS.join(suggestion.warnings),
        _evidence(suggestion.evidence, (category.label, channel.label), text, model) if suggestion.evidence else "",
        (*_in_order(category, LABELS["category"]), *_in_order(channel, LABELS["channel"])),
        tuple((item.start, item.end, item.weight, item.label) for item in suggestion.evidence) if spans else (),
    )


def suggestion_of(answer: Answer, version: str) -> Suggestion:
    """Return the suggestion that an answer with spans was made from, but for its sentence and digits that were rounded off."""
    outcome = cast(Outcome, answer.status)
    if answer.category_confident is None or answer.channel_confident is None:
        return Suggestion(outcome, None, None, (), (), None, version)
    split = len(LABELS["category"])
    return Suggestion(
        outcome,
        _proposal(LABELS["category"], answer.probabilities[:split], confident=answer.category_confident),
        _proposal(LABELS["channel"], answer.probabilities[split:], confident=answer.channel_confident),
        tuple(filter(None, answer.warnings.split(_BETWEEN_WARNINGS))),
        tuple(Evidence(*span) for span in answer.spans),
        None,
        version,
    )


def _proposal(labels: tuple[str, ...], probabilities: tuple[float, ...], *, confident: bool) -> Proposal:
    ranked = (Ranked(label, probability) for label, probability in zip(labels, probabilities, strict=True))
    return Proposal(tuple(sorted(ranked, key=lambda item: -item.probability)), confident)


def _top(proposal: Proposal) -> str:
    return "; ".join(f"{item.label} {item.probability:.3f}" for item in proposal.ranked[:_TOP])


def _in_order(proposal: Proposal, labels: tuple[str, ...]) -> tuple[float, ...]:
    by_label = {item.label: round(item.probability, _DIGITS) for item in proposal.ranked}
    return tuple(by_label[label] for label in labels)


def _evidence(spans: tuple[Evidence, ...], labels: tuple[str, str], text: AnalysedText, model: IncidentModel) -> str:
    """Return the words that weighed for the two labels, none that may be personal data.

    A word is shown only if the model's own vocabulary holds it, which was drawn up from texts without personal data, if no list
    of names does, and if it has no digit. Rare words stay hidden, and with them the names that no list knows; that costs next
    to nothing, where masking each text with the entity recogniser would take several times as long as the suggestion.
    """
    places = {start: place for place, start in enumerate(text.starts)}

    def said(span: Evidence) -> str:
        words: list[str] = []
        place = places[span.start]
        while place < len(text.words) and text.starts[place] < span.end:
            word = text.words[place]
            shown = word if model.knows(word) and not is_listed_name(word) and not _DIGIT.search(word) else _HIDDEN
            if not (shown == _HIDDEN and words and words[-1] == _HIDDEN):
                words.append(shown)
            place += 1
        return " ".join(words)

    by_label = [[said(span) for span in spans if span.label == label] for label in labels]
    return _BETWEEN_TARGETS.join(", ".join(word for word in said_for if word != _HIDDEN) for said_for in by_label)
