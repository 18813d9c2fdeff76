"""Train an estimator on labelled examples, and calibrate it on scores for texts it had not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from classifier.corpus import Example
from classifier.errors import TrainingError
from classifier.language import AnalysedText, LoadedPipeline, analyse
from classifier.model.calibration import Calibration, fit_calibration
from classifier.model.estimator import LABELS, TARGETS, Target, columns_of, make_estimator
from classifier.model.features import BLOCKS, FEW_CUES
from classifier.model.thresholds import confident_threshold, recall_threshold
from classifier.privacy import find_personal_data, find_placeholders
from classifier.taxonomy import CATEGORY_IDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

FEWEST_EXAMPLES = 50
WARNED_OF = ("trussel_selvskading", "fysisk_angrep_person")


class _NoTermsError(ValueError):
    """No term of a feature block is in enough texts."""


@dataclass(frozen=True)
class TrainingSettings:
    """What training is told, recorded in every artefact.

    `precision` is what a confident proposal promises and `confidence` how sure the proof of it is; `warning_recall` is the
    share of a serious category's reports that must raise its warning. `C`, `bayes` and `alpha` are those of `LabelScores`,
    the weights of blocks those of `feature_union`, where texts have cues enough to learn those blocks.
    """

    seed: int = 0
    folds: int = 10
    C: float = 0.3
    bayes: float = 0.25
    alpha: float = 0.1
    cue_weight: float = 0.15
    opening_weight: float = 0.4
    neighbour_weight: float = 0.5
    precision: float = 0.95
    confidence: float = 0.95
    warning_recall: float = 0.99


@dataclass(frozen=True)
class TargetCalibration:
    """What turns a target's scores into proposals: calibration, each label's share, and from where on to be confident."""

    calibration: Calibration
    prior: tuple[float, ...]
    confident_from: dict[str, float | None]


@dataclass(frozen=True)
class TrainedModel:
    """A fitted estimator, its calibration by target, and the probability from which a serious category raises a warning."""

    estimator: Pipeline
    targets: dict[Target, TargetCalibration]
    warn_from: dict[str, float]
    examples: int
    settings: TrainingSettings = field(default_factory=TrainingSettings)


@dataclass(frozen=True)
class OutOfFold:
    """Scores of each text by an estimator that saw neither it nor any other text of its group, and the labels."""

    scores: NDArray[np.float64]
    labels: NDArray[np.str_]


def read_for_training(
    examples: Sequence[Example], pipeline: LoadedPipeline, progress: Callable[[], None]
) -> list[AnalysedText]:
    """Return the examples' texts as words without personal data, so that no name can get into a model's vocabulary."""
    read = []
    texts = [example.text for example in examples]
    for analysed in analyse(texts, pipeline=pipeline, parts=frozenset({"entities"})):
        read.append(without_personal_data(analysed))
        progress()
    return read


def without_personal_data(analysed: AnalysedText) -> AnalysedText:
    """Return an analysed text's words but for those that overlap with personal data, or with what masking put in its place."""
    spans = [*find_personal_data(analysed), *find_placeholders(analysed.text)]
    kept = [
        place
        for place, (start, end) in enumerate(zip(analysed.starts, analysed.ends, strict=True))
        if not any(start < span.end and span.start < end for span in spans)
    ]
    keeping = set(kept)
    before = [0]
    for place in range(len(analysed.words)):
        before.append(before[-1] + (place in keeping))

    def parallel(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(values[place] for place in kept) if values else ()

    return replace(
        analysed,
        words=parallel(analysed.words),
        starts=parallel(analysed.starts),
        ends=parallel(analysed.ends),
        lemmas=parallel(analysed.lemmas),
        pos=parallel(analysed.pos),
        morphs=parallel(analysed.morphs),
        sentences=tuple((before[first], before[last]) for first, last in analysed.sentences if before[first] < before[last]),
    )


def fold_groups(examples: Sequence[Example], folds: int) -> list[str]:
    """Return what must stay together in cross-validation: who wrote the text where that is known of many, else the story.

    A new writer is what a model meets; folds that share writers would flatter it.
    """
    by_source = [example.source for example in examples]
    return by_source if len(set(by_source)) >= 2 * folds else [example.group for example in examples]


def label_array(examples: Sequence[Example]) -> NDArray[np.str_]:
    """Return the category and the channel of each example, a row each."""
    import numpy as np

    return np.array([(example.category, example.channel) for example in examples])


def out_of_fold(
    make: Callable[[], Pipeline],
    texts: Sequence[AnalysedText],
    examples: Sequence[Example],
    settings: TrainingSettings,
    progress: Callable[[], None],
    sample_weight: NDArray[np.float64] | None = None,
) -> OutOfFold:
    """Return scores by grouped, stratified cross-validation of what `make` returns; calls `progress` after each fold.

    `sample_weight`, one a text, says how much each counts where it is learned from.
    """
    import warnings

    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold

    labels = label_array(examples)
    groups = fold_groups(examples, settings.folds)
    scores = np.zeros((len(texts), sum(len(LABELS[target]) for target in TARGETS)))
    splitter = StratifiedGroupKFold(min(settings.folds, len(set(groups))), shuffle=True, random_state=settings.seed)
    with warnings.catch_warnings():
        # A category with fewer examples than folds is learned all the same; the manifest says what could not be proven of it.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        parts = list(splitter.split(np.zeros(len(texts)), labels[:, 0], groups))
    for seen, unseen in parts:
        weighed = {} if sample_weight is None else {"scores__sample_weight": sample_weight[seen]}
        estimator = make().fit([texts[place] for place in seen], labels[seen], **weighed)
        scores[unseen] = estimator.decision_function([texts[place] for place in unseen])
        progress()
    return OutOfFold(scores, labels)


def train(
    texts: Sequence[AnalysedText],
    examples: Sequence[Example],
    settings: TrainingSettings,
    progress: Callable[[], None],
    sample_weight: NDArray[np.float64] | None = None,
) -> tuple[TrainedModel, OutOfFold]:
    """Train on texts that `read_for_training` returned; calls `progress` after each fit, of which there are at most
    `settings.folds + 1`.

    `sample_weight`, one a text, says how much each counts, in the folds too. The same data, settings, weights and library
    versions give the same model. Raises TrainingError for too few examples, or too few categories, groups or words to learn
    from.
    """
    _check(examples)

    try:
        estimator, unseen = _fitted(tuple(BLOCKS), texts, examples, settings, progress, sample_weight)
    except _NoTermsError:
        try:
            estimator, unseen = _fitted(FEW_CUES, texts, examples, settings, lambda: None, sample_weight)
        except _NoTermsError:
            few = "the texts share too few words or cues to learn from; more or longer Norwegian texts are needed"
            raise TrainingError(few) from None
    progress()
    targets: dict[Target, TargetCalibration] = {}
    warn_from: dict[str, float] = {}
    for target in TARGETS:
        scores, truth = unseen.scores[:, columns_of(target)], truth_of(unseen.labels, target)
        calibration = fit_calibration(scores, truth)
        probabilities = calibration.predict_proba(scores)
        targets[target] = TargetCalibration(
            calibration, _shares(truth, target), _confident_from(probabilities, truth, target, settings)
        )
        if target == "category":
            warn_from = _warn_from(probabilities, examples, settings)
    return TrainedModel(estimator, targets, warn_from, len(examples), settings), unseen


def _fitted(
    blocks: Sequence[str],
    texts: Sequence[AnalysedText],
    examples: Sequence[Example],
    settings: TrainingSettings,
    progress: Callable[[], None],
    sample_weight: NDArray[np.float64] | None,
) -> tuple[Pipeline, OutOfFold]:
    """Return an estimator with these feature blocks, and its scores out of fold; raises _NoTermsError if a block is empty."""

    def make() -> Pipeline:
        return estimator_of(settings, blocks)

    try:
        unseen = out_of_fold(make, texts, examples, settings, progress, sample_weight)
        return make().fit(list(texts), unseen.labels, scores__sample_weight=sample_weight), unseen
    except ValueError as error:
        if "no terms remain" in str(error) or "empty vocabulary" in str(error):
            raise _NoTermsError from error
        raise


def estimator_of(settings: TrainingSettings, blocks: Sequence[str] = tuple(BLOCKS)) -> Pipeline:
    """Return the unfitted estimator that these settings describe, with these feature blocks."""
    return make_estimator(
        blocks,
        C=settings.C,
        bayes=settings.bayes,
        alpha=settings.alpha,
        cue_weight=settings.cue_weight,
        opening_weight=settings.opening_weight,
        neighbour_weight=settings.neighbour_weight,
    )


def truth_of(labels: NDArray[np.str_], target: Target) -> NDArray[np.intp]:
    """Return the index of each row's label among the target's."""
    import numpy as np

    index = {label: place for place, label in enumerate(LABELS[target])}
    return np.array([index[label] for label in labels[:, TARGETS.index(target)]])


def _check(examples: Sequence[Example]) -> None:
    if len(examples) < FEWEST_EXAMPLES:
        raise TrainingError(f"{len(examples)} examples; at least {FEWEST_EXAMPLES} are needed")
    for target in TARGETS:
        if len({getattr(example, target) for example in examples}) < 2:
            raise TrainingError(f"only one {target} among the examples; at least two are needed")
    if len({example.group for example in examples}) < 2:
        raise TrainingError("all examples belong to one group; at least two are needed")


def _shares(truth: NDArray[np.intp], target: Target) -> tuple[float, ...]:
    import numpy as np

    counts = np.bincount(truth, minlength=len(LABELS[target]))
    return tuple(float(count) for count in counts / counts.sum())


def _confident_from(
    probabilities: NDArray[np.float64], truth: NDArray[np.intp], target: Target, settings: TrainingSettings
) -> dict[str, float | None]:
    return {
        label: confident_threshold(probabilities, truth, place, precision=settings.precision, confidence=settings.confidence)
        for place, label in enumerate(LABELS[target])
    }


def _warn_from(probabilities: NDArray[np.float64], examples: Sequence[Example], settings: TrainingSettings) -> dict[str, float]:
    import numpy as np

    found: dict[str, float] = {}
    for label in WARNED_OF:
        holds = np.array([example.category == label for example in examples])
        threshold = recall_threshold(probabilities[:, CATEGORY_IDS.index(label)], holds, settings.warning_recall)
        if threshold is not None:
            found[label] = threshold
    return found
