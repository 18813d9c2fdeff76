from dataclasses import replace
from functools import cache
from math import log

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

from classifier.corpus import Example, digest
from classifier.errors import InputError
from classifier.model.calibration import brier_score, expected_calibration_error, reliability
from classifier.model.evaluation import Estimate, Evaluation, TargetEvaluation, bootstrap, count_trained_on, evaluate, macro_f1
from classifier.suggestion import Proposal, Ranked, Suggestion
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

A, B, C = CATEGORY_IDS[:3]
TRUTH = [A, A, A, B, B, C]
PROBABILITIES = [
    {A: 0.7, B: 0.2, C: 0.1},
    {A: 0.6, B: 0.3, C: 0.1},
    {B: 0.5, A: 0.4, C: 0.1},
    {B: 0.8, A: 0.1, C: 0.1},
    {C: 0.9, A: 0.06, B: 0.04},
    {A: 0.5, B: 0.3, C: 0.2},
]
REFUSED = Suggestion("too_short", None, None, (), (), None, "m")


def example(category: str, **changes: object) -> Example:
    fields: dict[str, object] = {
        "id": "a",
        "text": "Hun ropte.",
        "category": category,
        "channel": "telefon",
        "acts": None,
        "language": "nb",
        "split": "test",
        "group": "g",
        "source": "office",
    }
    return Example(**fields | changes)  # type: ignore[arg-type]


def proposal(labels: tuple[str, ...], probabilities: dict[str, float], confident: bool = False) -> Proposal:
    ranked = sorted((Ranked(label, probabilities.get(label, 0.0)) for label in labels), key=lambda item: -item.probability)
    return Proposal(tuple(ranked), confident)


def suggestion(probabilities: dict[str, float], *, confident: bool = False, warnings: tuple[str, ...] = ()) -> Suggestion:
    category = proposal(CATEGORY_IDS, probabilities, confident)
    return Suggestion("ok", category, proposal(CHANNEL_IDS, {"telefon": 1.0}), warnings, (), None, "m")


@cache
def evaluated() -> Evaluation:
    examples = [
        example(label, language="nn" if place == 3 else "nb", source="home" if place < 2 else "office")
        for place, label in enumerate(TRUTH)
    ]
    suggestions = [
        suggestion(probabilities, confident=place in (0, 3, 4), warnings=(C,) if place in (0, 5) else ())
        for place, probabilities in enumerate(PROBABILITIES)
    ]
    examples.insert(2, example(B))
    suggestions.insert(2, REFUSED)
    return evaluate(examples, suggestions, model_version="m", prior="corpus", pipeline="p", warned_of=(A, C, CATEGORY_IDS[6]))


def category() -> TargetEvaluation:
    return evaluated().targets[0]


def arrays() -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    truth = np.array([CATEGORY_IDS.index(label) for label in TRUTH])
    return truth, np.array([[row.get(label, 0.0) for label in CATEGORY_IDS] for row in PROBABILITIES])


def test_the_figures_are_those_computed_by_hand() -> None:
    found = category()
    assert found.accuracy.value == pytest.approx(3 / 6)
    # F1: A 2*2/(3+3), B 2*1/(2+2), C 0.
    assert found.macro_f1.value == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert found.top_2_accuracy == pytest.approx(4 / 6)
    assert found.top_3_accuracy == 1.0
    assert [row[:3] for row in found.confusion_matrix[:3]] == [(2, 1, 0), (0, 1, 1), (1, 0, 0)]
    by_hand = -sum(log(p) for p in (0.7, 0.6, 0.4, 0.8, 0.04, 0.2)) / 6
    assert found.log_loss == pytest.approx(by_hand)


def test_the_figures_are_those_of_scikit_learn() -> None:
    truth, probabilities = arrays()
    predicted = probabilities.argmax(axis=1)
    everything = list(range(len(CATEGORY_IDS)))
    found = category()
    assert found.accuracy.value == pytest.approx(accuracy_score(truth, predicted))
    assert found.macro_f1.value == pytest.approx(
        f1_score(truth, predicted, labels=[0, 1, 2], average="macro", zero_division=0.0)
    )
    assert np.array_equal(found.confusion_matrix, confusion_matrix(truth, predicted, labels=everything))
    assert found.log_loss == pytest.approx(log_loss(truth, probabilities, labels=everything))
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=everything, zero_division=0.0)
    assert [score.label for score in found.labels] == list(CATEGORY_IDS)
    for place, score in enumerate(found.labels):
        assert (score.precision.value, score.recall.value) == (precision[place], recall[place])
        assert score.support == support[place]
        assert score.f1.value == pytest.approx(f1[place])


def test_calibration_figures_are_those_of_the_probabilities() -> None:
    truth, probabilities = arrays()
    found = category()
    assert found.expected_calibration_error == expected_calibration_error(probabilities, truth)
    assert found.brier_score == brier_score(probabilities, truth)
    assert found.reliability == reliability(probabilities, truth)


def test_a_perfect_target_has_perfect_figures() -> None:
    channel = evaluated().targets[1]
    assert (channel.macro_f1.value, channel.accuracy.value, channel.brier_score) == (1.0, 1.0, 0.0)
    assert channel.log_loss == pytest.approx(0.0, abs=1e-9)
    assert channel.mistakes == ()


def test_refused_texts_are_counted_and_count_as_wrong_nowhere() -> None:
    assert (evaluated().count, evaluated().refused) == (7, 1)
    assert [target.count for target in evaluated().targets] == [6, 6]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_texts_that_are_all_refused_cannot_be_evaluated(count: int) -> None:
    with pytest.raises(InputError, match="evaluation: found no text that the model answers; expected Norwegian"):
        evaluate([example(A)] * count, [REFUSED] * count, model_version="m", prior="corpus", pipeline="p")


def test_mistakes_are_the_surest_first_with_their_place() -> None:
    found = [(mistake.place, mistake.truth, mistake.proposed, mistake.probability) for mistake in category().mistakes]
    assert found == [(5, B, C, 0.9), (3, A, B, 0.5), (6, C, A, 0.5)]


def test_confident_proposals_have_their_share_and_exact_interval() -> None:
    found = category()
    assert found.confident_share == 0.5
    assert found.confident_precision is not None
    assert found.confident_precision.value == pytest.approx(2 / 3)
    # Clopper and Pearson's table for 2 of 3.
    assert found.confident_precision.low == pytest.approx(0.0943, abs=1e-4)
    assert found.confident_precision.high == pytest.approx(0.9916, abs=1e-4)
    assert evaluated().targets[1].confident_precision is None


def test_precision_and_recall_of_a_label_have_exact_intervals() -> None:
    first, second = category().labels[:2]
    # Clopper and Pearson's tables for 2 of 3 (A is proposed three times and there three times) and 1 of 2.
    for found in (first.precision, first.recall):
        assert (found.low, found.high) == pytest.approx((0.0943, 0.9916), abs=1e-4)
    for found in (second.precision, second.recall):
        assert (found.low, found.high) == pytest.approx((0.0126, 0.9874), abs=1e-4)


def test_a_label_that_is_neither_there_nor_proposed_may_be_found_ever_so_well() -> None:
    absent = category().labels[6]
    assert absent.precision == absent.recall == Estimate(0.0, 0.0, 1.0)


def test_texts_are_known_as_trained_on_where_the_training_data_is_at_hand() -> None:
    training = [example(A, id=str(place), text=f"Han slo {place} ganger.") for place in range(3)]
    told = digest(reversed(training))
    others = [example(A, text="Hun ropte.")]
    assert count_trained_on(training, told, [others, training]) == 3
    assert count_trained_on([*others, replace(training[0], id="copy")], told, [training]) == 1
    assert count_trained_on(others, told, [training]) == 0
    assert count_trained_on(training, told, [training[:2], others]) is None


def test_slices_are_by_language_and_length() -> None:
    found = {part.name: part.count for part in category().slices}
    assert found == {"language nb": 5, "language nn": 1, "1 to 11 words": 6}


def test_sources_are_listed_lowest_macro_f1_first() -> None:
    office, home = category().sources
    assert (office.name, office.count, office.accuracy) == ("office", 4, 0.25)
    # A 0, B 2*1/(2+2), C 0.
    assert office.macro_f1 == pytest.approx(1 / 6)
    assert (home.name, home.count, home.accuracy, home.macro_f1) == ("home", 2, 1.0, 1.0)


@pytest.mark.parametrize(("writers", "listed"), [(1, 0), (2, 2), (31, 31), (200, 200)])
def test_no_source_is_left_out_however_many_there_are(writers: int, listed: int) -> None:
    examples = [example(A, source=f"writer {place % writers}") for place in range(200)]
    answered = [suggestion(PROBABILITIES[0])] * 200
    found = evaluate(examples, answered, model_version="m", prior="corpus", pipeline="p").targets[0]
    assert len({source.name for source in found.sources}) == listed
    assert sum(source.count for source in found.sources) == (200 if listed else 0)


def test_texts_are_sliced_by_how_many_acts_they_hold_where_somebody_said() -> None:
    acts = [(A,), (A, B), None, (B,), (B, C), (C,)]
    examples = [example(label, acts=held) for label, held in zip(TRUTH, acts, strict=True)]
    suggestions = [suggestion(probabilities) for probabilities in PROBABILITIES]
    found = evaluate(examples, suggestions, model_version="m", prior="corpus", pipeline="p").targets[0].slices
    by_acts = {part.name: (part.count, part.accuracy, part.macro_f1) for part in found if part.name.endswith("acts")}
    assert by_acts == {"several acts": (2, 0.5, 0.5)}
    one = next(part for part in found if part.name == "one act")
    assert one.count == 3
    assert one.accuracy == pytest.approx(2 / 3)
    # A 2*1/(2+1), B 1, C 0.
    assert one.macro_f1 == pytest.approx(5 / 9)
    assert not any("act" in part.name for part in category().slices)


def test_a_warning_counts_with_the_proposal_for_recall_and_alone_for_false_warnings() -> None:
    first, third, absent = evaluated().warnings
    assert (first.label, first.recall, first.false_warnings, first.support) == (A, 2 / 3, 0.0, 3)
    assert (third.label, third.recall, third.false_warnings, third.support) == (C, 1.0, 1 / 5, 1)
    assert (absent.recall, absent.false_warnings, absent.support) == (0.0, 0.0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_macro_f1_is_scikit_learns_over_the_labels_that_occur(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, predicted = random.choice([0, 2, 3], 40), random.integers(0, 6, 40)
    expected = f1_score(truth, predicted, labels=[0, 2, 3], average="macro", zero_division=0.0)
    assert macro_f1(truth, predicted, 6) == pytest.approx(expected)


def test_the_bootstrap_interval_is_that_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(5, 2, 400)
    found = bootstrap(lambda places: float(values[places].mean()), 400)
    assert found.value == pytest.approx(values.mean())
    error = values.std() / 20
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)
    assert bootstrap(lambda places: float(values[places].mean()), 400) == found
    assert bootstrap(lambda places: float(values[places].mean()), 400, seed=1) != found
