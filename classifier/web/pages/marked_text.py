"""A report's text in pieces: what weighed for which label, and what is masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from classifier.spans import PERSONAL_DATA_TYPES, PersonalData
from classifier.suggestion import Evidence
from classifier.taxonomy import CATEGORY_IDS, category, channel

_MASKED_AS = {
    "PERSON": "navn",
    "ID_NUMBER": "fødselsnummer",
    "PHONE": "telefonnummer",
    "EMAIL": "e-postadresse",
    "ADDRESS": "adresse",
    "ACCOUNT": "kontonummer",
    "PLATE": "bilskilt",
    "HANDLE": "brukernavn",
    "BIRTHDATE": "fødselsdato",
}
_MASK = re.compile(rf"\[({'|'.join(PERSONAL_DATA_TYPES)})\]")


@dataclass(frozen=True)
class Piece:
    """A run of text; `marks` says what it weighed for ("category", "channel"), and `labels` names the labels.

    `masked` says what kind of personal data `text` stands for, where it does.
    """

    text: str
    marks: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    masked: str = ""


def pieces(text: str, evidence: Iterable[Evidence], labels: Sequence[str]) -> tuple[Piece, ...]:
    """Return `text` cut where a mark or a mask begins or ends; joined, the pieces are the text.

    Only evidence for `labels` is marked, and only what spoke for them. Offsets outside the text are cut to it.
    """
    masks = {match.start(): match for match in _MASK.finditer(text)}
    inside = [(match.start(), match.end()) for match in masks.values()]
    clipped = ((max(item.start, 0), min(item.end, len(text)), item) for item in evidence)
    spans = [
        (start, end, item.label) for start, end, item in clipped if start < end and item.label in labels and item.weight > 0
    ]
    cuts = {0, len(text)} | {place for span in (*inside, *(span[:2] for span in spans)) for place in span}
    places = sorted(place for place in cuts if not any(start < place < end for start, end in inside))
    found: list[Piece] = []
    for start, end in pairwise(places):
        if start in masks:
            found.append(Piece(text[start:end], masked=_MASKED_AS[masks[start][1]]))
        else:
            names = tuple(dict.fromkeys(label for first, last, label in spans if first <= start and end <= last))
            found.append(_piece(text[start:end], names))
    return _merged(found)


def masked_summary(personal_data: Iterable[PersonalData]) -> str:
    """Return what was found, in words: "2 navn og 1 telefonnummer"; empty if nothing was."""
    counts: dict[str, int] = {}
    for item in personal_data:
        name = _MASKED_AS[item.type]
        counts[name] = counts.get(name, 0) + 1
    parts = [f"{how_many} {_many(name) if how_many > 1 else name}" for name, how_many in counts.items()]
    return parts[0] if len(parts) == 1 else " og ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _many(name: str) -> str:
    for ending, plural in (("nummer", "numre"), ("adresse", "adresser"), ("dato", "datoer")):
        if name.endswith(ending):
            return name.removesuffix(ending) + plural
    return name


def weighed(shown: Iterable[Piece]) -> tuple[str, ...]:
    """Return what the marks say, a sentence a label, for those who do not see them."""
    words: dict[str, list[str]] = {}
    for piece in shown:
        for label in piece.labels:
            words.setdefault(label, []).append(" ".join(piece.text.split()))
    return tuple(f"For {label} veide: {', '.join(found)}." for label, found in words.items())


def _piece(text: str, ids: tuple[str, ...]) -> Piece:
    marks = tuple(dict.fromkeys("category" if label in CATEGORY_IDS else "channel" for label in ids))
    return Piece(text, marks, tuple(category(label).name if label in CATEGORY_IDS else channel(label).name for label in ids))


def _merged(found: list[Piece]) -> tuple[Piece, ...]:
    merged: list[Piece] = []
    for piece in found:
        last = merged[-1] if merged else None
        if last and not piece.masked and not last.masked and last.labels == piece.labels:
            merged[-1] = Piece(last.text + piece.text, piece.marks, piece.labels)
        else:
            merged.append(piece)
    return tuple(merged)
