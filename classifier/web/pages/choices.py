"""The labels as a page offers them: each with a key of its own that never changes, words for how likely it is, and a bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.suggestion import Proposal
from classifier.taxonomy import CATEGORIES, CATEGORY_IDS, CHANNELS, Category, Channel
from classifier.web.pages.wording import percent

CATEGORY_KEYS = {label: str(place) for place, label in enumerate(CATEGORY_IDS, start=1)}
"""The number belongs to the category, most serious first, not to its place in a list that moves while somebody writes."""

CHANNEL_KEYS = {
    "telefon": "t",
    "publikumsmottak": "p",
    "samtalerom": "s",
    "epost": "e",
    "sms": "m",
    "saksbehandlingssystem": "d",
    "internett": "i",
    "sosiale_medier": "o",
    "brev": "b",
    "annet": "a",
    "ukjent": "u",
}

_ALMOST_ALL, _LIKELY, _POSSIBLE, _SLIGHT = 0.9, 0.6, 0.25, 0.08


@dataclass(frozen=True)
class Choice:
    """One label to choose: `share` in 0 to 100 for its bar, None where nothing is proposed; `words` says how likely it is."""

    label: str
    name: str
    definition: str
    key: str
    share: float | None = None
    percent: str = ""
    words: str = ""
    chosen: bool = False


def category_choices(proposal: Proposal | None, chosen: str | None) -> tuple[Choice, ...]:
    """Return the categories, likeliest first if something is proposed, else in the guide's order."""
    return tuple(_choice(entry, CATEGORY_KEYS[entry.id], proposal, chosen) for entry in _ordered(CATEGORIES, proposal))


def channel_choices(proposal: Proposal | None, chosen: str | None) -> tuple[Choice, ...]:
    """Return the channels, likeliest first if something is proposed, else in the guide's order."""
    return tuple(_choice(entry, CHANNEL_KEYS[entry.id], proposal, chosen) for entry in _ordered(CHANNELS, proposal))


def how_likely(probability: float) -> str:
    """Return a probability as a colleague would say it."""
    if probability >= _ALMOST_ALL:
        return "nesten sikkert"
    if probability >= _LIKELY:
        return "sannsynlig"
    if probability >= _POSSIBLE:
        return "mulig"
    return "lite trolig" if probability >= _SLIGHT else "usannsynlig"


def _ordered(entries: Sequence[Category | Channel], proposal: Proposal | None) -> list[Category | Channel]:
    rank = {item.label: place for place, item in enumerate(proposal.ranked)} if proposal else {}
    return sorted(entries, key=lambda entry: rank.get(entry.id, len(rank)))


def _choice(entry: Category | Channel, key: str, proposal: Proposal | None, chosen: str | None) -> Choice:
    probability = {item.label: item.probability for item in proposal.ranked}.get(entry.id) if proposal else None
    return Choice(
        label=entry.id,
        name=entry.name,
        definition=entry.definition,
        key=key,
        share=None if probability is None else round(probability * 100, 1),
        percent="" if probability is None else percent(probability),
        words="" if probability is None else how_likely(probability),
        chosen=entry.id == chosen,
    )
