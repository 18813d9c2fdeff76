"""What the model sees of a text: words and word pairs, letters within words, cues of the lexicon and the words about them, and
how it opens.

Each block is a function from a text's reading to located terms: a term, and the words it stands on. The vectorisers count the
terms, and explanations use where they stand, so that the two cannot drift apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from classifier.cues import Cue, find_cues, lexicon_files
from classifier.language import AnalysedText
from classifier.word_forms import plain_form, shared_form, word_table

if TYPE_CHECKING:
    from sklearn.pipeline import FeatureUnion

LocatedTerm = tuple[str, int, int]
"""A term and the words `[first, last)` it stands on."""

SHORTEST, LONGEST = 2, 5
"""Letters in a character n-gram, the space at either end of a word counted."""

SHORTEST_OPENING, LONGEST_OPENING = 4, 14
"""Words in the opening of a text: its first sentence, within these bounds."""

NEAR = 3
"""Words from a cue within which another is its neighbour."""

_SENTENCE_ENDS = frozenset(".!?…;")


@dataclass(frozen=True)
class Reading:
    """A text as the model reads it: its words in a form that both written standards share, and the cues among them."""

    forms: tuple[str, ...]
    cues: tuple[Cue, ...]


def tables_digest() -> str:
    """Return the SHA-256 of the tables that features are read by: a model's weights mean something only with its own."""
    digest = hashlib.sha256()
    for table in (*lexicon_files(), word_table()):
        digest.update(table.read_bytes())
    return digest.hexdigest()


def read_forms(texts: Iterable[AnalysedText]) -> list[Reading]:
    """Return the reading of each analysed text; only its `words` are used."""
    readings = []
    for text in texts:
        plain = [plain_form(word) for word in text.words]
        readings.append(Reading(tuple(shared_form(word) for word in text.words), tuple(find_cues(plain))))
    return readings


def located_words(reading: Reading) -> list[LocatedTerm]:
    """Return the words and the pairs of neighbouring words of a reading."""
    forms = reading.forms
    singles = [(form, place, place + 1) for place, form in enumerate(forms)]
    pairs = [(f"{forms[place]} {forms[place + 1]}", place, place + 2) for place in range(len(forms) - 1)]
    return singles + pairs


def located_characters(reading: Reading) -> list[LocatedTerm]:
    """Return the character n-grams within each word of a reading."""
    return [(gram, place, place + 1) for place, form in enumerate(reading.forms) for gram in grams(form)]


def located_cues(reading: Reading) -> list[LocatedTerm]:
    """Return the concepts of a reading's cues."""
    return [(cue.concept, cue.first, cue.last) for cue in reading.cues]


def located_opening(reading: Reading) -> list[LocatedTerm]:
    """Return the words and concepts of a reading's opening, where reports tend to say how it reached them."""
    last = _opening_end(reading.forms)
    words = [(form, place, place + 1) for place, form in enumerate(reading.forms[:last])]
    return words + [(f"{cue.concept}:", cue.first, cue.last) for cue in reading.cues if cue.last <= last]


def located_neighbours(reading: Reading) -> list[LocatedTerm]:
    """Return the words near each cue with its concept, in the order they stand in: who does it, to whom, or not at all."""
    forms = reading.forms
    found: list[LocatedTerm] = []
    for cue in reading.cues:
        before = range(max(0, cue.first - NEAR), cue.first)
        after = range(cue.last, min(len(forms), cue.last + NEAR))
        found += [(f"{forms[place]} {cue.concept}:", place, cue.last) for place in before]
        found += [(f"{cue.concept}: {forms[place]}", cue.first, place + 1) for place in after]
    return found


def _opening_end(forms: Sequence[str]) -> int:
    for place in range(SHORTEST_OPENING - 1, min(LONGEST_OPENING, len(forms))):
        if forms[place] in _SENTENCE_ENDS:
            return place + 1
    return min(LONGEST_OPENING, len(forms))


BLOCKS = {
    "words": located_words,
    "characters": located_characters,
    "cues": located_cues,
    "opening": located_opening,
    "neighbours": located_neighbours,
}
"""The feature blocks in the order of the estimator's columns."""

FEW_CUES = ("words", "characters", "cues")
"""The blocks that can be learned where so few texts have cues that what stands about them says nothing."""


def word_terms(reading: Reading) -> list[str]:
    """Return the terms of `located_words` alone."""
    forms = reading.forms
    return [*forms, *(f"{one} {other}" for one, other in pairwise(forms))]


def character_terms(reading: Reading) -> list[str]:
    """Return the terms of `located_characters` alone."""
    return [gram for form in reading.forms for gram in grams(form)]


def cue_terms(reading: Reading) -> list[str]:
    """Return the terms of `located_cues` alone."""
    return [cue.concept for cue in reading.cues]


def opening_terms(reading: Reading) -> list[str]:
    """Return the terms of `located_opening` alone."""
    return [term for term, _, _ in located_opening(reading)]


def neighbour_terms(reading: Reading) -> list[str]:
    """Return the terms of `located_neighbours` alone."""
    return [term for term, _, _ in located_neighbours(reading)]


def grams(form: str) -> tuple[str, ...]:
    """Return the character n-grams within one word, a space at either end."""
    padded = f" {form} "
    return tuple(
        padded[start : start + length] for length in range(SHORTEST, LONGEST + 1) for start in range(len(padded) - length + 1)
    )


def feature_union(
    blocks: Sequence[str] = tuple(BLOCKS),
    *,
    cue_weight: float = 0.15,
    opening_weight: float = 0.4,
    neighbour_weight: float = 0.5,
) -> FeatureUnion:
    """Return the unfitted vectorisers of these blocks side by side, over readings.

    Cues are there or not; all others are tf-idf with logarithmic counts, each text's block scaled to unit length. The weights
    of the blocks, against words and characters at 1, were chosen by cross-validation on `train`.
    """
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    made: dict[str, Any] = {
        "words": TfidfVectorizer(analyzer=word_terms, sublinear_tf=True, min_df=2),
        "characters": TfidfVectorizer(analyzer=character_terms, sublinear_tf=True, min_df=3),
        "cues": CountVectorizer(analyzer=cue_terms, binary=True),
        "opening": TfidfVectorizer(analyzer=opening_terms, sublinear_tf=True, min_df=3),
        "neighbours": TfidfVectorizer(analyzer=neighbour_terms, sublinear_tf=True, min_df=3),
    }
    weights = {"cues": cue_weight, "opening": opening_weight, "neighbours": neighbour_weight}
    used = {block: weight for block, weight in weights.items() if block in blocks}
    return FeatureUnion([(block, made[block]) for block in blocks], transformer_weights=used)
