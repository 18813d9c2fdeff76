from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from classifier.errors import ConflictError, TrainingError
from classifier.language import LoadedPipeline
from classifier.review.snapshots import TakenSnapshot, snapshot_digest, snapshot_examples, take_snapshot
from classifier.store.database import Database
from classifier.store.tables import AuditEntry, Report, Snapshot
from tests.review.reports import NOW, add, decide

DAMAGE = ("haerverk", "publikumsmottak")


def take(database: Database, pipeline: LoadedPipeline, **arguments: object) -> TakenSnapshot:
    given: dict[str, object] = {"share": 0.0, "salt": "salt", "frozen": (), "who": "kari", "now": NOW} | arguments
    return take_snapshot(database, pipeline=pipeline, **given)  # type: ignore[arg-type]


def test_snapshots_are_numbered_and_the_same_content_is_the_same_one(database: Database, pipeline: LoadedPipeline) -> None:
    first, second = add(database, "Kari Hansen kastet en stol.", "Hun truet meg på telefonen.")
    decide(database, first, label=DAMAGE)
    one = take(database, pipeline)
    assert (one.number, one.examples, one.made_anew) == (1, 1, True)
    decide(database, first, "ola", DAMAGE)
    again = take(database, pipeline, now=NOW + timedelta(days=1))
    assert (again.number, again.digest, again.made_anew) == (1, one.digest, False)
    decide(database, second)
    two = take(database, pipeline)
    assert (two.number, two.examples, two.made_anew) == (2, 2, True)
    with database.reading() as session:
        kept = [item.example for item in snapshot_examples(session, 1)]
        actions = [entry.action for entry in session.scalars(select(AuditEntry))]
    assert [example.text for example in kept] == ["[PERSON] kastet en stol."]
    assert snapshot_digest(kept) == one.digest
    assert actions.count("snapshot") == 2


def test_a_snapshot_says_what_it_left_out(database: Database, pipeline: LoadedPipeline) -> None:
    (report,) = add(database)
    decide(database, report)
    with pytest.raises(TrainingError, match="left out: 1 blind"):
        take(database, pipeline, share=1.0)
    assert take(database, pipeline, share=1.0, empty=True).left_out == {"blind": 1}


@pytest.mark.parametrize("statement", ["UPDATE snapshot_examples SET category = 'trussel'", "DELETE FROM snapshot_examples"])
def test_a_snapshot_cannot_be_changed(database: Database, pipeline: LoadedPipeline, statement: str) -> None:
    (report,) = add(database)
    decide(database, report, label=DAMAGE)
    take(database, pipeline)
    with pytest.raises(SQLAlchemyError, match="append-only"), database.writing() as session:
        session.execute(text(statement))


def erase(database: Database, report: int) -> None:
    with database.writing() as session:
        row = session.get_one(Report, report)
        row.text, row.text_digest, row.erased_at = None, None, NOW


def test_a_text_that_is_erased_while_a_snapshot_is_taken_is_not_in_it(database: Database, pipeline: LoadedPipeline) -> None:
    first, second = add(database, "Han kastet en stol.", "Hun truet meg på telefonen.")
    decide(database, first, label=DAMAGE)
    decide(database, second)
    seen: list[int] = []

    def erase_at_the_first_text() -> None:
        if not seen:
            erase(database, first)
        seen.append(1)

    taken = take(database, pipeline, progress=erase_at_the_first_text)
    with database.reading() as session:
        assert [item.example.report_id for item in snapshot_examples(session, taken.number)] == [second]
        assert len(session.scalars(select(Snapshot)).all()) == 1


def test_a_snapshot_gives_up_where_people_never_stop_deciding(database: Database, pipeline: LoadedPipeline) -> None:
    (report,) = add(database)
    decide(database, report)
    labels = iter([DAMAGE, ("trussel", "telefon")] * 10)
    with pytest.raises(ConflictError, match="try again later"):
        take(database, pipeline, progress=lambda: decide(database, report, label=next(labels)))
