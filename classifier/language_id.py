"""Tell Bokmål, Nynorsk and other languages apart by their small words; the traps are Danish, Swedish and English.

Reports are short, so the method weighs function words and the letters that only some languages use; content words, which
the neighbours share, say nothing. A text with too little evidence is taken for Bokmål: refusing "Utskjelt på tlf." would be
worse than accepting a scrap. The word lists are the project's own; accuracy is measured by `scripts/measure_language_id.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from classifier.word_forms import WORDS_REMEMBERED
from classifier.word_lists import word_list

Standard = Literal["nb", "nn", "other"]

_WORD = re.compile(r"[^\W\d_]+")
_NOT_LATIN = re.compile("[^\x00-\u024f]")

_LANGUAGES = ("nb", "nn", "da", "sv", "en", "de")
_OTHERS = ("da", "sv", "en", "de", "unlisted")
"""`unlisted` stands for the languages without a word list, which only their letters or their lack of Norwegian words betray."""

_LETTER_EVIDENCE: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("äö", ("sv", "de"), 1.0),
    ("ü", ("de",), 1.0),
    ("ąćęłńśźżčšžřťň", ("unlisted",), 1.5),
    ("ðþ", ("unlisted",), 1.5),
    ("æø", ("nb", "nn", "da"), 0.5),
    ("å", ("nb", "nn", "da", "sv"), 0.3),
)

_ENDING_EVIDENCE: tuple[tuple[re.Pattern[str], tuple[str, ...], float], ...] = (
    (re.compile(r"(?:leg|lege|inga|ingar|onar|arar|rane|aren|ande)$"), ("nn",), 0.8),
    (re.compile(r"ane$"), ("nn",), 0.6),
    (re.compile(r"(?<!l)(?:ar|[dgknrt]a)$"), ("nn",), 0.3),
    (re.compile(r"(?:lig|lige|het|heten|eren|ger|ker)$"), ("nb", "da"), 0.3),
    (re.compile(r"(?:ene|elig|rlig|inger|te|et)$"), ("nb",), 0.15),
    (re.compile(r"(?:erne|ede|eden|hed|heden)$"), ("da",), 0.7),
    (re.compile(r"(?:sjon|sjonen|skap|sjekk)$"), ("nb", "nn"), 0.5),
    (re.compile(r"(?:arna|orna|erna|ades|ningen|tion|tionen)$"), ("sv",), 0.6),
)
"""Inflection betrays the language in words no list holds; the weights are small, for endings also meet by chance."""

_FOREIGN_MARGIN = 1.0
"""How much more evidence another language needs than Norwegian: a quoted English insult must not reject a report."""

_UNIQUE_WEIGHT = 1.5
"""A word only one of the languages has is proof of a kind that shared words, however many, are not."""

_ENOUGH_WORDS = 8
_EVIDENCE_PER_WORD = 0.07
"""In Norwegian of eight words or more, evidence of at least this much a word stands; less means a language without tables."""


@dataclass(frozen=True)
class LanguageGuess:
    """Which written language a text is in, and how much more evidence spoke for it than for the runner-up."""

    standard: Standard
    margin: float


def identify(text: str) -> LanguageGuess:
    """Return whether `text` is Bokmål ("nb"), Nynorsk ("nn") or something else ("other")."""
    words = _WORD.findall(text.lower())
    scores = dict.fromkeys((*_LANGUAGES, "unlisted"), 0.0)
    for word in words:
        for name, weight in _evidence_of(word):
            scores[name] += weight
    norwegian = max(scores["nb"], scores["nn"])
    foreign = max(scores[name] for name in _OTHERS)
    if _NOT_LATIN.search(text):
        letters_only = sum(character.isalpha() for character in text)
        latin = sum(character.isalpha() and character < "\u0250" for character in text)
        if letters_only and latin < letters_only / 2:
            return LanguageGuess("other", float(letters_only - latin))
    if foreign > norwegian + _FOREIGN_MARGIN:
        return LanguageGuess("other", foreign - norwegian)
    if len(words) >= _ENOUGH_WORDS and norwegian < _EVIDENCE_PER_WORD * len(words):
        return LanguageGuess("other", _EVIDENCE_PER_WORD * len(words) - norwegian)
    if scores["nn"] > scores["nb"]:
        return LanguageGuess("nn", scores["nn"] - scores["nb"])
    return LanguageGuess("nb", scores["nb"] - scores["nn"])


@lru_cache(maxsize=WORDS_REMEMBERED)
def _evidence_of(word: str) -> tuple[tuple[str, float], ...]:
    """Return what one word says for which languages."""
    said: list[tuple[str, float]] = []
    names = _languages_of_words().get(word)
    if names is not None:
        # What all six share says nothing; what one alone has says most.
        said += [(name, _UNIQUE_WEIGHT if len(names) == 1 else 1.0 / len(names)) for name in names]
    for pattern, favoured, weight in _ENDING_EVIDENCE:
        if len(word) > 4 and pattern.search(word):
            said += [(name, weight) for name in favoured]
    for letters, favoured, weight in _LETTER_EVIDENCE:
        if any(letter in word for letter in letters):
            said += [(name, weight) for name in favoured]
    return tuple(said)


@cache
def _languages_of_words() -> dict[str, frozenset[str]]:
    lists = {language: word_list(f"function_words_{language}") for language in _LANGUAGES}
    every = frozenset().union(*lists.values())
    return {word: frozenset(language for language, words in lists.items() if word in words) for word in every}
