"""From scores to probabilities that mean something, and how well they do.

Two steps, both fitted by maximum likelihood on scores of texts that the scoring model had not seen. Vector scaling (Guo et
al., "On calibration of modern neural networks", 2017) gives each label's score a slope and an offset. Its tails are thin: what
it is nearly sure of is wrong more often than it says. So the likeliest label's probability is then mapped by beta calibration
(Kull, Silva Filho & Flach, "Beta calibration", 2017), and the other labels share the rest as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 15
_DRAWS = 1_000
_PENALTY = 1e-3
_UNCHANGED_TEXTS = 8
"""How many texts speak, as it were, for leaving the likeliest labels' probabilities alone, lest few texts move them."""

_SMALLEST_MARGIN = 1e-9
_SMALLEST_SLOPE = 0.05


@dataclass(frozen=True)
class Calibration:
    """The slope and offset of each label's score, in the order of the labels, and the map of the likeliest one's probability.

    With `beta` (a, b, c), a probability p becomes that with the log odds a ln p - b ln(1 - p) + c; (1, 1, 0) leaves it alone.
    Where two labels are about equally likely, the one that is a trace ahead is mapped and the other is not, so that a trace can
    move both by some points.
    """

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]
    beta: tuple[float, float, float] = (1.0, 1.0, 0.0)

    def predict_proba(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return probabilities for scores, both texts by labels; the order of a text's labels is that of its scaled scores."""
        import numpy as np
        from scipy.special import expit

        scaled = _scaled(scores, np.array(self.slopes), np.array(self.offsets))
        first, rest = _first_and_rest(scaled)
        a, b, c = self.beta
        mapped = expit(a * first - b * rest + c)
        texts = np.arange(len(scores))
        place = scaled.argmax(axis=1)
        others = scaled - rest[:, None]
        others[texts, place] = -np.inf
        others = np.exp(others)
        # The likeliest label stays the likeliest, however little its probability was worth.
        second = others.max(axis=1)
        mapped = np.maximum(mapped, second / (1 + second) * (1 + _SMALLEST_MARGIN))
        probabilities: NDArray[np.float64] = others * (1 - mapped)[:, None]
        probabilities[texts, place] = mapped
        return probabilities


def fit_calibration(scores: NDArray[np.float64], truth: NDArray[np.intp]) -> Calibration:
    """Fit to scores, texts by labels, and the index of each text's right label.

    Slopes stay positive, so that a label's probability never falls when its own score rises, and so do `beta`'s first two.
    """
    import numpy as np
    from scipy.optimize import minimize

    texts, labels = scores.shape
    right = np.eye(labels)[truth]

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slopes, offsets = parameters[:labels], parameters[labels:]
        log_probabilities = _scaled(scores, slopes, offsets)
        difference = (np.exp(log_probabilities) - right) / texts
        value = -float((right * log_probabilities).sum()) / texts + _PENALTY * float(offsets @ offsets) / 2
        return value, np.concatenate([(difference * scores).sum(axis=0), difference.sum(axis=0) + _PENALTY * offsets])

    start = np.concatenate([np.full(labels, 2.0), np.zeros(labels)])
    bounds = [(_SMALLEST_SLOPE, None)] * labels + [(None, None)] * labels
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    slopes, offsets = found[:labels], found[labels:]
    scaled = _scaled(scores, slopes, offsets)
    beta = _fit_beta(scaled, scaled.argmax(axis=1) == truth)
    return Calibration(tuple(map(float, slopes)), tuple(map(float, offsets)), beta)


def _fit_beta(scaled: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return the map from the likeliest labels' probabilities to the share of them that was right."""
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import expit, log_expit

    first, rest = _first_and_rest(scaled)
    terms = np.column_stack([first, -rest, np.ones(len(first))])
    unchanged, pull = np.array([1.0, 1.0, 0.0]), _UNCHANGED_TEXTS / len(first)

    def loss(beta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds, moved = terms @ beta, beta - unchanged
        value = -float(log_expit(np.where(right, odds, -odds)).mean()) + pull * float(moved @ moved) / 2
        return value, (expit(odds) - right) @ terms / len(first) + pull * moved

    bounds = [(_SMALLEST_SLOPE, None), (_SMALLEST_SLOPE, None), (None, None)]
    a, b, c = minimize(loss, unchanged, jac=True, method="L-BFGS-B", bounds=bounds).x.tolist()
    return a, b, c


def _scaled(scores: NDArray[np.float64], slopes: NDArray[np.float64], offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithms of probabilities, texts by labels."""
    import numpy as np
    from scipy.special import log_softmax

    return np.asarray(log_softmax(scores * slopes + offsets, axis=1))


def _first_and_rest(scaled: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the logarithm of each text's largest probability, and of the sum of all others."""
    import numpy as np
    from scipy.special import logsumexp

    texts, place = np.arange(len(scaled)), scaled.argmax(axis=1)
    others = scaled.copy()
    others[texts, place] = -np.inf
    return scaled[texts, place], np.asarray(logsumexp(others, axis=1))


@dataclass(frozen=True)
class ReliabilityBin:
    """The proposals whose probability lies in one interval: how many, their mean probability, and the share that was right."""

    count: int
    confidence: float
    accuracy: float


def reliability(probabilities: NDArray[np.float64], truth: NDArray[np.intp], bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """Return the best labels' probabilities against how often they were right, in `bins` equal intervals, if not empty."""
    import numpy as np

    best, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    place = np.minimum((best * bins).astype(int), bins - 1)
    return tuple(
        ReliabilityBin(int(here.sum()), float(best[here].mean()), float(right[here].mean()))
        for here in (place == number for number in range(bins))
        if here.any()
    )


def expected_calibration_error(probabilities: NDArray[np.float64], truth: NDArray[np.intp], bins: int = BINS) -> float:
    """Return the mean distance between probability and accuracy over the intervals of `reliability`, weighted by count."""
    found = reliability(probabilities, truth, bins)
    return sum(item.count * abs(item.confidence - item.accuracy) for item in found) / sum(item.count for item in found)


def calibration_error_by_chance(
    probabilities: NDArray[np.float64], *, bins: int = BINS, draws: int = _DRAWS, seed: int = 0
) -> float:
    """Return the expected calibration error that these probabilities would get on average if they were exactly right.

    It is not 0: in an interval with few texts the share that is right strays from its probability by chance, and the error
    counts each straying as one, in either direction. An error near this one is no sign of bad calibration.
    """
    import numpy as np

    best = probabilities.max(axis=1)
    place = np.minimum((best * bins).astype(int), bins - 1)
    intervals = [best[place == number] for number in np.unique(place)]
    rng = np.random.default_rng(seed)
    strayed = 0.0
    # One draw at a time: all at once would take gigabytes for a history.
    for _ in range(draws):
        strayed += sum(abs(float((rng.random(len(shares)) < shares).sum() - shares.sum())) for shares in intervals)
    return strayed / draws / len(best)


def brier_score(probabilities: NDArray[np.float64], truth: NDArray[np.intp]) -> float:
    """Return the mean squared distance between probabilities and the truth, summed over labels: 0 at best, 2 at worst."""
    import numpy as np

    return float(((probabilities - np.eye(probabilities.shape[1])[truth]) ** 2).sum(axis=1).mean())
