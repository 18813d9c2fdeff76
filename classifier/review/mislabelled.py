"""Which labels are likely wrong: confident learning, and the chance of an error by the model's probabilities."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from classifier.errors import MissingExtraError
from classifier.model.estimator import TARGETS, Target
from classifier.review.rules import of_label

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ERROR_RATE = 0.04
"""How many labels of a kind are taken to be wrong before the model is asked. The order of reports hardly depends on it: between
0.001 and 0.15 the planted errors found in the first 15 % differed by less than a point."""

_UNFLAGGED = 0.5
"""What the chance of an error counts where confident learning does not call the label an issue."""


def likely_mislabelled(
    probabilities: Mapping[Target, NDArray[np.float64]], given: Mapping[Target, NDArray[np.intp]]
) -> NDArray[np.float64]:
    """Return the chance that a report's category or channel is wrong, where confident learning calls either an issue, else NaN.

    The two are taken to go wrong independently. The probabilities must be calibrated and come from a model that did not learn
    from these labels.
    """
    import numpy as np

    right = np.ones(len(given["category"]))
    flagged = np.zeros(len(right), dtype=bool)
    for target in TARGETS:
        issues = label_issues(probabilities[target], given[target])
        chance = chance_of_error(probabilities[target], given[target]) * np.where(issues, 1.0, _UNFLAGGED)
        right *= 1 - np.nan_to_num(chance)
        flagged |= issues
    return np.where(flagged, 1 - right, np.nan)


def chance_of_error(
    probabilities: NDArray[np.float64], given: NDArray[np.intp], rate: float = ERROR_RATE
) -> NDArray[np.float64]:
    """Return the chance that each given label is wrong, by Bayes' rule; NaN where there is no label or no probability.

    A wrong label is taken to be any of the others alike. People do mix up some pairs more than others, but the model mixes up
    the same ones: to expect errors there found fewer of them in simulations.

    >>> import numpy as np
    >>> chance_of_error(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0, 0]), rate=0.5)
    array([0.5, 1. ])
    """
    right = of_label(probabilities, given)
    wrong = (1 - right) * rate / (probabilities.shape[1] - 1)
    chance: NDArray[np.float64] = wrong / (wrong + right * (1 - rate))
    return chance


def label_issues(probabilities: NDArray[np.float64], given: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which given labels confident learning calls wrong (Northcutt, Jiang and Chuang 2021, as in cleanlab).

    It estimates how many are, and takes those whose label is least likely against the best other one. A report without a label
    or a probability is none.
    """
    import numpy as np

    issues = np.zeros(len(given), dtype=bool)
    known = np.flatnonzero(~np.isnan(of_label(probabilities, given)))
    # Cleanlab counts the labels that it meets among those that there are, and needs at least two.
    met, labels = np.unique(given[known], return_inverse=True)
    if len(met) < 2:
        return issues
    try:
        from cleanlab.filter import find_label_issues
    except ModuleNotFoundError:
        raise MissingExtraError("cleanlab", "review") from None
    rows = probabilities[np.ix_(known, met)]
    rows = np.maximum(rows, np.finfo(float).tiny)
    with warnings.catch_warnings():
        # It warns where one label has as good as no issue, or as good as nothing else.
        warnings.simplefilter("ignore")
        found = find_label_issues(
            labels, rows / rows.sum(axis=1, keepdims=True), filter_by="low_normalized_margin", n_jobs=1, verbose=False
        )
    issues[known] = found
    return issues
