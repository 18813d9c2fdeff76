import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import func, select

from classifier.corpus import Example
from classifier.errors import TrainingError
from classifier.language import AnalysedText
from classifier.model.artifact import write_artifact
from classifier.model.registry import Promotion, champion_version, load_model, promote, promotions, register, registered
from classifier.model.training import TrainedModel, TrainingSettings, read_for_training, train
from classifier.review.decisions import NewDecision, record_decision
from classifier.review.retraining import Retrained, RetrainSettings, Stage, retrain
from classifier.review.training_set import Weights
from classifier.store.database import Database, open_database
from classifier.store.reports import IncomingReport, add_reports
from classifier.store.tables import AuditEntry, ModelVersion, Report, Snapshot
from classifier.store.tables import Promotion as PromotionRow
from tests import small_model
from tests.review.reports import NOW

QUICK = RetrainSettings(share=0.0, salt="salt", training=TrainingSettings(folds=2), promote=True)


@cache
def corpus() -> tuple[Example, ...]:
    return small_model.examples()[::6]


@cache
def frozen() -> tuple[Example, ...]:
    return tuple(replace(example, split="test") for example in small_model.unseen()[::2])


@cache
def texts() -> tuple[AnalysedText, ...]:
    return tuple(read_for_training(corpus(), small_model.pipeline(), lambda: None))


@cache
def champion(good: bool) -> TrainedModel:
    """Return a model of the corpus, or one that was taught other texts' labels and that any candidate is better than."""
    shift = 0 if good else 7
    labels = [*corpus()[shift:], *corpus()[:shift]]
    learned = [
        replace(example, category=other.category, channel=other.channel, acts=None)
        for example, other in zip(corpus(), labels, strict=True)
    ]
    return train(texts(), learned, QUICK.training, lambda: None)[0]


def publish_champion(models: Path, *, good: bool) -> None:
    artifact = write_artifact(
        models / "first",
        champion(good),
        version_="first",
        created=NOW.isoformat(),
        pipeline=small_model.pipeline(),
        training_data_digest="",
        metrics={},
        evaluation_html="",
    )
    register(artifact)
    promote(models, Promotion(version="first", who="kari", when=NOW.isoformat(), why="den første"))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with a champion that is easy to beat."""
    publish_champion(tmp_path / "models", good=False)
    return tmp_path / "models"


@pytest.fixture
def good_models(tmp_path: Path) -> Path:
    publish_champion(tmp_path / "good", good=True)
    return tmp_path / "good"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(str(tmp_path / "asys.db"))
    yield opened
    opened.close()


def learn(
    database: Database,
    models: Path,
    settings: RetrainSettings = QUICK,
    progress: Callable[[Stage, int, int], None] = lambda *_: None,
    test: tuple[Example, ...] | None = None,
) -> Retrained:
    """Retrain, and compare by the texts learned from unless told otherwise: a model of a hundred texts knows no others."""
    return retrain(
        database,
        models,
        corpus(),
        corpus() if test is None else test,
        pipeline=small_model.pipeline(),
        settings=settings,
        who="kari",
        clock=lambda: NOW + timedelta(days=1),
        progress=progress,
    )


def decide_all(database: Database, labelled: list[tuple[str, str, str]]) -> None:
    """Store reports with these texts, and decide their category and channel."""
    reports = [IncomingReport("arkiv", str(number), text) for number, (text, _, _) in enumerate(labelled)]
    with database.writing() as session:
        add_reports(session, reports, NOW)
        ids = {row.external_id: row.id for row in session.scalars(select(Report))}
        for number, (_, category, channel) in enumerate(labelled):
            label = {"category": category, "channel": channel}
            record_decision(session, NewDecision(ids[str(number)], "ola", "registrar", NOW, **label))  # type: ignore[arg-type]


PLACES = ("døra", "gangen", "skranken", "ruta", "bilen", "veggen", "hylla", "porten", "gjerdet", "skiltet", "trappa", "lampa")
GRAFFITI = [(f"Noen hadde tagget hatske ord med rødmaling på {place} i natt.", "haerverk", "annet") for place in PLACES]


def test_what_people_decided_changes_what_is_suggested(store: Database, models: Path) -> None:
    decide_all(store, GRAFFITI)
    stages: list[Stage] = []
    done = learn(store, models, progress=lambda stage, *_: stages.append(stage))
    assert done.promoted, done.verdict.words
    assert (done.champion, done.snapshot.examples, done.from_decisions) == ("first", 12, 12)
    assert done.test is not None
    assert done.test.count == len(corpus())
    assert "Blindandelen har 0 hendelser" in done.verdict.words
    assert list(dict.fromkeys(stages)) == ["snapshot", "reading", "folds", "comparing", "saving", "done"]
    assert champion_version(models) == done.version == "2026.3.1"
    text = "De hadde tagget med rødmaling på taket."
    before, after = (
        load_model(version, models=models, pipeline=small_model.pipeline()).suggest([text])[0].category
        for version in ("first", done.version)
    )
    assert before is not None
    assert after is not None
    first, second = ({r.label: r.probability for r in found.ranked}["haerverk"] for found in (before, after))
    assert second > first
    with store.reading() as session:
        row = session.get_one(ModelVersion, done.version)
        assert (row.snapshot_number, row.saw_erased_at) == (1, None)
        assert row.comparison["champion"] == "first"
        assert session.scalars(select(PromotionRow)).one().version == done.version
        actions = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert actions == [*["decide"] * 12, "snapshot", "train", "promote"]
    assert promotions(models)[-1].why == done.verdict.words


def test_a_candidate_that_got_worse_is_not_promoted_and_says_at_what(store: Database, good_models: Path) -> None:
    wrong = [e for e in small_model.unseen()[1::2] if e.category == "trussel"]
    decide_all(store, [(example.text, "verbal_utskjelling", example.channel) for example in wrong])
    done = learn(store, good_models, replace(QUICK, weights=Weights(confirmation=20)), test=frozen())
    assert not done.promoted
    assert not done.verdict.promote
    assert "trussel" in done.verdict.worse
    assert "dårligere på" in done.verdict.words
    assert "ikke forfrem" in done.verdict.words
    assert champion_version(good_models) == "first"
    assert [entry.version for entry in registered(good_models)] == ["first", done.version], "it can be looked at all the same"


def test_an_erasure_is_told_of_the_champion_and_marks_a_candidate_that_was_reading_the_text(
    store: Database, models: Path
) -> None:
    decide_all(store, GRAFFITI[:2])
    with store.writing() as session:
        seen = {"trained_at": NOW, "training_data_digest": "", "comparison": {}, "saw_erased_at": NOW}
        session.add(ModelVersion(version="first", snapshot_number=None, **seen))

    def erase(stage: Stage, done: int, _: int) -> None:
        if stage == "folds" and done == 0:
            with store.writing() as session:
                for row in session.scalars(select(Report)):
                    row.text, row.text_digest, row.erased_at = None, None, NOW

    done = learn(store, models, replace(QUICK, promote=False), progress=erase)
    assert (done.champion_saw_erased_at, done.from_decisions, done.promoted) == (NOW, 2, False)
    with store.reading() as session:
        assert session.get_one(ModelVersion, done.version).saw_erased_at == NOW + timedelta(days=1)
    settings = replace(QUICK, training=TrainingSettings(folds=2, seed=1), promote=False)
    assert learn(store, models, settings).from_decisions == 0, "the next one learns without it, although no decision is left"


def test_without_anything_to_learn_nothing_is_done(store: Database, models: Path) -> None:
    with pytest.raises(TrainingError, match="left out: no decisions at all"):
        learn(store, models)
    decide_all(store, GRAFFITI)
    with pytest.raises(TrainingError, match="left out: 12 blind"):
        learn(store, models, replace(QUICK, share=1.0))
    with store.reading() as session:
        assert session.scalar(select(func.count(Snapshot.number))) == 0
    assert [entry.version for entry in registered(models)] == ["first"]


def retrain_and_die(url: str, models: Path, stage: Stage) -> None:
    """Retrain in this process until a stage is reached, and be killed there."""

    def die_at(reached: Stage, done: int, total: int) -> None:
        if reached == stage and done == min(1, total):
            os.kill(os.getpid(), signal.SIGKILL)

    learn(open_database(url), models, progress=die_at)


def test_a_retraining_that_is_killed_leaves_nothing_half_done_and_can_be_done_again(store: Database, models: Path) -> None:
    decide_all(store, GRAFFITI)
    before = sorted(path.name for path in models.iterdir())
    child = get_context("forkserver").Process(target=retrain_and_die, args=(str(store.engine.url), models, "folds"))
    child.start()
    child.join(timeout=300)
    assert child.exitcode == -signal.SIGKILL
    assert sorted(path.name for path in models.iterdir()) == sorted([*before, ".retrain.lock"])
    assert champion_version(models) == "first"
    done = learn(store, models)
    assert (done.version, done.snapshot.number, done.snapshot.made_anew) == ("2026.3.1", 1, False)
    assert champion_version(models) == "2026.3.1"
