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

_LEAST = 1e-6
"""A probability below this says no more than that it is small."""

ERROR_ODDS = 0.01
"""The odds, before the model is asked, that a report got just this label by mistake; it scales chances, and orders none."""

PAIR_WEIGHT = 0.3
"""How much it counts that category and channel often go together: half as often makes 1.2 times the odds of an error.
Chosen on histories simulated out of the texts of half of `train`'s writers (`scripts/README.md`)."""


def likely_mislabelled(
    probabilities: Mapping[Target, NDArray[np.float64]],
    given: Mapping[Target, NDArray[np.intp]],
    lift: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the chance that a report's category or channel is wrong; NaN where it is low and confident learning sees no issue.

    `lift` says how often each report's pair of labels was given, against what chance would make of its two labels. The
    probabilities must be calibrated and come from a model that did not learn from these labels.
    """
    import numpy as np

    odds = np.zeros(len(lift))
    flagged = np.zeros(len(lift), dtype=bool)
    for target in TARGETS:
        odds += np.nan_to_num(error_odds(probabilities[target], given[target]))
        flagged |= label_issues(probabilities[target], given[target])
    odds *= lift**-PAIR_WEIGHT
    # Of a few reports confident learning can estimate nothing; an error that is likelier than not needs no estimate.
    return np.where(flagged | (odds > 1), odds / (1 + odds), np.nan)


def error_odds(probabilities: NDArray[np.float64], given: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the odds that each given label is wrong, by Bayes' rule; NaN where there is no label or no probability.

    A wrong label is taken to be any of the others alike. People do mix up some pairs more than others, but the model mixes up
    the same ones: to expect errors there found fewer of them in simulations.

    >>> import numpy as np
    >>> error_odds(np.array([[0.5, 0.5], [0.01, 0.99]]), np.array([0, 0])).round(2)
    array([0.01, 0.99])
    """
    import numpy as np

    right = np.maximum(of_label(probabilities, given), _LEAST)
    odds: NDArray[np.float64] = ERROR_ODDS * (1 - right) / right
    return odds


def label_issues(probabilities: NDArray[np.float64], given: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which given labels confident learning calls wrong (Northcutt, Jiang and Chuang 2021, as in cleanlab).

    It estimates how many of each label are, and takes that many of the least likely. A report without a label or a probability
    is none.
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
    rows = np.maximum(rows, _LEAST)
    with warnings.catch_warnings():
        # It warns where one label has as good as no issue, or as good as nothing else.
        warnings.simplefilter("ignore")
        found = find_label_issues(
            labels, rows / rows.sum(axis=1, keepdims=True), filter_by="prune_by_class", n_jobs=1, verbose=False
        )
    issues[known] = found
    return issues
