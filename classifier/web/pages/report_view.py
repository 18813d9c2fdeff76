"""A stored report as a page shows it: what is known of it, which label stands, and all that was decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.errors import UnknownLabelError
from classifier.review.standing import PastDecision, Standing
from classifier.taxonomy import category, channel
from classifier.web.pages.wording import day, moment

if TYPE_CHECKING:
    from classifier.store.tables import Report

STATES = {
    "open": ("Ikke gjennomgått", "note"),
    "registered": ("Registrert", "note"),
    "settled": ("Avgjort", "good"),
    "disputed": ("Uenighet", "warning"),
    "parked": ("Trenger avklaring", "warning"),
    "erased": ("Slettet", "bad"),
}
"""What each state of a report is called, and the colour of its tag."""

_ROLES = {
    "registrar": "registrator",
    "quality_checker": "kvalitetskontrollør",
    "administrator": "administrator",
    "system": "system",
}
_ORIGINS = {"registration": "ved registrering", "review": "i kvalitetskøen", "bulk": "samlet"}
_KINDS = {
    "label": "Kategorisert",
    "adjudication": "Uenighet avgjort",
    "park": "Trenger avklaring",
    "undo": "Angret",
}


@dataclass(frozen=True)
class Fact:
    """Something known of a report: its name and its value."""

    name: str
    value: str


@dataclass(frozen=True)
class Label:
    """The label that stands, by names, and where it comes from; an id is None where the taxonomy does not hold the label."""

    category: str
    channel: str
    category_id: str | None
    channel_id: str | None
    source: str


@dataclass(frozen=True)
class Event:
    """One line of a report's history."""

    what: str
    who: str
    when: str
    label: str = ""
    reason: str = ""


def facts(report: Report) -> tuple[Fact, ...]:
    """Return what is known of a report beside its text."""
    known = [
        ("Hendelsesdato", day(report.incident_date) if report.incident_date else None),
        ("Enhet", report.unit),
        ("Kilde", report.source),
    ]
    return tuple(Fact(name, value) for name, value in known if value)


def standing_label(report: Report, standing: Standing) -> Label | None:
    """Return the label that stands: what people decided, else what the report came with; None if there is neither."""
    decision = standing.decision
    if decision is not None and decision.category is not None and decision.channel is not None:
        return Label(
            category(decision.category).name,
            channel(decision.channel).name,
            decision.category,
            decision.channel,
            f"Satt {_ORIGINS.get(decision.origin, decision.origin)} av {who(decision)}, {moment(decision.decided_at)}",
        )
    if report.label_category is None and report.label_channel is None:
        return None
    by = f"av {report.labelled_by} " if report.labelled_by else ""
    return Label(
        _category_name(report.label_category) or "Kategori mangler",
        _channel_name(report.label_channel) or "Kanal mangler",
        _known_category(report.label_category),
        _known_channel(report.label_channel),
        f"Satt {by}i {report.source}",
    )


def state_of(report: Report, standing: Standing) -> str:
    """Return the key in STATES of what state a report is in; what a registrar chose is not yet reviewed."""
    if report.erased_at is not None:
        return "erased"
    decision = standing.decision
    if standing.state == "settled" and decision is not None and decision.origin == "registration":
        return "registered"
    return standing.state


def history(report: Report, decisions: Sequence[PastDecision]) -> tuple[Event, ...]:
    """Return a report's history, oldest first, beginning with its arrival."""
    came_with = (_category_name(report.label_category), _channel_name(report.label_channel))
    arrival = Event(
        "Kom inn" if not any(came_with) else "Kom inn med kategori",
        report.labelled_by or report.source,
        moment(report.received_at),
        " · ".join(filter(None, came_with)),
    )
    return (arrival, *(_event(decision, decisions) for decision in decisions))


def who(decision: PastDecision) -> str:
    """Return who decided, with their role."""
    return f"{decision.annotator} ({_ROLES.get(decision.role, decision.role)})"


def pair_name(category_id: str | None, channel_id: str | None) -> str:
    """Return a label in words: "Trussel · Telefon"."""
    return " · ".join(filter(None, (_category_name(category_id), _channel_name(channel_id))))


def _event(decision: PastDecision, decisions: Sequence[PastDecision]) -> Event:
    what = _KINDS[decision.kind]
    if decision.kind == "undo":
        undone = next((past for past in decisions if past.id == decision.undoes_id), None)
        label = f"avgjørelsen til {undone.annotator}" if undone else ""
    else:
        label = pair_name(decision.category, decision.channel)
        what += " blindt" if decision.blind else ""
        what += f" {_ORIGINS[decision.origin]}" if decision.origin in ("registration", "bulk") else ""
        what += " (angret)" if decision.undone else ""
    return Event(what, who(decision), moment(decision.decided_at), label, decision.reason or "")


def _known_category(label: str | None) -> str | None:
    try:
        return category(label or "").id
    except UnknownLabelError:
        return None


def _known_channel(label: str | None) -> str | None:
    try:
        return channel(label or "").id
    except UnknownLabelError:
        return None


def _category_name(label: str | None) -> str:
    return category(label).name if label and _known_category(label) else label or ""


def _channel_name(label: str | None) -> str:
    return channel(label).name if label and _known_channel(label) else label or ""
