"""The model page speaks in words, and refuses figures on too little."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from classifier.model.evaluation import Estimate
from classifier.model.registry import Promotion
from classifier.review.agreement import Figure
from classifier.review.drift import drift
from classifier.web.model_figures import Version, Waiting
from classifier.web.pages.model_view import (
    changes,
    drift_view,
    figure,
    job_view,
    promotion_events,
    share_tile,
    version_rows,
    waiting_words,
)
from classifier.web.retrain_job import JobStatus

AT = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)
METRICS = {
    "out_of_fold": {
        "category": {"macro_f1": 0.68, "accuracy": 0.7, "expected_calibration_error": 0.018},
        "channel": {"macro_f1": 0.69, "accuracy": 0.71},
    }
}
OLD = Version("2026.1.1", AT, 4000, METRICS, False)
BETTER = {"out_of_fold": {"category": {"macro_f1": 0.7}, "channel": {"macro_f1": 0.68}}}
NEW = Version("2026.2.1", AT.replace(month=4), 4300, BETTER, True)
USED = [
    Promotion(version="2026.1.1", who="kari", when=AT.isoformat(), why="første"),
    Promotion(version="2026.2.1", who="ola", when=AT.isoformat(), why="bedre på trussel"),
]
JOB = JobStatus(1, "kari", AT.isoformat())


def test_versions_come_newest_first_with_the_figures_they_have() -> None:
    newest, oldest = version_rows([OLD, NEW], {"2026.2.1": "Bedre på trussel."})
    assert (newest.version, newest.champion, newest.verdict) == ("2026.2.1", True, "Bedre på trussel.")
    assert newest.figures == ("0,700", "0,680", "–", "–", "–")
    assert oldest.figures == ("0,680", "0,690", "70 %", "71 %", "0,018")


def test_what_changed_is_told_against_the_version_before() -> None:
    assert changes([OLD, NEW], USED) == (
        "2026.2.1 avløste 2026.1.1.",
        "Den har lært av 300 flere eksempler.",
        "Kategori, F1: fra 0,680 til 0,700 (+0,020).",
        "Kanal, F1: fra 0,690 til 0,680 (−0,010).",
    )
    assert changes([OLD], USED[:1]) == ("2026.1.1 er den første modellen som er tatt i bruk.",)
    assert changes([], []) == ("Ingen modell er tatt i bruk ennå.",)


def test_promotions_tell_who_and_why_newest_first() -> None:
    back = Promotion(version="2026.1.1", who="kari", when=AT.isoformat(), why="for mange feil", rollback=True)
    assert [event.what for event in promotion_events([*USED, back])] == [
        "Gikk tilbake til 2026.1.1",
        "Tok i bruk 2026.2.1",
        "Tok i bruk 2026.1.1",
    ]


def test_a_share_on_too_few_is_not_shown() -> None:
    assert share_tile("Beholdt", None, 7, "registreringer").figure == "–"
    shown = share_tile("Beholdt", Estimate(0.8, 0.71, 0.87), 90, "registreringer")
    assert (shown.figure, shown.note) == ("80 %", "71–87 % · 90 registreringer")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Figure("", "category", "share", 30, Estimate(0.8, 0.7, 0.9)), "80 % (70–90 %)"),
        (Figure("", "category", "alpha", 30, Estimate(0.651, 0.5, 0.8)), "0,65 (0,50–0,80)"),
        (Figure("", "category", "share", 3, None, "too_few"), "for få"),
        (Figure("", "category", "kappa", 30, None, "one_label"), "bare én kategori"),
    ],
)
def test_a_measure_is_written_with_its_interval(given: Figure, expected: str) -> None:
    assert figure(given) == expected


def test_drift_is_told_in_words_and_names_what_moved() -> None:
    names = {"a": "Trussel", "b": "Hærverk"}
    large = drift_view("Kategorier", drift({"a": 900, "b": 100}, {"a": 400, "b": 600}, ("a", "b")), "Kategori", names, "De")
    assert large.verdict == "Klart annerledes"
    assert "Mest endret er Hærverk: 10 % i opplæringen, 60 % nå." in large.explanation
    few = drift_view("Kategorier", drift({"a": 900, "b": 100}, {"a": 9}, ("a", "b")), "Kategori", names, "De")
    assert (few.verdict, few.parts) == ("For få til å si noe", ())
    same = drift_view("Kategorier", drift({"a": 900, "b": 100}, {"a": 90, "b": 10}, ("a", "b")), "Kategori", names, "De")
    assert same.verdict == "Som før"


def test_a_retraining_is_told_from_start_to_verdict() -> None:
    reading = job_view(replace(JOB, stage="reading", done=10, total=40))
    assert (reading.running, reading.progress, reading.share) == (True, "Leser tekstene (10 av 40)", 25.0)
    done = job_view(replace(JOB, finished_at=AT.isoformat(), version="2026.3.1", verdict="Likt ellers.", promote=True))
    assert (done.state, done.verdict) == ("Ferdig", ("2026.3.1 kan tas i bruk.", "Likt ellers."))
    failed = job_view(replace(JOB, finished_at=AT.isoformat(), problem="nothing_to_learn"))
    assert failed.verdict[0].startswith("Det er ikke avgjort noe")


def test_what_waits_is_counted_by_what_it_is() -> None:
    assert waiting_words(Waiting(0, 0, 0)) == "Ingen nye avgjørelser venter på opplæring."
    assert waiting_words(Waiting(12, 1, 0)) == "Én rettelse og tolv bekreftelser venter på neste opplæring."
    assert waiting_words(Waiting(0, 0, 1)) == "Én avgjort uenighet venter på neste opplæring."
