import unicodedata

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.language import AnalysedText, analyse
from classifier.model.columns import Columns
from classifier.model.explanation import (
    MOST_SPANS,
    WordShares,
    contributions,
    evidence,
    heaviest_sentence,
    sentence_ranges,
    word_shares,
)
from classifier.model.features import read_forms
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from tests import small_model

TEXTS = [
    "Han slo veilederen i ansiktet på mottaket, og så sparket han vekteren.",
    "BRUKAREN ringde og sa at eg skulle få svi. Eg vart redd!!!",
    "faen ta dere faen faen",
    "😡😡 Ho skreiv i chatten: «eg tek livet mitt». 🔥 Ho ga\u030ar\u00a0no\u00adgarde",
    "qwxz zzxy",
    "Knuste ruta",
    "",
]
LABELS = CATEGORY_IDS + CHANNEL_IDS


def read(text: str) -> AnalysedText:
    return next(iter(analyse([text], pipeline=small_model.pipeline(), parts=frozenset())))


def shares_of(analysed: AnalysedText) -> WordShares:
    features = small_model.model().trained.estimator.named_steps["features"]
    (reading,) = read_forms([analysed])
    row = features.transform([reading])
    return word_shares(Columns(features).rows([reading]).located[0], row.indices, row.data)


def weights_of(analysed: AnalysedText, label: str) -> NDArray[np.float64]:
    steps = small_model.model().trained.estimator.named_steps
    return contributions(shares_of(analysed), steps["scores"].coef_[LABELS.index(label)])


@pytest.mark.parametrize("text", TEXTS)
def test_the_words_parts_and_the_intercept_add_up_to_the_decision_value(text: str) -> None:
    estimator = small_model.model().trained.estimator
    analysed = read(text)
    (decided,) = estimator.decision_function([analysed])
    for place, label in enumerate(LABELS):
        weights = weights_of(analysed, label)
        assert weights.shape == (len(analysed.words),)
        assert np.isclose(weights.sum() + estimator.named_steps["scores"].intercept_[place], decided[place])


def test_the_words_parts_add_up_on_texts_of_training() -> None:
    estimator = small_model.model().trained.estimator
    texts = small_model.texts()[:40]
    decided = estimator.decision_function(texts)
    intercepts = estimator.named_steps["scores"].intercept_
    for row, analysed in enumerate(texts):
        for place, label in enumerate(LABELS):
            assert np.isclose(weights_of(analysed, label).sum() + intercepts[place], decided[row, place])


def test_a_feature_on_several_words_is_shared_evenly_among_them() -> None:
    features = small_model.model().trained.estimator.named_steps["features"]
    (reading,) = read_forms([read("faen faen faen faen")])
    shares = shares_of(read("faen faen faen faen"))
    word = features.transformer_list[0][1].vocabulary_[reading.forms[0]]
    (value,) = features.transform([reading])[0, word : word + 1].toarray().ravel()
    assert shares.words[shares.columns == word].tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(shares.parts[shares.columns == word], value / 4)


def test_a_word_that_carries_the_act_weighs_for_it() -> None:
    analysed = read("I går kom han og slo veilederen i ansiktet på mottaket")
    weights = weights_of(analysed, "fysisk_angrep_person")
    act = [weights[analysed.words.index(word)] for word in ("slo", "veilederen", "i", "ansiktet")]
    assert sum(act) > weights[:3].sum()
    assert weights.argmax() in (4, 5, 6, 7, 8)


ODD = "😡😡 Han slo\u00a0 na\u030a vekteren 👩‍🔧, «pa\u030a» kja\u0308ften\u200b!"


def test_evidence_points_at_the_words_of_the_original_with_emoji_and_combining_letters() -> None:
    analysed = read(ODD)
    weights = np.zeros(len(analysed.words))
    for word, weight in (("slo", 2.0), ("nå", 1.0), ("på", 1.5), ("kjäften", 0.5)):
        weights[analysed.words.index(word)] = weight
    found = evidence(analysed, weights, "trussel")
    assert [ODD[span.start : span.end] for span in found] == ["slo\u00a0 na\u030a", "pa\u030a", "kja\u0308ften"]
    assert [span.weight for span in found] == [3.0, 1.5, 0.5]
    assert {span.label for span in found} == {"trussel"}


@pytest.mark.parametrize(
    "text", [*TEXTS[:4], ODD, "Bruker: «ta\u030a det 😡 med ro»  kasta\r\n\tkoppen på\u00ad meg 🤬🤬 i NAV"]
)
def test_the_models_evidence_is_whole_words_of_the_original(text: str) -> None:
    (suggestion,) = small_model.model().suggest([text])
    assert suggestion.outcome == "ok"
    assert suggestion.evidence
    for span in suggestion.evidence:
        shown = text[span.start : span.end]
        assert shown.strip() == shown
        assert any(character.isalnum() for character in shown)
        before, after = f" {text}"[span.start], f"{text} "[span.end]
        assert not before.isalnum()
        assert not after.isalnum()
        assert not unicodedata.combining(after)
        assert span.label in LABELS
        assert span.weight > 0
    assert suggestion.sentence is not None
    start, end = suggestion.sentence
    assert 0 <= start < end <= len(text)


def plain(words: list[str]) -> AnalysedText:
    analysed = read(" ".join(words))
    assert list(analysed.words) == words
    return analysed


def test_only_the_heaviest_spans_are_shown_in_text_order() -> None:
    analysed = plain(["ord", ","] * 10)
    weights = np.zeros(20)
    weights[::2] = [3, 10, 4, 9, 5, 8, 6, 7, 2.5, 2.1]
    found = evidence(analysed, weights, "trussel")
    assert len(found) == MOST_SPANS
    assert [span.weight for span in found] == [10, 9, 5, 8, 6, 7]


def test_light_words_and_punctuation_are_not_shown() -> None:
    analysed = plain(["han", "slo", "!", "meg", "så"])
    found = evidence(analysed, np.array([0.39, 2.0, 1.9, 0.41, -5.0]), "trussel")
    assert [analysed.text[span.start : span.end] for span in found] == ["slo", "meg"]


@pytest.mark.parametrize("weights", [[], [0.0, 0.0], [-1.0, -0.5]])
def test_there_is_no_evidence_where_nothing_spoke_for_a_label(weights: list[float]) -> None:
    assert evidence(read("Han gikk" if weights else ""), np.array(weights), "trussel") == []


def sentences(analysed: AnalysedText) -> list[str]:
    return [analysed.text[analysed.starts[first] : analysed.ends[last - 1]] for first, last in sentence_ranges(analysed)]


def test_sentences_end_at_end_marks_and_line_breaks() -> None:
    assert sentences(read("Han kom. Så slo han! Hvorfor?\nEg veit\nikkje  ")) == [
        "Han kom.",
        "Så slo han!",
        "Hvorfor?",
        "Eg veit",
        "ikkje",
    ]


@pytest.mark.parametrize("text", [*TEXTS, "Han kom kl. 10. Så slo han! Hvorfor?\nEg veit ikkje  "])
def test_sentences_cover_every_word_once(text: str) -> None:
    analysed = read(text)
    ranges = sentence_ranges(analysed)
    assert [place for first, last in ranges for place in range(first, last)] == list(range(len(analysed.words)))


def test_the_pipelines_sentences_are_taken_where_there_are_any() -> None:
    (analysed,) = analyse(["Han kom Så slo han."], pipeline=small_model.pipeline(), parts=frozenset({"sentences"}))
    assert analysed.sentences
    assert sentence_ranges(analysed) == analysed.sentences


def test_the_heaviest_sentence_is_the_one_whose_words_weigh_most_together() -> None:
    text = "Han kom inn. 😡 Så slo han na\u030a! Eg veit."
    analysed = read(text)
    weights = np.zeros(len(analysed.words))
    weights[analysed.words.index("slo")] = weights[analysed.words.index("nå")] = 0.6
    weights[analysed.words.index("veit")] = 1.0
    start, end = heaviest_sentence(analysed, weights) or (0, 0)
    assert text[start:end] == "😡 Så slo han na\u030a!"


def test_an_empty_text_has_no_heaviest_sentence() -> None:
    assert heaviest_sentence(read(" \n"), np.zeros(0)) is None
