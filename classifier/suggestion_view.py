"""A suggestion in words, for people who read it in a terminal; in Bokmål."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.suggestion import OUTCOME_TEXTS, Proposal, Suggestion
from classifier.taxonomy import category, channel

if TYPE_CHECKING:
    from rich.text import Text

BAR = 20
_HARMLESS = {code: " " for code in (*range(32), 127, *range(128, 160)) if chr(code) not in "\n\t"}
"""Control characters could move the marks or drive the terminal; each becomes a space, so that offsets still hold."""

SHOWN = 4
_SURE, _RATHER_SURE, _CLOSE = 0.9, 0.7, 0.1


def in_words(proposal: Proposal) -> str:
    """Return how sure a proposal is, as a colleague would say it."""
    first, second = proposal.ranked[0].probability, proposal.ranked[1].probability
    if proposal.confident:
        return "sikker"
    if first >= _SURE:
        return "ganske sikker"
    if first - second < _CLOSE:
        return "usikker: to er omtrent like sannsynlige"
    return "nokså sikker" if first >= _RATHER_SURE else "usikker"


def harmless(text: str) -> str:
    """Return a text as long as it was, without what could drive a terminal."""
    return text.translate(_HARMLESS)


def as_text(text: str, suggestion: Suggestion) -> Text:
    """Return the report with the words that weighed marked, the ranked labels with bars, the definition and the warnings."""
    from rich.text import Text

    shown = Text()
    if suggestion.category is None or suggestion.channel is None:
        return shown.append(OUTCOME_TEXTS[suggestion.outcome] + "\n", style="yellow")
    report = Text(harmless(text))
    winners = {suggestion.category.label: "bold reverse", suggestion.channel.label: "underline"}
    for span in suggestion.evidence:
        if span.label in winners:
            report.stylize(winners[span.label], span.start, span.end)
    shown.append(report)
    shown.append("\n")
    names = {item.label: category(item.label).name for item in suggestion.category.ranked}
    names |= {item.label: channel(item.label).name for item in suggestion.channel.ranked}
    for title, proposal in (("Kategori", suggestion.category), ("Kanal", suggestion.channel)):
        shown.append(f"\n{title}: ", style="bold").append(f"{names[proposal.label]} ({in_words(proposal)})\n")
        for item in proposal.ranked[:SHOWN]:
            filled = round(item.probability * BAR)
            percent = f"{item.probability:.0%}".replace("%", " %")
            shown.append(f"  {'█' * filled}{'░' * (BAR - filled)} {percent:>5}  {names[item.label]}\n")
        if title == "Kategori":
            shown.append(f"  {category(proposal.label).definition}\n", style="dim")
    for label in suggestion.warnings:
        shown.append(f"\nKan også være: {category(label).name}\n", style="bold red")
    shown.append("\nForslag, ikke fasit. ", style="dim").append(f"Modell {suggestion.model_version}.\n", style="dim")
    return shown
