"""Incidents from the store, on either kind of database."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from classifier.model.estimator import LABELS
from classifier.model.own_prior import name_of
from classifier.review.decisions import NewDecision, record_decision
from classifier.store.database import Database
from classifier.store.reports import IncomingReport, add_reports, find_report
from classifier.store.suggestions import add_suggestions
from classifier.suggestion import Proposal, Ranked, Suggestion
from classifier.trends import stored
from classifier.trends.incidents import NO_UNIT, Incident
from classifier.trends.stored import Noted, Reader, StoredLabels, notes_on, stored_incidents

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = date(2021, 5, 17)
READER = Reader("2026.1.1", "corpus")


def put(database: Database, *reports: IncomingReport) -> None:
    with database.writing() as session:
        add_reports(session, reports, NOW)


def came(number: str = "1", day: date | None = DAY, unit: str | None = "Nav Ytrevik", **label: str | None) -> IncomingReport:
    return IncomingReport("arkiv", number, "Han ringte og truet.", incident_date=day, unit=unit, **label)  # type: ignore[arg-type]


def decide(database: Database, number: str, who: str, category: str, **more: object) -> None:
    with database.writing() as session:
        report = find_report(session, number).id
        record_decision(
            session,
            NewDecision(report, who, "quality_checker", NOW, category=category, channel="brev", **more),  # type: ignore[arg-type]
        )


def read(
    database: Database, labels: StoredLabels = "registered", reader: Reader | None = None
) -> tuple[list[Incident], Counter[Noted]]:
    noted: Counter[Noted] = Counter()
    with database.reading() as session:
        return list(stored_incidents(session, labels, noted, reader)), noted


def proposal(target: str, label: str, *labels: str) -> Proposal:
    others = [other for other in (labels or LABELS[target]) if other != label]  # type: ignore[index]
    return Proposal((Ranked(label, 0.9), *(Ranked(other, 0.1 / len(others)) for other in others)), True)


def suggested(category: str, channel: str, version: str = READER.version) -> Suggestion:
    return Suggestion("ok", proposal("category", category), proposal("channel", channel), (), (), None, version)


def propose(database: Database, number: str, suggestion: Suggestion, prior: str = name_of(READER.prior)) -> None:
    with database.writing() as session:
        report = find_report(session, number).id
        add_suggestions(session, [(report, suggestion)], prior=prior, created_at=NOW)


def test_a_report_counts_with_the_label_it_came_with_until_somebody_decides(database: Database) -> None:
    put(database, came("1", label_category="trussel", label_channel="telefon"), came("2", label_category="haerverk"))
    decide(database, "1", "kari", "hatytringer")
    found, _ = read(database)
    assert found == [
        Incident(DAY, "Nav Ytrevik", "Nav-kontor", "hatytringer", "brev"),
        Incident(DAY, "Nav Ytrevik", "Nav-kontor", "haerverk", None),
    ]


def test_decided_and_imported_labels_can_be_counted_alone_and_no_incident_is_lost(database: Database) -> None:
    put(database, came("1", label_category="trussel", label_channel="telefon"), came("2", label_category="haerverk"))
    decide(database, "1", "kari", "hatytringer")
    assert [incident.category for incident in read(database, "decided")[0]] == ["hatytringer", None]
    assert [incident.category for incident in read(database, "imported")[0]] == ["trussel", "haerverk"]


def test_a_decision_that_was_taken_back_counts_no_more(database: Database) -> None:
    put(database, came(label_category="trussel"))
    decide(database, "1", "kari", "hatytringer")
    with database.writing() as session:
        report = find_report(session, "1").id
        record_decision(session, NewDecision(report, "kari", "quality_checker", NOW, kind="undo", undoes=1))
    assert [incident.category for incident in read(database)[0]] == ["trussel"]


def test_a_dispute_counts_with_the_last_label_and_is_told(database: Database) -> None:
    put(database, came())
    decide(database, "1", "kari", "hatytringer")
    decide(database, "1", "ola", "trussel")
    found, noted = read(database)
    assert [incident.category for incident in found] == ["trussel"]
    assert notes_on(noted) == ["1 rapport er folk uenige om. Den teller med det siste som ble valgt."]


def test_a_model_labels_with_its_probabilities_by_the_version_and_prior_asked_for(database: Database) -> None:
    put(database, came("1", label_category="haerverk"), came("2"))
    decide(database, "1", "kari", "hatytringer")
    propose(database, "1", suggested("trussel", "telefon"))
    propose(database, "1", suggested("haerverk", "brev", "2025.1.1"))
    propose(database, "1", suggested("haerverk", "brev"), "uniform")
    (read_by_it, unread), noted = read(database, "model", READER)
    assert (read_by_it.category, read_by_it.channel) == ("trussel", "telefon")
    labels = (*LABELS["category"], *LABELS["channel"])
    assert len(read_by_it.probabilities) == len(labels)
    assert [label for label, share in zip(labels, read_by_it.probabilities, strict=True) if share == 0.9] == [
        "trussel",
        "telefon",
    ]
    assert (unread.category, unread.channel, unread.probabilities) == (None, None, ())
    assert noted == {"unread": 1}


def test_a_suggestion_that_knows_other_labels_than_todays_has_no_probabilities(database: Database) -> None:
    put(database, came())
    few = replace(suggested("trussel", "telefon"), category=proposal("category", "trussel", "trussel", "haerverk"))
    propose(database, "1", few)
    (found,), _ = read(database, "model", READER)
    assert (found.category, found.probabilities) == ("trussel", ())


def test_what_cannot_be_counted_as_it_is_is_told(database: Database) -> None:
    put(database, came("1", None), came("2", label_category="ran"), came("3", unit=None, label_category="trussel"))
    found, noted = read(database)
    assert [(incident.category, incident.unit) for incident in found] == [(None, "Nav Ytrevik"), ("trussel", NO_UNIT)]
    assert noted["undated"] == noted["unknown"] == 1
    assert len(notes_on(noted)) == 2


def test_an_erased_report_still_counts(database: Database) -> None:
    put(database, replace(came(label_category="trussel"), erased_at=NOW))
    assert [incident.category for incident in read(database)[0]] == ["trussel"]


def test_more_reports_than_are_read_at_a_time_come_once_each(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "_AT_A_TIME", 2)
    put(database, *(came(str(place), date(2021, 1, 1 + place)) for place in range(5)))
    decide(database, "4", "kari", "hatytringer")
    found, _ = read(database)
    assert [incident.day.day for incident in found] == [1, 2, 3, 4, 5]
    assert found[-1].category == "hatytringer"


def test_a_reader_without_its_labels_is_a_mistake(database: Database) -> None:
    with pytest.raises(ValueError, match="reader"):
        read(database, "model")
