import pytest

from classifier.review.reasons import REASONS, Facts, reason
from classifier.suggestion import Proposal, Ranked

PROPOSED = Proposal((Ranked("trussel", 0.81), Ranked("sjikane_trakassering", 0.12)), confident=False)
CHANNEL = Proposal((Ranked("telefon", 0.7), Ranked("sms", 0.3)), confident=False)
FACTS = Facts("sjikane_trakassering", "telefon", PROPOSED, CHANNEL, ("trussel_selvskading",))


@pytest.mark.parametrize("id_", REASONS)
@pytest.mark.parametrize("facts", [FACTS, Facts(None, None, None, None)])
def test_every_reason_has_words_whatever_is_known(id_: str, facts: Facts) -> None:
    found = reason(id_, facts)
    assert found.id == id_
    assert found.text.endswith(".")
    assert "None" not in found.text


def test_a_doubted_label_is_named_beside_the_proposed_one() -> None:
    told = reason("mislabelled", FACTS).text
    assert (
        "merket «Sjikane eller trakassering» (12 %), modellen foreslår «Truende atferd eller trussel» (81 %)"
        in told.replace("\N{NO-BREAK SPACE}", " ")
    )
    assert "Kanal" not in told


def test_the_closest_pair_of_labels_is_named() -> None:
    close = Proposal((Ranked("telefon", 0.41), Ranked("sms", 0.4)), confident=False)
    told = reason("small_margin", Facts(None, None, PROPOSED, close)).text
    assert "«Telefon» og «SMS/MMS»" in told


def test_a_category_that_was_chosen_is_not_told_as_a_warning() -> None:
    told = reason("unheeded_warning", Facts("trussel", None, PROPOSED, CHANNEL, ("trussel", "trussel_selvskading"))).text
    assert "Trussel om selvdrap/selvskading" in told
    assert "Truende atferd" not in told
