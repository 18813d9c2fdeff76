import json
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import String, cast, func, select, text
from sqlalchemy.exc import StatementError

from classifier.errors import ConflictError, UnknownReportError
from classifier.store.database import Database, open_database
from classifier.store.erasure import Copy, Selection, erase, select_reports
from classifier.store.erasure_proof import prove, sweep
from classifier.store.erasure_report import ErasureReport, as_dict, as_text
from classifier.store.tables import AuditEntry, Base, Decision, ModelVersion, Report, SnapshotExample, StoredSuggestion
from tests.store.histories import REASON, THREAT, filled
from tests.store.intake import import_file

LATER = datetime(2026, 4, 1, tzinfo=UTC)
BOTH = Selection(before=date(2023, 1, 1))
"""Both reports with the threat's text, and one more."""


def places_of(database: Database, words: str) -> list[str]:
    """Return every column of every table in which the words stand, as text or inside JSON."""
    found = []
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                for form in (words, json.dumps(words)[1:-1]):
                    holds = cast(column, String).contains(form, autoescape=True)
                    if session.scalar(select(func.count()).select_from(table).where(holds)):
                        found.append(f"{table.name}.{column.name}")
    return found


def test_nothing_of_an_erased_text_is_left_in_any_table(database: Database) -> None:
    filled(database)
    for words in (THREAT, REASON):
        assert places_of(database, words)
    erasure = erase(database, BOTH, who="ola", why="krav", now=LATER)
    for words in (THREAT, THREAT[:30], REASON, "Ho slo i skranken", "Løpenr"):
        assert places_of(database, words) == []
    proof = prove(database, erasure, sweep(database))
    assert proof.clean
    assert proof.searched_words > 5
    assert proof.searched_columns > 60
    assert proof.file_checked == (database.dialect == "sqlite")


def test_labels_dates_and_history_stay_to_be_counted(database: Database) -> None:
    filled(database)
    erasure = erase(database, BOTH, who="ola", why="krav", now=LATER)
    assert [(one.source, one.external_id) for one in erasure.reports] == [("arkiv", "17"), ("skjema", "17"), ("skjema", "19")]
    assert (erasure.suggestions, erasure.reasons, erasure.examples, erasure.assignments) == (1, 3, 2, 1)
    with database.reading() as session:
        first = session.scalars(select(Report).where(Report.source == "arkiv", Report.external_id == "17")).one()
        assert (first.text, first.text_digest, first.extra, first.erased_at) == (None, None, {}, LATER)
        assert (first.incident_date, first.unit, first.label_category) == (date(2021, 12, 31), "Nav Vik", "trussel")
        assert [decision.category for decision in first.decisions] == ["trussel", None, None, "haerverk"]
        suggestion = session.scalars(select(StoredSuggestion)).one()
        assert (suggestion.category, suggestion.category_proba, suggestion.evidence) == ("trussel", {}, [])
        assert session.scalars(select(SnapshotExample)).all() == []
        other = session.scalars(select(Report).where(Report.external_id == "-18")).one()
        assert other.text is not None
        assert session.scalar(text("SELECT count(*) FROM erasure_permits")) == 0


def test_the_models_that_learned_from_it_are_told_and_marked(database: Database) -> None:
    filled(database)
    erasure = erase(database, Selection(("19",)), who="ola", why="krav", now=LATER)
    assert (erasure.snapshots, erasure.versions) == ([], [])
    erasure = erase(database, Selection(("17",), source="arkiv"), who="ola", why="krav", now=LATER)
    assert (erasure.snapshots, erasure.versions) == ([1], ["2026.3.2"])
    with database.reading() as session:
        marked = {version.version: version.saw_erased_at for version in session.scalars(select(ModelVersion))}
        assert marked == {"2026.3.2": LATER, "2026.3.1": None}
        assert [example.source for example in session.scalars(select(SnapshotExample))] == ["skjema"]


def test_it_is_on_record_who_erased_what_and_why(database: Database) -> None:
    filled(database)
    erase(database, BOTH, who="ola", why="krav fra bruker", now=LATER)
    with database.reading() as session:
        *each, summary = session.scalars(select(AuditEntry).where(AuditEntry.action == "erase").order_by(AuditEntry.id))
        assert [entry.report_id is not None for entry in each] == [True, True, True]
        assert (summary.who, summary.details["why"], summary.details["reports"]) == ("ola", "krav fra bruker", 3)


def test_a_copy_that_is_left_is_told_and_goes_along_if_asked_for(database: Database) -> None:
    filled(database)
    only = Selection(("17",), source="arkiv")
    with database.reading() as session:
        assert len(select_reports(session, only)) == 1
        assert len(select_reports(session, Selection(("17",), source="arkiv", copies=True))) == 2
    erasure = erase(database, only, who="ola", why="krav", now=LATER)
    assert erasure.copies == [Copy("skjema", "19")]
    assert prove(database, erasure, sweep(database)).clean


def test_reports_are_chosen_by_age_of_the_incident_or_else_of_the_report(database: Database) -> None:
    filled(database)
    with database.reading() as session:
        numbers = {report.id: (report.source, report.external_id) for report in session.scalars(select(Report))}

        def chosen(before: date) -> set[tuple[str, str]]:
            return {numbers[number] for number in select_reports(session, Selection(before=before))}

        assert chosen(date(2021, 12, 31)) == {("skjema", "17")}
        assert chosen(date(2022, 1, 1)) == {("skjema", "17"), ("arkiv", "17")}
        assert chosen(date(2026, 3, 3)) == set(numbers.values())
        with pytest.raises(UnknownReportError, match="'99'"):
            select_reports(session, Selection(("99",)))
        with pytest.raises(ConflictError, match=r"'17' is in several sources \(arkiv, skjema\)"):
            select_reports(session, Selection(("17",)))


def test_an_erased_report_stays_so_when_its_file_is_imported_again(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id;tekst\n1;{THREAT}\n", encoding="utf-8")
    import_file(database, path)
    erase(database, Selection(("1",)), who="ola", why="krav", now=LATER)
    done = import_file(database, path)
    assert (done.counts.erased, done.rejected) == (1, [])
    assert places_of(database, THREAT) == []


def test_an_erasure_that_fails_half_way_leaves_everything(database: Database) -> None:
    filled(database)
    with pytest.raises(StatementError, match="time zone"):
        erase(database, BOTH, who="ola", why="krav", now=datetime(2026, 4, 1))
    assert places_of(database, THREAT)
    with database.reading() as session:
        assert session.scalar(select(func.count(Decision.id)).where(Decision.reason.is_not(None))) == 3


def test_the_bytes_of_a_sqlite_file_hold_nothing_of_it(tmp_path: Path) -> None:
    place = tmp_path / "asys.db"
    database = open_database(str(place))
    filled(database)
    long = "".join(f"Setning nummer {number} om det som hendte på kontoret. " for number in range(300))
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "lang", "text": long, "merknad": "i gangen ved inngangen"}) + "\n")
    import_file(database, tmp_path / "a.jsonl")

    def bytes_of_it() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.glob("asys.db*"))

    pieces = [THREAT.encode(), REASON.encode(), b"Setning nummer 7 om", b"Setning nummer 250 om", b"i gangen ved inngangen"]
    assert all(piece in bytes_of_it() for piece in pieces)
    erasure = erase(database, Selection(before=date(2026, 3, 5)), who="ola", why="krav", now=LATER)
    proof = prove(database, erasure, sweep(database))
    assert (proof.clean, proof.file_checked) == (True, True)
    left = [(path.name, piece) for path in tmp_path.glob("asys.db*") for piece in pieces if piece in path.read_bytes()]
    assert left == []
    database.close()


def test_a_file_that_another_program_uses_is_not_called_clean(tmp_path: Path) -> None:
    place = tmp_path / "asys.db"
    database = open_database(str(place))
    filled(database)
    reader = sqlite3.connect(place)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM reports").fetchone()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    erasure = erase(database, BOTH, who="ola", why="krav", now=LATER)
    proof = prove(database, erasure, sweep(database))
    assert not proof.clean
    assert "in use" in (proof.file_problem or "")
    reader.close()
    assert prove(database, erasure, sweep(database)).clean
    database.close()


def test_words_that_were_missed_are_found_and_told(database: Database) -> None:
    filled(database)
    erasure = erase(database, BOTH, who="ola", why="krav", now=LATER)
    with database.writing() as session:
        session.add(AuditEntry(at=LATER, who="ola", action="read", details={"feil": THREAT}))
    proof = prove(database, erasure, sweep(database))
    assert [(place.table, place.column, place.rows) for place in proof.found] == [("audit_entries", "details", 1)]
    assert not proof.clean


def test_the_report_tells_everything_but_the_text(database: Database) -> None:
    filled(database)
    erasure = erase(database, Selection(("17",), "arkiv"), who="ola", why="krav fra bruker", now=LATER)
    proof = prove(database, erasure, sweep(database))
    report = ErasureReport("asys.db", database.dialect, "ola", "krav fra bruker", LATER, "17", erasure, proof)
    told, page = as_dict(report), as_text(report)
    assert told["had_seen_it"] == {"snapshots": [1], "model_versions": ["2026.3.2"]}
    assert told["copies_left"] == [{"source": "skjema", "external_id": "19"}]
    assert told["proof"]["clean"] is True
    assert "- Modellversjoner: 2026.3.2" in page
    assert "| arkiv | 17 | 2021-12-31 |" in page
    assert "ingenting igjen i databasen" in page
    for written in (json.dumps(told, ensure_ascii=False), page):
        assert "hvor jeg bor" not in written
        assert "to ganger" not in written
    assert ("VACUUM FULL" in page) == (database.dialect == "postgresql")
