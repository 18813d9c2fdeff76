import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from classifier.model.thresholds import confident_threshold, precision_lower_bound, recall_threshold


def threshold(best: list[float], right: list[bool]) -> float | None:
    """The threshold of label 0 where it is proposed with `best`, at 95 % with 95 % confidence."""
    probabilities = np.column_stack([best, 1 - np.array(best)])
    return confident_threshold(probabilities, np.where(right, 0, 1), 0, precision=0.95, confidence=0.95)


def test_59_of_59_prove_95_percent_and_58_of_58_do_not() -> None:
    assert precision_lower_bound(59, 59, 0.95) >= 0.95
    assert precision_lower_bound(58, 58, 0.95) < 0.95
    assert precision_lower_bound(59, 59, 0.95) == pytest.approx(0.05 ** (1 / 59))


@pytest.mark.parametrize(("right", "count"), [(1, 1), (1, 10), (9, 10), (92, 93), (93, 93), (500, 520)])
def test_the_bound_is_the_precision_at_which_so_many_right_are_just_too_lucky(right: int, count: int) -> None:
    bound = precision_lower_bound(right, count, 0.9)
    assert binom.sf(right - 1, count, bound) == pytest.approx(0.1)
    assert bound < right / count or right == count


@pytest.mark.parametrize("count", [0, 1, 100])
def test_nothing_right_proves_nothing(count: int) -> None:
    assert precision_lower_bound(0, count, 0.95) == 0.0


def test_confidence_starts_at_the_lowest_proposal_that_is_proven() -> None:
    best = np.linspace(0.99, 0.6, 59).tolist()
    assert threshold(best, [True] * 59) == best[-1]
    assert threshold([*best, 0.55], [True] * 59 + [False]) == best[-1]
    assert threshold([*best, 0.55], [True] * 60) == 0.55


def test_the_order_of_the_texts_does_not_matter() -> None:
    order = np.random.default_rng(0).permutation(80)
    best = np.linspace(0.99, 0.6, 80)
    right = np.arange(80) < 70
    found = threshold(best.tolist(), right.tolist())
    assert found == best[69]
    assert threshold(best[order].tolist(), right[order].tolist()) == found


@pytest.mark.parametrize(
    ("best", "right"),
    [
        ([], []),
        ([0.99] * 58, [True] * 58),
        ([0.99] * 60, [True] * 59 + [False]),
        ([0.99] * 200, [False] * 200),
        # A mistake among the surest: 92 right of 93 are needed then.
        (np.linspace(0.99, 0.6, 92).tolist(), [False] + [True] * 91),
    ],
)
def test_confidence_never_starts_where_it_cannot_be_proven(best: list[float], right: list[bool]) -> None:
    assert threshold(best, right) is None


def test_proposals_of_one_probability_stand_or_fall_together() -> None:
    assert threshold([0.9] * 59 + [0.8] * 10, [True] * 59 + [False] * 10) == 0.9
    assert threshold([0.9] * 69, [True] * 59 + [False] * 10) is None


def test_only_proposals_of_the_label_count() -> None:
    probabilities = np.array([[0.9, 0.1]] * 58 + [[0.4, 0.6]] * 100)
    truth = np.zeros(158, dtype=int)
    assert confident_threshold(probabilities, truth, 0, precision=0.95, confidence=0.95) is None
    assert confident_threshold(probabilities, 1 - truth, 1, precision=0.95, confidence=0.95) == 0.6


def share(probability: NDArray[np.float64], holds: NDArray[np.bool_], threshold: float) -> float:
    return float((probability[holds] >= threshold).mean())


@pytest.mark.parametrize("recall", [0.5, 0.9, 0.95, 0.99, 1.0])
@pytest.mark.parametrize("count", [1, 2, 19, 20, 100, 101, 777])
def test_the_promised_recall_is_kept_by_the_highest_threshold_that_keeps_it(recall: float, count: int) -> None:
    random = np.random.default_rng(count)
    probability = random.random(2 * count)
    holds = np.arange(2 * count) % 2 == 0
    found = recall_threshold(probability, holds, recall)
    assert found is not None
    assert share(probability, holds, found) >= recall
    assert share(probability, holds, np.nextafter(found, 1)) < recall


def test_ties_keep_the_promised_recall() -> None:
    probability, holds = np.array([0.2, 0.2, 0.2, 0.9]), np.array([True, True, True, True])
    assert recall_threshold(probability, holds, 0.75) == 0.2
    assert recall_threshold(probability, holds, 0.25) == 0.9


def test_a_label_of_no_text_has_no_recall_threshold() -> None:
    assert recall_threshold(np.array([0.3, 0.6]), np.array([False, False]), 0.99) is None
