from datetime import UTC, datetime

from sqlalchemy import select

from classifier.store.database import Database
from classifier.store.reports import IncomingReport, add_reports, find_report
from classifier.store.suggestions import add_suggestions, reports_without, suggestion_of
from classifier.store.tables import StoredSuggestion
from tests import small_model

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEXTS = ("Bruker ringte og truet med å komme og ta meg.", "ok")


def stored(database: Database) -> list[int]:
    with database.writing() as session:
        add_reports(session, [IncomingReport("arkiv", str(place), text) for place, text in enumerate(TEXTS)], NOW)
        return [find_report(session, str(place)).id for place in range(len(TEXTS))]


def test_a_suggestion_is_kept_with_every_probability(database: Database) -> None:
    ids = stored(database)
    suggested = small_model.model().suggest(TEXTS)
    with database.writing() as session:
        add_suggestions(session, list(zip(ids, suggested, strict=True)), prior="corpus", created_at=NOW)
    with database.reading() as session:
        first, second = (suggestion_of(session, report, "small", "corpus") for report in ids)
    assert first is not None
    assert second is not None
    assert suggested[0].category is not None
    assert first.category == suggested[0].category.label
    assert first.category_proba == {item.label: item.probability for item in suggested[0].category.ranked}
    assert first.evidence
    assert (second.outcome, second.category, second.category_proba) == ("too_short", None, {})


def test_a_version_reads_a_report_once(database: Database) -> None:
    ids = stored(database)
    suggested = small_model.model().suggest(TEXTS)
    for _ in range(2):
        with database.writing() as session:
            add_suggestions(session, [(ids[0], suggested[0])], prior="corpus", created_at=NOW)
    with database.reading() as session:
        assert len(session.scalars(select(StoredSuggestion)).all()) == 1
        assert [report.id for report in reports_without(session, "small", "corpus")] == [ids[1]]
        assert [report.id for report in reports_without(session, "other", "corpus", after=ids[0])] == [ids[1]]
