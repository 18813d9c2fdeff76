"""Recognise a label however a table spells it: by id, by the name shown to users, or as the agency's current form has it."""

from __future__ import annotations

import re
from functools import cache

from classifier.errors import UnknownLabelError
from classifier.taxonomy import CATEGORIES, CATEGORY_IDS, CHANNEL_IDS, CHANNELS, Category, Channel

_CATEGORY_SYNONYMS = {
    "Fysisk angrep": "fysisk_angrep_person",
    "Hærverk": "haerverk",
    "Fysisk angrep på bygning eller inventar": "haerverk",
    "Trussel": "trussel",
    "Trusler": "trussel",
    "Truende atferd": "trussel",
    "Selvskading": "trussel_selvskading",
    "Trussel om selvmord": "trussel_selvskading",
    "Hatytring": "hatytringer",
    "Sjikane": "sjikane_trakassering",
    "Trakassering": "sjikane_trakassering",
    "Utskjelling": "verbal_utskjelling",
}
_CHANNEL_SYNONYMS = {
    "Tlf": "telefon",
    "Mottak": "publikumsmottak",
    "Møterom": "samtalerom",
    "Epost": "epost",
    "Mail": "epost",
    "SMS": "sms",
    "Tekstmelding": "sms",
    "nav.no": "internett",
    "Internett": "internett",
    "Ukjent": "ukjent",
    "": "ukjent",
}
"""What people type in tables beside the official names; an empty channel says that nobody noted one."""

_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
_SPELT_OUT = str.maketrans({"æ": "ae", "ø": "o", "å": "a"})


def category_named(name: str) -> str:
    """Return the id of the category that `name` means; raises UnknownLabelError."""
    return _find(name, _categories(), "category", CATEGORY_IDS)


def channel_named(name: str) -> str:
    """Return the id of the channel that `name` means; raises UnknownLabelError."""
    return _find(name, _channels(), "channel", CHANNEL_IDS)


def _find(name: str, known: dict[str, str], kind: str, ids: tuple[str, ...]) -> str:
    try:
        return known[_plain(name)]
    except KeyError:
        raise UnknownLabelError(kind, name, ids) from None


@cache
def _categories() -> dict[str, str]:
    return _names(CATEGORIES, _CATEGORY_SYNONYMS)


@cache
def _channels() -> dict[str, str]:
    return _names(CHANNELS, _CHANNEL_SYNONYMS)


def _names(labels: tuple[Category, ...] | tuple[Channel, ...], synonyms: dict[str, str]) -> dict[str, str]:
    names = {_plain(synonym): label for synonym, label in synonyms.items()}
    entries = [(target, label.id) for label in labels if not label.crosswalk.ask for target in label.crosswalk.targets]
    # The form merges some channels; an entry that more than one label points to names none of them.
    names |= {_plain(target): label for target, label in entries if len({other for t, other in entries if t == target}) == 1}
    return names | {_plain(label.name): label.id for label in labels} | {_plain(label.id): label.id for label in labels}


def _plain(name: str) -> str:
    return _NOT_A_LETTER.sub(" ", name.casefold().translate(_SPELT_OUT)).strip()
