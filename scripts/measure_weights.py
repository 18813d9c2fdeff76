"""What a decision should count in retraining: macro-F1 after simulated reviews, by the weight of confirmations and corrections.

Only the corpus's train split is used. In each round some writers are held out. A model of the others suggests labels for a part
of the held-out writers' reports, a reviewer without error confirms or corrects each, and a model is trained on both. It is
measured on those writers' other reports, which is what an office gains by reviewing its own, and on writers that neither the
corpus's part nor the reviews hold, which must not lose by it.

Run: python -m scripts.measure_weights --rounds 3 --reviews 150
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.corpus import Example, read_corpus, shipped_corpus
from classifier.errors import InputError
from classifier.language import AnalysedText, load_pipeline
from classifier.model.estimator import LABELS, TARGETS, columns_of
from classifier.model.evaluation import macro_f1
from classifier.model.training import TrainingSettings, estimator_of, label_array, read_for_training, truth_of

WEIGHTS = ((0.5, 0.5), (0.5, 2.0), (1.0, 1.0), (1.0, 2.0), (1.0, 4.0), (2.0, 2.0), (2.0, 4.0), (4.0, 4.0))
"""A confirmation's weight and a correction's."""


@dataclass(frozen=True)
class Round:
    """Places of the examples: those of the corpus's part, those reviewed, and two sets to measure on."""

    base: NDArray[np.intp]
    reviewed: NDArray[np.intp]
    same_writers: NDArray[np.intp]
    other_writers: NDArray[np.intp]


def main() -> None:
    """Print a table with a row for each pair of weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reviews", type=int, default=150)
    arguments = parser.parse_args()
    examples = [located.example for located in read_corpus(shipped_corpus(), _refuse, split="train")]
    texts = read_for_training(examples, load_pipeline(), lambda: None)
    found: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for seed in range(arguments.rounds):
        for name, figures in _measure(texts, examples, _round(examples, arguments.reviews, seed)):
            found[name].append(figures)
            print(f"round {seed}  {name:<28}" + "".join(f"{figure:9.4f}" for figure in figures), flush=True)
    print(f"\nMean of {arguments.rounds} rounds of {arguments.reviews} reviews, and the range of the gain over no reviews")
    columns = ("category", "channel", "category, others", "channel, others")
    print(f"{'confirmation, correction':<28}" + "".join(f"{column:>32}" for column in columns))
    without = np.array(found["no reviews"])
    for name, rows in found.items():
        gains = np.array(rows) - without
        cells = [
            f"{mean:12.4f} ({low:+.4f} to {high:+.4f})"
            for mean, low, high in zip(np.mean(rows, axis=0), gains.min(axis=0), gains.max(axis=0), strict=True)
        ]
        print(f"{name:<28}" + "".join(f"{cell:>32}" for cell in cells))


def _round(examples: Sequence[Example], reviews: int, seed: int) -> Round:
    random = np.random.default_rng(seed)
    writers = np.array(sorted({example.source for example in examples}))
    random.shuffle(writers)
    reviewed_writers, others = (
        set(writers[: len(writers) // 6].tolist()),
        set(writers[len(writers) // 6 :][: len(writers) // 6]),
    )
    of_reviewed = np.array([place for place, example in enumerate(examples) if example.source in reviewed_writers])
    random.shuffle(of_reviewed)
    of_others = np.array([place for place, example in enumerate(examples) if example.source in others])
    base = np.array([place for place, e in enumerate(examples) if e.source not in reviewed_writers and e.source not in others])
    return Round(base, of_reviewed[:reviews], of_reviewed[reviews:], of_others)


def _measure(
    texts: Sequence[AnalysedText], examples: Sequence[Example], places: Round
) -> list[tuple[str, tuple[float, float, float, float]]]:
    labels = label_array(examples)
    plain = _fitted(texts, labels, places.base, None)
    found = [("no reviews", _figures(plain, texts, labels, places))]
    proposed = _predicted(plain, texts, places.reviewed)
    right = np.all([proposed[target] == truth_of(labels[places.reviewed], target) for target in TARGETS], axis=0)
    together = np.concatenate([places.base, places.reviewed])
    for confirmation, correction in WEIGHTS:
        weights = np.concatenate([np.ones(len(places.base)), np.where(right, confirmation, correction)])
        model = _fitted(texts, labels, together, weights)
        found.append((f"{confirmation:g}, {correction:g}", _figures(model, texts, labels, places)))
    return found


def _fitted(
    texts: Sequence[AnalysedText], labels: NDArray[np.str_], places: NDArray[np.intp], weights: NDArray[np.float64] | None
) -> object:
    estimator = estimator_of(TrainingSettings())
    return estimator.fit([texts[place] for place in places], labels[places], scores__sample_weight=weights)


def _predicted(model: object, texts: Sequence[AnalysedText], places: NDArray[np.intp]) -> dict[str, NDArray[np.intp]]:
    scores = model.decision_function([texts[place] for place in places])  # type: ignore[attr-defined]
    return {target: scores[:, columns_of(target)].argmax(axis=1) for target in TARGETS}


def _figures(
    model: object, texts: Sequence[AnalysedText], labels: NDArray[np.str_], places: Round
) -> tuple[float, float, float, float]:
    figures = []
    for part in (places.same_writers, places.other_writers):
        predicted = _predicted(model, texts, part)
        figures += [macro_f1(truth_of(labels[part], t), predicted[t], len(LABELS[t])) for t in TARGETS]
    first, second, third, fourth = figures
    return first, second, third, fourth


def _refuse(error: InputError) -> None:
    raise error


if __name__ == "__main__":
    main()
