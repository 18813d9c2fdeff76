"""Why a label scored as it did, from the model's own arithmetic.

A score is a sum over a text's features of value times coefficient, plus the intercept. Each feature's part is shared evenly
among the words it stands on, so that the words' parts and the intercept add up to the score.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.language import AnalysedText
from classifier.model.columns import LocatedColumns
from classifier.suggestion import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_SPANS = 6
_SMALLEST_SHARE = 0.2
"""A word is shown if it weighs at least this share of what the heaviest word does."""

_ALPHANUMERIC = re.compile(r"[^\W_]")
_SENTENCE_ENDS = frozenset(".!?…")
_CLOSING = frozenset("\"'»”)")


@dataclass(frozen=True)
class WordShares:
    """Which features stand on which words: entry i says that word `words[i]` has `parts[i]` of the value of `columns[i]`."""

    columns: NDArray[np.intp]
    words: NDArray[np.intp]
    parts: NDArray[np.float64]
    count: int


def word_shares(located: LocatedColumns, columns: NDArray[np.int32], values: NDArray[np.float64]) -> WordShares:
    """Return how a text's feature values are shared among its words; `columns`, ascending, and `values` are its matrix row."""
    import numpy as np

    place = np.searchsorted(columns, located.columns)
    occurrences = np.bincount(place, minlength=len(columns))
    widths = located.widths
    parts = values[place] / occurrences[place] / widths
    # A term on several words has an entry for each of them, one after the other.
    begins = np.cumsum(widths) - widths
    words = np.repeat(located.first - begins, widths) + np.arange(int(widths.sum()))
    return WordShares(np.repeat(located.columns, widths), words, np.repeat(parts, widths), located.words)


def contributions(shares: WordShares, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each word added to the score of the label with these coefficients."""
    import numpy as np

    weights = shares.parts * coefficients[shares.columns]
    return np.bincount(shares.words, weights=weights, minlength=shares.count).astype(float)


def evidence(analysed: AnalysedText, weights: NDArray[np.float64], label: str) -> list[Evidence]:
    """Return the spans that spoke most for a label, in text order; neighbouring words are joined."""
    # Punctuation weighs too, but says nothing to a reader.
    parts = weights.tolist()
    readable = [place for place, word in enumerate(analysed.words) if parts[place] > 0 and _ALPHANUMERIC.search(word)]
    if not readable:
        return []
    heaviest = max(parts[place] for place in readable)
    heavy = [place for place in readable if parts[place] >= _SMALLEST_SHARE * heaviest]
    spans: list[Evidence] = []
    before = -2
    for place in heavy:
        start, end, weight = analysed.starts[place], analysed.ends[place], parts[place]
        if place == before + 1:
            joined = spans.pop()
            start, weight = joined.start, joined.weight + weight
        spans.append(Evidence(start, end, weight, label))
        before = place
    spans.sort(key=lambda span: -span.weight)
    return sorted(spans[:MOST_SPANS], key=lambda span: span.start)


def heaviest_sentence(analysed: AnalysedText, weights: NDArray[np.float64]) -> tuple[int, int] | None:
    """Return the characters `[start, end)` of the sentence whose words together spoke most for a label; None without words."""
    if not analysed.words:
        return None
    first, last = max(sentence_ranges(analysed), key=lambda words: float(weights[words[0] : words[1]].sum()))
    return analysed.starts[first], analysed.ends[last - 1]


def sentence_ranges(analysed: AnalysedText) -> Sequence[tuple[int, int]]:
    """Return the sentences as word ranges: the pipeline's where it was asked for them, else by end marks and line breaks.

    Good enough to point at a sentence, and a hundred times faster than reading the text with the pipeline's parser.
    """
    if analysed.sentences:
        return analysed.sentences
    ranges: list[tuple[int, int]] = []
    first = 0
    for place, word in enumerate(analysed.words):
        last = place + 1 == len(analysed.words)
        gap = "" if last else analysed.text[analysed.ends[place] : analysed.starts[place + 1]]
        said = analysed.words[place - 1] if word in _CLOSING and place > first else word
        if last or "\n" in gap or (said[-1] in _SENTENCE_ENDS and gap):
            ranges.append((first, place + 1))
            first = place + 1
    return ranges
