"""A report that was dealt for review, in words, for the person who looks at it in a terminal; in Bokmål."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classifier.review.dealing import DealtItem
from classifier.suggestion import as_dict as suggestion_as_dict
from classifier.suggestion_view import as_text as suggestion_as_text
from classifier.suggestion_view import harmless
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS, category, channel

if TYPE_CHECKING:
    from rich.text import Text


def as_dict(dealt: DealtItem) -> dict[str, Any]:
    """Return a dealt report as JSON can hold it; a blind one says nothing of a suggestion or an earlier label."""
    return {
        "source": dealt.source,
        "external_id": dealt.external_id,
        "text": dealt.text,
        "incident_date": None if dealt.incident_date is None else dealt.incident_date.isoformat(),
        "unit": dealt.unit,
        "blind": dealt.blind,
        "reasons": [{"id": reason.id, "text": reason.text} for reason in dealt.reasons],
        "label": None
        if dealt.label_category is None and dealt.label_channel is None
        else {"category": dealt.label_category, "channel": dealt.label_channel, "by": dealt.labelled_by},
        "suggestion": None if dealt.suggestion is None else suggestion_as_dict(dealt.suggestion),
        "sequence": dealt.sequence,
        "expires_at": dealt.expires_at.isoformat(timespec="seconds"),
    }


def as_text(dealt: DealtItem, *, width: int | None = None) -> Text:
    """Return a dealt report for reading: where it is from, why it was dealt, the label it had, and the suggestion.

    `width` is that of the lines, in characters, where known.
    """
    from rich.text import Text

    shown = Text()
    where = (dealt.unit, None if dealt.incident_date is None else f"{dealt.incident_date:%d.%m.%Y}")
    shown.append(" · ".join(part for part in (f"{dealt.source} {dealt.external_id}", *where) if part) + "\n", style="bold")
    for reason in dealt.reasons:
        shown.append(f"• {reason.text}\n", style="cyan")
    if (label := _label(dealt)) is not None:
        shown.append(f"Merket: {label}\n")
    shown.append("\n")
    if dealt.suggestion is None:
        shown.append(f"{harmless(dealt.text)}\n")
    else:
        shown.append(suggestion_as_text(dealt.text, dealt.suggestion, width=width))
    shown.append(f"\nDin til {dealt.expires_at.astimezone():%H:%M}.\n", style="dim")
    return shown


def _label(dealt: DealtItem) -> str | None:
    named = [
        category(dealt.label_category).name if dealt.label_category in CATEGORY_IDS else dealt.label_category,
        channel(dealt.label_channel).name if dealt.label_channel in CHANNEL_IDS else dealt.label_channel,
    ]
    label = ", ".join(harmless(name) for name in named if name)
    by = f" (av {harmless(dealt.labelled_by)})" if dealt.labelled_by else ""
    return f"{label}{by}" if label else None
