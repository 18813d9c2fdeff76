from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from classifier import load_model
from classifier.errors import InputError
from classifier.language import analyse
from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.incident_model import LONGEST_TEXT, PARTS, IncidentModel
from classifier.model.own_prior import own_prior
from classifier.model.priors import named_prior, prior_of_texts
from classifier.suggestion import Suggestion
from tests import small_model

THREAT = "Brukeren ringte og sa at han vet hvor jeg bor og at jeg skulle få svi."
SELF_HARM = "Brukaren ringde og truga med å ta livet sitt. Vi sende varsel til legevakta."
ATTACK = "Det var kø i mottaket. Han slo meg i ansiktet med knyttneven. Vekteren kom etterpå."
ENGLISH = "The customer shouted at me and threw a chair at the wall because his payment was late."
GIBBERISH = "asdkjh qwoeiu zxmcnb lkjsdf qpwoei"
ODD = ["", "  \n\t", "Hei", "12 34 !!", "😡😡😡", ENGLISH, GIBBERISH, "\ud800 Han slo meg", "Han\x00 slo meg i mottaket"]


def reports(count: int) -> list[str]:
    return [example.text for example in small_model.examples()[:count]]


def unseen_reports() -> list[str]:
    return [example.text for example in small_model.unseen()[:150]]


def one(text: str, model: IncidentModel | None = None) -> Suggestion:
    (suggestion,) = (model or small_model.model()).suggest([text])
    return suggestion


def answering_under(prior: str) -> IncidentModel:
    return IncidentModel(small_model.trained()[0], small_model.pipeline(), version="small", prior=prior)


def ranked(suggestion: Suggestion, target: Target) -> dict[str, float]:
    proposal = suggestion.category if target == "category" else suggestion.channel
    assert proposal is not None
    return {item.label: item.probability for item in proposal.ranked}


def calibrated(text: str, label: str) -> float:
    """Return the category's probability that thresholds are proven for: exactly, and whatever the prior."""
    analysed = list(analyse([text], pipeline=small_model.pipeline(), parts=PARTS))
    probabilities = small_model.model().predict_proba(analysed).by_target["category"]
    return float(probabilities[0, LABELS["category"].index(label)])


def best(text: str, model: IncidentModel | None = None) -> str:
    proposal = one(text, model).category
    return "" if proposal is None else proposal.label


@cache
def steady(prior: str) -> tuple[str, str]:
    """Return a text with the same best category under the corpus's prior and another, and the category."""
    other = answering_under(prior)
    return next(
        (text, best(text))
        for text in unseen_reports()
        if best(text) and best(text) == best(text, other) and ranked(one(text, other), "category")[best(text)] < 0.9
    )


def changed(
    *, confident_from: dict[str, float | None] | None = None, warn_from: dict[str, float] | None = None, prior: str = "corpus"
) -> IncidentModel:
    """Return the small model with other thresholds for the category."""
    trained = small_model.trained()[0]
    if warn_from is not None:
        trained = replace(trained, warn_from=warn_from)
    if confident_from is not None:
        category = replace(trained.targets["category"], confident_from=confident_from)
        trained = replace(trained, targets=trained.targets | {"category": category})
    return IncidentModel(trained, small_model.pipeline(), version="small", prior=prior)


@pytest.mark.parametrize(
    ("text", "category"), [(THREAT, "trussel"), (SELF_HARM, "trussel_selvskading"), (ATTACK, "fysisk_angrep_person")]
)
def test_a_clear_report_gets_its_category(text: str, category: str) -> None:
    suggestion = one(text)
    assert (suggestion.outcome, suggestion.model_version) == ("ok", "small")
    assert suggestion.category is not None
    assert suggestion.category.label == category


@pytest.mark.parametrize("target", TARGETS)
def test_every_label_is_ranked_once_with_probabilities_that_add_up_to_one(target: Target) -> None:
    probabilities = ranked(one(THREAT), target)
    assert set(probabilities) == set(LABELS[target])
    assert list(probabilities.values()) == sorted(probabilities.values(), reverse=True)
    assert sum(probabilities.values()) == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "   ", "Hei", "Hei!", "12 34 56", "!? ...", "😡😡😡", "a" * 1000])
def test_a_text_of_fewer_than_two_words_is_too_short(text: str) -> None:
    assert one(text) == Suggestion("too_short", None, None, (), (), None, "small")


@pytest.mark.parametrize("text", ["hun hun", "Mine mine", "NAV NAV", "bla bla bla.", "er er er", "riiing RIIIIING"])
def test_one_word_said_again_and_again_is_too_short(text: str) -> None:
    assert one(text).outcome == "too_short"


@pytest.mark.parametrize(
    "text", ["Han slo", "Ble slått.", "truet på tlf", "Han spyttet på meg", "Ho truga meg", "Ho kasta ein stol"]
)
def test_two_different_words_are_enough_in_both_written_standards(text: str) -> None:
    assert one(text).outcome == "ok"


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        GIBBERISH,
        "asdf kjhg",
        "Der Kunde hat mich angeschrien und einen Stuhl geworfen.",
        "De man schreeuwde tegen mij.",
        "Hann hótaði að drepa mig.",
    ],
)
def test_a_text_that_is_not_norwegian_gets_no_proposal(text: str) -> None:
    assert one(text) == Suggestion("not_norwegian", None, None, (), (), None, "small")


@pytest.mark.parametrize("text", ["Han skrek", "Han skrek!", "Han skrek i mottaket"])
def test_a_cue_says_more_than_the_language_of_a_short_text(text: str) -> None:
    assert next(iter(analyse([text], pipeline=small_model.pipeline(), parts=PARTS))).language.standard == "other"
    assert one(text).outcome == "ok"


@pytest.mark.parametrize("text", ["He shouted loudly and left", "telefon from the angry customer"])
def test_a_short_text_without_a_cue_and_a_longer_one_with_it_are_told_by_their_language(text: str) -> None:
    assert one(text).outcome == "not_norwegian"


@cache
def shipped_model() -> IncidentModel:
    return load_model()


@pytest.mark.parametrize(
    "text",
    [
        "Faderen beskyldte os for at have stjålet hans børn og sagde, at han nok selv skulle hente dem",
        "Jeg proevede at berolige hende men hun blev bare mere sur og slog i bordet",
        "Det är inte första gången han beter sig så, vi har skrivit avvikelse minst tre gånger sedan jul",
        "varför svarar ni inte",
    ],
)
def test_a_neighbour_language_is_refused_however_many_of_its_words_are_norwegian_too(text: str) -> None:
    model = shipped_model()
    words = [word for word in text.replace(",", "").split() if model.knows(word)]
    assert len(words) >= 0.75 * len(text.split())
    assert one(text, model).outcome == "not_norwegian"


def sure_of_everything() -> IncidentModel:
    """Return the shipped model with thresholds that every probability passes."""
    model = shipped_model()
    targets = {
        target: replace(calibrated, confident_from=dict.fromkeys(LABELS[target], 0.0))
        for target, calibrated in model.trained.targets.items()
    }
    return IncidentModel(replace(model.trained, targets=targets), model.pipeline, version="sure")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Han truet meg hjemme.", False),
        ("Han truet meg, han truet meg, han truet meg hjemme.", False),
        ("Han truet meg og qwoeiu zxmcnb", False),
        ("Han truet meg og slo", True),
        ("Ho truga meg og slo", True),
    ],
)
def test_a_text_with_few_words_that_training_saw_is_ranked_but_never_confident(text: str, expected: bool) -> None:
    suggestion = one(text, sure_of_everything())
    assert suggestion.category is not None
    assert suggestion.channel is not None
    assert (suggestion.category.confident, suggestion.channel.confident) == (expected, expected)
    assert len(suggestion.category.ranked) == len(LABELS["category"])


def test_a_text_that_passes_though_the_language_check_takes_it_for_foreign_is_never_confident() -> None:
    text = "Kjefta i telefonen i 20 min. Gjaldt depositum."
    model = sure_of_everything()
    (analysed,) = analyse([text], pipeline=model.pipeline, parts=PARTS)
    assert analysed.language.standard == "other"
    suggestion = one(text, model)
    assert suggestion.category is not None
    assert suggestion.channel is not None
    assert not suggestion.category.confident
    assert not suggestion.channel.confident


def test_an_outcome_of_one_text_does_not_touch_its_neighbours() -> None:
    suggestions = small_model.model().suggest([THREAT, "", ATTACK, GIBBERISH, SELF_HARM])
    assert [suggestion.outcome for suggestion in suggestions] == ["ok", "too_short", "ok", "not_norwegian", "ok"]
    assert [suggestions[place] for place in (0, 2, 4)] == [one(THREAT), one(ATTACK), one(SELF_HARM)]


def test_no_texts_give_no_suggestions() -> None:
    assert small_model.model().suggest([]) == []
    assert small_model.model().suggest_analysed([]) == []


def test_a_text_of_the_greatest_length_is_read_and_a_longer_one_refused_by_place_without_quoting_it() -> None:
    longest = (THREAT + " ") * (LONGEST_TEXT // (len(THREAT) + 1) + 1)
    assert one(longest[:LONGEST_TEXT]).outcome == "ok"
    with pytest.raises(InputError, match=r"^text 3: found 20,001 characters; expected at most 20,000$") as caught:
        small_model.model().suggest([THREAT, ATTACK, longest[: LONGEST_TEXT + 1]])
    assert "ringte" not in str(caught.value)


def test_a_text_gets_the_same_suggestion_alone_as_in_a_batch() -> None:
    texts = [*reports(66), *ODD, THREAT, SELF_HARM, ATTACK]
    together = small_model.model().suggest(texts)
    assert together == [one(text) for text in texts]
    assert len({suggestion.category for suggestion in together}) > 60


def test_many_processes_answer_as_one_does() -> None:
    texts = [*reports(130), *ODD, SELF_HARM]
    model = small_model.model()
    assert list(model.suggest_each(texts, processes=2)) == list(model.suggest_each(texts, processes=1))


def test_suggestions_come_before_all_texts_are_read() -> None:
    taken = 0

    def texts() -> Iterator[str]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield THREAT

    assert next(small_model.model().suggest_each(texts())).outcome == "ok"
    assert taken <= 4 * 64


def test_analysed_texts_get_the_suggestions_of_the_plain_ones() -> None:
    texts = [THREAT, SELF_HARM, ATTACK, ENGLISH]
    analysed = list(analyse(texts, pipeline=small_model.pipeline(), parts=PARTS))
    assert small_model.model().suggest_analysed(analysed) == small_model.model().suggest(texts)


def test_without_explanation_only_the_evidence_and_the_sentence_are_missing() -> None:
    (short,) = small_model.model().suggest_each([ATTACK], explain=False)
    assert short == replace(one(ATTACK), evidence=(), sentence=None)


def test_the_evidence_is_of_the_winner_and_the_runner_up_and_stands_in_the_text() -> None:
    suggestion = one(ATTACK)
    assert suggestion.category is not None
    assert suggestion.channel is not None
    named = {item.label for proposal in (suggestion.category, suggestion.channel) for item in proposal.ranked[:2]}
    assert suggestion.category.label in {item.label for item in suggestion.evidence} <= named
    assert all(0 <= item.start < item.end <= len(ATTACK) and item.weight > 0 for item in suggestion.evidence)
    assert any("slo" in ATTACK[item.start : item.end] for item in suggestion.evidence if item.label == "fysisk_angrep_person")


def test_the_sentence_is_the_one_that_carries_the_act() -> None:
    sentence = one(ATTACK).sentence
    assert sentence is not None
    assert ATTACK[slice(*sentence)] == "Han slo meg i ansiktet med knyttneven."


def test_a_serious_category_is_warned_of_from_its_threshold_on() -> None:
    probability = calibrated(THREAT, "trussel_selvskading")
    assert one(THREAT, changed(warn_from={"trussel_selvskading": probability})).warnings == ("trussel_selvskading",)
    assert one(THREAT, changed(warn_from={"trussel_selvskading": np.nextafter(probability, 1)})).warnings == ()


def test_a_category_that_was_proposed_is_not_warned_of() -> None:
    model = changed(warn_from={"trussel_selvskading": 0.0, "fysisk_angrep_person": 0.0})
    assert one(ATTACK, model).warnings == ("trussel_selvskading",)
    assert one(SELF_HARM, model).warnings == ("fysisk_angrep_person",)
    assert set(one(THREAT, model).warnings) == {"trussel_selvskading", "fysisk_angrep_person"}


@pytest.mark.parametrize("prior", ["uniform", "asys-2020"])
def test_the_prior_does_not_move_a_warning(prior: str) -> None:
    probability = calibrated(THREAT, "trussel_selvskading")
    assert ranked(one(THREAT, answering_under(prior)), "category")["trussel_selvskading"] != pytest.approx(probability)
    for threshold, warned in ((probability, True), (float(np.nextafter(probability, 1)), False)):
        model = changed(warn_from={"trussel_selvskading": threshold}, prior=prior)
        assert ("trussel_selvskading" in one(THREAT, model).warnings) == warned


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("prior", ["uniform", "asys-2020"])
def test_another_prior_changes_the_probabilities_by_bayes_rule(prior: str, target: Target) -> None:
    before, after = ranked(one(THREAT), target), ranked(one(THREAT, answering_under(prior)), target)
    assert before != after
    trained = dict(zip(LABELS[target], small_model.trained()[0].targets[target].prior, strict=True))
    deployed = dict(zip(LABELS[target], named_prior(prior, target, np.array([])), strict=True))
    weights = {label: before[label] * deployed[label] / trained[label] for label in LABELS[target] if trained[label]}
    assert after == pytest.approx({label: weights.get(label, 0) / sum(weights.values()) for label in LABELS[target]})
    assert list(after.values()) == sorted(after.values(), reverse=True)


def test_the_priors_differ_from_each_other_and_the_corpus_is_the_default() -> None:
    assert ranked(one(THREAT, answering_under("uniform")), "category") != ranked(
        one(THREAT, answering_under("asys-2020")), "category"
    )
    assert one(THREAT, answering_under("corpus")) == one(THREAT)


def test_an_unknown_prior_is_refused() -> None:
    with pytest.raises(InputError, match=r"^prior: found 'asys-2021'; expected corpus, uniform or asys-2020, or the summary "):
        answering_under("asys-2021")


def test_predicted_probabilities_are_the_corpus_priors_whatever_the_model_answers_under() -> None:
    analysed = list(analyse([THREAT, ATTACK], pipeline=small_model.pipeline(), parts=PARTS))
    own = small_model.model().predict_proba(analysed).by_target
    other = answering_under("uniform").predict_proba(analysed).by_target
    for target in TARGETS:
        assert own[target].shape == (2, len(LABELS[target]))
        assert np.array_equal(own[target], other[target])
        shown = ranked(one(THREAT), target)
        assert own[target][0].tolist() == pytest.approx([shown[label] for label in LABELS[target]])


def confident(text: str, model: IncidentModel) -> bool:
    proposal = one(text, model).category
    assert proposal is not None
    return proposal.confident


def test_a_proposal_is_confident_from_its_own_labels_threshold_on() -> None:
    never: dict[str, float | None] = dict.fromkeys(LABELS["category"])
    probability = calibrated(THREAT, "trussel")
    assert confident(THREAT, changed(confident_from=never | {"trussel": probability}))
    assert not confident(THREAT, changed(confident_from=never | {"trussel": float(np.nextafter(probability, 1))}))
    assert not confident(THREAT, changed(confident_from=dict.fromkeys(LABELS["category"], 0.0) | {"trussel": None}))


def with_precision(model: IncidentModel, precision: float) -> IncidentModel:
    trained = replace(model.trained, settings=replace(model.trained.settings, precision=precision))
    return IncidentModel(trained, model.pipeline, version="small", prior=model.prior)


@pytest.mark.parametrize("prior", ["uniform", "asys-2020"])
def test_with_another_prior_confident_needs_the_adjusted_probability_too(prior: str) -> None:
    text, label = steady(prior)
    always: dict[str, float | None] = dict.fromkeys(LABELS["category"], 0.0)
    model = changed(confident_from=always, prior=prior)
    shown = ranked(one(text, model), "category")[label]
    assert confident(text, with_precision(model, shown))
    assert not confident(text, with_precision(model, float(np.nextafter(shown, 1))))
    # Under the corpus's own prior the threshold alone decides.
    assert confident(text, with_precision(changed(confident_from=always), 1.0))


@pytest.mark.parametrize("prior", ["uniform", "asys-2020"])
def test_with_another_prior_the_threshold_still_holds_for_the_probability_it_was_proven_for(prior: str) -> None:
    text, label = steady(prior)
    probability = calibrated(text, label)
    never: dict[str, float | None] = dict.fromkeys(LABELS["category"])
    for threshold, expected in ((probability, True), (float(np.nextafter(probability, 1)), False)):
        model = changed(confident_from=never | {label: threshold}, prior=prior)
        assert confident(text, with_precision(model, 0.0)) == expected


@pytest.mark.parametrize("prior", ["uniform", "asys-2020"])
def test_a_label_that_only_the_prior_made_the_best_is_never_confident(prior: str) -> None:
    always: dict[str, float | None] = dict.fromkeys(LABELS["category"], 0.0)
    before = changed(confident_from=always).suggest(unseen_reports())
    after = with_precision(changed(confident_from=always, prior=prior), 0.0).suggest(unseen_reports())
    moved = kept = 0
    for first, second in zip(before, after, strict=True):
        if first.category is None or second.category is None:
            assert first.category == second.category
            continue
        same = first.category.label == second.category.label
        assert second.category.confident == (first.category.confident and same)
        moved += not same
        kept += same
    assert moved > 0
    assert kept > 0


def test_a_prior_estimated_from_the_texts_themselves_moves_the_answers_towards_what_is_common() -> None:
    model = small_model.model()
    texts = list(small_model.texts()[:200])
    selfharm = [text for text, example in zip(texts, small_model.examples(), strict=False) if "selvskading" in example.category]
    found = model.predict_proba(selfharm * 5).by_target
    trained = {target: np.array(model.trained.targets[target].prior) for target in TARGETS}
    prior = {target: prior_of_texts(found[target], trained[target]) for target in TARGETS}
    place = LABELS["category"].index("trussel_selvskading")
    assert prior["category"][place] > 2 * trained["category"][place]
    local = model.under(own_prior("texts", "a.txt", "", prior))
    before, after = (m.suggest(["Ho sa ho ikkje orka meir."])[0].category for m in (model, local))
    assert before is not None
    assert after is not None
    share = {item.label: item.probability for item in before.ranked}["trussel_selvskading"]
    assert {item.label: item.probability for item in after.ranked}["trussel_selvskading"] > share
    with pytest.raises(InputError, match="adding up to 1"):
        own_prior("texts", "a.txt", "", {**prior, "channel": prior["channel"] * 2})
