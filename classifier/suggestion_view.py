"""A suggestion in words, for people who read it in a terminal; in Bokmål."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from classifier.suggestion import OUTCOME_TEXTS, Proposal, Suggestion
from classifier.taxonomy import category, channel

if TYPE_CHECKING:
    from rich.text import Text

BAR = 20
_HARMLESS = {code: " " for code in (*range(32), 127, *range(128, 160)) if chr(code) not in "\n\t"}
"""Control characters could move the marks or drive the terminal; each becomes a space, so that offsets still hold."""

SHOWN = 4
_INDENT = "  "
_SURE, _RATHER_SURE, _CLOSE = 0.9, 0.7, 0.1


def in_words(proposal: Proposal) -> str:
    """Return how sure a proposal is, as a colleague would say it: usikker, litt usikker, nokså sikker; sikker if proven."""
    first, second = proposal.ranked[0].probability, proposal.ranked[1].probability
    if proposal.confident:
        return "sikker"
    if first >= _SURE:
        return "nokså sikker"
    if first - second < _CLOSE:
        return "usikker: to er omtrent like sannsynlige"
    return "litt usikker" if first >= _RATHER_SURE else "usikker"


def harmless(text: str) -> str:
    """Return a text as long as it was, without what could drive a terminal."""
    return text.translate(_HARMLESS)


def as_text(text: str, suggestion: Suggestion, *, prior: str = "", width: int | None = None) -> Text:
    """Return the report with the words that weighed marked, the ranked labels with bars, the definition and the warnings.

    `prior` is what the model answered under if that is to be told; `width` is that of the lines, in characters, where known.
    """
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
            shown.append(f"{_indented(category(proposal.label).definition, width)}\n", style="dim")
    for label in suggestion.warnings:
        shown.append(f"\nKan også være: {category(label).name}\n", style="bold red")
    under = f", forhåndsfordeling {harmless(prior)}" if prior else ""
    shown.append("\nForslag, ikke fasit. ", style="dim").append(f"Modell {suggestion.model_version}{under}.\n", style="dim")
    return shown


def _indented(words: str, width: int | None) -> str:
    """Return words behind the indent of what stands under a heading, on every line they take."""
    if width is None:
        return _INDENT + words
    return fill(words, width, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
