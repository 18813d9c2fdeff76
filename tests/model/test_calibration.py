import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

from classifier.model.calibration import (
    Calibration,
    brier_score,
    calibration_error_by_chance,
    expected_calibration_error,
    fit_calibration,
    reliability,
)

SLOPES, OFFSETS = np.array([3.0, 2.0, 4.0]), np.array([1.0, 0.0, -1.0])


def draw(texts: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Scores, the probabilities they truly mean, and truth drawn from those."""
    random = np.random.default_rng(seed)
    scores = random.normal(0, 0.7, (texts, 3))
    meant = softmax(scores * SLOPES + OFFSETS, axis=1)
    truth = (meant.cumsum(axis=1) < random.random((texts, 1))).sum(axis=1)
    return scores, meant, truth


def test_probabilities_are_the_softmax_of_scaled_scores() -> None:
    calibration = Calibration((1.0, 2.0), (0.0, np.log(2.0)))
    found = calibration.predict_proba(np.array([[0.0, 0.0], [np.log(4.0), 0.0]]))
    np.testing.assert_allclose(found, [[1 / 3, 2 / 3], [2 / 3, 1 / 3]])


@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0, 1e4])
def test_probabilities_sum_to_one(scale: float) -> None:
    scores, _, truth = draw(400, 1)
    found = fit_calibration(scores, truth).predict_proba(scores * scale)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found >= 0).all()


def test_a_planted_miscalibration_is_found_and_mended() -> None:
    scores, _, truth = draw(20_000, 2)
    calibration = fit_calibration(scores, truth)
    np.testing.assert_allclose(calibration.slopes, SLOPES, rtol=0.1)
    np.testing.assert_allclose(np.diff(calibration.offsets), np.diff(OFFSETS), atol=0.15)
    unseen, meant, truth = draw(6000, 3)
    mended = calibration.predict_proba(unseen)
    np.testing.assert_allclose(mended, meant, atol=0.04)
    before = expected_calibration_error(softmax(unseen, axis=1), truth)
    assert before > 0.1
    assert expected_calibration_error(mended, truth) < 0.025


def strayed(texts: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Scores, and truth that one time in twelve has nothing to do with them."""
    scores, _, truth = draw(texts, seed)
    random = np.random.default_rng(seed)
    return scores, np.where(random.random(texts) < 1 / 12, random.integers(0, 3, texts), truth)


def test_being_wrong_however_sure_the_scores_are_keeps_probabilities_from_certainty() -> None:
    found = fit_calibration(*strayed(20_000, 5))
    unseen, truth = strayed(20_000, 6)
    plain = Calibration(found.slopes, found.offsets).predict_proba(unseen)
    mended = found.predict_proba(unseen)
    assert expected_calibration_error(mended, truth) < 0.6 * expected_calibration_error(plain, truth)
    sure = plain.max(axis=1) > 0.9
    right = (plain.argmax(axis=1) == truth)[sure].mean()
    assert abs(mended.max(axis=1)[sure].mean() - right) < abs(plain.max(axis=1)[sure].mean() - right)


def test_a_handful_of_texts_hardly_moves_the_likeliest_label() -> None:
    scores, truth = strayed(60, 8)
    few = np.array(fit_calibration(scores, truth).beta)
    many = np.array(fit_calibration(np.repeat(scores, 50, axis=0), np.repeat(truth, 50)).beta)
    assert np.abs(few - [1, 1, 0]).max() < 0.5 * np.abs(many - [1, 1, 0]).max()


@pytest.mark.parametrize("beta", [(0.2, 0.2, -3.0), (3.0, 0.3, 2.0), (1.0, 1.0, 0.0)])
def test_the_map_of_the_likeliest_label_changes_no_order_of_labels(beta: tuple[float, float, float]) -> None:
    scores, _, _ = draw(2000, 7)
    before = Calibration((1.0, 2.0, 3.0), (0.0, 0.1, -0.1)).predict_proba(scores)
    after = Calibration((1.0, 2.0, 3.0), (0.0, 0.1, -0.1), beta).predict_proba(scores)
    np.testing.assert_allclose(after.sum(axis=1), 1)
    assert (after.argsort(axis=1) == before.argsort(axis=1)).all()
    if beta == (1.0, 1.0, 0.0):
        np.testing.assert_allclose(after, before)


def test_a_score_that_says_nothing_keeps_a_slope_above_zero() -> None:
    scores, _, truth = draw(1000, 4)
    slopes = fit_calibration(-scores, truth).slopes
    assert all(0 < slope < 0.1 for slope in slopes)


def test_few_texts_and_absent_labels_are_calibrated_all_the_same() -> None:
    scores = np.array([[1.0, -1.0, -1.0], [-1.0, 1.0, -1.0]])
    found = fit_calibration(scores, np.array([0, 1])).predict_proba(scores)
    assert np.isfinite(found).all()
    assert found.argmax(axis=1).tolist() == [0, 1]


PROBABILITIES = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [1.0, 0.0]])
TRUTH = np.array([0, 1, 1, 1, 0])


def test_reliability_bins_hold_count_confidence_and_accuracy() -> None:
    found = reliability(PROBABILITIES, TRUTH, bins=5)
    assert [item.count for item in found] == [2, 3]
    assert [item.confidence for item in found] == pytest.approx([0.65, 2.8 / 3])
    assert [item.accuracy for item in found] == pytest.approx([1.0, 2 / 3])


def test_calibration_error_is_that_computed_by_hand() -> None:
    # In five bins: two texts off by 0.35, three off by 0.8 / 3.
    assert expected_calibration_error(PROBABILITIES, TRUTH, bins=5) == pytest.approx((2 * 0.35 + 0.8) / 5)
    # In fifteen bins, 0.9 stands apart from 1.0, and 0.6 from 0.7.
    by_hand = (0.4 + 0.3 + 2 * 0.4 + 0.0) / 5
    assert expected_calibration_error(PROBABILITIES, TRUTH) == pytest.approx(by_hand)


def test_calibration_error_by_chance_is_what_a_perfect_model_scores_and_goes_away_with_more_texts() -> None:
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.ones(4), 900)
    by_chance = calibration_error_by_chance(shares)
    perfect = [
        expected_calibration_error(shares, (rng.random((900, 1)) > shares.cumsum(axis=1)).sum(axis=1)) for _ in range(1_000)
    ]
    assert by_chance == pytest.approx(np.mean(perfect), rel=0.05)
    assert calibration_error_by_chance(np.repeat(shares, 16, axis=0)) == pytest.approx(by_chance / 4, rel=0.1)


def test_brier_score_is_that_computed_by_hand() -> None:
    assert brier_score(PROBABILITIES, TRUTH) == pytest.approx((0.02 + 1.62 + 0.32 + 0.18 + 0.0) / 5)


@pytest.mark.parametrize(("truth", "score"), [([0, 1], 0.0), ([1, 0], 2.0)])
def test_brier_score_ends_at_zero_and_two(truth: list[int], score: float) -> None:
    assert brier_score(np.eye(2), np.array(truth)) == score
    assert expected_calibration_error(np.eye(2), np.array(truth)) == score / 2
