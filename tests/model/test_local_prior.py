from collections import Counter

import numpy as np
import pytest

from classifier.corpus import Example, Located
from classifier.errors import InputError
from classifier.language import analyse
from classifier.model.estimator import LABELS, TARGETS
from classifier.model.incident_model import PARTS
from classifier.model.local_prior import FEWEST_TEXTS, estimated_from_decisions, estimated_from_texts
from classifier.model.own_prior import OwnPrior
from classifier.model.priors import prior_of_texts
from tests import small_model


def from_decisions(examples: list[Example], *, with_channel: int | None = None) -> OwnPrior:
    """Return the prior of decisions, the first `with_channel` of which say a channel, all of them if that is None."""
    has_channel = len(examples) if with_channel is None else with_channel
    located = [Located(example, "vedtak.csv", place, place < has_channel) for place, example in enumerate(examples)]
    return estimated_from_decisions(located, file="vedtak.csv", sha256="d" * 64)


def from_texts(texts: list[str]) -> OwnPrior:
    return estimated_from_texts(small_model.model(), texts, file="tekster.txt", sha256="t" * 64)


def decided(category: str, number: int) -> list[Example]:
    return [example for example in small_model.examples() if example.category == category][:1] * number


def test_an_agency_where_nearly_all_is_threats_gets_more_threats_proposed() -> None:
    model = small_model.model()
    threats = [example for example in small_model.examples() if example.category == "trussel"] * 20
    texts = [example.text for example in small_model.unseen()]
    local = model.under(from_decisions(threats))

    def proposed(answers: object) -> int:
        return sum(s.category is not None and s.category.label == "trussel" for s in answers)  # type: ignore[attr-defined]

    assert proposed(local.suggest(texts)) > proposed(model.suggest(texts))
    assert local.prior.startswith("decisions:")


def test_decisions_are_counted_by_fives_and_small_counts_alike_so_that_a_summary_tells_none() -> None:
    shares = {}
    for few in (1, 4):
        examples = [*decided("trussel", 63), *decided("haerverk", few), *decided("sjikane_trakassering", 6)]
        shares[few] = from_decisions(examples).category
    assert shares[1] == shares[4]
    counted = Counter({"trussel": 65.0, "haerverk": 2.5, "sjikane_trakassering": 5.0})
    by_hand = [(counted[label] + 1) / (72.5 + 7) for label in LABELS["category"]]
    assert shares[1] == pytest.approx(by_hand)


def test_channels_are_counted_where_decisions_say_them_and_left_as_in_the_corpus_where_hardly_any_does() -> None:
    examples = [example for example in small_model.examples() if example.channel == "telefon"][:60]
    assert len(examples) == 60
    said = from_decisions([*examples, *decided("trussel", 40)], with_channel=60)
    assert said.channel == from_decisions(examples).channel
    assert said.category != from_decisions(examples).category
    assert from_decisions(examples, with_channel=FEWEST_TEXTS - 1).channel is None


def test_decisions_without_a_channel_leave_proposals_for_it_as_they_were() -> None:
    model, texts = small_model.model(), [example.text for example in small_model.unseen()[:60]]
    own, plain = model.under(from_decisions(decided("trussel", 60), with_channel=0)).suggest(texts), model.suggest(texts)
    assert [suggestion.channel for suggestion in own] == [suggestion.channel for suggestion in plain]
    assert [suggestion.category for suggestion in own] != [suggestion.category for suggestion in plain]


def test_unlabelled_texts_tell_which_label_is_common_among_them() -> None:
    model = small_model.model()
    place = LABELS["category"].index("verbal_utskjelling")
    scolding = [e.text for e in small_model.unseen() if e.category == "verbal_utskjelling"]
    others = [e.text for e in small_model.unseen() if e.category != "verbal_utskjelling"][: len(scolding) // 2]
    found = from_texts(scolding + others)
    assert found.category[place] > np.array(model.trained.targets["category"].prior)[place]
    assert (found.source, found.file, found.sha256) == ("texts", "tekster.txt", "t" * 64)
    assert found == from_texts(scolding + others)


@pytest.mark.parametrize(("number", "some_have_few"), [(60, True), (400, False)])
def test_texts_are_told_by_fives_and_labels_that_few_of_them_have_alike(number: int, some_have_few: bool) -> None:
    """From shares of more digits the counts of 1 to 4 could be had that a summary of the same texts hides."""
    model, texts = small_model.model(), [example.text for example in small_model.unseen()[:number]]
    found = from_texts(texts)
    analysed = list(analyse(texts, pipeline=model.pipeline, parts=PARTS))
    answered = [text for text, said in zip(analysed, model.suggest_analysed(analysed), strict=True) if said.outcome == "ok"]
    probabilities = model.predict_proba(answered).by_target
    labels_with_few = 0
    for target in TARGETS:
        shares = np.array(found.shares(target))
        exact = prior_of_texts(probabilities[target], np.array(model.trained.targets[target].prior))
        few = exact * len(answered) < 5
        labels_with_few += int(few.sum())
        by_hand = np.where(few, 2.5, 5 * np.round(exact * len(answered) / 5))
        np.testing.assert_allclose(shares, by_hand / by_hand.sum(), atol=1e-8)
        # Half a step of five for each label, and as much again for what the others' steps do to the sum.
        np.testing.assert_allclose(shares, exact, atol=5 / len(answered))
    assert bool(labels_with_few) == some_have_few


def test_texts_that_the_model_refuses_say_nothing_of_how_common_labels_are() -> None:
    texts = [example.text for example in small_model.unseen()[:100]]
    refused = ["All workers are liars and dogs here, and they always were.", "hei"] * 100
    assert {suggestion.outcome for suggestion in small_model.model().suggest(refused)} == {"not_norwegian", "too_short"}
    found, plain = from_texts(texts + refused), from_texts(texts)
    assert found == plain
    with pytest.raises(InputError, match=r"tekster\.txt: found 10 texts that the model suggests for"):
        from_texts(texts[:10] + refused * 3)


def test_a_handful_is_too_few_to_tell() -> None:
    with pytest.raises(InputError, match=rf"vedtak\.csv: found 10 labelled reports; expected at least {FEWEST_TEXTS}"):
        from_decisions(list(small_model.examples()[:10]))
    with pytest.raises(InputError, match="10 texts"):
        from_texts([example.text for example in small_model.examples()[:10]])
