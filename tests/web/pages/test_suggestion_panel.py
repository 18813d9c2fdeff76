"""A panel chooses beforehand only what is safe, and what a person chose stays."""

from classifier.suggestion import Proposal, Ranked, Suggestion
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.web.pages.suggestion_panel import Panel, empty_panel, panel, seen


def proposal(labels: tuple[str, ...], first: str, probability: float, confident: bool) -> Proposal:
    rest = [label for label in labels if label != first]
    share = (1 - probability) / len(rest)
    return Proposal((Ranked(first, probability), *(Ranked(label, share) for label in rest)), confident)


def suggestion(confident: bool = False, warnings: tuple[str, ...] = ()) -> Suggestion:
    return Suggestion(
        "ok",
        proposal(CATEGORY_IDS, "trussel", 0.97 if confident else 0.6, confident),
        proposal(CHANNEL_IDS, "telefon", 0.95, False),
        warnings,
        (),
        None,
        "2026.11.1",
    )


def chosen(shown: Panel) -> tuple[list[str], list[str]]:
    return (
        [choice.label for choice in shown.category.choices if choice.chosen],
        [choice.label for choice in shown.channel.choices if choice.chosen],
    )


def test_only_a_confident_proposal_is_chosen_beforehand() -> None:
    assert chosen(panel("Han truet meg.", suggestion())) == ([], [])
    assert chosen(panel("Han truet meg.", suggestion(confident=True))) == (["trussel"], [])


def test_what_a_person_chose_stays_whatever_the_model_proposes() -> None:
    shown = panel("Han truet meg.", suggestion(confident=True), category_label="haerverk", channel_label="brev")
    assert chosen(shown) == (["haerverk"], ["brev"])
    assert shown.category.best.label == "trussel"


def test_the_panel_is_said_in_a_sentence() -> None:
    shown = panel("Han truet meg.", suggestion(warnings=("trussel_selvskading",)))
    assert shown.spoken == (
        "Forslag: Truende atferd eller trussel, usikker. Kanal: Telefon, nokså sikker. "
        "Kan også være Trussel om selvdrap/selvskading."
    )
    assert shown.warnings == ("Trussel om selvdrap/selvskading",)


def test_a_text_without_a_suggestion_says_why_and_still_offers_every_label() -> None:
    shown = panel("Hei", Suggestion("too_short", None, None, (), (), None, "2026.11.1"))
    assert shown.message == "Ikke nok tekst til et forslag."
    assert not shown.proposed
    assert len(shown.category.choices) == 7
    assert len(shown.channel.choices) == 11
    assert shown.seen == "2026.11.1::"


def test_the_form_tells_which_suggestion_was_seen() -> None:
    assert seen(suggestion()) == "2026.11.1:trussel:telefon"
    assert empty_panel().seen == ""
