import numpy as np
import pytest

from classifier.cues import concepts
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
    located_words,
    read_forms,
    word_terms,
)
from classifier.word_forms import plain_form
from tests import small_model

TERMS = {"words": word_terms, "characters": character_terms, "cues": cue_terms}


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


def test_words_and_characters_have_unit_length_and_cues_their_weight() -> None:
    readings = read_forms(small_model.texts()[:60])
    union = feature_union(cue_weight=0.25)
    rows = union.fit_transform(readings).toarray()
    words, characters, cues = (len(vectoriser.vocabulary_) for _, vectoriser in union.transformer_list)
    assert rows.shape == (60, words + characters + cues)
    for block in (rows[:, :words], rows[:, words : words + characters]):
        np.testing.assert_allclose(np.linalg.norm(block, axis=1), 1)
    assert set(np.unique(rows[:, words + characters :])) == {0.0, 0.25}
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
