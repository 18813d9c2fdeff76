"""Find and mask personal data in Norwegian text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifier.identifiers import find_identifiers
from classifier.language import AnalysedText, LoadedPipeline, analyse
from classifier.person_names import find_person_names
from classifier.spans import PERSONAL_DATA_TYPES, PersonalData, PersonalDataType, settle

_TYPES: dict[str, PersonalDataType] = {type_: type_ for type_ in PERSONAL_DATA_TYPES}
_PLACEHOLDER = re.compile(rf"\[({'|'.join(PERSONAL_DATA_TYPES)})\]")


@dataclass(frozen=True)
class MaskedText:
    """A text with its personal data replaced by `[TYPE]`, and where they stood in the text as given."""

    text: str
    spans: tuple[PersonalData, ...]


def find_personal_data(analysed: AnalysedText) -> tuple[PersonalData, ...]:
    """Return the personal data of an analysed text (its `entities` part is needed), in text order, without overlaps."""
    return settle([*find_identifiers(analysed.text), *find_person_names(analysed)])


def mask(analysed: AnalysedText) -> MaskedText:
    """Return the analysed text with each piece of personal data replaced by its type in square brackets."""
    spans = find_personal_data(analysed)
    pieces: list[str] = []
    position = 0
    for span in spans:
        pieces.append(analysed.text[position : span.start])
        pieces.append(f"[{span.type}]")
        position = span.end
    pieces.append(analysed.text[position:])
    return MaskedText("".join(pieces), spans)


def find_placeholders(text: str) -> tuple[PersonalData, ...]:
    """Return where a text that was masked before holds `[TYPE]` in place of personal data, in text order."""
    return tuple(PersonalData(m.start(), m.end(), _TYPES[m.group(1)]) for m in _PLACEHOLDER.finditer(text))


def mask_texts(
    texts: Iterable[str], *, pipeline: LoadedPipeline, batch_size: int = 64, processes: int = 1
) -> Iterator[MaskedText]:
    """Yield each text masked, in order, running only the pipeline's entity recogniser."""
    for analysed in analyse(
        texts, pipeline=pipeline, batch_size=batch_size, processes=processes, parts=frozenset({"entities"})
    ):
        yield mask(analysed)
