"""How well proposals agree with the labels people gave: one set of figures for every report, test and comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from classifier.corpus import Example, digest
from classifier.corpus_stats import LENGTH_BANDS, band_name
from classifier.errors import InputError
from classifier.model.calibration import (
    ReliabilityBin,
    brier_score,
    calibration_error_by_chance,
    expected_calibration_error,
    reliability,
)
from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.suggestion import Suggestion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 2000
INTERVAL = 0.95
_ALMOST_ZERO = 1e-12


@dataclass(frozen=True)
class Estimate:
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class LabelScores:
    """How well one label is found: shares in 0 to 1, and how many texts have it.

    The intervals of precision and recall are exact ones, that of F1, which is no proportion, is from a bootstrap.
    """

    label: str
    precision: Estimate
    recall: Estimate
    f1: Estimate
    support: int


@dataclass(frozen=True)
class Slice:
    """Macro-F1 and accuracy on a part of the texts."""

    name: str
    count: int
    macro_f1: float
    accuracy: float


@dataclass(frozen=True)
class Mistake:
    """A proposal that was wrong, and how sure it was; `place` is the text's place among those evaluated."""

    place: int
    truth: str
    proposed: str
    probability: float


@dataclass(frozen=True)
class TargetEvaluation:
    """The figures of one target over the texts that got a proposal.

    `confusion_matrix` has a row for each true label and a column for each proposed one, in the order of the taxonomy. `sources`
    holds who wrote the texts, lowest macro-F1 first, and nobody where one wrote them all.
    """

    target: Target
    count: int
    macro_f1: Estimate
    accuracy: Estimate
    top_2_accuracy: float
    top_3_accuracy: float
    labels: tuple[LabelScores, ...]
    confusion_matrix: tuple[tuple[int, ...], ...]
    expected_calibration_error: float
    calibration_error_by_chance: float
    brier_score: float
    log_loss: float
    reliability: tuple[ReliabilityBin, ...]
    confident_share: float
    confident_precision: Estimate | None
    slices: tuple[Slice, ...]
    sources: tuple[Slice, ...]
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True)
class WarningEvaluation:
    """What a serious category's warning costs: share of its texts warned of or proposed, and share of the others warned of."""

    label: str
    recall: float
    false_warnings: float
    support: int


@dataclass(frozen=True)
class Evaluation:
    """A model's figures on labelled texts; `refused` counts texts that got no proposal, which count as wrong nowhere.

    `trained_on` counts the texts that what answered them was trained on: 0 for figures out of fold, None where nobody can tell.
    """

    model_version: str
    prior: str
    pipeline: str
    count: int
    refused: int
    targets: tuple[TargetEvaluation, ...]
    warnings: tuple[WarningEvaluation, ...]
    trained_on: int | None = 0


def evaluate(
    examples: Sequence[Example],
    suggestions: Sequence[Suggestion],
    *,
    model_version: str,
    prior: str,
    pipeline: str,
    warned_of: Sequence[str] = (),
    most_mistakes: int = 15,
    seed: int = 0,
) -> Evaluation:
    """Return the figures of suggestions for labelled examples, in the same order.

    Raises InputError if not one text got a proposal.
    """
    answered = [place for place, suggestion in enumerate(suggestions) if suggestion.outcome == "ok"]
    if not answered:
        raise InputError("evaluation", "no text that the model answers", "Norwegian reports of two words or more")
    targets = tuple(_evaluate_target(target, answered, examples, suggestions, most_mistakes, seed) for target in TARGETS)
    warnings = tuple(_evaluate_warning(label, answered, examples, suggestions) for label in warned_of)
    return Evaluation(model_version, prior, pipeline, len(examples), len(examples) - len(answered), targets, warnings)


def count_trained_on(examples: Sequence[Example], training_data_digest: str, known: Iterable[Sequence[Example]]) -> int | None:
    """Return how many texts are among a model's training data, of which an artefact keeps the digest only.

    `known` holds what the training data may be; None if it is none of that, for then nobody can tell.
    """
    for training in known:
        if digest(training) == training_data_digest:
            texts = {example.text for example in training}
            return sum(example.text in texts for example in examples)
    return None


def macro_f1(truth: NDArray[np.intp], predicted: NDArray[np.intp], labels: int) -> float:
    """Return the mean F1 over the labels that occur in `truth`; both hold label indices."""
    import numpy as np

    matrix = np.bincount(truth * labels + predicted, minlength=labels * labels).reshape(labels, labels)
    hits, proposed, there = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    f1 = np.divide(2 * hits, proposed + there, out=np.zeros(labels), where=proposed + there > 0)
    return float(f1[there > 0].mean())


def bootstrap(
    figure: Callable[[NDArray[np.intp]], float], count: int, *, seed: int = 0, resamples: int = RESAMPLES
) -> Estimate:
    """Return a figure of the texts at given places, with the percentile interval of its bootstrap over texts (Efron 1979)."""
    import numpy as np

    random = np.random.default_rng(seed)
    values = [figure(random.integers(0, count, count)) for _ in range(resamples)]
    tail = (1 - INTERVAL) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Estimate(figure(np.arange(count)), float(low), float(high))


def _evaluate_target(
    target: Target,
    answered: Sequence[int],
    examples: Sequence[Example],
    suggestions: Sequence[Suggestion],
    most_mistakes: int,
    seed: int,
) -> TargetEvaluation:
    import numpy as np
    from sklearn.metrics import confusion_matrix, log_loss

    labels = LABELS[target]
    index = {label: place for place, label in enumerate(labels)}
    truth = np.array([index[getattr(examples[place], target)] for place in answered], dtype=int)
    probabilities, confident = np.zeros((len(answered), len(labels))), np.zeros(len(answered), dtype=bool)
    for row, place in enumerate(answered):
        proposal = getattr(suggestions[place], target)
        for item in proposal.ranked:
            probabilities[row, index[item.label]] = item.probability
        confident[row] = proposal.confident
    order = np.argsort(-probabilities, axis=1, kind="stable")
    predicted = order[:, 0]
    right = predicted == truth
    everything = np.arange(len(labels))
    matrix = confusion_matrix(truth, predicted, labels=everything)
    hits, proposed, support = (counts.tolist() for counts in (np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)))

    def f1_of(label: int, places: NDArray[np.intp]) -> float:
        right_ones = int(np.sum((truth[places] == label) & (predicted[places] == label)))
        both = int(np.sum(truth[places] == label) + np.sum(predicted[places] == label))
        return 2 * right_ones / both if both else 0.0

    def slice_of(name: str, rows: list[int]) -> Slice:
        return Slice(name, len(rows), macro_f1(truth[rows], predicted[rows], len(labels)), float(right[rows].mean()))

    read = [examples[place] for place in answered]
    scores = tuple(
        LabelScores(
            label,
            _proportion(hits[place], proposed[place]),
            _proportion(hits[place], support[place]),
            bootstrap(partial(f1_of, place), len(truth), seed=seed, resamples=RESAMPLES // 4),
            support[place],
        )
        for label, place in index.items()
    )
    wrong = sorted((row for row in range(len(truth)) if not right[row]), key=lambda row: -probabilities[row].max())
    return TargetEvaluation(
        target=target,
        count=len(answered),
        macro_f1=bootstrap(lambda places: macro_f1(truth[places], predicted[places], len(labels)), len(truth), seed=seed),
        accuracy=bootstrap(lambda places: float(right[places].mean()), len(truth), seed=seed),
        top_2_accuracy=float(np.any(order[:, :2] == truth[:, np.newaxis], axis=1).mean()),
        top_3_accuracy=float(np.any(order[:, :3] == truth[:, np.newaxis], axis=1).mean()),
        labels=scores,
        confusion_matrix=tuple(map(tuple, matrix.tolist())),
        expected_calibration_error=expected_calibration_error(probabilities, truth),
        calibration_error_by_chance=calibration_error_by_chance(probabilities, seed=seed),
        brier_score=brier_score(probabilities, truth),
        log_loss=float(log_loss(truth, np.clip(probabilities, _ALMOST_ZERO, 1), labels=everything)),
        reliability=reliability(probabilities, truth),
        confident_share=float(confident.mean()),
        confident_precision=_proportion(int(right[confident].sum()), int(confident.sum())) if confident.any() else None,
        slices=tuple(slice_of(name, rows) for name, rows in _slices(read)),
        sources=tuple(
            sorted((slice_of(name, rows) for name, rows in _by_source(read)), key=lambda part: (part.macro_f1, part.name))
        ),
        mistakes=tuple(
            Mistake(answered[row], labels[truth[row]], labels[predicted[row]], float(probabilities[row].max()))
            for row in wrong[:most_mistakes]
        ),
    )


def _slices(examples: Sequence[Example]) -> list[tuple[str, list[int]]]:
    """Return parts of the examples with their names: by language, length, and number of acts where it is known."""
    parts: dict[str, list[int]] = {}
    for language in ("nb", "nn"):
        parts[f"language {language}"] = [row for row, example in enumerate(examples) if example.language == language]
    for first, last in LENGTH_BANDS:
        parts[band_name(first, last)] = [
            row for row, example in enumerate(examples) if first <= len(example.text.split()) <= (last or len(example.text))
        ]
    parts["one act"] = [row for row, example in enumerate(examples) if example.acts is not None and len(example.acts) == 1]
    parts["several acts"] = [row for row, example in enumerate(examples) if example.acts is not None and len(example.acts) > 1]
    return [(name, rows) for name, rows in parts.items() if rows]


def _by_source(examples: Sequence[Example]) -> list[tuple[str, list[int]]]:
    """Return the examples of each source with its name, if there are several."""
    parts: dict[str, list[int]] = {}
    for row, example in enumerate(examples):
        parts.setdefault(example.source, []).append(row)
    return list(parts.items()) if len(parts) > 1 else []


def _proportion(right: int, count: int) -> Estimate:
    """Return a proportion, 0 of none, with its exact two-sided interval (Clopper and Pearson 1934), which none leaves open."""
    from scipy.stats import binomtest

    if not count:
        return Estimate(0.0, 0.0, 1.0)
    interval = binomtest(right, count).proportion_ci(INTERVAL)
    return Estimate(right / count, float(interval.low), float(interval.high))


def _evaluate_warning(
    label: str, answered: Sequence[int], examples: Sequence[Example], suggestions: Sequence[Suggestion]
) -> WarningEvaluation:
    there = raised_there = raised_elsewhere = 0
    for place in answered:
        category = suggestions[place].category
        named = label in suggestions[place].warnings or (category is not None and category.label == label)
        if examples[place].category == label:
            there += 1
            raised_there += named
        else:
            raised_elsewhere += label in suggestions[place].warnings
    elsewhere = len(answered) - there
    return WarningEvaluation(
        label, raised_there / there if there else 0.0, raised_elsewhere / elsewhere if elsewhere else 0.0, there
    )
