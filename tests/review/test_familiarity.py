import math

from classifier.review.familiarity import Familiarity
from tests import small_model


def test_words_that_training_saw_are_known_in_either_standard() -> None:
    familiar = Familiarity(small_model.model().vocabulary)
    bokmaal = familiar.unknown_share("Bruker ringte og sa at han visste hvor jeg bor.")
    nynorsk = familiar.unknown_share("Brukaren ringde og sa at han visste kvar eg bur.")
    assert max(bokmaal, nynorsk) < 0.3


def test_a_text_of_words_nobody_wrote_is_unknown() -> None:
    assert Familiarity(small_model.model().vocabulary).unknown_share("Blorf gnarp snikkelbrø vrumpa zask qwonk") == 1


def test_of_a_few_words_nothing_is_said() -> None:
    familiar = Familiarity({"bruker"})
    assert math.isnan(familiar.unknown_share("Hei på deg"))
    assert math.isnan(familiar.unknown_share("12 345 67 !!! …"))
