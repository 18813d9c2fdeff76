from datetime import timedelta

import pytest
from sqlalchemy import select

from classifier.review.dealing import DealtItem, deal_next
from classifier.review.leases import release
from classifier.review.queue import QueueSettings
from classifier.review.quotas import DEFAULT_QUOTAS
from classifier.store.database import Database
from classifier.store.tables import Assignment, AuditEntry, Report
from tests.review.reports import NOW, add, decide
from tests.review.test_queue import label, propose, queue

ALL_BLIND = QueueSettings(0.999999, "salt", DEFAULT_QUOTAS)


@pytest.fixture
def reports(database: Database) -> list[int]:
    found = add(database, "Hun ropte og bannet i telefonen.", "Han ringte og truet med å komme.", "Ringte, skrek og la på.")
    for report in found:
        label(database, report, label_category="haerverk", label_channel="telefon", labelled_by="arkiv")
        propose(database, report, "trussel", "telefon", evidence=[{"start": 0, "end": 3, "weight": 1.5, "label": "trussel"}])
    return found


def deal(database: Database, who: str, now=NOW, settings=None, **options) -> DealtItem | None:  # type: ignore[no-untyped-def]
    found = queue(database) if settings is None else queue(database, settings)
    return deal_next(database, found, who, now=now, lease_minutes=30, **options)


@pytest.mark.usefixtures("reports")
def test_a_person_gets_the_first_of_the_queue_with_what_there_is_to_see(database: Database) -> None:
    first = queue(database).items[0]
    dealt = deal(database, "kari")
    assert dealt is not None
    assert dealt.report_id == first.report_id
    assert dealt.reasons == first.reasons
    assert (dealt.label_category, dealt.label_channel, dealt.labelled_by) == ("haerverk", "telefon", "arkiv")
    assert dealt.suggestion is not None
    assert dealt.suggestion.category is not None
    assert (dealt.suggestion.category.label, dealt.suggestion.category.probability) == ("trussel", 0.97)
    assert dealt.suggestion.evidence[0].end == 3
    assert dealt.text
    assert (dealt.sequence, dealt.expires_at) == (0, NOW + timedelta(minutes=30))


@pytest.mark.usefixtures("reports")
def test_who_asks_again_gets_the_same_and_others_get_others(database: Database) -> None:
    first, again, other = (deal(database, who) for who in ("kari", "kari", "ola"))
    assert first == again
    assert other is not None
    assert first is not None
    assert other.report_id != first.report_id


@pytest.mark.usefixtures("reports")
def test_when_all_is_dealt_there_is_nothing_and_what_runs_out_comes_back(database: Database) -> None:
    dealt = [deal(database, who) for who in ("kari", "ola", "per")]
    assert all(dealt)
    assert deal(database, "anne") is None
    later = NOW + timedelta(minutes=31)
    again = deal_next(database, queue_at(database, later), "anne", now=later, lease_minutes=30)
    assert again is not None


def queue_at(database: Database, now):  # type: ignore[no-untyped-def]
    from classifier.review.queue import build_queue

    with database.reading() as session:
        return build_queue(
            session, model_version="1", prior="corpus", settings=QueueSettings(0.0, "salt", DEFAULT_QUOTAS), now=now
        )


@pytest.mark.usefixtures("reports")
def test_what_was_handed_back_goes_to_others_and_not_to_the_same_person(database: Database) -> None:
    first = deal(database, "kari")
    assert first is not None
    with database.writing() as session:
        release(session, "kari", NOW)
    second = deal(database, "kari")
    assert second is not None
    assert second.report_id != first.report_id
    others = {deal(database, who) for who in ("ola", "per")}
    assert first.report_id in {item.report_id for item in others if item}


@pytest.mark.usefixtures("reports")
def test_an_old_queue_deals_nothing_that_was_decided_parked_or_erased_since(database: Database) -> None:
    old = queue(database)
    decide(database, old.items[0].report_id, "ola")
    decide(database, old.items[1].report_id, "ola", kind="park", reason="Uklart.")
    with database.writing() as session:
        row = session.get_one(Report, old.items[2].report_id)
        row.text, row.text_digest, row.erased_at = None, None, NOW
    assert deal_next(database, old, "kari", now=NOW, lease_minutes=30) is None


@pytest.mark.usefixtures("reports")
def test_what_was_erased_while_a_person_held_it_is_not_shown_again(database: Database) -> None:
    first = deal(database, "kari")
    assert first is not None
    with database.writing() as session:
        row = session.get_one(Report, first.report_id)
        row.text, row.text_digest, row.erased_at = None, None, NOW
    second = deal(database, "kari")
    assert second is not None
    assert second.report_id != first.report_id


def test_a_dispute_goes_to_a_third_person_who_may_settle_it(database: Database, reports: list[int]) -> None:
    decide(database, reports[2], "kari", ("trussel", "telefon"))
    decide(database, reports[2], "ola", ("verbal_utskjelling", "telefon"))
    for who in ("kari", "ola"):
        dealt = deal(database, who)
        assert dealt is not None
        assert dealt.report_id != reports[2]
    assert deal(database, "per", may_settle=False) is None
    settled = deal(database, "anne")
    assert settled is not None
    assert (settled.report_id, settled.reasons[0].id, settled.sequence) == (reports[2], "disputed", 2)


@pytest.mark.usefixtures("reports")
def test_of_a_blind_report_nothing_is_told_that_could_sway(database: Database) -> None:
    dealt = deal(database, "kari", settings=ALL_BLIND)
    assert dealt is not None
    assert dealt.blind
    assert dealt.text
    assert [reason.id for reason in dealt.reasons] == ["blind"]
    assert (dealt.suggestion, dealt.suggestion_id) == (None, None)
    assert (dealt.label_category, dealt.label_channel, dealt.labelled_by) == (None, None, None)
    assert deal(database, "kari", settings=ALL_BLIND) == dealt


@pytest.mark.usefixtures("reports")
def test_a_deal_is_on_record_without_the_text(database: Database) -> None:
    dealt = deal(database, "kari")
    deal(database, "kari")
    assert dealt is not None
    with database.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "deal")).all()
        (kept,) = session.scalars(select(Assignment)).all()
    assert (entry.who, entry.report_id) == ("kari", dealt.report_id)
    assert entry.details == {"blind": False, "reasons": [reason.id for reason in dealt.reasons]}
    assert kept.reasons[0]["id"] == dealt.reasons[0].id
