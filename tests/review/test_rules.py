import numpy as np

from classifier.review.rules import (
    NO_LABEL,
    disagreement,
    of_label,
    small_margin,
    stale_label,
    unheeded_warning,
    unlike_training,
    unusual_pair,
)
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

NAN = np.nan
NOTHING_PROPOSED = np.full((1, 3), NAN)


def test_a_rule_says_nothing_of_a_report_that_the_model_could_not_read() -> None:
    given = np.array([1])
    warned = np.zeros((1, 3), dtype=bool)
    for strength in (
        disagreement(NOTHING_PROPOSED, given),
        small_margin(NOTHING_PROPOSED),
        unheeded_warning(NOTHING_PROPOSED, warned, given),
        of_label(NOTHING_PROPOSED, given),
    ):
        assert np.isnan(strength).all()


def test_a_clear_disagreement_is_stronger_than_a_close_one() -> None:
    probabilities = np.array([[0.9, 0.05, 0.05], [0.4, 0.35, 0.25]])
    clear, close = disagreement(probabilities, np.array([1, 1]))
    assert clear > close > 0


def test_a_toss_up_is_stronger_than_a_small_margin_and_a_sure_proposal_says_nothing() -> None:
    toss_up, small, sure = small_margin(np.array([[0.5, 0.5, 0.0], [0.5, 0.4, 0.1], [0.8, 0.1, 0.1]]))
    assert toss_up == 1
    assert 0.8 < small < 1
    assert np.isnan(sure)


def test_a_warning_that_was_heeded_is_no_reason() -> None:
    probabilities = np.array([[0.3, 0.7, 0.0]] * 3)
    warned = np.array([[True, False, False]] * 3)
    unheeded, heeded, unlabelled = unheeded_warning(probabilities, warned, np.array([1, 0, NO_LABEL]))
    assert unheeded == 0.3
    assert np.isnan(heeded)
    assert np.isnan(unlabelled)


def test_of_two_unheeded_warnings_the_likelier_counts() -> None:
    strength = unheeded_warning(np.array([[0.3, 0.1, 0.6]]), np.array([[True, True, False]]), np.array([2]))
    assert strength.tolist() == [0.3]


def test_an_attack_on_a_person_by_telephone_is_unusual_however_often_it_was_labelled() -> None:
    counts = np.full((len(CATEGORY_IDS), len(CHANNEL_IDS)), 10.0)
    attack, telephone = CATEGORY_IDS.index("fysisk_angrep_person"), CHANNEL_IDS.index("telefon")
    counts[attack, telephone] = 500
    assert unusual_pair(np.array([attack]), np.array([telephone]), counts)[0] >= 0.9


def test_a_pair_that_hardly_occurs_though_both_labels_do_is_unusual() -> None:
    hate, room, reception = (
        CATEGORY_IDS.index("hatytringer"),
        CHANNEL_IDS.index("samtalerom"),
        CHANNEL_IDS.index("publikumsmottak"),
    )
    counts = np.full((len(CATEGORY_IDS), len(CHANNEL_IDS)), 100.0)
    counts[hate, room] = 1
    rare, common = unusual_pair(np.array([hate, hate]), np.array([room, reception]), counts)
    assert rare > 0.9
    assert np.isnan(common)


def test_a_pair_is_not_unusual_for_want_of_reports() -> None:
    counts = np.zeros((len(CATEGORY_IDS), len(CHANNEL_IDS)))
    counts[2, 0] = 1
    assert np.isnan(unusual_pair(np.array([6]), np.array([8]), counts)).all()


def test_half_a_label_makes_no_pair() -> None:
    counts = np.ones((len(CATEGORY_IDS), len(CHANNEL_IDS)))
    assert np.isnan(unusual_pair(np.array([0, NO_LABEL]), np.array([NO_LABEL, 0]), counts)).all()


def test_a_text_of_unknown_words_is_unlike_training_and_an_unreadable_one_most_of_all() -> None:
    strength = unlike_training(np.array([True, True, False]), np.array([0.6, 0.05, NAN]))
    assert strength[2] > strength[0] > 0
    assert np.isnan(strength[1])


def test_a_label_that_is_gone_is_staler_than_an_old_one() -> None:
    gone, old, today = stale_label(np.array([True, False, False]), np.array([True, True, False]))
    assert gone > old > 0
    assert np.isnan(today)
