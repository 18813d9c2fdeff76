import re

import pytest

from classifier.batch.answers import ADDED, Answer, added_cells, answer_of
from classifier.language import analyse
from classifier.suggestion import Evidence
from tests import small_model
from tests.batch.fakes import answer_to


def answer(text: str) -> Answer:
    (analysed,) = analyse([text], pipeline=small_model.pipeline(), parts=frozenset())
    (suggestion,) = small_model.model().suggest_analysed([analysed])
    return answer_of(suggestion, analysed, small_model.model())


def test_an_answer_says_what_the_suggestion_says() -> None:
    (suggestion,) = small_model.model().suggest(["Bruker ringte og truet med å slå veilederen."])
    found = answer("Bruker ringte og truet med å slå veilederen.")
    assert suggestion.category is not None
    assert (found.status, found.category) == ("ok", suggestion.category.label)
    assert found.category_probability == round(suggestion.category.probability, 6)
    assert found.category_top3.startswith(f"{found.category} {found.category_probability:.3f}; ")
    by_name = dict(zip(ADDED, added_cells(found, None, None, "1"), strict=True))
    assert by_name[f"p_{found.category}"] == found.category_probability
    assert by_name[f"p_{found.channel}"] == found.channel_probability
    assert sum(found.probabilities) == pytest.approx(2, abs=1e-4)
    assert "truet" in found.evidence


def test_a_text_without_a_proposal_has_a_status_and_empty_cells() -> None:
    by_name = dict(zip(ADDED, added_cells(answer("hei"), None, None, "1"), strict=True))
    assert {name: cell for name, cell in by_name.items() if cell not in ("", None)} == {
        "status": "too_short",
        "model_version": "1",
    }


@pytest.mark.parametrize("found", [Answer("too_short"), answer_to("Han slo i bordet")])
def test_an_answer_survives_being_kept(found: Answer) -> None:
    assert Answer.unpacked(found.packed()) == found


def test_a_cell_stands_for_each_added_column_and_each_label_once() -> None:
    assert len(set(ADDED)) == len(ADDED) == len(added_cells(Answer("too_short"), None, None, "1"))


PERSONAL = [
    ("Kari Nordmann slo i skranken, og Ola Hansen ringte 400 00 123.", "Kari|Nordmann|Ola|Hansen|400|123"),
    ("Brukaren heiter Xhevahire Zzymborska og trua meg på e-post xz@example.no.", "Xhevahire|Zzymborska|xz|example"),
    ("Han med fnr 01017012345 i Storgata 5 skrek på mottaket.", "01017012345|Storgata|5"),
    ("Vakten ringte, og Liv, Dag og Stein R. så at han slo.", "Liv|Dag|Stein|R"),
    ("kari ringte og trua med å slå, mvh grete olsen", "kari|grete|olsen"),
]


@pytest.mark.parametrize(("text", "hidden"), PERSONAL)
def test_words_that_weighed_hold_no_personal_data_even_if_every_word_weighed(text: str, hidden: str) -> None:
    (analysed,) = analyse([text], pipeline=small_model.pipeline(), parts=frozenset())
    (suggestion,) = small_model.model().suggest_analysed([analysed])
    assert suggestion.category is not None
    assert suggestion.channel is not None
    whole = Evidence(0, analysed.ends[-1], 1.0, suggestion.category.label)
    found = answer_of(
        suggestion.__class__("ok", suggestion.category, suggestion.channel, (), (whole,), None, "1"),
        analysed,
        small_model.model(),
    )
    assert not re.search(rf"\b(?:{hidden})\b", found.evidence, re.IGNORECASE)
    assert re.search("ringte|trua|skrek|slo|e-post", found.evidence)
