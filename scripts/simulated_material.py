"""What the simulations work on: the corpus, and what models that had not seen a writer say of that writer's texts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from classifier.corpus import Example, digest
from classifier.language import AnalysedText, load_pipeline
from classifier.model.calibration import fit_calibration
from classifier.model.estimator import LABELS, TARGETS, columns_of, make_estimator
from classifier.model.thresholds import recall_threshold
from classifier.model.training import WARNED_OF, TrainingSettings, label_array, read_for_training, truth_of
from classifier.review.familiarity import Familiarity
from classifier.taxonomy import CATEGORY_IDS
from scripts.simulated_history import History, Labels

Made = TypeVar("Made")

FOLDS = 5


@dataclass(frozen=True)
class CrossFitted:
    """Scores of texts by models that saw no text of the same writer, and the share of the words that these did not know."""

    scores: NDArray[np.float64]
    unknown: NDArray[np.float64]


def labels_of(examples: Sequence[Example]) -> Labels:
    """Return the places of the examples' labels among the taxonomy's."""
    array = label_array(examples)
    return {target: truth_of(array, target) for target in TARGETS}


def read(examples: Sequence[Example], cache: Path) -> list[AnalysedText]:
    """Return the examples as training reads them, from the cache if they were read before."""
    return _cached(cache / f"read-{_key(examples)}.joblib", lambda: read_for_training(examples, load_pipeline(), lambda: None))


def cross_fit(examples: Sequence[Example], texts: Sequence[AnalysedText], cache: Path, folds: int = FOLDS) -> CrossFitted:
    """Return the word of models that had not seen a writer on that writer's texts, from the cache if it was asked before."""
    return _cached(cache / f"scores-{folds}-{_key(examples)}.joblib", lambda: _cross_fitted(examples, texts, folds))


def _cross_fitted(examples: Sequence[Example], texts: Sequence[AnalysedText], folds: int) -> CrossFitted:
    labels = label_array(examples)
    scores, unknown = np.zeros((len(texts), sum(len(LABELS[target]) for target in TARGETS))), np.zeros(len(texts))
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    for seen, unseen in splitter.split(np.zeros(len(texts)), labels[:, 0], [example.source for example in examples]):
        estimator = make_estimator().fit([texts[place] for place in seen], labels[seen])
        scores[unseen] = estimator.decision_function([texts[place] for place in unseen])
        familiar = Familiarity(estimator.named_steps["features"].named_transformers["words"].vocabulary_)
        unknown[unseen] = [familiar.unknown_share(examples[place].text) for place in unseen]
    return CrossFitted(scores, unknown)


def history_of(examples: Sequence[Example], fitted: CrossFitted) -> History:
    """Return the examples as a history without errors; a writer's scores are calibrated on other writers' alone."""
    truth = labels_of(examples)
    probabilities = {target: np.zeros((len(examples), len(LABELS[target]))) for target in TARGETS}
    half = np.array([_half(example.source) for example in examples])
    for target in TARGETS:
        scores = fitted.scores[:, columns_of(target)]
        for here in (0, 1):
            calibration = fit_calibration(scores[half != here], truth[target][half != here])
            probabilities[target][half == here] = calibration.predict_proba(scores[half == here])
    warned = np.zeros(probabilities["category"].shape, dtype=bool)
    for label in WARNED_OF:
        place = CATEGORY_IDS.index(label)
        probability = probabilities["category"][:, place]
        threshold = recall_threshold(probability, truth["category"] == place, TrainingSettings().warning_recall)
        if threshold is not None:
            warned[:, place] = (probability >= threshold) & (probabilities["category"].argmax(axis=1) != place)
    names = tuple(("simulated", example.id) for example in examples)
    return History(names, truth, truth, probabilities, fitted.unknown, warned)


def writers_half(examples: Sequence[Example], half: int) -> NDArray[np.intp]:
    """Return the places of the texts by one half of the writers: 0, on which the ranking was chosen, or 1, for the figures."""
    return np.flatnonzero([_half(example.source) == half for example in examples])


def _half(writer: str) -> int:
    return hashlib.sha256(writer.encode()).digest()[0] % 2


def excerpt(history: History, places: NDArray[np.intp]) -> History:
    """Return the history of the incidents at these places."""
    return History(
        tuple(history.names[place] for place in places),
        {target: history.given[target][places] for target in TARGETS},
        {target: history.truth[target][places] for target in TARGETS},
        {target: history.probabilities[target][places] for target in TARGETS},
        history.unknown[places],
        history.warned[places],
    )


def _key(examples: Sequence[Example]) -> str:
    order = "".join(example.id for example in examples)
    return hashlib.sha256((digest(examples) + order).encode()).hexdigest()[:16]


def _cached(path: Path, make: Callable[[], Made]) -> Made:
    if path.exists():
        found: Made = joblib.load(path)
        return found
    made = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(made, path)
    return made
