"""The reasons for a second look, in words for the person who looks; in Bokmål."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.suggestion import Proposal
from classifier.taxonomy import CATEGORY_IDS, category, channel

RULES = (
    "mislabelled",
    "disagreement",
    "unheeded_warning",
    "unusual_pair",
    "stale_label",
    "small_margin",
    "unlike_training",
    "random",
)
"""The rules of the queue, the most telling first."""

REASONS = ("disputed", *RULES, "blind")
"""Every reason there is, as a filter names it."""


@dataclass(frozen=True)
class Reason:
    """Why a report was dealt: the id of the reason, and the same in words."""

    id: str
    text: str


@dataclass(frozen=True)
class Facts:
    """What is known of a report: the labels given, by id, None where there is none of today's; what the model proposed."""

    category: str | None
    channel: str | None
    proposed_category: Proposal | None
    proposed_channel: Proposal | None
    warnings: tuple[str, ...] = ()


def reason(id_: str, facts: Facts) -> Reason:
    """Return a reason in words.

    >>> reason("random", Facts(None, None, None, None)).text
    'Tilfeldig uttrukket.'
    """
    return Reason(id_, _TEXTS[id_] if id_ in _TEXTS else _WORDED[id_](facts))


_TEXTS = {
    "blind": "Tilfeldig uttrukket til måling. Vises uten forslag.",
    "disputed": "To personer har merket ulikt. En tredje må avgjøre.",
    "random": "Tilfeldig uttrukket.",
    "stale_label": "Merkingen er fra en eldre inndeling.",
    "unlike_training": "Teksten ligner lite på det modellen er trent på.",
}


def _mislabelled(facts: Facts) -> str:
    doubts = _doubts(facts)
    return f"Merkingen kan være feil. {doubts}" if doubts else "Merkingen kan være feil."


def _disagreement(facts: Facts) -> str:
    return f"Modellen og merkingen er uenige. {_doubts(facts)}".strip()


def _doubts(facts: Facts) -> str:
    """Return what the model says of the given labels that are not its own."""
    said = []
    if facts.category and facts.proposed_category and facts.proposed_category.label != facts.category:
        proposed = facts.proposed_category
        names = (category(facts.category).name, category(proposed.label).name)
        said.append(_doubt("Kategori", *names, proposed, facts.category))
    if facts.channel and facts.proposed_channel and facts.proposed_channel.label != facts.channel:
        proposed = facts.proposed_channel
        names = (channel(facts.channel).name, channel(proposed.label).name)
        said.append(_doubt("Kanal", *names, proposed, facts.channel))
    return " ".join(said)


def _doubt(kind: str, given: str, proposed: str, ranked: Proposal, given_id: str) -> str:
    probability = next((item.probability for item in ranked.ranked if item.label == given_id), 0.0)
    return (
        f"{kind}: merket «{given}» ({_percent(probability)}), modellen foreslår «{proposed}» ({_percent(ranked.probability)})."
    )


def _small_margin(facts: Facts) -> str:
    close = []
    for proposal in (facts.proposed_category, facts.proposed_channel):
        if proposal is not None:
            one, other = proposal.ranked[:2]
            close.append((one.probability - other.probability, f"«{_name(one.label)}» og «{_name(other.label)}»"))
    return f"Modellen holder to nesten like sannsynlige: {min(close)[1]}." if close else "Modellen er usikker."


def _unheeded_warning(facts: Facts) -> str:
    warned = " og ".join(f"«{category(label).name}»" for label in facts.warnings if label != facts.category)
    return f"Kan også være {warned}, men en annen kategori er valgt."


def _unusual_pair(facts: Facts) -> str:
    if facts.category is None or facts.channel is None:
        return "Uvanlig kombinasjon av kategori og kanal."
    return f"Uvanlig kombinasjon: «{category(facts.category).name}» med kanalen «{channel(facts.channel).name}»."


def _name(label: str) -> str:
    return category(label).name if label in CATEGORY_IDS else channel(label).name


def _percent(probability: float) -> str:
    return f"{probability:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


_WORDED = {
    "mislabelled": _mislabelled,
    "disagreement": _disagreement,
    "small_margin": _small_margin,
    "unheeded_warning": _unheeded_warning,
    "unusual_pair": _unusual_pair,
}
