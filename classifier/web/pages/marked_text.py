"""A report's text in pieces: what weighed for which label, and what will be masked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from classifier.spans import PersonalData
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


@dataclass(frozen=True)
class Piece:
    """A run of text; `marks` names the labels it weighed for ("category", "channel"), `explanation` says so in words.

    `masked` is set where `text` stands for personal data that is left out.
    """

    text: str
    marks: tuple[str, ...] = ()
    explanation: str = ""
    masked: bool = False


def pieces(
    text: str,
    evidence: Iterable[Evidence],
    labels: Sequence[str],
    personal_data: Sequence[PersonalData] = (),
) -> tuple[Piece, ...]:
    """Return `text` cut where a mark begins or ends; joined, the pieces are the text with personal data as `[TYPE]`.

    Only evidence for `labels` is marked, and only what spoke for them. Offsets outside the text are cut to it.
    """
    size = len(text)
    hidden = [item for item in personal_data if 0 <= item.start < item.end <= size]
    spans = [
        (max(item.start, 0), min(item.end, size), item.label) for item in evidence if item.label in labels and item.weight > 0
    ]
    cuts = sorted(
        {0, size, *(i.start for i in hidden), *(i.end for i in hidden)} | {place for span in spans for place in span[:2]}
    )
    found: list[Piece] = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        covering = next((item for item in hidden if item.start <= start < item.end), None)
        if covering is not None:
            if covering.start == start:
                explanation = f"{_MASKED_AS.get(covering.type, 'personopplysning')} skjult"
                found.append(Piece(f"[{covering.type}]", explanation=explanation, masked=True))
            continue
        names = tuple(dict.fromkeys(label for first, last, label in spans if first <= start and end <= last))
        found.append(_piece(text[start:end], names))
    return _merged(found)


def masked_summary(personal_data: Iterable[PersonalData]) -> str:
    """Return what was found, in words: "2 navn og 1 telefonnummer"; empty if nothing was."""
    counts: dict[str, int] = {}
    for item in personal_data:
        name = _MASKED_AS.get(item.type, "personopplysning")
        counts[name] = counts.get(name, 0) + 1
    parts = [f"{how_many} {_many(name) if how_many > 1 else name}" for name, how_many in counts.items()]
    return parts[0] if len(parts) == 1 else " og ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _many(name: str) -> str:
    for ending, plural in (("nummer", "numre"), ("adresse", "adresser"), ("dato", "datoer"), ("opplysning", "opplysninger")):
        if name.endswith(ending):
            return name.removesuffix(ending) + plural
    return name


def _piece(text: str, labels: tuple[str, ...]) -> Piece:
    marks = tuple(dict.fromkeys("category" if label in CATEGORY_IDS else "channel" for label in labels))
    names = (category(label).name if label in CATEGORY_IDS else channel(label).name for label in labels)
    return Piece(text, marks, f"talte for {' og '.join(names)}" if labels else "")


def _merged(found: list[Piece]) -> tuple[Piece, ...]:
    merged: list[Piece] = []
    for piece in found:
        last = merged[-1] if merged else None
        if last and not piece.masked and not last.masked and last.explanation == piece.explanation:
            merged[-1] = Piece(last.text + piece.text, piece.marks, piece.explanation)
        else:
            merged.append(piece)
    return tuple(merged)
