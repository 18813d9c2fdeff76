import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from classifier.review.agreement import (
    FEWEST,
    AgreementReport,
    Answer,
    agreement_report,
    answers,
    between_pairs,
    between_people,
    blind_accuracy,
    sway,
    with_model,
)
from classifier.review.agreement_view import as_dict, as_tables
from classifier.store.database import Database
from classifier.store.tables import Assignment
from tests.review.reports import NOW, add, decide, suggest

DAMAGE = ("haerverk", "publikumsmottak")


def answer(report: int, who: str, category: str, proposed: str | None = None, **fields: bool) -> Answer:
    told = {"saw": False, "chosen_at_random": False, "in_blind_share": False} | fields
    label = {"category": category, "channel": "telefon"}
    model = None if proposed is None else {"category": proposed, "channel": "telefon"}
    return Answer(report, who, "2026-03", label, model, **told)  # type: ignore[arg-type]


def two_people(first: str, second: str) -> list[Answer]:
    """Return the answers of two people, a letter a report: t for a threat, h for damage."""
    names = {"t": "trussel", "h": "haerverk"}
    rows = [(n, "ola", names[label]) for n, label in enumerate(first)] + [(n, "kari", names[s]) for n, s in enumerate(second)]
    return [answer(*row) for row in rows]


def test_two_people_who_always_agree_have_full_marks() -> None:
    labels = "th" * 15
    share, alpha = between_people(two_people(labels, labels), "category", 0)
    (kappa,) = between_pairs(two_people(labels, labels), "category", 0)
    for figure in (share, alpha, kappa):
        assert figure.count == 30
        assert figure.estimate is not None
        assert figure.estimate.value == pytest.approx(1.0)
    assert kappa.name == "kari – ola"


def test_agreement_beyond_chance_is_what_kappa_and_alpha_measure() -> None:
    # 40 reports: 20 both t, 10 both h, 5 and 5 they differ on. Observed 0.75; by chance 0.625² + 0.375² = 0.53125.
    given = two_people("t" * 20 + "h" * 10 + "t" * 5 + "h" * 5, "t" * 20 + "h" * 10 + "h" * 5 + "t" * 5)
    share, alpha = between_people(given, "category", 0)
    (kappa,) = between_pairs(given, "category", 0)
    assert share.estimate is not None
    assert share.estimate.value == pytest.approx(0.75)
    assert kappa.estimate is not None
    assert kappa.estimate.value == pytest.approx((0.75 - 0.53125) / (1 - 0.53125))
    assert alpha.estimate is not None
    # Alpha draws chance pairs without putting back: 1 - 0.25 / (2 * 50 * 30 / (80 * 79)).
    assert alpha.estimate.value == pytest.approx(1 - 0.25 / (2 * 50 * 30 / (80 * 79)))
    for figure in (share, kappa, alpha):
        assert figure.estimate is not None
        assert figure.estimate.low < figure.estimate.value < figure.estimate.high


def test_fewer_than_twenty_reports_give_no_figure() -> None:
    few = two_people("t" * 10 + "h" * (FEWEST - 11), "t" * 10 + "h" * (FEWEST - 11))
    for figure in (*between_people(few, "category", 0), *between_pairs(few, "category", 0)):
        assert (figure.count, figure.estimate, figure.why_not) == (FEWEST - 1, None, "too_few")


def test_one_label_alone_gives_no_kappa_and_no_alpha() -> None:
    same = two_people("t" * 30, "t" * 30)
    share, alpha = between_people(same, "category", 0)
    (kappa,) = between_pairs(same, "category", 0)
    assert share.estimate is not None
    assert (alpha.estimate, alpha.why_not) == (None, "one_label")
    assert (kappa.estimate, kappa.why_not) == (None, "one_label")


def test_three_people_count_by_the_pairs_that_agree() -> None:
    given = [answer(n, who, "haerverk" if who == "eva" else "trussel") for n in range(25) for who in ("ola", "kari", "eva")]
    share, _ = between_people(given, "category", 0)
    assert share.estimate is not None
    assert share.estimate.value == pytest.approx(1 / 3)


def test_agreement_with_the_model_counts_seen_and_hidden_suggestions() -> None:
    given = [answer(n, "ola", "trussel", "trussel" if n % 4 else "haerverk", saw=bool(n % 2)) for n in range(40)]
    share, _, _ = with_model([*given, answer(99, "ola", "trussel", None)], "category", 0)
    assert share.count == 40
    assert share.estimate is not None
    assert share.estimate.value == pytest.approx(0.75)


def swayed(seen: int, hidden: int) -> list[Answer]:
    """Return 100 answers with a suggestion in view and 100 without, so many of which agree with it."""
    with_it = [
        answer(n, "ola", "trussel", "trussel" if n < seen else "haerverk", saw=True, chosen_at_random=True) for n in range(100)
    ]
    without = [
        answer(100 + n, "ola", "trussel", "trussel" if n < hidden else "haerverk", in_blind_share=True) for n in range(100)
    ]
    return with_it + without


def test_sway_is_how_much_more_people_agree_with_what_they_see() -> None:
    found = sway(swayed(seen=90, hidden=75), "category")
    assert found.difference.estimate is not None
    assert found.difference.estimate.value == pytest.approx(0.15)
    # Newcombe's interval for 90/100 and 75/100.
    assert found.difference.estimate.low == pytest.approx(0.0448, abs=2e-3)
    assert found.difference.estimate.high == pytest.approx(0.2521, abs=2e-3)


def test_reports_dealt_for_being_doubtful_do_not_count_towards_sway() -> None:
    doubtful = [answer(500 + n, "ola", "trussel", "haerverk", saw=True) for n in range(100)]
    assert sway([*swayed(90, 75), *doubtful], "category") == sway(swayed(90, 75), "category")


def test_sway_is_not_given_where_one_side_is_too_small() -> None:
    found = sway([a for a in swayed(90, 75) if a.report_id < 110], "category")
    assert (found.difference.estimate, found.difference.why_not, found.difference.count) == (None, "too_few", 10)
    assert found.seen.estimate is not None


def test_blind_accuracy_is_measured_against_what_counts_as_true() -> None:
    given = [a for a in swayed(0, 80) if a.in_blind_share]
    truths = {a.report_id: a.labels for a in given} | {100: {"category": "haerverk", "channel": "telefon"}}
    figure = blind_accuracy(given, truths, "category")
    assert figure.count == 100
    assert figure.estimate is not None
    assert figure.estimate.value == pytest.approx(0.79)
    assert figure.estimate.low == pytest.approx(0.700, abs=1e-3)
    assert figure.estimate.high == pytest.approx(0.858, abs=1e-3)


def report_of(database: Database, share: float = 0.0) -> AgreementReport:
    with database.reading() as session:
        return agreement_report(session, share=share, salt="salt")


def given(database: Database, share: float = 0.0) -> Sequence[Answer]:
    with database.reading() as session:
        return answers(session, share, "salt")


def test_answers_are_peoples_last_words_with_what_the_model_proposed(database: Database) -> None:
    seen, hidden, undone = add(database, "Han kastet en stol.", "Hun truet meg.", "Han ropte høyt.")
    decide(database, seen, "ola", ("trussel", "telefon"))
    decide(database, seen, "ola", DAMAGE, suggestion_id=suggest(database, seen, *DAMAGE))
    decide(database, seen, "kari", ("trussel", "telefon"))
    decide(database, seen, "eva", DAMAGE, kind="adjudication", role="quality_checker")
    suggest(database, hidden, "trussel", "sms", version="1")
    decide(database, hidden, "ola", blind=True)
    decide(database, undone, "ola")
    decide(database, undone, "ola", kind="undo", undoes=1)
    found = {(a.report_id, a.annotator): a for a in given(database)}
    assert set(found) == {(seen, "ola"), (seen, "kari"), (hidden, "ola")}
    assert found[seen, "ola"].labels == {"category": "haerverk", "channel": "publikumsmottak"}
    assert found[seen, "ola"].saw
    assert found[hidden, "ola"].proposed == {"category": "trussel", "channel": "sms"}
    assert not found[hidden, "ola"].in_blind_share
    assert {a.report_id: a.in_blind_share for a in given(database, share=1.0)} == {seen: False, hidden: True}


def test_what_was_dealt_at_random_or_registered_was_not_chosen_for_its_doubt(database: Database) -> None:
    doubtful, drawn, registered = add(database, "Han kastet en stol.", "Hun truet meg.", "Han ropte høyt.")
    with database.writing() as session:
        for report, reason in ((doubtful, "small_margin"), (drawn, "random")):
            reasons = [{"id": reason, "text": ""}]
            lease = {"dealt_at": NOW, "expires_at": NOW + timedelta(hours=1), "blind": False, "reasons": reasons}
            session.add(Assignment(report_id=report, annotator="kari", **lease))
    for report in (doubtful, drawn):
        decide(database, report)
    decide(database, registered, origin="registration")
    assert {a.report_id: a.chosen_at_random for a in given(database)} == {doubtful: False, drawn: True, registered: True}


def test_a_database_without_decisions_gives_no_figures_and_no_error(database: Database) -> None:
    found = report_of(database)
    assert {figure.why_not for figure in (*found.between_people, *found.with_model, *found.blind_accuracy)} == {"too_few"}
    assert any("no figure on fewer than 20 reports" in cell for table in as_tables(found) for row in table.rows for cell in row)
    assert json.loads(json.dumps(as_dict(found)))["between_people"][0]["estimate"] is None


def test_figures_are_given_by_category_and_by_month_once_there_are_enough(database: Database) -> None:
    reports = add(database, *(f"Han kastet stol nummer {number} i veggen." for number in range(FEWEST)))
    for place, report in enumerate(reports):
        seen = suggest(database, report, *(DAMAGE if place % 5 else ("trussel", "telefon")))
        decide(database, report, "ola", DAMAGE, suggestion_id=seen)
        decide(database, report, "kari", DAMAGE, decided_at=NOW + timedelta(days=40))
    found = report_of(database)
    (category,) = found.model_by_category
    assert category.name == "haerverk"
    assert category.estimate is not None
    assert category.estimate.value == pytest.approx(0.8)
    assert [(figure.name, figure.count) for figure in found.model_by_month if figure.target == "category"] == [
        ("2026-03", 20),
        ("2026-04", 20),
    ]
    assert found.people_by_category[0].estimate is not None
    tables = {table.title: table for table in as_tables(found)}
    assert tables["People and model, by category"].rows[0][4:] == ("80.0%", "65.2% to 89.5%")


def test_the_same_seed_gives_the_same_intervals() -> None:
    people = two_people("th" * 10 + "tt" * 5, "th" * 10 + "ht" * 5)
    assert between_people(people, "category", 0) == between_people(people, "category", 0)
    assert between_people([replace(a, report_id=-a.report_id) for a in people], "category", 1) != between_people(
        people, "category", 0
    )
