"""What deciding many at once would do is known before it is done."""

from classifier.review.standing import OPEN, standing_of
from classifier.store.tables import Report
from classifier.web.pages.bulk_choice import Candidate, Change, change_of, preview
from tests.web.pages.test_report_view import DECISION
from tests.web.pages.test_review_item import AT
from tests.web.pages.test_suggestion_panel import suggestion


def candidate(id_: int, category: str | None = "haerverk", proposed: bool = True) -> Candidate:
    report = Report(
        id=id_,
        source="asys",
        external_id=str(id_),
        text="Han slo.",
        received_at=AT,
        extra={},
        label_category=category,
        label_channel="brev" if category else None,
    )
    return Candidate(report, OPEN, suggestion() if proposed else None, id_ * 10 if proposed else None)


def test_taking_the_suggestions_counts_what_becomes_what() -> None:
    found = preview([candidate(1), candidate(2), candidate(3, proposed=False)], "forslag")
    assert found.changes[0] == Change(1, 0, 10, "trussel", "telefon")
    (line,) = found.lines
    assert line.after == "Truende atferd eller trussel · Telefon"
    assert (line.count, found.left_out, found.heading) == ("2", 1, "To rapporter blir avgjort")


def test_keeping_what_stands_leaves_out_what_has_no_label_of_today() -> None:
    found = preview([candidate(1), candidate(2, "Trusler mot ansatt"), candidate(3, None)], "behold")
    assert [change.report_id for change in found.changes] == [1]
    assert found.changes[0].category == "haerverk"
    assert found.left_out == 2


def test_one_label_is_set_for_all_on_top_of_what_each_had_seen() -> None:
    decided = Candidate(candidate(1).report, standing_of([DECISION]), None, None)
    found = preview([decided, candidate(2)], "sett", "hatytringer", "internett")
    assert [change.sequence for change in found.changes] == [1, 0]
    assert {change.category for change in found.changes} == {"hatytringer"}


def test_a_change_comes_back_from_its_form_as_it_was_and_a_forged_one_does_not() -> None:
    change = Change(1, 0, None, "trussel", "telefon")
    assert change_of(change.token) == change
    for forged in ("", "1:0:0:trussel", "x:0:0:trussel:telefon", "1:0:0:drap:telefon", f"{'9' * 30}:0:0:trussel:telefon"):
        assert change_of(forged) is None
