"""Labels keep their keys, and probabilities have words."""

from classifier.suggestion import Proposal, Ranked
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.web.pages.choices import CATEGORY_KEYS, CHANNEL_KEYS, category_choices, channel_choices, how_likely

PROPOSAL = Proposal((Ranked("haerverk", 0.6), Ranked("trussel", 0.3), Ranked("verbal_utskjelling", 0.1)), confident=False)


def test_every_label_has_a_key_of_its_own() -> None:
    assert tuple(CATEGORY_KEYS) == CATEGORY_IDS
    assert sorted(CHANNEL_KEYS) == sorted(CHANNEL_IDS)
    keys = [*CATEGORY_KEYS.values(), *CHANNEL_KEYS.values()]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 1 for key in keys)


def test_the_likeliest_comes_first_and_keeps_its_key() -> None:
    choices = category_choices(PROPOSAL, None)
    assert [choice.label for choice in choices[:3]] == ["haerverk", "trussel", "verbal_utskjelling"]
    assert (choices[0].key, choices[0].share, choices[0].percent, choices[0].words) == ("2", 60.0, "60 %", "sannsynlig")
    assert {choice.label for choice in choices} == set(CATEGORY_IDS)


def test_without_a_proposal_the_guides_order_holds_and_nothing_is_said() -> None:
    choices = channel_choices(None, "brev")
    assert [choice.label for choice in choices] == list(CHANNEL_IDS)
    assert all(choice.share is None and not choice.words for choice in choices)
    assert [choice.label for choice in choices if choice.chosen] == ["brev"]


def test_words_follow_the_probability() -> None:
    assert [how_likely(p) for p in (0.97, 0.7, 0.3, 0.1, 0.01)] == [
        "nesten sikkert",
        "sannsynlig",
        "mulig",
        "lite trolig",
        "usannsynlig",
    ]
