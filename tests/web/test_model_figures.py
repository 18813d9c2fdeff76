"""The figures of the model page follow what people decide, and what the model in use has not learned."""

from datetime import timedelta

from classifier.settings import Settings
from classifier.store.database import Database
from classifier.store.tables import ModelVersion, Snapshot
from classifier.web.model_figures import KEPT, FigureKeeper, Figures, Waiting
from tests import small_model
from tests.review.reports import NOW, add, decide, suggest

SETTINGS = Settings(blind_share=0.0)


def figures(store: Database) -> Figures:
    keeper = FigureKeeper(store, SETTINGS, lambda: NOW + timedelta(days=2))
    return keeper.figures(small_model.model(), None)


def test_what_waits_is_what_was_decided_since_the_model_in_use_learned(store: Database) -> None:
    first, second, third = add(store, "Han ropte i skranken.", "Han truet meg på livet.", "Han slo vekteren.")
    decide(store, first, suggestion_id=suggest(store, first, "trussel", "telefon", "small"))
    decide(store, second, label=("haerverk", "brev"), suggestion_id=suggest(store, second, "trussel", "telefon", "small"))
    assert figures(store).waiting == Waiting(confirmations=1, corrections=1, settled=0)
    learned_at = NOW + timedelta(hours=2)
    with store.writing() as session:
        session.add(Snapshot(number=1, created_at=learned_at, created_by="kari", digest="d", examples=2, settings={}))
        session.flush()
        session.add(ModelVersion(version="small", snapshot_number=1, trained_at=learned_at, training_data_digest="d"))
    assert figures(store).waiting == Waiting(0, 0, 0)
    decide(store, third, decided_at=NOW + timedelta(hours=3))
    assert sum((figures(store).waiting.confirmations, figures(store).waiting.corrections)) == 1


def test_figures_are_kept_for_a_while_and_then_computed_anew(store: Database) -> None:
    now = NOW
    keeper = FigureKeeper(store, SETTINGS, lambda: now)
    (report,) = add(store)
    assert keeper.figures(small_model.model(), None).waiting == Waiting(0, 0, 0)
    decide(store, report)
    assert keeper.figures(small_model.model(), None).waiting == Waiting(0, 0, 0)
    now += KEPT + timedelta(seconds=1)
    assert keeper.figures(small_model.model(), None).waiting != Waiting(0, 0, 0)


def test_a_few_incoming_reports_tell_of_no_drift(store: Database) -> None:
    add(store, *(f"Han ropte {number} ganger." for number in range(10)))
    found = figures(store)
    assert {found.categories.verdict, found.channels.verdict, found.lengths.verdict, found.languages.verdict} == {"too_few"}
    assert found.lengths.count == 10
