from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from classifier.errors import ConflictError, InputError, UnknownLabelError
from classifier.review.decisions import (
    NewDecision,
    Recorded,
    Refused,
    dealt_blind,
    history,
    record_decisions,
    standings,
    suggestion_to_see,
)
from classifier.store.database import Database
from classifier.store.tables import Assignment, AuditEntry, Report
from tests.review.reports import NOW, add, decide, suggest

DAMAGE = ("haerverk", "publikumsmottak")


def test_a_decision_is_kept_with_everything_about_it(database: Database) -> None:
    (report,) = add(database)
    seen = suggest(database, report, "trussel", "sms")
    recorded = decide(database, report, reason="  hun ringte  ", suggestion_id=seen)
    decision = recorded.decision
    assert (decision.sequence, decision.label, decision.annotator) == (1, ("trussel", "telefon"), "kari")
    assert (decision.suggestion_id, decision.blind, decision.reason) == (seen, False, "hun ringte")
    assert recorded.standing.state == "settled"
    assert not recorded.came_second
    assert not recorded.repeated


def test_a_second_decision_keeps_the_first_and_is_told_that_it_came_second(database: Database) -> None:
    (report,) = add(database)
    decide(database, report, "ola", expected_sequence=0)
    second = decide(database, report, "kari", DAMAGE, expected_sequence=0)
    assert second.came_second
    assert [decision.annotator for decision in second.meanwhile] == ["ola"]
    assert second.standing.state == "disputed"
    with database.reading() as session:
        assert [decision.label for decision in history(session, report)] == [("trussel", "telefon"), DAMAGE]


def test_a_second_opinion_on_what_was_seen_is_not_called_second(database: Database) -> None:
    (report,) = add(database)
    first = decide(database, report, "ola", expected_sequence=0)
    assert not decide(database, report, "kari", DAMAGE, expected_sequence=first.standing.sequence).came_second


def test_a_decision_sent_twice_is_kept_once(database: Database) -> None:
    (report,) = add(database)
    first = decide(database, report, expected_sequence=0)
    again = decide(database, report, expected_sequence=0)
    assert again.repeated
    assert again.decision == first.decision
    assert not again.came_second
    corrected = decide(database, report, label=DAMAGE, expected_sequence=0)
    assert not corrected.repeated
    with database.reading() as session:
        assert len(history(session, report)) == 2


def test_many_who_decide_at_once_all_keep_their_word(database: Database) -> None:
    (report,) = add(database)
    people = [f"person {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        recorded = list(pool.map(lambda who: decide(database, report, who, expected_sequence=0), people))
    assert sorted(done.decision.sequence for done in recorded) == list(range(1, 9))
    assert sorted(len(done.meanwhile) for done in recorded) == list(range(8))


def test_a_disagreement_is_settled_by_a_third_and_by_nobody_else(database: Database) -> None:
    (report,) = add(database)
    settle: dict[str, Any] = {"kind": "adjudication", "role": "quality_checker"}
    decide(database, report, "ola")
    with pytest.raises(ConflictError, match="nobody disagrees"):
        decide(database, report, "eva", **settle)
    decide(database, report, "kari", DAMAGE)
    with pytest.raises(ConflictError, match="third person"):
        decide(database, report, "kari", DAMAGE, **settle)
    with pytest.raises(ConflictError, match="a registrar does not settle"):
        decide(database, report, "eva", DAMAGE, kind="adjudication")
    settled = decide(database, report, "eva", DAMAGE, **settle)
    assert settled.standing.state == "settled"
    assert settled.standing.decision == settled.decision
    assert decide(database, report, "per", **settle).standing.state == "settled"


def test_a_question_needs_its_reason(database: Database) -> None:
    (report,) = add(database)
    with pytest.raises(InputError, match="cleared up"):
        decide(database, report, kind="park", reason="   ")
    assert decide(database, report, kind="park", reason="Ble noen slått?").standing.state == "parked"


def test_an_undo_is_a_new_decision_that_points_at_the_old_one(database: Database) -> None:
    (report,) = add(database)
    first = decide(database, report)
    undo = decide(database, report, kind="undo", undoes=1)
    assert undo.standing.state == "open"
    assert undo.decision.undoes_id == first.decision.id
    with database.reading() as session:
        assert [decision.undone for decision in history(session, report)] == [True, False]
    with pytest.raises(ConflictError, match="taken back before"):
        decide(database, report, kind="undo", undoes=1)
    with pytest.raises(InputError, match="undo of decision 2"):
        decide(database, report, kind="undo", undoes=2)
    with pytest.raises(InputError, match="undo of decision 7"):
        decide(database, report, kind="undo", undoes=7)


def test_the_same_label_after_an_undo_is_a_new_one(database: Database) -> None:
    (report,) = add(database)
    decide(database, report, expected_sequence=0)
    decide(database, report, kind="undo", undoes=1)
    assert not decide(database, report, expected_sequence=0).repeated


def test_a_registrar_takes_back_only_ones_own(database: Database) -> None:
    (report,) = add(database)
    decide(database, report, "ola")
    with pytest.raises(ConflictError, match="ola's"):
        decide(database, report, "kari", kind="undo", undoes=1)
    assert decide(database, report, "eva", role="quality_checker", kind="undo", undoes=1).standing.state == "open"


@pytest.mark.parametrize(
    ("fields", "error", "said"),
    [
        ({"label": ("brann", "telefon")}, UnknownLabelError, "unknown category 'brann'"),
        ({"label": ("trussel", "brevdue")}, UnknownLabelError, "unknown channel 'brevdue'"),
        ({"kind": "park", "reason": "?", "category": "trussel"}, InputError, "a label beside 'park'"),
        ({"role": "guest"}, InputError, "role 'guest'"),
        ({"who": "  "}, InputError, "name of 0"),
        ({"reason": "x" * 2001}, InputError, "2,001 characters"),
        ({"kind": "undo"}, InputError, "undo"),
        ({"undoes": 1}, InputError, "undo"),
        ({"suggestion_id": 99}, InputError, "suggestion 99"),
        ({"suggestion_id": 1, "blind": True}, InputError, "blind"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_and_nothing_kept(
    database: Database, fields: dict[str, Any], error: type[Exception], said: str
) -> None:
    (report,) = add(database)
    with pytest.raises(error, match=said):
        decide(database, report, **fields)
    with database.reading() as session:
        assert history(session, report) == ()
        assert session.scalars(select(AuditEntry)).all() == []


def test_a_suggestion_for_another_report_was_not_seen(database: Database) -> None:
    first, second = add(database, "Hun slo i skranken.", "Han kastet en stol.")
    seen = suggest(database, second, "haerverk", "publikumsmottak")
    with pytest.raises(InputError, match="made for this report"):
        decide(database, first, suggestion_id=seen)


def test_there_is_nothing_to_decide_about_an_erased_report(database: Database) -> None:
    (report,) = add(database)
    with database.writing() as session:
        row = session.get_one(Report, report)
        row.text, row.text_digest, row.erased_at = None, None, NOW
    with pytest.raises(ConflictError, match="was erased"):
        decide(database, report)


def test_a_decision_closes_the_persons_assignment_and_nobody_elses(database: Database) -> None:
    first, second = add(database, "Hun slo i skranken.", "Han kastet en stol.")
    with database.writing() as session:
        for report, who in ((first, "kari"), (second, "ola")):
            lease = NOW + timedelta(hours=2)
            session.add(Assignment(report_id=report, annotator=who, dealt_at=NOW, expires_at=lease, blind=True))
    decide(database, first, blind=True)
    decide(database, second)
    with database.reading() as session:
        closed = {row.annotator: row.closed_at for row in session.scalars(select(Assignment))}
        assert dealt_blind(session, first, "kari")
        assert not dealt_blind(session, second, "kari")
    assert closed == {"kari": NOW + timedelta(hours=1), "ola": None}


def test_every_decision_is_in_the_audit_trail_without_a_word_of_the_text(database: Database) -> None:
    (report,) = add(database)
    decide(database, report, reason="hun gråt")
    with database.reading() as session:
        (entry,) = session.scalars(select(AuditEntry)).all()
    assert (entry.action, entry.who, entry.report_id) == ("decide", "kari", report)
    assert "gråt" not in str(entry.details)


def test_of_several_decisions_one_that_is_refused_stops_no_other(database: Database) -> None:
    first, second = add(database, "Hun slo i skranken.", "Han kastet en stol.")
    label: dict[str, Any] = {"role": "registrar", "decided_at": NOW, "category": "haerverk", "channel": "publikumsmottak"}
    with database.writing() as session:
        wanted = [NewDecision(report, "kari", origin="bulk", **label) for report in (second, 999, first)]
        done = record_decisions(session, wanted)
    assert [isinstance(answer, Recorded) for answer in done] == [True, False, True]
    assert isinstance(done[1], Refused)
    assert done[1].report_id == 999
    with database.reading() as session:
        assert {report: standing.state for report, standing in standings(session).items()} == {
            first: "settled",
            second: "settled",
        }


def test_a_person_is_shown_the_newest_suggestion(database: Database) -> None:
    (report,) = add(database)
    with database.reading() as session:
        assert suggestion_to_see(session, report) is None
    suggest(database, report, "trussel", "sms", version="1")
    newest = suggest(database, report, "trussel", "telefon", version="2")
    with database.reading() as session:
        assert suggestion_to_see(session, report) == newest
