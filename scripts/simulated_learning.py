"""Learning from reviews, round by round, with a reviewer who errs now and then; the core of `simulate_review`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from classifier.corpus import Example
from classifier.language import AnalysedText
from classifier.model.calibration import fit_calibration
from classifier.model.estimator import LABELS, TARGETS, LabelScores, Target, columns_of
from classifier.model.evaluation import macro_f1
from classifier.model.features import feature_union, read_forms
from classifier.review.familiarity import Familiarity
from classifier.review.queue import Filters, QueueSettings, blind_places, turns_of
from classifier.review.ranking import BLIND
from classifier.review.rules import NO_LABEL, small_margin
from classifier.review.strengths import rule_strengths
from scripts.simulated_history import History, Labels
from scripts.simulated_material import labels_of

Strategy = Literal["queue", "random", "uncertainty"]
STRATEGIES: tuple[Strategy, ...] = ("queue", "random", "uncertainty")


@dataclass(frozen=True)
class LearningSettings:
    """How the simulation goes: examples to begin with, reviews in all and a round, and how often the reviewer errs.

    `folds` are those that calibrate the model after each round.
    """

    start: int = 200
    reviews: int = 1000
    a_round: int = 200
    error_rate: float = 0.05
    folds: int = 2


@dataclass(frozen=True)
class Pool:
    """Texts to learn from and texts to measure on, as features that were counted once over the former: that needs no labels."""

    names: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    forms: tuple[frozenset[str], ...]
    rows: csr_matrix
    labels: Labels
    measured_rows: csr_matrix
    measured_labels: Labels


def make_pool(
    examples: Sequence[Example],
    texts: Sequence[AnalysedText],
    measured: Sequence[Example],
    measured_texts: Sequence[AnalysedText],
) -> Pool:
    """Return the pool of some examples, to be measured on others."""
    union = feature_union()
    readings = read_forms(texts)
    rows = union.fit_transform(readings)
    return Pool(
        names=tuple(("simulated", example.id) for example in examples),
        texts=tuple(example.text for example in examples),
        forms=tuple(frozenset(reading.forms) for reading in readings),
        rows=rows.tocsr(),
        labels=labels_of(examples),
        measured_rows=union.transform(read_forms(measured_texts)).tocsr(),
        measured_labels=labels_of(measured),
    )


@dataclass(frozen=True)
class Point:
    """How good a model is after so many reviews: macro-F1, the mean of category's and channel's."""

    reviews: int
    macro_f1: float


def learn(pool: Pool, strategy: Strategy, queue: QueueSettings, settings: LearningSettings, seed: int) -> list[Point]:
    """Return how a model gets better as its reviews are chosen by a strategy; every strategy begins with the same examples.

    What the queue deals blind counts as a review, and teaches nothing.
    """
    random = np.random.default_rng(seed)
    count = len(pool.names)
    known = random.choice(count, settings.start, replace=False)
    answers = _answers(pool, settings.error_rate, seed)
    answers = {target: np.where(np.isin(np.arange(count), known), pool.labels[target], answers[target]) for target in TARGETS}
    taught, seen, points = list(known), set(known.tolist()), []
    salted = replace(queue, blind_salt=f"{queue.blind_salt} {seed}")
    for done in range(0, settings.reviews + 1, settings.a_round):
        model = LabelScores().fit(pool.rows[taught], _label_rows(answers, taught))
        points.append(Point(done, _measured(model, pool)))
        if done == settings.reviews:
            break
        waiting = np.array([place for place in range(count) if place not in seen])
        if strategy == "random":
            dealt = random.permutation(waiting)[: settings.a_round].tolist()
            teaching = dealt
        else:
            probabilities = _probabilities(pool, model, answers, taught, waiting, settings.folds)
            if strategy == "uncertainty":
                margins = np.maximum(*(small_margin(probabilities[target], below=2.0) for target in TARGETS))
                dealt = waiting[np.argsort(-margins, kind="stable")][: settings.a_round].tolist()
                teaching = dealt
            else:
                dealt, teaching = _queue_deals(pool, probabilities, taught, waiting, salted, done, settings.a_round)
        seen.update(dealt)
        taught.extend(teaching)
    return points


def _queue_deals(
    pool: Pool,
    probabilities: dict[Target, NDArray[np.float64]],
    taught: Sequence[int],
    waiting: NDArray[np.intp],
    settings: QueueSettings,
    done: int,
    count: int,
) -> tuple[list[int], list[int]]:
    """Return what the queue deals of reports that nobody has labelled yet, and which of it teaches."""
    vocabulary = frozenset().union(*(pool.forms[place] for place in taught))
    familiar = Familiarity(vocabulary)
    nothing = {target: np.full(len(waiting), NO_LABEL) for target in TARGETS}
    history = History(
        names=tuple(pool.names[place] for place in waiting),
        given=nothing,
        truth=nothing,
        probabilities=probabilities,
        unknown=np.array([familiar.unknown_share(pool.texts[place]) for place in waiting]),
        warned=np.zeros(probabilities["category"].shape, dtype=bool),
    )
    columns = history.columns()
    strengths = rule_strengths(columns, history.unknown, settings.blind_salt)
    ordered = turns_of(columns, strengths, blind_places(columns, settings), settings, Filters(), first_turn=done)
    turns = list(islice(ordered, count))
    dealt = [int(waiting[turn.place]) for turn in turns]
    return dealt, [int(waiting[turn.place]) for turn in turns if turn.rule != BLIND]


def _answers(pool: Pool, error_rate: float, seed: int) -> dict[Target, NDArray[np.intp]]:
    """Return what the reviewer says of every text: mostly what is right, else any other label."""
    random = np.random.default_rng([seed, 1])
    found: dict[Target, NDArray[np.intp]] = {}
    for target in TARGETS:
        right, labels = pool.labels[target], len(LABELS[target])
        wrong = (right + random.integers(1, labels, len(right))) % labels
        found[target] = np.where(random.random(len(right)) < error_rate, wrong, right)
    return found


def _label_rows(labels: Labels, places: Sequence[int]) -> NDArray[np.str_]:
    return np.column_stack([np.array(LABELS[target])[labels[target][places]] for target in TARGETS])


def _measured(model: LabelScores, pool: Pool) -> float:
    scores = model.decision_function(pool.measured_rows)
    return float(
        np.mean(
            [
                macro_f1(pool.measured_labels[target], scores[:, columns_of(target)].argmax(axis=1), len(LABELS[target]))
                for target in TARGETS
            ]
        )
    )


def _probabilities(
    pool: Pool, model: LabelScores, labels: Labels, taught: Sequence[int], asked: NDArray[np.intp], folds: int
) -> dict[Target, NDArray[np.float64]]:
    """Return the model's probabilities, calibrated by cross-validation on what it was taught."""
    places = np.array(taught)
    scores = np.zeros((len(places), sum(len(LABELS[target]) for target in TARGETS)))
    fold = np.arange(len(places)) % folds
    for number in range(folds):
        fitted = LabelScores().fit(pool.rows[places[fold != number]], _label_rows(labels, places[fold != number].tolist()))
        scores[fold == number] = fitted.decision_function(pool.rows[places[fold == number]])
    asked_scores = model.decision_function(pool.rows[asked])
    return {
        target: fit_calibration(scores[:, columns_of(target)], labels[target][places]).predict_proba(
            asked_scores[:, columns_of(target)]
        )
        for target in TARGETS
    }
