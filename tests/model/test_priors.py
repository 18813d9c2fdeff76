import numpy as np
import pytest
from scipy.special import softmax

from classifier.errors import InputError
from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.priors import adjust, named_prior, prior_of_decisions, prior_of_texts


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["corpus", "uniform", "asys-2020"])
def test_every_named_prior_has_a_share_for_every_label(name: str, target: Target) -> None:
    count = len(LABELS[target])
    corpus = np.arange(1.0, count + 1) / np.arange(1, count + 1).sum()
    prior = named_prior(name, target, corpus)
    assert prior.shape == (count,)
    assert prior.sum() == pytest.approx(1)
    assert (prior > 0).all()
    assert (name == "corpus") == np.array_equal(prior, corpus)


def test_the_priors_are_those_they_are_named_for() -> None:
    categories = LABELS["category"]
    assert named_prior("uniform", "category", np.zeros(7)).tolist() == pytest.approx([1 / 7] * 7)
    shares = dict(zip(categories, named_prior("asys-2020", "category", np.zeros(7)), strict=True))
    assert shares["trussel_selvskading"] == pytest.approx(0.1)
    assert shares["trussel"] / shares["haerverk"] == pytest.approx(626 / 34)
    channels = dict(zip(LABELS["channel"], named_prior("asys-2020", "channel", np.zeros(11)), strict=True))
    assert channels["telefon"] == pytest.approx(0.43)


def test_an_unknown_prior_is_refused() -> None:
    with pytest.raises(InputError, match="found 'asys-2021'; expected corpus, uniform or asys-2020"):
        named_prior("asys-2021", "category", np.zeros(7))


def test_adjustment_follows_bayes_rule() -> None:
    found = adjust(np.array([[0.8, 0.2], [0.5, 0.5]]), np.array([0.5, 0.5]), np.array([0.2, 0.8]))
    np.testing.assert_allclose(found, [[0.5, 0.5], [0.2, 0.8]])
    found = adjust(np.array([[0.6, 0.3, 0.1]]), np.array([0.6, 0.3, 0.1]), np.array([0.1, 0.2, 0.7]))
    np.testing.assert_allclose(found, [[0.1, 0.2, 0.7]])


def test_the_prior_of_training_changes_nothing() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    trained = np.array([0.5, 0.4, 0.1])
    np.testing.assert_allclose(adjust(probabilities, trained, trained), probabilities)


def test_a_label_that_training_never_saw_is_not_raised() -> None:
    found = adjust(np.array([[0.6999, 0.3, 0.0001]]), np.array([0.7, 0.3, 0.0]), np.array([0.1, 0.1, 0.8]))
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(1)
    assert found[0, 2] <= 0.0001


def test_decisions_give_their_shares_with_one_pseudo_count_a_label() -> None:
    np.testing.assert_allclose(prior_of_decisions(np.array([7.0, 0.0, 0.0])), [0.8, 0.1, 0.1])
    np.testing.assert_allclose(prior_of_decisions(np.zeros(4)), [0.25] * 4)


@pytest.mark.parametrize("planted", [(0.7, 0.2, 0.1), (0.05, 0.05, 0.9), (0.4, 0.3, 0.3)])
def test_expectation_maximisation_finds_a_planted_prior(planted: tuple[float, ...]) -> None:
    random = np.random.default_rng(0)
    trained = np.array([0.4, 0.3, 0.3])
    truth = random.choice(3, 20_000, p=planted)
    # Normal features around a corner each: their exact posterior under the prior of training is what a model would say.
    features = random.normal(0, 1, (20_000, 3)) + 1.5 * np.eye(3)[truth]
    probabilities = softmax(1.5 * features + np.log(trained), axis=1)
    found = prior_of_texts(probabilities, trained)
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found, planted, atol=0.02)
    if planted != tuple(trained):
        assert np.abs(probabilities.mean(axis=0) - planted).max() > 0.05


def test_a_label_that_no_text_looks_like_stays_possible() -> None:
    trained = np.array([0.5, 0.4, 0.1])
    probabilities = np.tile([0.989, 0.01, 0.001], (100, 1))
    found = prior_of_texts(probabilities, trained)
    assert found.sum() == pytest.approx(1)
    assert found.min() > 0.005
    assert found[0] > 0.9


def test_the_prior_of_training_is_not_written_over() -> None:
    trained = np.array([0.5, 0.5])
    prior_of_texts(np.array([[0.9, 0.1], [0.8, 0.2]]), trained)
    assert trained.tolist() == [0.5, 0.5]
