"""How far what comes in now lies from what the model was trained on, by the population stability index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["too_few", "none", "small", "large"]

FEWEST = 50
"""Reports; fewer say too little about a distribution."""

NOTICEABLE, LARGE = 0.1, 0.25
"""The customary bounds of the index: below the first nothing to act on, from the second the population is another."""

_PSEUDO_COUNT = 0.5
_INTERVAL = 0.95

LENGTHS: tuple[tuple[str, int, int | None], ...] = (
    ("under 12 ord", 1, 11),
    ("12–40 ord", 12, 40),
    ("41–110 ord", 41, 110),
    ("over 110 ord", 111, None),
)
"""The bands of a text's length that are compared: name, fewest words, most words."""


@dataclass(frozen=True)
class Part:
    """One part of a distribution: its shares, in 0 to 1, then and now, and what it adds to the index."""

    name: str
    expected: float
    observed: float
    contribution: float


@dataclass(frozen=True)
class Drift:
    """A distribution then and now: the index, how large it gets by chance alone, and what to make of it.

    `by_chance` is what the index stays under in 95 of 100 cases when nothing has changed, for so many reports.
    """

    index: float
    by_chance: float
    count: int
    verdict: Verdict
    parts: tuple[Part, ...]

    @property
    def moved_most(self) -> Part:
        """The part that adds most to the index."""
        return max(self.parts, key=lambda part: part.contribution)


def drift(expected: Mapping[str, float], observed: Mapping[str, float], names: Sequence[str]) -> Drift:
    """Return the drift from the counts of `expected` to those of `observed`, over the parts in `names`.

    The index is the sum over parts of (now - then) * ln(now / then), in shares. Half a report is added to every part, so that
    an empty one does not make it infinite. Under no change it is distributed as (1/n + 1/m) times chi-square with one degree of
    freedom less than there are parts (Yurdakul 2018, "Statistical properties of population stability index"), which decides
    what counts as chance.
    """
    import math

    from scipy.stats import chi2

    then = [expected.get(name, 0) for name in names]
    now = [observed.get(name, 0) for name in names]
    reports = int(sum(now))
    parts = []
    for name, before, after in zip(names, _shares(then), _shares(now), strict=True):
        parts.append(Part(name, before, after, (after - before) * math.log(after / before)))
    index = sum(part.contribution for part in parts)
    chance = float(chi2.ppf(_INTERVAL, len(names) - 1)) * (1 / max(sum(then), 1) + 1 / max(reports, 1))
    verdict: Verdict
    if reports < FEWEST:
        verdict = "too_few"
    elif index <= chance or index < NOTICEABLE:
        verdict = "none"
    else:
        verdict = "large" if index >= LARGE else "small"
    return Drift(index, chance, reports, verdict, tuple(parts))


def by_length(texts: Iterable[str]) -> dict[str, float]:
    """Return how many texts fall into each band of length; a text without a word is in none."""
    counts = {name: 0.0 for name, _, _ in LENGTHS}
    for text in texts:
        words = len(text.split())
        for name, fewest, most in LENGTHS:
            if fewest <= words and (most is None or words <= most):
                counts[name] += 1
    return counts


def by_language(texts: Iterable[str]) -> dict[str, float]:
    """Return how many texts are in each written standard: "nb", "nn" or "other"."""
    from classifier.language_id import identify

    counts: dict[str, float] = {"nb": 0.0, "nn": 0.0, "other": 0.0}
    for text in texts:
        counts[identify(text).standard] += 1
    return counts


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts) + _PSEUDO_COUNT * len(counts)
    return [(count + _PSEUDO_COUNT) / total for count in counts]
