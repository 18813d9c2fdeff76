"""Counts corrected under other priors than the corpus's, and with an agency's own labelled sample."""

from datetime import date

import numpy as np

from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.held_out import HeldOutAnswers
from classifier.model.own_prior import Prior, own_prior, shares_under
from classifier.model.priors import adjust
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.trends.correction import corrector, note_on_correction
from classifier.trends.history import History, history_of
from classifier.trends.periods import period_of
from classifier.trends.quantification import Correction
from tests.trends.made_up import CATEGORIES, CHANNELS, answers_to, held_out, incident

UNDER = "asys-2020"
TRUE = np.full((CATEGORIES, CHANNELS), 4)
TRUE[CATEGORY_IDS.index("trussel"), CHANNEL_IDS.index("telefon")] = 700
TRUE[CATEGORY_IDS.index("haerverk"), CHANNEL_IDS.index("publikumsmottak")] = 400
YEAR = (period_of(date(2021, 6, 1), "year"),)


def under(prior: Prior, shares: dict[Target, np.ndarray]) -> dict[Target, np.ndarray]:
    """Return answers under a prior, from answers under equal shares."""
    found = {}
    for target in TARGETS:
        even = np.full(len(LABELS[target]), 1 / len(LABELS[target]))
        found[target] = adjust(shares[target], even, shares_under(prior, target, even))
    return found


def drawn(size: int, seed: int, prior: Prior = UNDER) -> tuple[np.ndarray, np.ndarray, dict[Target, np.ndarray]]:
    """Return the right labels of incidents of the mix, and the model's answers under the prior."""
    rng = np.random.default_rng(seed)
    pairs = rng.choice(TRUE.size, size=size, p=TRUE.ravel() / TRUE.sum())
    category, channel = pairs // CHANNELS, pairs % CHANNELS
    return category, channel, under(prior, answers_to(category, channel, rng))


def a_history(shares: dict[Target, np.ndarray]) -> History:
    rows = np.hstack([shares["category"], shares["channel"]]).tolist()
    return history_of(incident(probabilities=tuple(row)) for row in rows)


def misplaced(correction: Correction, truth: np.ndarray) -> float:
    return float(np.abs(correction.counts["category"][0] - truth).sum())


def test_counts_under_another_prior_are_corrected_from_what_the_model_said_under_it() -> None:
    category, _, shares = drawn(1400, seed=1)
    history = a_history(shares)
    correction = corrector(held_out(), UNDER, 0)(history, YEAR)
    truth = np.bincount(category, minlength=CATEGORIES)
    said = np.bincount(shares["category"].argmax(axis=1), minlength=CATEGORIES)
    assert misplaced(correction, truth) < 0.6 * np.abs(said - truth).sum()


def test_counts_under_a_prior_of_ones_own_are_corrected_as_under_a_named_one() -> None:
    even = {target: np.full(len(LABELS[target]), 1 / len(LABELS[target])) for target in TARGETS}
    own = own_prior("decisions", "vedtak.csv", "", {target: shares_under(UNDER, target, even[target]) for target in TARGETS})
    history = a_history(drawn(1400, seed=1, prior=own)[2])
    named, of_own = (corrector(held_out(), prior, 0)(history, YEAR).counts["category"] for prior in (UNDER, own))
    np.testing.assert_allclose(of_own, named, rtol=1e-4)


def test_a_sample_under_the_same_prior_corrects_as_it_is() -> None:
    category, channel, shares = drawn(500, seed=2)
    sample = HeldOutAnswers(shares, {"category": category, "channel": channel}, np.arange(500))
    true_category, _, answers = drawn(1400, seed=3)
    history = a_history(answers)
    truth = np.bincount(true_category, minlength=CATEGORIES)
    as_it_is = corrector(sample, "corpus", 0)(history, YEAR)
    said = np.bincount(answers["category"].argmax(axis=1), minlength=CATEGORIES)
    assert misplaced(as_it_is, truth) < 0.6 * np.abs(said - truth).sum()
    intervals = [row[0] for row in as_it_is.of_labels("category")]
    inside = sum(np.floor(i.low) <= count <= np.ceil(i.high) for i, count in zip(intervals, truth, strict=True))
    assert inside >= CATEGORIES - 1


def test_the_note_names_labels_that_the_sample_lacks() -> None:
    given = held_out(texts=300)
    left_out = given.truth["channel"] == CHANNEL_IDS.index("annet")
    kept = HeldOutAnswers(
        {target: shares[~left_out] for target, shares in given.probabilities.items()},
        {target: labels[~left_out] for target, labels in given.truth.items()},
        given.writers[~left_out],
    )
    assert "høyst" not in note_on_correction(given, "fra a.csv")
    assert "Ingen av dem har merket Annet" in note_on_correction(kept, "fra a.csv")
