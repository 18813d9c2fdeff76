"""How often suggestions are kept counts registrations that saw one, and nothing else."""

import pytest

from classifier.review.acceptance import acceptance
from classifier.store.database import Database
from tests.review.reports import add, decide, suggest


def test_kept_suggestions_are_counted_by_category_channel_and_both(database: Database) -> None:
    ids = add(database, *(f"Bruker ropte {number} ganger." for number in range(24)))
    for place, report in enumerate(ids):
        shown = suggest(database, report, "trussel", "telefon")
        label = ("trussel", "telefon") if place < 12 else ("trussel", "brev") if place < 18 else ("haerverk", "brev")
        decide(database, report, label=label, suggestion_id=shown, origin="registration")
    with database.reading() as session:
        found = acceptance(session)
    assert found.count == 24
    assert found.category is not None
    assert found.channel is not None
    assert found.both is not None
    assert (found.category.value, found.channel.value, found.both.value) == (0.75, 0.5, 0.5)
    assert found.both.low == pytest.approx(0.314, abs=0.01)


def test_few_registrations_give_no_share(database: Database) -> None:
    (report,) = add(database)
    decide(database, report, suggestion_id=suggest(database, report, "trussel", "telefon"), origin="registration")
    with database.reading() as session:
        found = acceptance(session)
    assert (found.count, found.both) == (1, None)


def test_reviews_other_versions_and_what_was_taken_back_do_not_count(database: Database) -> None:
    first, second, third = add(database, "Han ropte.", "Han truet.", "Han slo.")
    decide(database, first, suggestion_id=suggest(database, first, "trussel", "telefon"), origin="review")
    decide(database, second, suggestion_id=suggest(database, second, "trussel", "telefon", "2"), origin="registration")
    decide(database, third, suggestion_id=suggest(database, third, "trussel", "telefon"), origin="registration")
    decide(database, third, kind="undo", undoes=1)
    with database.reading() as session:
        assert acceptance(session, "1").count == 0
        assert acceptance(session, "2").count == 1
