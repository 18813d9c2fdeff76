import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from classifier.errors import StoreError
from classifier.store.database import Database, migrate, newest_revision, open_database, parse_url, present_revision
from classifier.store.reports import IncomingReport, add_reports
from classifier.store.tables import AuditEntry, Base, Decision, Report

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
FIRST = IncomingReport("arkiv", "2021-17", "Bruker ringte og sa at han visste hvor jeg bor.", date(2021, 12, 31), "Nav Vik")


def decided(database: Database, **fields: object) -> int:
    """Store a report with one decision, and return the report's id."""
    with database.writing() as session:
        add_reports(session, [FIRST], NOW)
        report = session.scalars(select(Report)).one()
        given: dict[str, object] = {"sequence": 1, "category": "trussel", "channel": "telefon", "role": "registrar"} | fields
        session.add(Decision(report_id=report.id, annotator="ola", decided_at=NOW, reason="sagt to ganger", **given))
        return report.id


def known_to_the_code(_thing: object, name: str | None, *_: object) -> bool:
    """Leave out the index of the reports' words, which each kind of database has in a way of its own."""
    return name not in ("words", "ix_reports_words") and not (name or "").startswith("report_words")


def test_a_new_database_has_the_tables_that_the_code_describes(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": known_to_the_code})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_go_down_and_up_again_with_data_in_place(database: Database) -> None:
    decided(database)
    migrate(database.engine, "0001")
    assert present_revision(database) == "0001"
    assert "snapshots" not in inspect(database.engine).get_table_names()
    migrate(database.engine, "head")
    with database.reading() as session:
        assert session.scalars(select(Decision)).one().category == "trussel"
    migrate(database.engine, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrate(database.engine, "head")
    assert present_revision(database) == newest_revision()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions SET category = 'haerverk'",
        "UPDATE decisions SET reason = NULL",
        "DELETE FROM decisions",
        "DELETE FROM audit_entries",
        "UPDATE audit_entries SET who = 'kari'",
    ],
)
def test_history_cannot_be_changed(database: Database, statement: str) -> None:
    decided(database)
    with database.writing() as session:
        session.add(AuditEntry(at=NOW, who="ola", action="decide", details={}))
    with pytest.raises(SQLAlchemyError, match="append-only"), database.writing() as session:
        session.execute(text(statement))


def test_sqlite_does_not_replace_a_decision_either(tmp_path: Path) -> None:
    database = open_database(str(tmp_path / "asys.db"))
    decided(database)
    with pytest.raises(SQLAlchemyError, match="append-only"), database.writing() as session:
        session.execute(text("INSERT OR REPLACE INTO decisions SELECT * FROM decisions"))
    database.close()


def test_an_erasure_may_take_the_words_beside_a_decision_but_not_its_label(database: Database) -> None:
    report = decided(database)
    with database.writing() as session:
        session.execute(text("INSERT INTO erasure_permits (report_id) VALUES (:id)"), {"id": report})
        session.execute(text("UPDATE decisions SET reason = NULL"))
        session.execute(text("DELETE FROM erasure_permits"))
    with database.writing() as session:
        session.execute(text("INSERT INTO erasure_permits (report_id) VALUES (:id)"), {"id": report})
    with pytest.raises(SQLAlchemyError, match="append-only"), database.writing() as session:
        session.execute(text("UPDATE decisions SET category = 'haerverk', reason = NULL"))
    with database.reading() as session:
        found = session.scalars(select(Decision)).one()
        assert (found.category, found.reason) == ("trussel", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"category": "brann"},
        {"channel": None},
        {"kind": "park"},
        {"kind": "undo", "category": None, "channel": None},
        {"kind": "guess"},
        {"role": "visitor"},
        {"sequence": 0},
    ],
)
def test_the_database_refuses_a_decision_that_makes_no_sense(database: Database, fields: dict[str, object]) -> None:
    with pytest.raises(IntegrityError):
        decided(database, **fields)


def test_two_decisions_cannot_both_be_the_first(database: Database) -> None:
    decided(database)
    with pytest.raises(IntegrityError):
        decided(database)


def test_a_moment_keeps_its_zone_and_one_without_is_refused(database: Database) -> None:
    decided(database)
    with database.reading() as session:
        assert session.scalars(select(Report)).one().received_at == NOW
    with pytest.raises(SQLAlchemyError, match="without a time zone"), database.writing() as session:
        session.add(AuditEntry(at=datetime(2026, 3, 1), who="ola", action="read", details={}))


def test_a_session_for_reading_keeps_nothing(database: Database) -> None:
    with database.reading() as session:
        add_reports(session, [FIRST], NOW)
    with database.reading() as session:
        assert session.scalars(select(Report)).all() == []


def test_an_error_in_a_writing_block_undoes_all_of_it(database: Database) -> None:
    def fail_after_adding() -> None:
        with database.writing() as session:
            add_reports(session, [FIRST], NOW)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_after_adding()
    with database.reading() as session:
        assert session.scalars(select(Report)).all() == []


def test_sqlite_writes_ahead_and_checks_foreign_keys(tmp_path: Path) -> None:
    database = open_database(str(tmp_path / "new" / "asys.db"))
    with database.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.close()


def test_an_older_sqlite_database_is_upgraded_when_opened(tmp_path: Path) -> None:
    path = str(tmp_path / "asys.db")
    older = open_database(path)
    decided(older)
    migrate(older.engine, "0001")
    older.close()
    upgraded = open_database(path)
    assert present_revision(upgraded) == newest_revision()
    upgraded.close()
    migrate(upgraded.engine, "0001")
    with pytest.raises(StoreError, match="classifier database upgrade"):
        open_database(path, upgrade=False)
    upgraded.close()


def test_a_newer_database_is_refused(database: Database, database_url: str) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer program"):
        open_database(database_url)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE orders (id INTEGER)")
    other.close()
    with pytest.raises(StoreError, match="not this program's"):
        open_database(str(tmp_path / "other.db"))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database, only a long enough text" * 40)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_database(str(tmp_path / "notes.db"))


def test_a_database_that_cannot_be_reached_is_named_without_its_password() -> None:
    with pytest.raises(StoreError) as caught:
        open_database("postgresql://ola:hemmelig@127.0.0.1:1/asys?connect_timeout=2")
    assert "hemmelig" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://host/asys", "nonsense://", "", "postgresql://[::1"])
def test_a_url_that_is_none_of_ours_is_refused(url: str) -> None:
    with pytest.raises(StoreError):
        parse_url(url)
