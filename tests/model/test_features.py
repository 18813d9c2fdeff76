import numpy as np
import pytest

from classifier.cues import Cue, concepts
from classifier.language import AnalysedText, LoadedPipeline, analyse
from classifier.model.features import (
    BLOCKS,
    LONGEST,
    SHORTEST,
    Reading,
    character_terms,
    cue_terms,
    feature_union,
    located_characters,
    located_cues,
    located_neighbours,
    located_opening,
    located_words,
    neighbour_terms,
    opening_terms,
    read_forms,
    word_terms,
)
from classifier.word_forms import plain_form
from tests import small_model

TERMS = {
    "words": word_terms,
    "characters": character_terms,
    "cues": cue_terms,
    "opening": opening_terms,
    "neighbours": neighbour_terms,
}


def reading(text: str) -> Reading:
    analysed = list(analyse([text], pipeline=small_model.pipeline(), parts=frozenset()))
    return read_forms(analysed)[0]


def test_nynorsk_and_hasty_spelling_are_read_as_bokmaal_is() -> None:
    assert reading("eg RINGDE ikkje").forms == reading("jeg ringte ikke").forms
    assert reading("haerverk paa doera").forms == reading("Hærverk på døra").forms


def test_cues_are_those_of_the_text_with_their_words() -> None:
    assert ("strike", 1, 3) in located_cues(reading("da slo han hardt"))
    assert cue_terms(reading("xyz")) == []


def test_words_are_located_singly_and_in_pairs() -> None:
    assert located_words(Reading(("a", "b", "a"), ())) == [
        ("a", 0, 1),
        ("b", 1, 2),
        ("a", 2, 3),
        ("a b", 0, 2),
        ("b a", 1, 3),
    ]


def test_characters_are_those_within_a_word_and_its_ends() -> None:
    assert located_characters(Reading(("x", "slo"), ()))[:3] == [(" x", 0, 1), ("x ", 0, 1), (" x ", 0, 1)]
    grams = [term for term, first, _ in located_characters(Reading(("x", "slo"), ())) if first == 1]
    assert grams == [" s", "sl", "lo", "o ", " sl", "slo", "lo ", " slo", "slo ", " slo "]
    assert {len(gram) for gram in grams} == set(range(SHORTEST, LONGEST + 1))


@pytest.mark.parametrize(
    ("forms", "length"),
    [
        (["han", "ringte", "meg", ".", "så", "kom", "han", "."], 4),
        (["ringte", ".", "sa", "han", "skulle", "komme", "!", "nå"], 7),
        (["ord"] * 30, 14),
        (["ord"] * 3, 3),
    ],
)
def test_the_opening_is_the_first_sentence_unless_that_is_short_or_long(forms: list[str], length: int) -> None:
    assert located_opening(Reading(tuple(forms), ())) == [(form, place, place + 1) for place, form in enumerate(forms[:length])]


def test_the_opening_holds_the_cues_that_end_in_it() -> None:
    cues = (Cue("phone", 0, 2), Cue("strike", 3, 5))
    found = located_opening(Reading(("på", "telefon", "sa", ".", "slo", "."), cues))
    assert [term for term in found if term[0].endswith(":")] == [("phone:", 0, 2)]


def test_neighbours_are_the_words_on_either_side_of_a_cue() -> None:
    found = located_neighbours(Reading(("i", "dag", "har", "han", "ikke", "slått", "meg"), (Cue("strike", 5, 6),)))
    assert found == [
        ("har strike:", 2, 6),
        ("han strike:", 3, 6),
        ("ikke strike:", 4, 6),
        ("strike: meg", 5, 7),
    ]


@pytest.mark.parametrize("block", BLOCKS)
def test_what_is_counted_is_what_is_located(block: str) -> None:
    for each in read_forms(small_model.texts()[:100]):
        located = BLOCKS[block](each)
        assert TERMS[block](each) == [term for term, _, _ in located]
        assert all(0 <= first < last <= len(each.forms) for _, first, last in located)


@pytest.mark.parametrize("block", BLOCKS)
def test_an_empty_reading_has_no_terms(block: str) -> None:
    assert BLOCKS[block](Reading((), ())) == []
    assert TERMS[block](Reading((), ())) == []


def test_each_block_has_its_weight_for_a_length_and_cues_theirs_for_a_value() -> None:
    readings = read_forms(small_model.texts()[:60])
    union = feature_union(cue_weight=0.25, opening_weight=0.5, neighbour_weight=0.75)
    rows = union.fit_transform(readings).toarray()
    sizes = [len(vectoriser.vocabulary_) for _, vectoriser in union.transformer_list]
    assert rows.shape == (60, sum(sizes))
    blocks = dict(zip(BLOCKS, np.split(rows, np.cumsum(sizes)[:-1], axis=1), strict=True))
    for block, weight in (("words", 1.0), ("characters", 1.0), ("opening", 0.5), ("neighbours", 0.75)):
        lengths = np.linalg.norm(blocks[block], axis=1)
        np.testing.assert_allclose(lengths[lengths > 0], weight)
        assert (lengths > 0).sum() > 50
    assert set(np.unique(blocks["cues"])) == {0.0, 0.25}
    assert set(union.transformer_list[2][1].vocabulary_) <= set(concepts())


def test_a_word_of_one_text_alone_is_not_learned() -> None:
    readings = [Reading(("han", "slo"), ()), Reading(("han", "ringte"), ())]
    union = feature_union(["words"]).fit(readings)
    assert set(union.transformer_list[0][1].vocabulary_) == {"han"}


@pytest.mark.parametrize("blocks", [("words",), ("cues",), ("words", "cues")])
def test_blocks_can_be_left_out(blocks: tuple[str, ...]) -> None:
    union = feature_union(blocks).fit(read_forms(small_model.texts()[:30]))
    assert [name for name, _ in union.transformer_list] == list(blocks)


def test_only_the_words_of_the_analysis_are_read(pipeline: LoadedPipeline) -> None:
    text = "Brukaren slo han i andletet."
    bare: list[AnalysedText] = list(analyse([text], pipeline=pipeline, parts=frozenset()))
    full: list[AnalysedText] = list(analyse([text], pipeline=pipeline))
    assert full[0].lemmas
    assert read_forms(bare) == read_forms(full)
    assert read_forms(bare)[0].forms[0] == plain_form("brukeren")
