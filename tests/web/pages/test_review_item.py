"""What a reviewer sees of a report, and what of a blind one nobody does."""

from dataclasses import asdict, replace
from datetime import UTC, datetime

from classifier.store.tables import Report
from classifier.suggestion import Evidence
from classifier.web.decided_reports import Resembling
from classifier.web.pages.review_item import Typed, review_item
from tests.web.pages.test_report_view import DECISION
from tests.web.pages.test_suggestion_panel import suggestion

AT = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)
TEXT = "Han sparket i døra."
SUGGESTION = replace(suggestion(), evidence=(Evidence(4, 11, 1.0, "trussel"),))
NEAR = Resembling(9, "H-9", "Sparket i døra igjen.", "haerverk", "publikumsmottak", 0.7)


def report(**fields: object) -> Report:
    known = {"id": 1, "source": "asys", "external_id": "7", "text": TEXT, "received_at": AT, "extra": {}}
    return Report(**{**known, **fields})


OLD = report(label_category="haerverk", label_channel="publikumsmottak", labelled_by="A12")


def test_the_label_that_stands_is_chosen_so_that_it_is_enough_to_change_what_is_wrong() -> None:
    item = review_item(OLD, [], ["Fordi."], blind=False, suggestion=SUGGESTION, suggestion_id=4, similar=[NEAR])
    assert [choice.label for choice in item.panel.category.choices if choice.chosen] == ["haerverk"]
    assert item.panel.category.best.label == "trussel"
    assert item.differs
    assert (item.suggestion_id, item.sequence, item.reasons) == (4, 0, ("Fordi.",))
    assert item.similar[0].likeness == "nesten lik"
    assert any(piece.marks for piece in item.text)


def test_what_was_typed_before_something_was_missing_stays() -> None:
    typed = Typed("hatytringer", "", "Skrev jeg.")
    item = review_item(OLD, [], [], blind=False, suggestion=SUGGESTION, suggestion_id=4, typed=typed)
    assert [choice.label for choice in item.panel.category.choices if choice.chosen] == ["hatytringer"]
    assert not any(choice.chosen for choice in item.panel.channel.choices)
    assert item.comment == "Skrev jeg."


def test_a_blind_item_is_the_same_whatever_was_suggested_labelled_or_decided() -> None:
    bare = review_item(report(), [], ["Tilfeldig."], blind=True, suggestion=None, suggestion_id=None)
    told = review_item(OLD, [], ["Tilfeldig."], blind=True, suggestion=SUGGESTION, suggestion_id=4, similar=[NEAR])
    assert asdict(told) == asdict(bare)
    decided = review_item(OLD, [DECISION], ["Tilfeldig."], blind=True, suggestion=SUGGESTION, suggestion_id=4)
    assert asdict(decided) == {**asdict(bare), "sequence": 1}


def test_a_suggestion_equal_to_the_label_does_not_differ() -> None:
    same = report(label_category="trussel", label_channel="telefon")
    assert not review_item(same, [], [], blind=False, suggestion=SUGGESTION, suggestion_id=4).differs
