from collections.abc import Sequence

import numpy as np
import pytest

from classifier.corpus import Example
from classifier.model.comparison import Comparison, Difference, compare, judge
from classifier.model.evaluation import Estimate
from classifier.model.evaluation import macro_f1 as plain_macro_f1
from classifier.suggestion import Proposal, Ranked, Suggestion
from classifier.taxonomy import CATEGORY_IDS

RESAMPLES = 500


def example(category: str, language: str = "nb", channel: str = "telefon") -> Example:
    return Example("1", "tekst", category, channel, None, language, "test", "1", "prøve")


def suggested(category: str | None, channel: str = "telefon") -> Suggestion:
    if category is None:
        return Suggestion("not_norwegian", None, None, (), (), None, "v")
    first, second = (Proposal((Ranked(label, 0.9),), True) for label in (category, channel))
    return Suggestion("ok", first, second, (), (), None, "v")


def world(count: int, seed: int = 0) -> list[Example]:
    """Return texts of every category in both languages."""
    random = np.random.default_rng(seed)
    return [example(random.choice(CATEGORY_IDS), random.choice(["nb", "nn"])) for _ in range(count)]


def answers(texts: Sequence[Example], right: float, seed: int) -> list[str | None]:
    """Return a model's categories for the texts, of which a share is right."""
    random = np.random.default_rng(seed)
    return [text.category if random.random() < right else str(random.choice(CATEGORY_IDS)) for text in texts]


def compared(texts: Sequence[Example], champion: Sequence[str | None], candidate: Sequence[str | None]) -> Comparison:
    return compare(texts, [suggested(c) for c in champion], [suggested(c) for c in candidate], resamples=RESAMPLES)


def found(comparison: Comparison, kind: str, name: str = "", target: str = "category") -> Difference:
    (one,) = (d for d in comparison.differences if (d.kind, d.target, d.name) == (kind, target, name))
    return one


def test_a_model_against_itself_is_the_same_everywhere() -> None:
    texts = world(300)
    given = answers(texts, 0.7, seed=1)
    comparison = compared(texts, given, given)
    assert {difference.outcome for difference in comparison.differences} == {"same"}
    assert {difference.p_value for difference in comparison.differences} == {1.0}


def test_the_figures_are_those_of_the_evaluation() -> None:
    texts = world(200)
    champion, candidate = answers(texts, 0.5, seed=1), answers(texts, 0.8, seed=2)
    overall = found(compared(texts, champion, candidate), "overall")
    index = {label: place for place, label in enumerate(CATEGORY_IDS)}
    truth = np.array([index[text.category] for text in texts])
    for value, given in ((overall.champion, champion), (overall.candidate, candidate)):
        assert value == pytest.approx(plain_macro_f1(truth, np.array([index[str(label)] for label in given]), 7))
    assert overall.difference is not None
    assert overall.difference.low < overall.difference.value < overall.difference.high


def test_a_clear_gain_in_one_category_is_better_there_and_overall() -> None:
    texts = world(600)
    champion = ["haerverk" if text.category == "trussel" else text.category for text in texts]
    comparison = compared(texts, champion, [text.category for text in texts])
    assert found(comparison, "label", "trussel").outcome == "better"
    assert found(comparison, "label", "haerverk").outcome == "better"
    assert found(comparison, "label", "hatytringer").outcome == "same"
    assert found(comparison, "overall").outcome == "better"


def test_a_loss_in_one_language_is_seen_although_the_other_gains() -> None:
    texts = world(600)
    wrong_in = {"nb": answers(texts, 0.5, seed=1), "nn": answers(texts, 0.5, seed=2)}
    champion = [text.category if text.language == "nn" else wrong_in["nb"][place] for place, text in enumerate(texts)]
    candidate = [text.category if text.language == "nb" else wrong_in["nn"][place] for place, text in enumerate(texts)]
    comparison = compared(texts, champion, candidate)
    assert found(comparison, "language", "nb").outcome == "better"
    assert found(comparison, "language", "nn").outcome == "worse"


def test_a_text_without_a_suggestion_counts_as_wrong() -> None:
    texts = world(300)
    right = [text.category for text in texts]
    comparison = compared(texts, right, [None if place % 2 else label for place, label in enumerate(right)])
    assert found(comparison, "overall").outcome == "worse"


def test_few_texts_are_not_judged() -> None:
    texts = [example("trussel") for _ in range(60)] + [example("haerverk", "nn") for _ in range(19)]
    comparison = compared(texts, ["haerverk"] * 79, [text.category for text in texts])
    for part in (found(comparison, "label", "haerverk"), found(comparison, "language", "nn")):
        assert (part.count, part.outcome, part.difference, part.champion) == (19, "too_few", None, None)
    assert found(comparison, "label", "trussel").outcome == "better"


def test_a_single_channel_does_not_guard_and_everything_else_does() -> None:
    comparison = compared(world(100), ["trussel"] * 100, ["trussel"] * 100)
    assert {(d.kind, d.target) for d in comparison.differences if not d.guards} == {("label", "channel")}
    assert len({(d.kind, d.target, d.name) for d in comparison.differences}) == len(comparison.differences)


def test_two_equally_good_models_are_seldom_called_different() -> None:
    texts = world(400)
    called = 0
    for seed in range(40):
        pair = (answers(texts, 0.7, seed=2 * seed), answers(texts, 0.7, seed=2 * seed + 1))
        called += any(found.outcome == "worse" for found in compared(texts, *pair).differences)
    assert called <= 6, "of 40 candidates that are no worse, at most about one in ten may be held back"


def test_of_many_differences_only_those_that_outnumber_luck_are_called() -> None:
    def with_p(*values: float) -> list[str]:
        rows = [
            Difference("label", "category", "trussel", 99, True, 0.5, 0.6, Estimate(0.1, 0.0, 0.2), p_value=value)
            for value in values
        ]
        return [found.outcome for found in judge(rows)]

    assert with_p(0.04, 0.5, 0.6, 0.7) == ["same"] * 4
    assert with_p(0.02, 0.5, 0.6, 0.7) == ["better", "same", "same", "same"]
    assert with_p(0.04, 0.05, 0.6, 0.7) == ["better", "better", "same", "same"]
    assert with_p() == []
