"""From a model's answers to how many incidents there were of each category and channel, with intervals.

A model that errs does not count right: rare labels gain what common ones lose. The counts that the texts speak for are found by
expectation-maximisation of how common each pair of category and channel is (Saerens, Latinne and Decaestecker, 2002, as in
`classifier.model.priors`, here for pairs). It rests on one assumption: an incident of a pair is written about alike now and in
the texts that the errors were learned from.

How far off such an estimate can be is found by trying it on made-up periods whose truth is known: held-out texts drawn to the
estimated mix, from some writers more than from others. The spread of those errors is the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.model.estimator import LABELS, Target
from classifier.trends.error_model import CATEGORIES, CHANNELS, PAIRS, ErrorModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVEL = 0.95
DRAWS = 200

_ITERATIONS = 60
"""Stopping early shrinks the shares a little towards the corpus's, which spares rare pairs from being found where none are."""
_CONCENTRATION = 0.25
"""How unevenly the made-up periods draw on writers, as the parameter of a Dirichlet distribution: 1 would stand for the chance
in who the held-out texts are by, .5 for that and as much in who wrote the history; smaller is more careful. Chosen with
`scripts/simulate_counts.py`."""
_MOST_TEXTS = 4_000
"""A longer period is represented by so many of its texts, drawn at random; the model's errors outweigh what that adds."""
_COLUMNS = 400
_TINY = 1e-30


@dataclass(frozen=True)
class Answers:
    """A model's probabilities for a period's texts under the corpus's prior, texts by labels."""

    category: NDArray[np.float64]
    channel: NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A corrected count, and between which counts the right one lies at LEVEL."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Correction:
    """Corrected counts of each pair, periods by categories by channels, and the errors of the draws, with draws first."""

    counts: NDArray[np.float64]
    errors: NDArray[np.float64]

    def of_labels(self, target: Target) -> list[list[Interval]]:
        """Return the interval of each label in each period, labels by periods."""
        return [self.of_group(target, (place,)) for place in range(len(LABELS[target]))]

    def of_group(self, target: Target, places: Sequence[int]) -> list[Interval]:
        """Return the interval, for each period, of how many incidents have one of the labels at these places."""
        import numpy as np

        axis = 2 if target == "category" else 1
        counts = self.counts.sum(axis=axis)[:, list(places)].sum(axis=1)
        errors = self.errors.sum(axis=axis + 1)[:, :, list(places)].sum(axis=2)
        totals = self.counts.sum(axis=(1, 2))
        half = (1 - LEVEL) / 2
        lows = np.clip(counts - np.quantile(errors, 1 - half, axis=0), 0, totals)
        highs = np.clip(counts - np.quantile(errors, half, axis=0), 0, totals)
        return [
            Interval(float(count), float(min(low, count)), float(max(high, count)))
            for count, low, high in zip(counts, lows, highs, strict=True)
        ]


def correct(errors: ErrorModel, periods: Sequence[Answers], *, seed: int, draws: int = DRAWS) -> Correction:
    """Return the counts that the answers of each period speak for; a period may be empty. The same seed gives the same result.

    The draws favour the same writers in all periods, so that errors which periods share stay shared.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    sizes = [len(answers.category) for answers in periods]
    counts = np.zeros((len(periods), PAIRS))
    for place, answers in enumerate(periods):
        if sizes[place]:
            counts[place] = sizes[place] * _shares(errors, answers, rng)
    found = np.zeros((draws, len(periods), PAIRS))
    writers = rng.gamma(_CONCENTRATION, size=(draws, int(errors.writers.max()) + 1)) + _TINY
    made = [(draw, place) for place, size in enumerate(sizes) if size for draw in range(draws)]
    for start in range(0, len(made), _COLUMNS):
        part = made[start : start + _COLUMNS]
        columns = [_made_up(errors, writers[draw], counts[place], sizes[place], rng) for draw, place in part]
        weights = np.stack(columns, axis=1)
        estimated = shares_of(errors.evidence, weights, errors.shares)
        for column, (draw, place) in enumerate(part):
            true = np.bincount(errors.pairs, weights=weights[:, column], minlength=PAIRS)
            # The made-up period holds at most _MOST_TEXTS texts; its error in shares is the period's.
            found[draw, place] = (estimated[:, column] - true / true.sum()) * sizes[place]
    shape = (len(periods), CATEGORIES, CHANNELS)
    return Correction(counts.reshape(shape), found.reshape(draws, *shape))


def shares_of(evidence: NDArray[np.float32], weights: NDArray[np.float32], start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how common each pair is, pairs by columns, among texts that count as often as each column of `weights` says.

    `evidence` is as in `ErrorModel`; `start` is where the iterations begin.
    """
    import numpy as np

    totals = weights.sum(axis=0)
    shares = np.repeat(start.astype(np.float32)[:, np.newaxis], weights.shape[1], axis=1)
    for _ in range(_ITERATIONS):
        likelihoods = np.maximum(evidence @ shares, _TINY)
        shares = shares * (evidence.T @ (weights / likelihoods)) / totals
    return np.asarray(shares / shares.sum(axis=0), dtype=np.float64)


def _shares(errors: ErrorModel, answers: Answers, rng: np.random.Generator) -> NDArray[np.float64]:
    import numpy as np

    kept: NDArray[np.intp] | slice = slice(None)
    if len(answers.category) > _MOST_TEXTS:
        kept = rng.choice(len(answers.category), _MOST_TEXTS, replace=False)
    evidence = errors.evidence_of(answers.category[kept], answers.channel[kept])
    weights = np.ones((len(evidence), 1), dtype=np.float32)
    return shares_of(evidence, weights, errors.shares)[:, 0]


def _made_up(
    errors: ErrorModel, writers: NDArray[np.float64], counts: NDArray[np.float64], size: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return how often each held-out text occurs in a period of this mix, to which writers contribute as their weights say."""
    import numpy as np

    weights = writers[errors.writers]
    per_pair = np.bincount(errors.pairs, weights=weights, minlength=PAIRS)
    chances = weights * counts[errors.pairs] / per_pair[errors.pairs]
    drawn = rng.multinomial(min(size, _MOST_TEXTS), chances / chances.sum())
    return drawn.astype(np.float32)
