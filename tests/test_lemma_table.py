from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from classifier.lemma_table import FACTORY, LemmaTable, LemmaTableComponent, Rewrite

FORMS = {
    ("NOUN", "hus"): "hus",
    ("NOUN", "huset"): "hus",
    ("NOUN", "fraskrivelsen"): "fraskrivelse",
    ("NOUN", "ansvarsfraskrivelsen"): "ansvarsfraskrivelse",
    ("VERB", "sparka"): "sparke",
    ("NOUN", "sparka"): "spark",
    ("ADJ", "lov"): "lov",
    ("VERB", "var"): None,
}

_WORDS = st.text("abdeklnrstæøå", min_size=1, max_size=9)


@pytest.fixture
def table() -> LemmaTable:
    return LemmaTable.build(FORMS)


def test_listed_forms_get_their_lemma_by_part_of_speech(table: LemmaTable) -> None:
    for (pos, form), lemma in FORMS.items():
        assert table.lookup(pos, form) == lemma


def test_an_unlisted_compound_follows_its_last_element(table: LemmaTable) -> None:
    assert table.lookup("NOUN", "skyldfraskrivelsen") == "skyldfraskrivelse"


def test_a_short_ending_does_not_decide_for_a_longer_word(table: LemmaTable) -> None:
    assert table.lookup("ADJ", "ulov") is None
    assert table.lookup("ADJ", "v") is None
    assert table.lookup("NOUN", "") is None


def test_a_form_that_only_context_can_settle_gives_none(table: LemmaTable) -> None:
    assert table.lookup("VERB", "var") is None


def test_a_table_survives_being_saved_and_loaded(table: LemmaTable, tmp_path: Path) -> None:
    table.save(tmp_path / "table")
    loaded = LemmaTable.load(tmp_path / "table")
    assert {key: loaded.lookup(*key) for key in FORMS} == FORMS


@given(st.dictionaries(st.tuples(st.sampled_from(["ADJ", "ADV", "NOUN", "VERB"]), _WORDS), _WORDS, max_size=40))
def test_pruning_changes_no_listed_form(lemmas: dict[tuple[str, str], str]) -> None:
    table = LemmaTable.build(dict(lemmas))
    assert {key: table.lookup(*key) for key in lemmas} == lemmas


@given(_WORDS, _WORDS)
def test_a_rule_between_two_words_leads_from_one_to_the_other(form: str, lemma: str) -> None:
    assert Rewrite.between(form, lemma).apply(form) == lemma


def test_the_component_reads_with_the_table_of_the_written_standard(tmp_path: Path) -> None:
    nlp = spacy.blank("nb")
    component = nlp.add_pipe(FACTORY)
    assert isinstance(component, LemmaTableComponent)
    component.tables = {
        "nb": LemmaTable.build({("VERB", "kom"): "komme"}),
        "nn": LemmaTable.build({("VERB", "kom"): "kome"}),
    }
    nlp.to_disk(tmp_path / "pipeline")
    loaded = spacy.load(tmp_path / "pipeline")
    for text, lemma in (("Hun sa ikke noe da vekteren kom", "komme"), ("Ho sa ikkje noko då vaktaren kom", "kome")):
        doc = loaded.make_doc(text)
        for token in doc:
            token.pos_, token.lemma_ = ("VERB" if token.text == "kom" else "PRON"), "?"
        assert [token.lemma_ for token in loaded.get_pipe(FACTORY)(doc)] == ["?"] * 6 + [lemma]
