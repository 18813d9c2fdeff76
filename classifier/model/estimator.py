"""The estimator: one scikit-learn Pipeline from analysed texts to a score for every category and channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from sklearn.base import BaseEstimator, ClassifierMixin

from classifier.model.features import BLOCKS, feature_union, read_forms
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix
    from sklearn.pipeline import Pipeline

Target = Literal["category", "channel"]

TARGETS: tuple[Target, ...] = ("category", "channel")
LABELS: dict[Target, tuple[str, ...]] = {"category": CATEGORY_IDS, "channel": CHANNEL_IDS}

MISSING_SCORE = -10.0
"""What a label scores that training never saw: far below any other, so that calibration gives it next to no probability."""


class LabelScores(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Two linear classifiers over one feature matrix, their scores added: each errs where the other does not.

    One is a support vector machine for each category and channel against the rest, the other complement naive Bayes (Rennie et
    al. 2003) at the weight `bayes`. A sum of linear scores is linear, so explanations stay exact.

    `decision_function` has a column for each label, categories first, in the order of the taxonomy. Labels are weighted so
    that rare ones count as much as common ones.
    """

    def __init__(self, C: float = 0.3, bayes: float = 0.25, alpha: float = 0.1) -> None:  # noqa: N803  (scikit-learn's own name)
        """Take the inverse strength of regularisation, the weight of naive Bayes, and its smoothing."""
        self.C = C
        self.bayes = bayes
        self.alpha = alpha

    def fit(
        self, features: csr_matrix, labels: NDArray[np.str_], sample_weight: NDArray[np.float64] | None = None
    ) -> LabelScores:
        """Fit to `labels`, a category and a channel a row; returns self."""
        import numpy as np
        from sklearn.svm import LinearSVC

        columns = sum(len(LABELS[target]) for target in TARGETS)
        self.coef_ = np.zeros((columns, features.shape[1]))
        self.intercept_ = np.full(columns, MISSING_SCORE)
        first = 0
        for place, target in enumerate(TARGETS):
            likelihoods = self._likelihoods(features, labels[:, place], sample_weight) if self.bayes else {}
            for label in LABELS[target]:
                positive = labels[:, place] == label
                if positive.all():
                    self.intercept_[first] = -MISSING_SCORE
                elif positive.any():
                    machine = LinearSVC(C=self.C, class_weight=_weight_of(labels[:, place], label), random_state=0)
                    machine.fit(features, positive, sample_weight=sample_weight)
                    self.coef_[first] = machine.coef_[0] + self.bayes * likelihoods.get(label, 0.0)
                    self.intercept_[first] = machine.intercept_[0]
                first += 1
        # Half the size in an artefact, and far more digits than were learned.
        self.coef_ = self.coef_.astype(np.float32)
        self.classes_ = np.array([label for target in TARGETS for label in LABELS[target]])
        return self

    def _likelihoods(
        self, features: csr_matrix, labels: NDArray[np.str_], sample_weight: NDArray[np.float64] | None
    ) -> dict[str, NDArray[np.float64]]:
        """Return what each feature says for each label under naive Bayes, against what it says on average."""
        from sklearn.naive_bayes import ComplementNB

        fitted = ComplementNB(alpha=self.alpha).fit(features, labels, sample_weight=sample_weight)
        weights = fitted.feature_log_prob_ - fitted.feature_log_prob_.mean(axis=0)
        return dict(zip(fitted.classes_.tolist(), weights, strict=True))

    def decision_function(self, features: csr_matrix) -> NDArray[np.float64]:
        """Return the scores, texts by labels."""
        import numpy as np

        scores: NDArray[np.float64] = np.asarray(features @ self.coef_.T) + self.intercept_
        return scores


def _weight_of(labels: NDArray[np.str_], label: str) -> dict[bool, float]:
    """Return the weight of a label against the rest: more the rarer it is, 1 for one as common as the average."""
    import numpy as np

    return {True: len(labels) / (len(np.unique(labels)) * int(np.sum(labels == label))), False: 1.0}


def make_estimator(
    blocks: Sequence[str] = tuple(BLOCKS),
    *,
    C: float = 0.3,  # noqa: N803
    bayes: float = 0.25,
    alpha: float = 0.1,
    cue_weight: float = 0.15,
    opening_weight: float = 0.4,
    neighbour_weight: float = 0.5,
) -> Pipeline:
    """Return the unfitted estimator over `AnalysedText` values, of which it reads only the words."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    union = feature_union(blocks, cue_weight=cue_weight, opening_weight=opening_weight, neighbour_weight=neighbour_weight)
    steps: list[tuple[str, Any]] = [
        ("read", FunctionTransformer(read_forms)),
        ("features", union),
        ("scores", LabelScores(C=C, bayes=bayes, alpha=alpha)),
    ]
    return Pipeline(steps)


def columns_of(target: Target) -> slice:
    """Return which columns of the scores belong to a target."""
    categories = len(LABELS["category"])
    return slice(0, categories) if target == "category" else slice(categories, categories + len(LABELS["channel"]))
