"""How a model errs about category and channel together, learned from its answers to labelled texts it had not seen.

Category and channel are taken as a pair, for how a category is mistaken depends on the channel: a threat at the counter looks
more like an attack than one on the telephone does. The probability of a pair is proportional to

    p(category) ** a[category] * p(channel) ** b[channel] * exp(u[category, channel]),

with both probabilities as the model gives them, and a, b and u fitted by penalised maximum likelihood. Pairs that never
occurred are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.model.estimator import LABELS
from classifier.model.held_out import HeldOutAnswers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CATEGORIES, CHANNELS = len(LABELS["category"]), len(LABELS["channel"])
PAIRS = CATEGORIES * CHANNELS

_SMALLEST = 1e-4
"""Probabilities below this are taken for it: their logarithms say more than calibration can vouch for."""
_PENALTY_OF_PAIRS = 1.0
_PENALTY_OF_SLOPES = 10.0
_ITERATIONS = 60
_IMPOSSIBLE = -40.0


@dataclass(frozen=True)
class ErrorModel:
    """What `learn_errors` found.

    `category_slopes`, `channel_slopes` and `offsets` are a, b and u; `shares` is how common each pair was among the held-out
    texts. `evidence` holds, for each held-out text and pair, how many times likelier the text is under the pair than among all
    texts; `pairs` is each text's right pair and `writers` who wrote it.
    """

    category_slopes: NDArray[np.float64]
    channel_slopes: NDArray[np.float64]
    offsets: NDArray[np.float64]
    shares: NDArray[np.float64]
    evidence: NDArray[np.float32]
    pairs: NDArray[np.intp]
    writers: NDArray[np.intp]

    def evidence_of(self, category: NDArray[np.float64], channel: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return `evidence` for other texts, given the model's probabilities, texts by labels, under its corpus's prior."""
        import numpy as np
        from scipy.special import softmax

        scores = _scores(_logarithm(category), _logarithm(channel), self.category_slopes, self.channel_slopes, self.offsets)
        probabilities = softmax(scores, axis=1)
        possible = self.shares > 0
        ratios = np.divide(probabilities, self.shares, out=np.zeros_like(probabilities), where=possible)
        return np.asarray(ratios, dtype=np.float32)


def learn_errors(held_out: HeldOutAnswers) -> ErrorModel:
    """Return how the model that gave these answers errs."""
    from dataclasses import replace

    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    category, channel = (_logarithm(held_out.probabilities[target]) for target in ("category", "channel"))
    pairs = held_out.truth["category"] * CHANNELS + held_out.truth["channel"]
    texts = np.arange(len(pairs))
    found = np.bincount(pairs, minlength=PAIRS)
    barred = np.where(found > 0, 0.0, _IMPOSSIBLE)
    slopes = CATEGORIES + CHANNELS

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        a, b, u = parameters[:CATEGORIES], parameters[CATEGORIES:slopes], parameters[slopes:]
        logarithms = log_softmax(_scores(category, channel, a, b, u + barred), axis=1)
        difference = np.exp(logarithms)
        difference[texts, pairs] -= 1
        cells = difference.reshape(-1, CATEGORIES, CHANNELS)
        from_one = parameters[:slopes] - 1
        value = -logarithms[texts, pairs].sum()
        value += (_PENALTY_OF_SLOPES * (from_one**2).sum() + _PENALTY_OF_PAIRS * (u**2).sum()) / 2
        by_slope = np.concatenate([(cells.sum(axis=2) * category).sum(axis=0), (cells.sum(axis=1) * channel).sum(axis=0)])
        by_offset = difference.sum(axis=0) + _PENALTY_OF_PAIRS * u
        return float(value), np.concatenate([by_slope + _PENALTY_OF_SLOPES * from_one, by_offset])

    start = np.concatenate([np.ones(slopes), np.zeros(PAIRS)])
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS}).x
    a, b, u = best[:CATEGORIES], best[CATEGORIES:slopes], best[slopes:] + barred
    probabilities = np.exp(log_softmax(_scores(category, channel, a, b, u), axis=1))
    shares = np.where(found > 0, probabilities.mean(axis=0), 0.0)
    learned = ErrorModel(a, b, u, shares, np.empty((0, PAIRS), dtype=np.float32), pairs, held_out.writers)
    evidence = learned.evidence_of(held_out.probabilities["category"], held_out.probabilities["channel"])
    return replace(learned, evidence=evidence)


def _logarithm(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(np.log(np.clip(probabilities, _SMALLEST, 1)))


def _scores(
    category: NDArray[np.float64],
    channel: NDArray[np.float64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    u: NDArray[np.float64],
) -> NDArray[np.float64]:
    import numpy as np

    by_pair = (category * a)[:, :, np.newaxis] + (channel * b)[:, np.newaxis, :]
    return np.asarray(by_pair.reshape(len(category), PAIRS) + u)
