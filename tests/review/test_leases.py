import multiprocessing
from datetime import timedelta

import pytest
from sqlalchemy import select

from classifier.review.leases import (
    close_expired,
    current_lease,
    deals_so_far,
    handed_back,
    held,
    release,
    take_lease,
)
from classifier.store.database import Database, open_database
from classifier.store.tables import Assignment
from tests.review.race import deal_as
from tests.review.reports import NOW, add

REASONS = [{"id": "random", "text": "Tilfeldig uttrukket."}]
LATER = NOW + timedelta(minutes=31)


def lease(database: Database, report: int, who: str, now=NOW, minutes: int = 30):  # type: ignore[no-untyped-def]
    with database.writing() as session:
        return take_lease(session, report, who, now=now, minutes=minutes, blind=False, reasons=REASONS)


def test_two_people_never_hold_the_same_report(database: Database) -> None:
    (report,) = add(database)
    taken = lease(database, report, "kari")
    assert (taken.annotator, taken.expires_at) == ("kari", NOW + timedelta(minutes=30))
    assert lease(database, report, "ola") is None
    with database.reading() as session:
        assert held(session, NOW) == {report}
        assert current_lease(session, "kari", NOW) == taken
        assert current_lease(session, "ola", NOW) is None


def test_a_lease_that_has_run_out_returns_the_report(database: Database) -> None:
    (report,) = add(database)
    lease(database, report, "kari")
    with database.writing() as session:
        assert current_lease(session, "kari", LATER) is None
        assert held(session, LATER) == set()
        assert close_expired(session, NOW + timedelta(minutes=29)) == 0
        assert close_expired(session, LATER) == 1
    assert lease(database, report, "ola", LATER) is not None
    with database.reading() as session:
        assert handed_back(session, "kari") == set()


def test_what_a_person_hands_back_is_free_for_others_and_remembered(database: Database) -> None:
    (report,) = add(database)
    lease(database, report, "kari")
    with database.writing() as session:
        assert release(session, "ola", NOW) == []
        assert release(session, "kari", NOW + timedelta(minutes=1)) == [report]
        assert release(session, "kari", NOW + timedelta(minutes=1)) == []
        assert handed_back(session, "kari") == {report}
        assert handed_back(session, "ola") == set()
    assert lease(database, report, "ola", NOW + timedelta(minutes=2)) is not None


def test_every_lease_ever_given_counts_as_a_deal(database: Database) -> None:
    reports = add(database, "En", "To")
    for report in reports:
        lease(database, report, "kari")
    with database.writing() as session:
        release(session, "kari", NOW)
    with database.reading() as session:
        assert deals_so_far(session) == 2


@pytest.mark.timeout(300)
def test_two_processes_that_race_for_the_same_reports_never_get_the_same(database_url: str) -> None:
    database = open_database(database_url)
    reports = add(database, *(f"Rapport nummer {number} om en hendelse i mottaket." for number in range(30)))
    spawning = multiprocessing.get_context("spawn")
    barrier, answers = spawning.Barrier(2), spawning.SimpleQueue()
    names = [[f"{who}-{number}" for number in range(15)] for who in ("kari", "ola")]
    racers = [spawning.Process(target=deal_as, args=(database_url, people, barrier, answers)) for people in names]
    for racer in racers:
        racer.start()
    dealt = [answers.get() for _ in racers]
    for racer in racers:
        racer.join()
    assert [racer.exitcode for racer in racers] == [0, 0]
    assert sorted(dealt[0] + dealt[1]) == sorted(reports)
    database.close()


@pytest.mark.timeout(300)
def test_one_person_who_asks_twice_at_once_gets_one_report(database_url: str) -> None:
    database = open_database(database_url)
    add(database, *(f"Rapport nummer {number} om en hendelse i mottaket." for number in range(5)))
    spawning = multiprocessing.get_context("spawn")
    barrier, answers = spawning.Barrier(2), spawning.SimpleQueue()
    racers = [spawning.Process(target=deal_as, args=(database_url, ["kari"] * 10, barrier, answers)) for _ in range(2)]
    for racer in racers:
        racer.start()
    dealt = [answers.get() for _ in racers]
    for racer in racers:
        racer.join()
    assert len(set(dealt[0] + dealt[1])) == 1
    with database.reading() as session:
        assert len(session.scalars(select(Assignment)).all()) == 1
    database.close()
