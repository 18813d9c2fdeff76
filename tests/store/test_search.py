from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, select, text

from classifier.store.database import Database
from classifier.store.reports import IncomingReport, add_reports, text_digest
from classifier.store.search import Search, search_reports, terms_of
from classifier.store.tables import Decision, ErasurePermit, Report

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
REPORTS = (
    IncomingReport(
        "arkiv",
        "1",
        "Bruker ringte og sa at han visste hvor jeg bor. Trusselen ble gjentatt.",
        date(2020, 5, 1),
        "Nav Vik",
        label_category="trussel",
        label_channel="telefon",
    ),
    IncomingReport("arkiv", "2", "Ærekrenkende e-post til ola@nav.no om hvor dårlig jeg er.", date(2021, 6, 2), "Nav Ås"),
    IncomingReport("asys", "1", "Glasset i skranken ble knust; vekter kom kl. 10.15.", None, "Nav Vik"),
)


@pytest.fixture
def filled(database: Database) -> Database:
    with database.writing() as session:
        add_reports(session, REPORTS, NOW)
    return database


def found(database: Database, **asked: object) -> list[tuple[str, str]]:
    with database.reading() as session:
        answer = search_reports(session, Search(**asked), limit=10)  # type: ignore[arg-type]
        return [(item.report.source, item.report.external_id) for item in answer]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("trussel", [("arkiv", "1")]),
        ("BRUKER visste", [("arkiv", "1")]),
        ("hvor jeg", [("arkiv", "2"), ("arkiv", "1")]),
        ('"hvor jeg bor"', [("arkiv", "1")]),
        ('"jeg hvor"', []),
        ("ærekrenk", [("arkiv", "2")]),
        ("aerekrenk", []),
        ("e-post", [("arkiv", "2")]),
        ("nav.no", [("arkiv", "2")]),
        ("10.15", [("asys", "1")]),
        ("ussel", []),
        ("?!", []),
        ("'); DROP TABLE reports; --", []),
        ('NOT OR "', []),
        ("\x00\ud800*", []),
        ("", [("asys", "1"), ("arkiv", "2"), ("arkiv", "1")]),
    ],
)
def test_words_find_words_that_begin_so_and_quotes_keep_them_together(
    filled: Database, words: str, expected: list[tuple[str, str]]
) -> None:
    assert found(filled, words=words) == expected


def test_filters_narrow_a_search_and_pages_follow_each_other(filled: Database) -> None:
    assert found(filled, unit="Nav Vik") == [("asys", "1"), ("arkiv", "1")]
    assert found(filled, unit="Nav Vik", source="arkiv") == [("arkiv", "1")]
    assert found(filled, external_id="1", source="asys") == [("asys", "1")]
    assert found(filled, first_date=date(2020, 5, 1), last_date=date(2021, 6, 1)) == [("arkiv", "1")]
    assert found(filled, category="trussel") == [("arkiv", "1")]
    assert found(filled, decided=True) == []
    with filled.reading() as session:
        first = search_reports(session, Search(), limit=2)
        rest = search_reports(session, Search(before=first[-1].report.id), limit=2)
    assert [item.report.external_id for item in (*first, *rest)] == ["1", "2", "1"]


def test_the_label_that_stands_is_the_last_that_was_not_taken_back(filled: Database) -> None:
    def decide(sequence: int, kind: str, category: str | None = None, undoes: int | None = None) -> int:
        with filled.writing() as session:
            report = session.scalars(select(Report.id).where(Report.source == "arkiv", Report.external_id == "1")).one()
            channel = "sms" if category else None
            decision = Decision(
                report_id=report,
                sequence=sequence,
                kind=kind,
                category=category,
                channel=channel,
                annotator="ola",
                role="registrar",
                decided_at=NOW,
                undoes_id=undoes,
            )
            session.add(decision)
            session.flush()
            return decision.id

    decide(1, "label", "hatytringer")
    second = decide(2, "label", "haerverk")
    assert found(filled, category="haerverk", channel="sms", decided=True) == [("arkiv", "1")]
    decide(3, "undo", undoes=second)
    assert found(filled, category="hatytringer") == [("arkiv", "1")]
    decide(4, "adjudication", "sjikane_trakassering")
    decide(5, "label", "haerverk")
    assert found(filled, category="sjikane_trakassering") == [("arkiv", "1")]
    assert found(filled, category="trussel") == []


def test_a_changed_text_is_found_by_its_new_words_and_an_erased_one_by_none(filled: Database) -> None:
    with filled.writing() as session:
        report = session.scalars(select(Report).where(Report.external_id == "2")).one()
        report.text, report.text_digest = "Et brev med hets.", text_digest("Et brev med hets.")
    assert found(filled, words="brev") == [("arkiv", "2")]
    assert found(filled, words="ærekrenkende") == []
    with filled.writing() as session:
        report = session.scalars(select(Report).where(Report.external_id == "2")).one()
        session.add(ErasurePermit(report_id=report.id))
        session.flush()
        report.text, report.text_digest, report.erased_at = None, None, NOW
        session.flush()
        session.execute(delete(ErasurePermit))
    assert found(filled, words="brev") == []
    with filled.reading() as session:
        if filled.dialect == "sqlite":
            blocks = session.execute(text("SELECT block FROM report_words_data")).scalars()
            assert not any(b"hets" in bytes(block) for block in blocks)
        else:
            assert session.execute(text("SELECT count(*) FROM reports WHERE words @@ 'hets'::tsquery")).scalar() == 0


def test_terms_are_what_a_person_typed() -> None:
    assert terms_of('  truss  "hvor jeg bor" E-POST "" ') == [["truss"], ["hvor", "jeg", "bor"], ["e", "post"]]
