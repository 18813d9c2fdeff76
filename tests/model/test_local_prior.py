import numpy as np
import pytest

from classifier.errors import InputError
from classifier.model.estimator import LABELS
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


def test_a_handful_is_too_few_to_tell() -> None:
    model = small_model.model()
    with pytest.raises(InputError, match=f"at least {FEWEST_TEXTS}"):
        under_decisions(model, small_model.examples()[:10])
    with pytest.raises(InputError, match="10 texts"):
        under_texts(model, [example.text for example in small_model.examples()[:10]])
