from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from classifier.errors import InputError
from classifier.model.estimator import LABELS, TARGETS
from classifier.review.blind import is_blind
from classifier.review.leases import take_lease
from classifier.review.queue import Filters, Queue, QueueItem, QueueSettings, build_queue
from classifier.review.quotas import DEFAULT_QUOTAS
from classifier.store.database import Database
from classifier.store.tables import Report, StoredSuggestion
from tests.review.reports import NOW, add, decide

SIGHTED = QueueSettings(0.0, "salt", DEFAULT_QUOTAS)
"""Without a blind share."""


def propose(database: Database, report: int, category: str, channel: str, sure: float = 0.97, **fields: Any) -> None:
    """Store what a model proposed, with the rest of the probability spread over the other labels."""
    best = dict(zip(TARGETS, (category, channel), strict=True))
    probabilities = {
        f"{target}_proba": {
            label: sure if label == best[target] else (1 - sure) / (len(LABELS[target]) - 1) for label in LABELS[target]
        }
        for target in TARGETS
    }
    given: dict[str, Any] = {"outcome": "ok", "category": category, "channel": channel, **probabilities} | fields
    with database.writing() as session:
        session.add(StoredSuggestion(report_id=report, model_version="1", prior="corpus", created_at=NOW, **given))


def label(database: Database, report: int, **fields: Any) -> None:
    with database.writing() as session:
        row = session.get_one(Report, report)
        for name, value in fields.items():
            setattr(row, name, value)


def queue(database: Database, settings: QueueSettings = SIGHTED, **asked: Any) -> Queue:
    filters = Filters(**{name: asked.pop(name) for name in list(asked) if name in Filters.__dataclass_fields__})
    with database.reading() as session:
        return build_queue(session, model_version="1", prior="corpus", settings=settings, now=NOW, filters=filters, **asked)


def ids(found: Queue) -> set[int]:
    return {item.report_id for item in found.items}


def item_of(found: Queue, report: int) -> QueueItem:
    return next(item for item in found.items if item.report_id == report)


def reasons_of(found: Queue, report: int) -> set[str]:
    return {reason.id for reason in item_of(found, report).reasons}


@pytest.fixture
def history(database: Database) -> list[int]:
    """Twelve reports by telephone, labelled as the model would, half as threats and half as abuse."""
    reports = add(database, *(f"Rapport nummer {number} om en samtale på telefon." for number in range(12)))
    for number, report in enumerate(reports):
        category = ("trussel", "verbal_utskjelling")[number % 2]
        label(database, report, label_category=category, label_channel="telefon", labelled_by="arkiv")
        propose(database, report, category, "telefon")
    return reports


def test_every_report_that_waits_is_listed_once_with_a_reason_and_a_rank(database: Database, history: list[int]) -> None:
    found = queue(database)
    assert sorted(item.report_id for item in found.items) == history
    assert [item.rank for item in found.items] == list(range(1, 13))
    assert all(item.reasons for item in found.items)
    assert found.waiting == 12


def test_a_likely_error_comes_first_and_says_why(database: Database, history: list[int]) -> None:
    label(database, history[5], label_category="haerverk")
    found = queue(database, QueueSettings(0.0, "salt", {"mislabelled": 1, "random": 0.001}))
    assert found.items[0].report_id == history[5]
    first = found.items[0].reasons[0]
    assert first.id == "mislabelled"
    assert "Verbal utskjelling" in first.text


def test_each_rule_finds_its_report(database: Database, history: list[int]) -> None:
    label(database, history[0], label_category="haerverk")
    label(database, history[1], label_category="Vold", label_taxonomy="2014")
    label(database, history[2], label_taxonomy="2020.1")
    propose_again: dict[int, dict[str, Any]] = {
        history[3]: {"outcome": "not_norwegian", "category": None, "channel": None, "category_proba": {}, "channel_proba": {}},
        history[4]: {"warnings": ["trussel_selvskading"]},
    }
    with database.writing() as session:
        for report, fields in propose_again.items():
            row = session.query(StoredSuggestion).filter_by(report_id=report).one()
            for name, value in fields.items():
                setattr(row, name, value)
        unsure = session.query(StoredSuggestion).filter_by(report_id=history[5]).one()
        unsure.category_proba = {**unsure.category_proba, "verbal_utskjelling": 0.45, "trussel": 0.44}
    found = queue(database)
    assert {"mislabelled", "unusual_pair"} <= reasons_of(found, history[0])
    assert "stale_label" in reasons_of(found, history[1])
    assert "stale_label" in reasons_of(found, history[2])
    assert "unlike_training" in reasons_of(found, history[3])
    assert "unheeded_warning" in reasons_of(found, history[4])
    assert "small_margin" in reasons_of(found, history[5])
    assert reasons_of(found, history[6]) == {"random"}


def test_a_text_of_unknown_words_is_unlike_training(database: Database, history: list[int]) -> None:
    found = queue(database, unknown_share=lambda text: 0.9 if "nummer 3 " in text else 0.0)
    assert "unlike_training" in reasons_of(found, history[3])
    assert "unlike_training" not in reasons_of(found, history[4])


def test_what_is_decided_parked_leased_or_erased_does_not_wait(database: Database, history: list[int]) -> None:
    decide(database, history[0])
    decide(database, history[1], kind="park", reason="Hvilken kanal?")
    with database.writing() as session:
        take_lease(session, history[2], "ola", now=NOW, minutes=30, blind=False, reasons=[])
        take_lease(session, history[3], "ola", now=NOW - timedelta(hours=1), minutes=30, blind=False, reasons=[])
        erased = session.get_one(Report, history[4])
        erased.text, erased.text_digest, erased.erased_at = None, None, NOW
    assert ids(queue(database)) == set(history) - {history[0], history[1], history[2], history[4]}


def test_a_decision_that_was_taken_back_lets_the_report_wait_again(database: Database, history: list[int]) -> None:
    decide(database, history[0])
    decide(database, history[0], kind="undo", undoes=1)
    assert history[0] in ids(queue(database))


def test_what_a_registrar_chose_is_a_label_to_doubt_and_not_the_last_word(database: Database, history: list[int]) -> None:
    decide(database, history[0], "kari", ("haerverk", "telefon"), origin="registration")
    found = queue(database)
    assert "mislabelled" in reasons_of(found, history[0])
    assert item_of(found, history[0]).not_for == ("kari",)
    decide(database, history[0], "ola", ("haerverk", "telefon"))
    assert history[0] not in ids(queue(database))


def test_what_two_disagree_on_comes_first_and_not_for_them(database: Database, history: list[int]) -> None:
    decide(database, history[7], "kari", ("trussel", "telefon"))
    decide(database, history[7], "ola", ("verbal_utskjelling", "telefon"))
    first = queue(database).items[0]
    assert (first.report_id, first.reasons[0].id) == (history[7], "disputed")
    assert set(first.not_for) == {"kari", "ola"}


def test_reports_without_a_label_or_a_suggestion_wait_too(database: Database) -> None:
    (report,) = add(database)
    assert reasons_of(queue(database), report) == {"random"}


def test_the_queue_is_filtered_by_unit_period_category_channel_and_reason(database: Database, history: list[int]) -> None:
    label(database, history[0], unit="NAV Bodø", incident_date=date(2024, 5, 1))
    label(database, history[1], unit="NAV Bodø", incident_date=date(2024, 6, 1), label_category="haerverk")
    label(database, history[2], label_channel="sms")
    assert ids(queue(database, unit="NAV Bodø")) == {history[0], history[1]}
    assert ids(queue(database, first=date(2024, 5, 1), last=date(2024, 5, 31))) == {history[0]}
    assert ids(queue(database, category="haerverk")) == {history[1]}
    assert history[1] in ids(queue(database, category="verbal_utskjelling"))
    assert ids(queue(database, channel="sms")) == {history[2]}
    assert ids(queue(database, reason="unusual_pair")) == {history[1]}
    assert ids(queue(database, unit="NAV Ukjent")) == set()


def test_an_unknown_reason_is_refused_with_those_there_are(database: Database) -> None:
    with pytest.raises(InputError, match="expected one of disputed, mislabelled"):
        queue(database, reason="tull")


def test_the_limit_cuts_the_queue_short(database: Database, history: list[int]) -> None:
    found = queue(database, limit=3)
    assert [item.report_id for item in found.items] == [item.report_id for item in queue(database).items[:3]]
    assert found.waiting == len(history)


class TestBlindShare:
    SETTINGS = QueueSettings(0.3, "salt", DEFAULT_QUOTAS)

    @pytest.fixture
    def suspicious(self, database: Database) -> list[int]:
        """Sixty reports, each of which the model would label otherwise."""
        reports = add(database, *(f"Rapport nummer {number} om en samtale på telefon." for number in range(60)))
        for number, report in enumerate(reports):
            given, proposed = ("trussel", "haerverk") if number % 2 else ("haerverk", "trussel")
            label(database, report, label_category=given, label_channel="telefon")
            propose(database, report, proposed, "sms")
        return reports

    def test_a_blind_report_says_nothing_of_model_or_label(self, database: Database, suspicious: list[int]) -> None:
        found = queue(database, self.SETTINGS)
        for item in found.items:
            assert item.blind == is_blind(item.source, item.external_id, 0.3, "salt")
            if item.blind:
                assert [reason.id for reason in item.reasons] == ["blind"]
        assert Counter(item.blind for item in found.items)[True] == pytest.approx(18, abs=9)
        assert len(found.items) == len(suspicious)

    def test_filters_that_look_at_labels_leave_it_whole(self, database: Database, suspicious: list[int]) -> None:
        blind = {item.report_id for item in queue(database, self.SETTINGS).items if item.blind}
        filtered = queue(database, self.SETTINGS, category="verbal_utskjelling")
        assert ids(filtered) == blind
        by_reason = queue(database, self.SETTINGS, reason="disagreement")
        assert {item.report_id for item in by_reason.items if item.blind} == blind
        assert ids(queue(database, self.SETTINGS, reason="blind")) == blind
        assert len(suspicious) > len(blind)

    def test_a_unit_binds_it(self, database: Database, suspicious: list[int]) -> None:
        label(database, suspicious[0], unit="NAV Bodø")
        assert ids(queue(database, self.SETTINGS, unit="NAV Bodø")) == {suspicious[0]}

    @pytest.mark.usefixtures("suspicious")
    def test_a_blind_report_on_which_two_disagree_stays_blind(self, database: Database) -> None:
        report = next(item.report_id for item in queue(database, self.SETTINGS).items if item.blind)
        decide(database, report, "kari", ("trussel", "telefon"), blind=True)
        decide(database, report, "ola", ("haerverk", "telefon"), blind=True)
        first = next(item for item in queue(database, self.SETTINGS).items if not item.blind or item.report_id == report)
        assert (first.report_id, first.blind) == (report, True)
        assert [reason.id for reason in first.reasons] == ["disputed"]


def test_a_list_of_ids_keeps_the_queue_to_it_but_for_the_blind_share(database: Database, history: list[int]) -> None:
    label(database, history[3], label_category="haerverk")
    wanted = frozenset(("2", "4", "12", "S-99"))
    assert ids(queue(database, ids=wanted)) == {history[1], history[3], history[11]}
    assert ids(queue(database, ids=wanted, reason="mislabelled")) == {history[3]}
    assert ids(queue(database, ids=frozenset[str]())) == set()
    settings = QueueSettings(0.5, "salt", DEFAULT_QUOTAS)
    blind = {report for number, report in enumerate(history, start=1) if is_blind("arkiv", str(number), 0.5, "salt")}
    found = queue(database, settings, ids=wanted)
    assert blind
    assert {item.report_id for item in found.items if item.blind} == blind
    assert {item.report_id for item in found.items if not item.blind} == {history[1], history[3], history[11]} - blind
