"""An analysed text as a person or a machine reads it: tables and plain JSON values."""

from __future__ import annotations

from classifier.language import AnalysedText
from classifier.table import Table

_STANDARD_NAMES = {"nb": "Bokmål", "nn": "Nynorsk", "other": "not Norwegian"}


def as_dict(analysed: AnalysedText) -> dict[str, object]:
    """Return the analysis as values that JSON can hold; offsets count characters of `text`."""
    return {
        "text": analysed.text,
        "language": {"standard": analysed.language.standard, "margin": round(analysed.language.margin, 3)},
        "tokens": [
            {
                "start": analysed.starts[index],
                "end": analysed.ends[index],
                "text": word,
                "lemma": analysed.lemmas[index],
                "pos": analysed.pos[index],
                "morph": analysed.morphs[index],
            }
            for index, word in enumerate(analysed.words)
        ],
        "sentences": [{"start": analysed.starts[first], "end": analysed.ends[stop - 1]} for first, stop in analysed.sentences],
        "entities": [{"start": entity.start, "end": entity.end, "label": entity.label} for entity in analysed.entities],
    }


def as_tables(analysed: AnalysedText) -> tuple[Table, ...]:
    """Return one table of words and, where there are entities, one of those."""
    sentence_of = {
        index: number for number, (first, stop) in enumerate(analysed.sentences, start=1) for index in range(first, stop)
    }
    words = Table(
        f"{_STANDARD_NAMES[analysed.language.standard]}, {len(analysed.sentences)} sentence(s)",
        ("sentence", "word", "lemma", "part of speech", "morphology"),
        tuple(
            (
                str(sentence_of.get(index, "")),
                word,
                analysed.lemmas[index],
                analysed.pos[index],
                analysed.morphs[index],
            )
            for index, word in enumerate(analysed.words)
        ),
    )
    if not analysed.entities:
        return (words,)
    entities = Table(
        "Entities",
        ("entity", "label", "characters"),
        tuple(
            (analysed.text[entity.start : entity.end], entity.label, f"{entity.start}–{entity.end}")
            for entity in analysed.entities
        ),
    )
    return words, entities
