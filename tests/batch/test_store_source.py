import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from classifier.batch import store_source
from classifier.batch.answers import Answer, answer_of, suggestion_of
from classifier.batch.engines import Engine
from classifier.batch.mapping import map_history
from classifier.batch.partition import Partition, PartitionResult
from classifier.batch.run import Outcome, RunSettings, reclassify
from classifier.batch.sources import Record
from classifier.batch.store_source import COLUMNS, Extent, StoreSource, extent_of, keep_answers, present_extent
from classifier.errors import JobError
from classifier.language import analyse
from classifier.model.incident_model import PARTS
from classifier.review.missing import count_missing, suggest_missing
from classifier.store.database import Database
from classifier.store.tables import AuditEntry, Report, StoredSuggestion
from tests import small_model
from tests.batch.fakes import REFERENCE, FakeEngine
from tests.review.reports import NOW, add, decide

TEXTS = tuple(f"Han slo hardt i bordet {number}." for number in range(9))


@pytest.fixture(autouse=True)
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_source, "_ROWS_AT_A_TIME", 2)


def erase(database: Database, report: int) -> None:
    with database.writing() as session:
        row = session.get_one(Report, report)
        row.text, row.text_digest, row.erased_at = None, None, NOW


def read(database: Database, extent: Extent | None = None) -> list[dict[str, Any]]:
    rows = list(StoreSource(database, extent or present_extent(database)).rows())
    assert all(isinstance(row, Record) for row in rows)
    return [dict(zip(COLUMNS, row.values, strict=True)) for row in rows if isinstance(row, Record)]


def stored(database: Database) -> dict[int, StoredSuggestion]:
    with database.reading() as session:
        return {row.report_id: row for row in session.scalars(select(StoredSuggestion))}


def run(database: Database, output: Path, engine: Engine, extent: Extent | None = None) -> Outcome:
    source = StoreSource(database, extent or present_extent(database))

    def keep(answers: Sequence[tuple[int, Answer]]) -> None:
        keep_answers(database, answers, REFERENCE, who="kari", now=NOW)

    return reclassify(
        source,
        output,
        map_history(source.columns, {}, source.name),
        engine,
        REFERENCE,
        RunSettings(partition_rows=2, spans=True),
        write_summary=lambda *_: None,
        keep=keep,
    )


class StoppedEngine(FakeEngine):
    """Stops like a killed process before its third partition."""

    def run(self, partitions: Iterable[Partition]) -> Iterator[PartitionResult]:
        for result in super().run(partitions):
            if result.number == 2:
                raise KeyboardInterrupt
            yield result


def test_reports_come_in_the_order_of_their_ids_without_the_erased(database: Database) -> None:
    fields: dict[str, Any] = {"incident_date": date(2024, 5, 1), "unit": "Nav Ås", "unit_kind": "Nav-kontor"}
    reports = add(database, *TEXTS, label_category="haerverk", label_channel="telefon", **fields)
    erase(database, reports[3])
    found = read(database)
    assert [row["text"] for row in found] == [*TEXTS[:3], *TEXTS[4:]]
    assert found[0] == {
        "id": "1",
        "source": "arkiv",
        "date": date(2024, 5, 1),
        "unit": "Nav Ås",
        "unit_kind": "Nav-kontor",
        "text": TEXTS[0],
        "category": "haerverk",
        "channel": "telefon",
    }


def test_a_label_that_stands_by_decisions_comes_before_the_one_the_report_had(database: Database) -> None:
    reports = add(database, *TEXTS[:3], label_category="haerverk", label_channel="brev")
    decide(database, reports[0], label=("trussel", "telefon"))
    decide(database, reports[1], label=("trussel", "telefon"))
    decide(database, reports[1], kind="undo", undoes=1)
    labels = [(row["category"], row["channel"]) for row in read(database)]
    assert labels == [("trussel", "telefon"), ("haerverk", "brev"), ("haerverk", "brev")]


def test_what_comes_after_the_extent_changes_nothing_and_an_erasure_is_noticed(database: Database) -> None:
    reports = add(database, *TEXTS[:4])
    decide(database, reports[0])
    extent = present_extent(database)
    source = StoreSource(database, extent)
    digest, rows = source.digest(), list(source.rows())
    assert extent_of(digest) == extent
    assert extent_of("d" * 64) is None
    add(database, "Ho ropte i mottaket.", source="skjema")
    decide(database, reports[1])
    decide(database, reports[0], kind="undo", undoes=1)
    assert (source.digest(), list(source.rows())) == (digest, rows)
    assert StoreSource(database, present_extent(database)).digest() != digest
    erase(database, reports[2])
    assert source.digest() != digest
    assert len(list(source.rows())) == 3


def test_stopped_and_gone_on_with_it_gives_the_same_bytes_and_keeps_each_suggestion_once(
    database: Database, tmp_path: Path
) -> None:
    reports = add(database, *TEXTS, "ok")
    run(database, tmp_path / "hel.csv", FakeEngine())
    kept = stored(database)
    assert sorted(kept) == reports
    with database.writing() as session:
        for row in session.scalars(select(StoredSuggestion)):
            session.delete(row)
    extent = present_extent(database)
    with pytest.raises(KeyboardInterrupt):
        run(database, tmp_path / "ny.csv", StoppedEngine())
    assert sorted(stored(database)) == reports[:4]
    add(database, "Ho ropte i mottaket.", source="skjema")
    engine = FakeEngine()
    run(database, tmp_path / "ny.csv", engine, extent)
    assert engine.asked == [*TEXTS[4:], "ok"]
    assert (tmp_path / "ny.csv").read_bytes() == (tmp_path / "hel.csv").read_bytes()
    again = stored(database)
    assert {report: (row.category, row.channel_proba, row.outcome) for report, row in again.items()} == {
        report: (row.category, row.channel_proba, row.outcome) for report, row in kept.items()
    }
    with (tmp_path / "ny.csv").open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file, delimiter=";"))
    assert [(row["text"], row["asys_category"]) for row in written] == [
        (text, again[report].category or "") for report, text in zip(reports, (*TEXTS, "ok"), strict=True)
    ]


def test_gone_on_with_after_an_erasure_it_is_refused(database: Database, tmp_path: Path) -> None:
    reports = add(database, *TEXTS)
    extent = present_extent(database)
    with pytest.raises(KeyboardInterrupt):
        run(database, tmp_path / "ny.csv", StoppedEngine())
    erase(database, reports[0])
    with pytest.raises(JobError, match="another input"):
        run(database, tmp_path / "ny.csv", FakeEngine(), extent)


def test_what_is_kept_is_what_the_queue_would_have_kept_itself(database: Database) -> None:
    texts = (*(example.text for example in small_model.unseen()[:12]), "ok", "Where is the nearest train station, please?")
    reports = add(database, *texts)
    model = small_model.model()
    suggest_missing(database, model, who="kari", now=NOW, progress=lambda: None)
    expected = stored(database)
    with database.writing() as session:
        for row in session.scalars(select(StoredSuggestion)):
            session.delete(row)
    analysed = list(analyse(texts, pipeline=model.pipeline, parts=PARTS))
    answers = [
        Answer.unpacked(answer_of(said, text, model, spans=True).packed())
        for said, text in zip(model.suggest_analysed(analysed), analysed, strict=True)
    ]
    reference = replace(REFERENCE, version=model.version, prior=model.prior)
    keep_answers(database, list(zip(reports, answers, strict=True)), reference, who="kari", now=NOW)
    assert count_missing(database, model.version, model.prior) == 0
    found = stored(database)
    assert {row.outcome for row in found.values()} == {"ok", "too_short", "not_norwegian"}
    for report in reports:
        one, other = found[report], expected[report]
        for name in ("outcome", "category", "channel", "category_confident", "channel_confident", "warnings", "evidence"):
            assert getattr(one, name) == getattr(other, name), name
        for name in ("category_proba", "channel_proba"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-6)
    assert any(row.evidence for row in found.values())


def test_a_report_that_was_erased_meanwhile_gets_no_suggestion_and_the_rest_is_on_record(database: Database) -> None:
    reports = add(database, *TEXTS[:2])
    erase(database, reports[0])
    too_short = Answer("too_short")
    assert suggestion_of(too_short, "1").outcome == "too_short"
    keep_answers(database, [(report, too_short) for report in reports], REFERENCE, who="kari", now=NOW)
    assert sorted(stored(database)) == reports[1:]
    with database.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "suggest"))
    assert (entry.who, entry.details) == ("kari", {"reports": 1, "model_version": "1", "prior": "corpus"})
