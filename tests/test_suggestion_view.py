from dataclasses import replace

import pytest
from rich.text import Text

from classifier.suggestion import OUTCOME_TEXTS, Evidence, Outcome, Proposal, Ranked, Suggestion
from classifier.suggestion_view import BAR, SHOWN, as_text, in_words
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS, category, channel

REPORT = "Han slo meg i mottaket."
CATEGORIES = ("fysisk_angrep_person", "trussel", "haerverk", "trussel_selvskading", "hatytringer")
CHANNELS = ("publikumsmottak", "telefon", "brev")


def proposal(labels: tuple[str, ...], probabilities: tuple[float, ...], *, confident: bool = False) -> Proposal:
    return Proposal(tuple(map(Ranked, labels, probabilities)), confident)


FULL = Suggestion(
    outcome="ok",
    category=proposal(CATEGORIES, (0.75, 0.15, 0.05, 0.03, 0.02)),
    channel=proposal(CHANNELS, (1.0, 0.0, 0.0), confident=True),
    warnings=("trussel_selvskading",),
    evidence=(
        Evidence(4, 11, 0.5, "fysisk_angrep_person"),
        Evidence(14, 22, 0.4, "publikumsmottak"),
        Evidence(0, 3, 0.3, "trussel"),
    ),
    sentence=(0, 23),
    model_version="2026.10.1",
)


def marked(text: Text) -> set[tuple[str, str]]:
    """Return what stands under each style."""
    return {(text.plain[span.start : span.end], str(span.style)) for span in text.spans}


def lines(suggestion: Suggestion) -> list[str]:
    return as_text(REPORT, suggestion).plain.splitlines()


@pytest.mark.parametrize(
    ("probabilities", "confident", "words"),
    [
        ((0.96, 0.04), True, "sikker"),
        ((0.5, 0.45), True, "sikker"),
        ((0.96, 0.04), False, "nokså sikker"),
        ((0.9, 0.1), False, "nokså sikker"),
        ((0.89, 0.11), False, "litt usikker"),
        ((0.7, 0.3), False, "litt usikker"),
        ((0.69, 0.31), False, "usikker"),
        ((0.4, 0.25), False, "usikker"),
        ((0.4, 0.35), False, "usikker: to er omtrent like sannsynlige"),
        ((0.5, 0.5), False, "usikker: to er omtrent like sannsynlige"),
    ],
)
def test_how_sure_a_proposal_is_in_words(probabilities: tuple[float, ...], confident: bool, words: str) -> None:
    assert in_words(proposal(CHANNELS, probabilities, confident=confident)) == words


def test_the_report_comes_first_then_the_proposals_with_their_words() -> None:
    shown = lines(FULL)
    assert shown[0] == REPORT
    assert f"Kategori: {category('fysisk_angrep_person').name} (litt usikker)" in shown
    assert f"Kanal: {channel('publikumsmottak').name} (sikker)" in shown
    assert f"  {category('fysisk_angrep_person').definition}" in shown
    assert shown[-1] == "Forslag, ikke fasit. Modell 2026.10.1."


def test_a_prior_that_is_not_the_corpus_s_is_told_beside_the_model() -> None:
    told = as_text(REPORT, FULL, prior="asys-2020").plain.splitlines()[-1]
    assert told == "Forslag, ikke fasit. Modell 2026.10.1, forhåndsfordeling asys-2020."


def test_a_definition_keeps_its_indent_on_every_line() -> None:
    shown = as_text(REPORT, FULL, width=40).plain
    first = shown.index("  " + category("fysisk_angrep_person").definition[:20])
    wrapped = shown[first : shown.index("\n\n", first)].splitlines()
    assert len(wrapped) > 2
    assert all(line.startswith("  ") and len(line) <= 40 for line in wrapped)
    assert " ".join(line.strip() for line in wrapped) == category("fysisk_angrep_person").definition


def test_bars_are_as_long_as_the_probabilities_and_only_the_first_labels_are_shown() -> None:
    bars = [line for line in lines(FULL) if line.startswith(("  █", "  ░"))]
    assert len(bars) == SHOWN + len(CHANNELS)
    assert bars[0] == f"  {'█' * 15}{'░' * 5}  75 %  {category('fysisk_angrep_person').name}"
    assert bars[SHOWN] == f"  {'█' * BAR} 100 %  {channel('publikumsmottak').name}"
    assert bars[SHOWN + 1] == f"  {'░' * BAR}   0 %  {channel('telefon').name}"
    assert all(sum(map(bar.count, "█░")) == BAR for bar in bars)
    assert category("hatytringer").name not in "\n".join(bars)


def test_a_warning_is_shown_for_each_category_warned_of() -> None:
    warning = f"Kan også være: {category('trussel_selvskading').name}"
    assert warning in lines(FULL)
    assert (f"\n{warning}\n", "bold red") in marked(as_text(REPORT, FULL))
    assert "Kan også være" not in "\n".join(lines(replace(FULL, warnings=())))
    both = "\n".join(lines(replace(FULL, warnings=("trussel_selvskading", "haerverk"))))
    assert both.count("Kan også være") == 2


def test_the_words_that_weighed_for_the_winners_are_marked_and_no_others() -> None:
    found = marked(as_text(REPORT, FULL))
    assert ("slo meg", "bold reverse") in found
    assert ("mottaket", "underline") in found
    assert not any(words == "Han" for words, _ in found)


def test_a_report_is_shown_as_it_is_not_read_as_markup() -> None:
    report = "Han sa [bold]slutt[/bold] :smile: og slo."
    suggestion = replace(FULL, evidence=(Evidence(37, 40, 1.0, "fysisk_angrep_person"),))
    shown = as_text(report, suggestion)
    assert shown.plain.startswith(report + "\n")
    assert ("slo", "bold reverse") in marked(shown)


def test_marks_stand_right_in_a_report_with_the_line_ends_of_windows() -> None:
    suggestion = replace(FULL, evidence=(Evidence(9, 12, 1.0, "fysisk_angrep_person"),))
    assert ("slo", "bold reverse") in marked(as_text("Hei\r\nHan slo meg", suggestion))


def test_a_report_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in as_text("Han slo \x1b[2J meg", replace(FULL, evidence=())).plain


@pytest.mark.parametrize("outcome", ["too_short", "not_norwegian"])
def test_without_a_proposal_the_reason_is_all_that_is_shown(outcome: Outcome) -> None:
    shown = as_text(REPORT, Suggestion(outcome, None, None, (), (), None, "1"))
    assert shown.plain == OUTCOME_TEXTS[outcome] + "\n"
    assert {style for _, style in marked(shown)} == {"yellow"}


@pytest.mark.parametrize("place", range(max(len(CATEGORY_IDS), len(CHANNEL_IDS))))
def test_every_label_can_be_shown(place: int) -> None:
    first, second = CATEGORY_IDS[place % len(CATEGORY_IDS)], CHANNEL_IDS[place % len(CHANNEL_IDS)]
    others = (CATEGORY_IDS[(place + 1) % len(CATEGORY_IDS)], CHANNEL_IDS[(place + 1) % len(CHANNEL_IDS)])
    suggestion = replace(
        FULL, category=proposal((first, others[0]), (0.9, 0.1)), channel=proposal((second, others[1]), (0.9, 0.1)), evidence=()
    )
    shown = as_text(REPORT, suggestion).plain
    assert category(first).name in shown
    assert channel(second).name in shown
