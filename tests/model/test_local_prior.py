import numpy as np
import pytest

from classifier.errors import InputError
from classifier.model.estimator import LABELS, TARGETS
from classifier.model.local_prior import FEWEST_TEXTS, under_decisions, under_texts
from tests import small_model


def test_an_agency_where_nearly_all_is_threats_gets_more_threats_proposed() -> None:
    model = small_model.model()
    threats = [example for example in small_model.examples() if example.category == "trussel"] * 20
    texts = [example.text for example in small_model.unseen()]
    local = under_decisions(model, threats)

    def proposed(answers: object) -> int:
        return sum(s.category is not None and s.category.label == "trussel" for s in answers)  # type: ignore[attr-defined]

    assert proposed(local.suggest(texts)) > proposed(model.suggest(texts))
    assert local.prior == "decisions"


def test_unlabelled_texts_tell_which_label_is_common_among_them() -> None:
    model = small_model.model()
    place = LABELS["category"].index("verbal_utskjelling")
    scolding = [e.text for e in small_model.unseen() if e.category == "verbal_utskjelling"]
    others = [e.text for e in small_model.unseen() if e.category != "verbal_utskjelling"][: len(scolding) // 2]
    found = under_texts(model, scolding + others)
    assert found._prior["category"][place] > np.array(model.trained.targets["category"].prior)[place]
    assert found.prior == "texts"


def test_texts_that_the_model_refuses_say_nothing_of_how_common_labels_are() -> None:
    model = small_model.model()
    texts = [example.text for example in small_model.unseen()[:100]]
    refused = ["All workers are liars and dogs here, and they always were.", "hei"] * 100
    assert {suggestion.outcome for suggestion in model.suggest(refused)} == {"not_norwegian", "too_short"}
    found, plain = under_texts(model, texts + refused), under_texts(model, texts)
    for target in TARGETS:
        np.testing.assert_allclose(found._prior[target], plain._prior[target])
    with pytest.raises(InputError, match="found 10 texts that the model suggests for"):
        under_texts(model, texts[:10] + refused * 3)


def test_a_handful_is_too_few_to_tell() -> None:
    model = small_model.model()
    with pytest.raises(InputError, match=f"at least {FEWEST_TEXTS}"):
        under_decisions(model, small_model.examples()[:10])
    with pytest.raises(InputError, match="10 texts"):
        under_texts(model, [example.text for example in small_model.examples()[:10]])
