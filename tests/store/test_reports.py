from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from classifier.errors import ConflictError, UnknownReportError
from classifier.store.database import Database
from classifier.store.reports import IncomingReport, add_reports, find_report, text_digest
from classifier.store.tables import Report

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIRST = IncomingReport("arkiv", "17", "Brukaren ringde og truga.", date(2021, 12, 31), "Nav Vik", extra={"Løpenr": "0017"})


def test_a_report_comes_back_as_it_was(database: Database) -> None:
    with database.writing() as session:
        assert add_reports(session, [FIRST], NOW) == 1
    with database.reading() as session:
        found = find_report(session, "17")
        assert (found.text, found.incident_date, found.unit, found.extra) == (
            FIRST.text,
            FIRST.incident_date,
            "Nav Vik",
            FIRST.extra,
        )


def test_the_same_report_twice_is_kept_once_as_it_first_was(database: Database) -> None:
    with database.writing() as session:
        add_reports(session, [FIRST], NOW)
        assert add_reports(session, [replace(FIRST, text="Noe annet."), replace(FIRST, external_id="18")], NOW) == 1
    with database.reading() as session:
        assert find_report(session, "17").text == FIRST.text


def test_more_reports_than_a_statement_holds_are_all_added(database: Database) -> None:
    many = [replace(FIRST, external_id=str(number)) for number in range(1, 1203)]
    with database.writing() as session:
        assert add_reports(session, many, NOW) == 1202
    with database.reading() as session:
        assert session.scalar(select(func.count(Report.id))) == 1202


def test_an_unknown_report_is_named(database: Database) -> None:
    with database.reading() as session, pytest.raises(UnknownReportError, match="'99'"):
        find_report(session, "99")


def test_an_id_that_two_sources_use_needs_its_source(database: Database) -> None:
    with database.writing() as session:
        add_reports(session, [FIRST, replace(FIRST, source="skjema")], NOW)
    with database.reading() as session:
        with pytest.raises(ConflictError, match="arkiv, skjema"):
            find_report(session, "17")
        assert find_report(session, "17", "skjema").source == "skjema"


def test_a_digest_knows_a_text_again_whatever_its_spaces_and_case() -> None:
    assert text_digest("Bruker  ringte\n") == text_digest("bruker ringte")
    assert text_digest("Bruker ringte") != text_digest("Brukar ringte")
