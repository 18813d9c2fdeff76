"""A report's label and history read as people would tell them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from classifier.review.standing import OPEN, PastDecision, standing_of
from classifier.store.tables import Report
from classifier.web.pages.report_view import Fact, facts, history, standing_label, state_of

AT = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)
DECISION = PastDecision(
    id=1,
    report_id=1,
    sequence=1,
    kind="label",
    category="haerverk",
    channel="publikumsmottak",
    annotator="Kari",
    role="quality_checker",
    decided_at=AT,
    suggestion_id=None,
    blind=False,
    reason="Døra ble sparket inn",
    undoes_id=None,
    origin="review",
    undone=False,
)


def report(**fields: object) -> Report:
    known = {"source": "asys", "external_id": "7", "text": "Sparket i døra.", "received_at": AT, "extra": {}}
    return Report(**{**known, **fields})


def test_what_people_decided_stands_before_what_the_report_came_with() -> None:
    old = report(label_category="trussel", label_channel="telefon", labelled_by="A12")
    before, after = standing_label(old, OPEN), standing_label(old, standing_of([DECISION]))
    assert before is not None
    assert after is not None
    assert (before.category, before.channel, before.source) == ("Truende atferd eller trussel", "Telefon", "Satt av A12 i asys")
    assert (after.category_id, after.channel_id) == ("haerverk", "publikumsmottak")
    assert after.source == "Satt i kvalitetskøen av Kari (kvalitetskontrollør), 3. mars 2026 kl. 12.00"


def test_a_label_of_an_older_taxonomy_is_shown_by_its_own_word() -> None:
    label = standing_label(report(label_category="Trusler mot ansatt"), OPEN)
    assert label is not None
    assert (label.category, label.category_id, label.channel) == ("Trusler mot ansatt", None, "Kanal mangler")


def test_a_report_without_a_label_has_none() -> None:
    assert standing_label(report(), OPEN) is None


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ([], "open"),
        ([replace(DECISION, origin="registration")], "registered"),
        ([DECISION], "settled"),
        ([DECISION, replace(DECISION, id=2, sequence=2, annotator="Ola", category="trussel")], "disputed"),
        ([replace(DECISION, kind="park", category=None, channel=None)], "parked"),
    ],
)
def test_the_state_follows_from_the_decisions(decisions: list[PastDecision], expected: str) -> None:
    assert state_of(report(), standing_of(decisions)) == expected


def test_an_erased_report_says_so() -> None:
    assert state_of(report(text=None, erased_at=AT), OPEN) == "erased"


def test_the_history_tells_who_did_what() -> None:
    undo = replace(DECISION, id=2, sequence=2, kind="undo", category=None, channel=None, undoes_id=1, reason=None)
    events = history(report(labelled_by="A12", label_category="trussel"), [replace(DECISION, undone=True), undo])
    assert [event.what for event in events] == ["Kom inn med kategori", "Kategorisert (angret)", "Angret"]
    assert events[1].label == "Fysisk angrep på bygning eller inventar (hærverk) · Publikumsmottak"
    assert events[1].reason == "Døra ble sparket inn"
    assert events[2].label == "avgjørelsen til Kari"


def test_only_what_is_known_is_shown() -> None:
    assert facts(report()) == (Fact("Kilde", "asys"),)
    assert Fact("Hendelsesdato", "1. mai 2021") in facts(report(incident_date=date(2021, 5, 1), unit="Vest"))
