import pytest
from sqlalchemy import select

from classifier.model.incident_model import LONGEST_TEXT
from classifier.review.missing import count_missing, suggest_missing
from classifier.store.database import Database
from classifier.store.tables import AuditEntry, Report, StoredSuggestion
from tests import small_model
from tests.review.reports import NOW, add

TEXTS = ("Hun ropte og bannet i telefonen.", "ok", "Han slo i skranken og truet oss. " * 1000)


def test_every_report_is_read_once_and_the_longest_as_far_as_the_model_reads(database: Database) -> None:
    reports = add(database, *TEXTS)
    assert len(TEXTS[2]) > LONGEST_TEXT
    model = small_model.model()
    assert count_missing(database, model.version, model.prior) == 3
    steps: list[None] = []
    assert suggest_missing(database, model, who="kari", now=NOW, progress=lambda: steps.append(None)) == 3
    assert len(steps) == 3
    assert count_missing(database, model.version, model.prior) == 0
    assert suggest_missing(database, model, who="kari", now=NOW, progress=lambda: None) == 0
    with database.reading() as session:
        found = session.scalars(select(StoredSuggestion).order_by(StoredSuggestion.report_id)).all()
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "suggest")).all()
    assert [item.report_id for item in found] == reports
    assert [item.outcome for item in found] == ["ok", "too_short", "ok"]
    assert entry.details == {"reports": 3, "model_version": "small", "prior": "corpus"}


@pytest.mark.parametrize("erased", [0, 1])
def test_an_erased_report_is_not_missing(database: Database, erased: int) -> None:
    reports = add(database, *TEXTS[:2])
    with database.writing() as session:
        row = session.get_one(Report, reports[erased])
        row.text, row.text_digest, row.erased_at = None, None, NOW
    model = small_model.model()
    assert count_missing(database, model.version, model.prior) == 1
    assert suggest_missing(database, model, who="kari", now=NOW, progress=lambda: None) == 1
    assert count_missing(database, model.version, model.prior) == 0
