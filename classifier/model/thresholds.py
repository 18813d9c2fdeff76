"""When a proposal may be chosen beforehand, and when a serious category deserves a warning: thresholds with a promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def precision_lower_bound(right: int, count: int, confidence: float) -> float:
    """Return the exact one-sided lower bound on a precision, `right` of `count` seen (Clopper and Pearson 1934)."""
    from scipy.stats import beta

    return float(beta.ppf(1 - confidence, right, count - right + 1)) if right else 0.0


def confident_threshold(
    probabilities: NDArray[np.float64], truth: NDArray[np.intp], label: int, *, precision: float, confidence: float
) -> float | None:
    """Return the lowest probability from which on proposals of `label` are proven to have the promised precision, or None.

    `probabilities`, texts by labels, must come from models that had not seen the texts. Proven means that the exact lower
    bound on the precision of all proposals at or above the threshold reaches `precision`; that takes at least 59 of them for
    95 % at 95 %. The bound holds for each threshold looked at, not for the search among them, so it is somewhat optimistic.
    """
    import numpy as np

    proposed = probabilities.argmax(axis=1) == label
    best = probabilities[proposed, label]
    order = np.argsort(-best, kind="stable")
    best, right = best[order], np.cumsum(truth[proposed][order] == label)
    threshold = None
    for place in range(len(best)):
        last_of_its_value = place + 1 == len(best) or best[place + 1] < best[place]
        if last_of_its_value and precision_lower_bound(int(right[place]), place + 1, confidence) >= precision:
            threshold = float(best[place])
    return threshold


def recall_threshold(probability: NDArray[np.float64], holds: NDArray[np.bool_], recall: float) -> float | None:
    """Return the highest threshold at or above which at least `recall` of the texts that hold lie; None if no text does."""
    import numpy as np

    found = np.sort(probability[holds])
    if not len(found):
        return None
    return float(found[int(np.floor((1 - recall) * len(found) + 1e-9))])
