"""From scores to probabilities that mean something, and how well they do.

Vector scaling (Guo et al., "On calibration of modern neural networks", 2017): each label's score gets a slope and an offset,
fitted by maximum likelihood on scores of texts that the scoring model had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 15
_DRAWS = 1_000
_OFFSET_PENALTY = 1e-3
_SMALLEST_SLOPE = 0.05


@dataclass(frozen=True)
class Calibration:
    """The slope and offset of each label's score, in the order of the labels."""

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]

    def predict_proba(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return probabilities for scores, both texts by labels."""
        import numpy as np
        from scipy.special import softmax

        return np.asarray(softmax(scores * np.array(self.slopes) + np.array(self.offsets), axis=1))


def fit_calibration(scores: NDArray[np.float64], truth: NDArray[np.intp]) -> Calibration:
    """Fit to scores, texts by labels, and the index of each text's right label.

    Slopes stay positive, so that a label's probability never falls when its own score rises.
    """
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    texts, labels = scores.shape
    right = np.eye(labels)[truth]

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slopes, offsets = parameters[:labels], parameters[labels:]
        log_probabilities = log_softmax(scores * slopes + offsets, axis=1)
        difference = (np.exp(log_probabilities) - right) / texts
        value = -float((right * log_probabilities).sum()) / texts + _OFFSET_PENALTY * float(offsets @ offsets) / 2
        return value, np.concatenate([(difference * scores).sum(axis=0), difference.sum(axis=0) + _OFFSET_PENALTY * offsets])

    start = np.concatenate([np.full(labels, 2.0), np.zeros(labels)])
    bounds = [(_SMALLEST_SLOPE, None)] * labels + [(None, None)] * labels
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Calibration(tuple(map(float, found[:labels])), tuple(map(float, found[labels:])))


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
