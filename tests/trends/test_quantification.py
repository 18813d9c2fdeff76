import numpy as np
import pytest

from classifier.model.estimator import LABELS, TARGETS
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.trends.error_model import PAIRS, learn_errors
from classifier.trends.quantification import Correction, correct, shares_of
from tests.trends.made_up import CATEGORIES, CHANNELS, held_out, period, said_by

ERRORS = learn_errors(held_out())
SAID = said_by(held_out().probabilities)
MOSTLY_THREATS = np.full((CATEGORIES, CHANNELS), 3)
MOSTLY_THREATS[CATEGORY_IDS.index("trussel"), CHANNEL_IDS.index("telefon")] = 600
MOSTLY_THREATS[CATEGORY_IDS.index("verbal_utskjelling"), CHANNEL_IDS.index("publikumsmottak")] = 200


def corrected(seed: int = 0, draws: int = 60) -> tuple[np.ndarray, np.ndarray, Correction]:
    answers = period(MOSTLY_THREATS, np.random.default_rng(seed))
    raw = np.bincount(answers.category.argmax(axis=1), minlength=CATEGORIES)
    return MOSTLY_THREATS.sum(axis=1), raw, correct(ERRORS, [answers], SAID, seed=1, draws=draws)


def test_the_probability_of_a_pair_is_learned_from_both_answers() -> None:
    probabilities = ERRORS.evidence * ERRORS.shares
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(probabilities)), rel=1e-5)
    right = probabilities[np.arange(len(probabilities)), ERRORS.pairs]
    answers = held_out()
    texts = np.arange(len(probabilities))
    product = answers.probabilities["category"][texts, answers.truth["category"]]
    product = product * answers.probabilities["channel"][texts, answers.truth["channel"]]
    assert np.log(right).mean() > np.log(product).mean() - 0.02


def test_a_pair_that_never_occurred_is_never_counted() -> None:
    given = held_out()
    barred = (given.truth["category"] == 0) & (given.truth["channel"] == 0)
    kept = {target: labels[~barred] for target, labels in given.truth.items()}
    shares = {target: found[~barred] for target, found in given.probabilities.items()}
    errors = learn_errors(type(given)(shares, kept, given.writers[~barred]))
    answers = period(MOSTLY_THREATS, np.random.default_rng(0))
    assert errors.evidence_of(answers.category, answers.channel)[:, 0].max() == 0


def test_corrected_counts_lie_nearer_the_truth_than_the_models_own() -> None:
    for seed in range(5):
        truth, raw, correction = corrected(seed, draws=2)
        found = correction.counts["category"][0]
        assert np.abs(found - truth).sum() < 0.5 * np.abs(raw - truth).sum()


def test_intervals_hold_the_true_counts_about_as_often_as_they_promise() -> None:
    inside = []
    for seed in range(8):
        truth, _, correction = corrected(seed)
        for label, (interval,) in enumerate(correction.of_labels("category")):
            inside.append(np.floor(interval.low) <= truth[label] <= np.ceil(interval.high))
    assert np.mean(inside) >= 0.88


def test_counts_go_all_the_way_where_the_model_errs_much_and_no_further_than_its_own_where_it_cannot_err() -> None:
    _, raw, correction = corrected(draws=20)
    assert correction.ways["category"] > 0.7
    sure = held_out()
    certain = {target: np.eye(len(LABELS[target]))[labels] for target, labels in sure.truth.items()}
    never_wrong = learn_errors(type(sure)(certain, sure.truth, sure.writers))
    answers = period(MOSTLY_THREATS, np.random.default_rng(0))
    kept = correct(never_wrong, [answers], said_by(certain), seed=0, draws=5)
    assert kept.counts["category"][0] == pytest.approx(raw, abs=1)


def test_counts_add_up_to_all_incidents_and_lie_within_their_intervals() -> None:
    _, _, correction = corrected()
    for target in ("category", "channel"):
        intervals = [row[0] for row in correction.of_labels(target)]
        assert sum(interval.value for interval in intervals) == pytest.approx(MOSTLY_THREATS.sum())
        assert all(0 <= i.low <= i.value <= i.high <= MOSTLY_THREATS.sum() for i in intervals)


def test_a_group_is_counted_as_its_labels_together() -> None:
    _, _, correction = corrected()
    together = correction.of_group("channel", (0, 1))[0]
    alone = [correction.of_group("channel", (place,))[0] for place in (0, 1)]
    assert together.value == pytest.approx(sum(interval.value for interval in alone))
    assert together.high - together.low <= sum(interval.high - interval.low for interval in alone) + 1e-6


def test_the_same_seed_gives_the_same_intervals() -> None:
    first, second = corrected(draws=5)[2], corrected(draws=5)[2]
    for target in TARGETS:
        assert first.errors[target].tolist() == second.errors[target].tolist()
        assert first.counts[target].tolist() == second.counts[target].tolist()


def test_an_empty_period_counts_nothing_and_a_long_one_is_represented_by_a_part() -> None:
    rng = np.random.default_rng(0)
    nothing = period(np.zeros((CATEGORIES, CHANNELS), dtype=int), rng)
    long = period(MOSTLY_THREATS * 6, rng)
    correction = correct(ERRORS, [nothing, long], SAID, seed=0, draws=5)
    assert correction.counts["category"][0].sum() == 0
    assert correction.of_labels("category")[0][0].high == 0
    threats = correction.counts["category"][1][CATEGORY_IDS.index("trussel")]
    assert threats == pytest.approx(6 * MOSTLY_THREATS.sum(axis=1)[CATEGORY_IDS.index("trussel")], rel=0.05)


def test_the_iterations_agree_with_quapys_for_a_model_that_was_never_wrong_about_its_prior() -> None:
    emq = pytest.importorskip("quapy.method.aggregative").EMQ
    rng = np.random.default_rng(0)
    prior = np.full(PAIRS, 1 / PAIRS)
    posteriors = rng.dirichlet(np.full(PAIRS, 0.02), size=300)
    expected, _ = emq.EM(prior, posteriors, epsilon=1e-9)
    weights = np.ones((300, 1), dtype=np.float32)
    found = shares_of((posteriors / prior).astype(np.float32), weights, prior)[:, 0]
    # Ours stops after sixty rounds; what is left to gain by then is small.
    assert np.abs(found - expected).sum() < 0.05


def test_a_label_that_nobody_saw_keeps_the_models_count_within_what_a_sample_could_miss() -> None:
    given = held_out(texts=600)
    left_out = given.truth["category"] == CATEGORY_IDS.index("haerverk")
    kept = {target: labels[~left_out] for target, labels in given.truth.items()}
    shares = {target: found[~left_out] for target, found in given.probabilities.items()}
    sample = type(given)(shares, kept, given.writers[~left_out])
    answers = period(MOSTLY_THREATS, np.random.default_rng(0))
    correction = correct(learn_errors(sample), [answers], said_by(sample.probabilities), seed=0, draws=50)
    (found,) = correction.of_group("category", (CATEGORY_IDS.index("haerverk"),))
    most = MOSTLY_THREATS.sum() * (1 - 0.05 ** (1 / len(sample.writers)))
    assert found.value == pytest.approx(most)
    assert found.low == pytest.approx(0, abs=0.2)
    assert found.high == pytest.approx(most, abs=0.2)
    assert correction.counts["category"].sum() == pytest.approx(MOSTLY_THREATS.sum())


def test_a_small_period_has_a_small_say_in_how_far_to_go() -> None:
    rng = np.random.default_rng(3)
    large = period(MOSTLY_THREATS, rng)
    stray = np.zeros((CATEGORIES, CHANNELS), dtype=int)
    stray[0, 0] = stray[1, 1] = 1
    alone = correct(ERRORS, [large], SAID, seed=1, draws=40)
    beside = correct(ERRORS, [large, *(period(stray, rng) for _ in range(6))], SAID, seed=1, draws=40)
    for target in TARGETS:
        assert beside.ways[target] == pytest.approx(alone.ways[target], abs=0.11)
