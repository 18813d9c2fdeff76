"""From a model's answers to how many incidents there were of each category and channel, with intervals.

A model that errs does not count right: rare labels gain what common ones lose. The counts that the texts speak for are found by
expectation-maximisation of how common each pair of category and channel is (Saerens, Latinne and Decaestecker, 2002, as in
`classifier.model.priors`, here for pairs). It rests on one assumption: an incident of a pair is written about alike now and in
the texts that the errors were learned from.

How far off such an estimate can be is found by trying it on made-up periods whose truth is known: held-out texts drawn to the
estimated mix, from some writers more than from others. They tell two things. One is how far to go from the model's own counts
towards what the texts speak for: all the way where errors are large and known well, less where the counts are near right
already or writers differ so much that the correction itself errs. The other is the interval: the spread of what is then still
wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.trends.error_model import CATEGORIES, CHANNELS, PAIRS, ErrorModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVEL = 0.95
DRAWS = 200

_ITERATIONS = 60
"""Stopping early shrinks the shares a little towards the corpus's, which spares rare pairs from being found where none are."""
_CONCENTRATION = 0.18
"""How unevenly the made-up periods draw on writers, as the parameter of a Dirichlet distribution: 1 would stand for the chance
in who the held-out texts are by, .5 for that and as much in who wrote the history; smaller is more careful. Chosen with
`scripts/simulate_counts.py`."""
_MOST_TEXTS = 4_000
"""A longer period is represented by so many of its texts, drawn at random; the model's errors outweigh what that adds."""
_COLUMNS = 400
_STEPS = 10
"""How far to go is chosen among tenths."""
_TINY = 1e-30


@dataclass(frozen=True)
class Answers:
    """A model's probabilities for a period's texts under the corpus's prior, texts by labels, and the labels it gave them.

    `said` holds the places of those labels, under whichever prior the model answered: counting them is what is to be corrected.
    """

    category: NDArray[np.float64]
    channel: NDArray[np.float64]
    said: Mapping[Target, NDArray[np.intp]]


@dataclass(frozen=True)
class Interval:
    """A corrected count, and between which counts the right one lies at LEVEL."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Correction:
    """Corrected counts by target, periods by labels, and the errors of the draws, draws by periods by labels.

    `ways` tells for each target how far the counts went from the model's own (0) towards what the texts speak for (1).
    """

    counts: Mapping[Target, NDArray[np.float64]]
    errors: Mapping[Target, NDArray[np.float64]]
    ways: Mapping[Target, float]

    def of_labels(self, target: Target) -> list[list[Interval]]:
        """Return the interval of each label in each period, labels by periods."""
        return [self.of_group(target, (place,)) for place in range(len(LABELS[target]))]

    def of_group(self, target: Target, places: Sequence[int]) -> list[Interval]:
        """Return the interval, for each period, of how many incidents have one of the labels at these places."""
        import numpy as np

        counts = self.counts[target][:, list(places)].sum(axis=1)
        errors = self.errors[target][:, :, list(places)].sum(axis=2)
        totals = self.counts[target].sum(axis=1)
        half = (1 - LEVEL) / 2
        lows = np.clip(counts - np.quantile(errors, 1 - half, axis=0), 0, totals)
        highs = np.clip(counts - np.quantile(errors, half, axis=0), 0, totals)
        return [
            Interval(float(count), float(min(low, count)), float(max(high, count)))
            for count, low, high in zip(counts, lows, highs, strict=True)
        ]


def correct(
    errors: ErrorModel, periods: Sequence[Answers], said: Mapping[Target, NDArray[np.intp]], *, seed: int, draws: int = DRAWS
) -> Correction:
    """Return the counts that the answers of each period speak for; a period may be empty. The same seed gives the same result.

    `said` holds the labels that the model gives the held-out texts under the prior it answered the periods under. Of a label
    that no held-out text has, all that is known is how common it can be at most.

    The draws favour the same writers in all periods, so that errors which periods share stay shared. All periods go equally far
    from the model's counts, so that a series has no break where the choice would have changed.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    sizes = [len(answers.category) for answers in periods]
    pairs = np.zeros((len(periods), PAIRS))
    for place, answers in enumerate(periods):
        if sizes[place]:
            pairs[place] = sizes[place] * _shares(errors, answers, rng)
    tried = _try_on_made_up(errors, said, pairs, sizes, rng, draws)
    counts, wrong, ways = {}, {}, {}
    for target in TARGETS:
        labels = len(LABELS[target])
        raw = np.stack([np.bincount(answers.said[target], minlength=labels) for answers in periods])
        ways[target] = way = _best_way(tried[target], sizes)
        counts[target] = raw + way * (_of_target(pairs, target) - raw)
        # The made-up period holds at most _MOST_TEXTS texts; its error in shares is the period's.
        wrong[target] = tried[target].error(way) * np.array(sizes)[:, np.newaxis]
        never_seen = np.bincount(_of_target(np.eye(PAIRS), target).argmax(axis=1)[errors.pairs], minlength=labels) == 0
        if never_seen.any():
            _bound(counts[target], wrong[target], raw, never_seen, len(errors.pairs), rng)
    return Correction(counts, wrong, ways)


def _bound(
    counts: NDArray[np.float64],
    wrong: NDArray[np.float64],
    raw: NDArray[np.intp],
    never_seen: NDArray[np.bool_],
    texts: int,
    rng: np.random.Generator,
) -> None:
    """Give labels that none of so many held-out texts has the model's own count, between 0 and the most there can be.

    That is the share which a random sample of so many would miss with a chance of one in twenty (the rule of three, exactly).
    """
    import numpy as np

    sizes = counts.sum(axis=1, keepdims=True)
    most = sizes * (1 - (1 - LEVEL) ** (1 / texts))
    kept = np.minimum(raw[:, never_seen], most)
    rest = counts[:, ~never_seen]
    left = sizes - kept.sum(axis=1, keepdims=True)
    counts[:, ~never_seen] = rest * np.divide(left, rest.sum(axis=1, keepdims=True), out=np.ones_like(left), where=sizes > 0)
    counts[:, never_seen] = kept
    wrong[:, :, never_seen] = kept - most * rng.random((len(wrong), 1, int(never_seen.sum())))


@dataclass(frozen=True)
class _Tried:
    """How the two ways of counting erred in made-up periods, in shares: draws by periods by labels."""

    said: NDArray[np.float64]
    spoken_for: NDArray[np.float64]

    def error(self, way: float) -> NDArray[np.float64]:
        """Return the error of counts that go so far from what the model said to what the texts speak for."""
        return self.said + way * (self.spoken_for - self.said)


def _best_way(tried: _Tried, sizes: Sequence[int]) -> float:
    """Return how far to go, the way with the fewest misplaced incidents; all the way if nothing tells them apart."""
    import numpy as np

    ways = [step / _STEPS for step in range(_STEPS, -1, -1)]
    return min(ways, key=lambda way: float(np.abs(tried.error(way)).sum(axis=(0, 2)) @ np.array(sizes)))


def _try_on_made_up(
    errors: ErrorModel,
    said_of_texts: Mapping[Target, NDArray[np.intp]],
    pairs: NDArray[np.float64],
    sizes: Sequence[int],
    rng: np.random.Generator,
    draws: int,
) -> dict[Target, _Tried]:
    """Return how counts err in made-up periods with these numbers of each pair, periods by pairs."""
    import numpy as np

    shape = (draws, len(sizes))
    true, spoken_for = np.zeros((*shape, PAIRS)), np.zeros((*shape, PAIRS))
    said = {target: np.zeros((*shape, len(LABELS[target]))) for target in TARGETS}
    one_hot = {target: np.eye(len(LABELS[target]), dtype=np.float32)[said_of_texts[target]] for target in TARGETS}
    writers = rng.gamma(_CONCENTRATION, size=(draws, int(errors.writers.max()) + 1)) + _TINY
    made = [(draw, place) for place, size in enumerate(sizes) if size for draw in range(draws)]
    for start in range(0, len(made), _COLUMNS):
        part = made[start : start + _COLUMNS]
        columns = [_made_up(errors, writers[draw], pairs[place], sizes[place], rng) for draw, place in part]
        weights = np.stack(columns, axis=1)
        where = tuple(np.array(part).T)
        totals = weights.sum(axis=0)
        spoken_for[where] = shares_of(errors.evidence, weights, errors.shares).T
        true[where] = np.stack([np.bincount(errors.pairs, weights=column, minlength=PAIRS) for column in columns])
        true[where] /= totals[:, np.newaxis]
        for target in TARGETS:
            said[target][where] = (one_hot[target].T @ weights / totals).T
    return {
        target: _Tried(said[target] - _of_target(true, target), _of_target(spoken_for - true, target)) for target in TARGETS
    }


def _of_target(pairs: NDArray[np.float64], target: Target) -> NDArray[np.float64]:
    """Return the labels of a target, summed over the other's, from pairs in the last dimension."""
    table = pairs.reshape(*pairs.shape[:-1], CATEGORIES, CHANNELS)
    summed: NDArray[np.float64] = table.sum(axis=-1 if target == "category" else -2)
    return summed


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
