"""How much of a text's wording the model knows: cheap enough to ask of every report, without reading it again with spaCy."""

from __future__ import annotations

import re
from collections.abc import Container

from classifier.word_forms import shared_form

FEWEST_WORDS = 5
"""Of fewer words a share says nothing."""

_WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")


class Familiarity:
    """The words that a model saw in training; call it with a text. It remembers each word it was asked about."""

    def __init__(self, vocabulary: Container[str]) -> None:
        """Take the words, in the form that both written standards share."""
        self._vocabulary = vocabulary
        self._unknown: dict[str, bool] = {}

    def unknown_share(self, text: str) -> float:
        """Return the share of a text's words that training never saw; NaN for fewer than FEWEST_WORDS.

        >>> Familiarity({"mannen", "slo", "i", "bordet"}).unknown_share("Mannen slo i bordet xyzzy")
        0.2
        """
        words = _WORD.findall(text)
        if len(words) < FEWEST_WORDS:
            return float("nan")
        for word in words:
            if word not in self._unknown:
                self._unknown[word] = shared_form(word) not in self._vocabulary
        return sum(map(self._unknown.__getitem__, words)) / len(words)
