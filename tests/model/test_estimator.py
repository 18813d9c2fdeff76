import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from classifier.model.calibration import fit_calibration
from classifier.model.estimator import LABELS, MISSING_SCORE, TARGETS, LabelScores, columns_of, make_estimator
from classifier.model.training import label_array
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from tests import small_model

ALL = CATEGORY_IDS + CHANNEL_IDS
COMMON, MIDDLE, RARE, MISSING = CATEGORY_IDS[:4]


def planted() -> tuple[csr_matrix, np.ndarray]:
    """120 texts of three categories (80, 30 and 10), each with a feature of its own and noise, and two channels.

    As of counts of words, no feature is below 0.
    """
    random = np.random.default_rng(0)
    category = np.repeat([0, 1, 2], [80, 30, 10])
    channel = np.arange(120) % 2
    features = np.abs(random.normal(0, 0.6, (120, 6)))
    features[np.arange(120), category] += 1
    features[np.arange(120), 3 + channel] += 1
    labels = np.array([(CATEGORY_IDS[c], CHANNEL_IDS[d]) for c, d in zip(category, channel, strict=True)])
    return csr_matrix(features), labels


def test_columns_are_categories_then_channels() -> None:
    assert tuple(LabelScores().fit(*planted()).classes_) == ALL
    assert {target: ALL[columns_of(target)] for target in TARGETS} == LABELS


def test_the_best_score_is_mostly_the_right_labels() -> None:
    features, labels = planted()
    scores = LabelScores(C=1.0).fit(features, labels).decision_function(features)
    for place, target in enumerate(TARGETS):
        best = np.array(LABELS[target])[scores[:, columns_of(target)].argmax(axis=1)]
        assert (best == labels[:, place]).mean() > 0.8


def test_without_bayes_each_label_is_a_machine_against_the_rest_weighted_by_rarity() -> None:
    features, labels = planted()
    scores = LabelScores(C=0.3, bayes=0).fit(features, labels)
    for label, count in ((COMMON, 80), (MIDDLE, 30), (RARE, 10)):
        machine = LinearSVC(C=0.3, random_state=0)
        positive = labels[:, 0] == label
        machine.fit(features, positive, sample_weight=np.where(positive, 120 / 3 / count, 1.0))
        np.testing.assert_allclose(scores.coef_[ALL.index(label)], machine.coef_[0], atol=1e-3)
        assert scores.intercept_[ALL.index(label)] == pytest.approx(machine.intercept_[0], abs=1e-3)


@pytest.mark.parametrize("weighted", [False, True])
def test_bayes_adds_what_each_feature_says_for_a_label_against_what_it_says_on_average(weighted: bool) -> None:
    features, labels = planted()
    weights = np.random.default_rng(1).uniform(0.5, 2, 120) if weighted else None
    alone, both = (LabelScores(bayes=bayes, alpha=0.2).fit(features, labels, sample_weight=weights) for bayes in (0.0, 0.7))
    dense = features.toarray() * (np.ones(120) if weights is None else weights)[:, np.newaxis]
    for place, names in enumerate(((COMMON, MIDDLE, RARE), CHANNEL_IDS[:2])):
        said = []
        for name in names:
            elsewhere = dense[labels[:, place] != name].sum(axis=0) + 0.2
            said.append(-np.log(elsewhere / elsewhere.sum()))
        for name, weight in zip(names, said - np.mean(said, axis=0), strict=True):
            row = ALL.index(name)
            np.testing.assert_allclose(both.coef_[row] - alone.coef_[row], 0.7 * weight, atol=1e-6)
    assert np.array_equal(both.intercept_, alone.intercept_)


def test_the_scores_are_linear_in_the_features() -> None:
    features, labels = planted()
    fitted = LabelScores().fit(features, labels)
    assert np.array_equal(fitted.decision_function(features), features @ fitted.coef_.T + fitted.intercept_)
    np.testing.assert_allclose(
        fitted.decision_function(2 * features) - fitted.intercept_, 2 * (fitted.decision_function(features) - fitted.intercept_)
    )


def test_sample_weights_count() -> None:
    features, labels = planted()
    weights = np.where(labels[:, 0] == RARE, 1e-6, 1.0)
    column = ALL.index(RARE)
    plain = LabelScores().fit(features, labels).decision_function(features)[:, column]
    weighted = LabelScores().fit(features, labels, sample_weight=weights).decision_function(features)[:, column]
    assert (plain[labels[:, 0] == RARE] > 0).sum() > 0
    assert (weighted < 0).all()


def test_a_label_missing_from_training_gets_next_to_no_probability() -> None:
    features, labels = planted()
    scores = LabelScores().fit(features, labels).decision_function(features)[:, columns_of("category")]
    unseen = [place for place, label in enumerate(CATEGORY_IDS) if label not in (COMMON, MIDDLE, RARE)]
    assert CATEGORY_IDS.index(MISSING) in unseen
    assert (scores[:, unseen] == MISSING_SCORE).all()
    assert scores[:, :3].min() > scores[:, unseen].max() + 5
    truth = np.array([CATEGORY_IDS.index(label) for label in labels[:, 0]])
    probabilities = fit_calibration(scores, truth).predict_proba(scores)
    assert probabilities[:, unseen].max() < 1e-4
    assert (probabilities[:, :3].max(axis=0) > 0.3).all()


def test_the_only_label_of_training_beats_all_others() -> None:
    features, labels = planted()
    labels[:, 1] = CHANNEL_IDS[2]
    scores = LabelScores().fit(features, labels).decision_function(features)[:, columns_of("channel")]
    assert (scores.argmax(axis=1) == 2).all()
    assert (np.delete(scores, 2, axis=1) == MISSING_SCORE).all()


def test_the_same_data_give_the_same_scores() -> None:
    features, labels = planted()
    one, other = (LabelScores().fit(features, labels) for _ in range(2))
    assert np.array_equal(one.coef_, other.coef_)
    assert np.array_equal(one.intercept_, other.intercept_)


def test_the_estimator_goes_from_analysed_texts_to_scores() -> None:
    texts, labels = list(small_model.texts()[:150]), label_array(small_model.examples()[:150])
    estimator = make_estimator(["words", "cues"], C=1.0, bayes=0.5, alpha=0.2, cue_weight=0.5).fit(texts, labels)
    scores = estimator.decision_function(texts)
    assert scores.shape == (150, len(ALL))
    category = np.array(CATEGORY_IDS)[scores[:, columns_of("category")].argmax(axis=1)]
    assert (category == labels[:, 0]).mean() > 0.8
    assert estimator.named_steps["scores"].get_params() == {"C": 1.0, "bayes": 0.5, "alpha": 0.2}
    np.testing.assert_allclose(estimator.decision_function(texts[3:4]), scores[3:4])
