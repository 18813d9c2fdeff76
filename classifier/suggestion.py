"""What the model proposes for a report: ranked labels with probabilities, warnings, and the words that weighed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "too_short", "not_norwegian"]

OUTCOME_TEXTS: dict[Outcome, str] = {
    "ok": "",
    "too_short": "Ikke nok tekst til et forslag.",
    "not_norwegian": "Teksten ser ikke norsk ut.",
}


@dataclass(frozen=True)
class Ranked:
    """A label and its calibrated probability."""

    label: str
    probability: float


@dataclass(frozen=True)
class Proposal:
    """The labels of one kind, best first; `confident` says that the best may be chosen beforehand."""

    ranked: tuple[Ranked, ...]
    confident: bool

    @property
    def label(self) -> str:
        """The best label."""
        return self.ranked[0].label

    @property
    def probability(self) -> float:
        """The best label's probability."""
        return self.ranked[0].probability


@dataclass(frozen=True)
class Evidence:
    """A span `[start, end)` of the text, in characters, and how much it added to the decision value of `label`."""

    start: int
    end: int
    weight: float
    label: str


@dataclass(frozen=True)
class Suggestion:
    """The model's answer to one text; `category` and `channel` are None where the outcome is not "ok".

    `warnings` holds serious categories that may be there whatever was proposed. `sentence` is the span of the sentence that
    spoke most for the category.
    """

    outcome: Outcome
    category: Proposal | None
    channel: Proposal | None
    warnings: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    sentence: tuple[int, int] | None
    model_version: str


def as_dict(suggestion: Suggestion) -> dict[str, object]:
    """Return a suggestion in the shape that the API and the command line answer with."""
    sentence = suggestion.sentence
    return {
        "outcome": suggestion.outcome,
        "category": _proposal(suggestion.category),
        "channel": _proposal(suggestion.channel),
        "warnings": list(suggestion.warnings),
        "evidence": [
            {"start": item.start, "end": item.end, "weight": round(item.weight, 4), "label": item.label}
            for item in suggestion.evidence
        ],
        "sentence": None if sentence is None else {"start": sentence[0], "end": sentence[1]},
        "model_version": suggestion.model_version,
    }


def _proposal(proposal: Proposal | None) -> dict[str, object] | None:
    if proposal is None:
        return None
    return {
        "label": proposal.label,
        "probability": round(proposal.probability, 6),
        "confident": proposal.confident,
        "ranked": [{"label": item.label, "probability": round(item.probability, 6)} for item in proposal.ranked],
    }
