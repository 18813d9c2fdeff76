import numpy as np
import pytest

from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.review.mislabelled import error_odds, label_issues, likely_mislabelled
from classifier.review.rules import NO_LABEL


def probabilities_of(target: Target, truth: list[int], sure: float = 0.9) -> np.ndarray:
    """Return a model's word on reports of these labels: right, and as sure as told."""
    labels = len(LABELS[target])
    rows = np.full((len(truth), labels), (1 - sure) / (labels - 1))
    rows[np.arange(len(truth)), truth] = sure
    return rows


TRUTH = {target: [place % len(LABELS[target]) for place in range(110)] for target in TARGETS}
PROBABILITIES = {target: probabilities_of(target, TRUTH[target]) for target in TARGETS}


def given(**wrong: dict[int, int]) -> dict[Target, np.ndarray]:
    """Return the right labels but for those named: by kind, the place of a report and the label it got."""
    labels: dict[Target, np.ndarray] = {target: np.array(TRUTH[target]) for target in TARGETS}
    for target in TARGETS:
        for place, label in wrong.get(target, {}).items():
            labels[target][place] = label
    return labels


USUAL = np.ones(len(TRUTH["category"]))


def test_a_planted_wrong_category_and_a_planted_wrong_channel_are_both_found() -> None:
    strength = likely_mislabelled(PROBABILITIES, given(category={7: 3}, channel={20: 5}), USUAL)
    assert set(np.flatnonzero(~np.isnan(strength))) == {7, 20}


def test_wrong_in_both_is_likelier_than_wrong_in_one() -> None:
    less_sure = {target: probabilities_of(target, TRUTH[target], sure=0.6) for target in TARGETS}
    strength = likely_mislabelled(less_sure, given(category={7: 3, 8: 3}, channel={7: 2}), USUAL)
    assert strength[7] > strength[8]


def test_labels_that_the_model_would_have_given_too_are_no_issue() -> None:
    assert np.isnan(likely_mislabelled(PROBABILITIES, given(), USUAL)).all()


def test_a_report_without_a_label_or_a_proposal_is_no_issue_and_disturbs_no_other() -> None:
    labels = given(category={7: 3})
    labels["category"][8] = NO_LABEL
    probabilities = {target: rows.copy() for target, rows in PROBABILITIES.items()}
    probabilities["category"][9] = np.nan
    issues = label_issues(probabilities["category"], labels["category"])
    assert np.flatnonzero(issues).tolist() == [7]


@pytest.mark.parametrize("labels", [[], [2], [2, 2, 2], [NO_LABEL, NO_LABEL]])
def test_too_few_labels_to_compare_have_no_issue(labels: list[int]) -> None:
    rows = probabilities_of("category", [0] * len(labels))
    assert not label_issues(rows, np.array(labels, dtype=np.intp)).any()


def test_two_reports_with_two_labels_are_enough_to_ask() -> None:
    assert label_issues(probabilities_of("category", [0, 1]), np.array([0, 1])).tolist() == [False, False]


def test_of_two_doubtful_labels_the_one_in_an_unusual_pair_is_likelier_wrong() -> None:
    lift = USUAL.copy()
    lift[8] = 0.1
    strength = likely_mislabelled(PROBABILITIES, given(category={7: 3, 8: 3}), lift)
    assert strength[8] > strength[7]


def test_the_odds_of_an_error_fall_as_the_model_agrees_and_are_finite() -> None:
    rows = np.array([[agreed, 1 - agreed] for agreed in (0.0, 0.1, 0.5, 0.9, 1.0)])
    odds = error_odds(rows, np.zeros(5, dtype=np.intp))
    assert (np.diff(odds) < 0).all()
    assert np.isfinite(odds).all()
    assert odds[-1] == 0
