"""Learn from what people decided: snapshot, candidate, comparison with the champion, verdict, and promotion if it may be.

Nothing that serves changes before the very end, and what a process that died half-way had begun is finished or taken back by
the next (see `classifier.review.publication`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from classifier.corpus import Example, digest
from classifier.language import LoadedPipeline, analyse
from classifier.model.artifact import Artifact, write_artifact
from classifier.model.assessment import assess, headline, masked_mistakes
from classifier.model.comparison import Comparison, compare
from classifier.model.evaluation_report import as_html
from classifier.model.held_out import held_out_answers
from classifier.model.incident_model import LONGEST_TEXT, PARTS, IncidentModel
from classifier.model.own_prior import Prior
from classifier.model.priors import CORPUS
from classifier.model.registry import champion_version, default_models, load_model, next_version
from classifier.model.training import OutOfFold, TrainedModel, TrainingSettings, fold_groups, read_for_training, train
from classifier.model.verdict import NOTHING_TO_COMPARE, Verdict, verdict
from classifier.review.publication import alone, finish_interrupted, promote_version, publish_candidate
from classifier.review.snapshots import TakenSnapshot, snapshot_examples, take_snapshot
from classifier.review.thermometer import BlindLabel, blind_labels
from classifier.review.training_set import TrainingSet, Weights, merge
from classifier.store.database import Database
from classifier.store.tables import ModelVersion

Stage = Literal["snapshot", "reading", "folds", "comparing", "saving", "done"]
Progress = Callable[[Stage, int, int], None]
"""Called with the stage, how many steps of it are done, and how many there are (0 if that is not known)."""


@dataclass(frozen=True)
class RetrainSettings:
    """What a retraining is told.

    `share` and `salt` are those of the blind share, `prior` the one that models answer under where they work. `promote` asks
    for the candidate to serve if its verdict allows.
    """

    share: float
    salt: str
    training: TrainingSettings = field(default_factory=TrainingSettings)
    weights: Weights = field(default_factory=Weights)
    prior: Prior = CORPUS
    promote: bool = False


@dataclass(frozen=True)
class Retrained:
    """A candidate and what it came to.

    `champion` is the version it was compared with, None if there was none. `champion_saw_erased_at` says when a text that the
    champion had learned from was erased; the candidate never saw it. `from_decisions` counts the examples that decisions made,
    `recovered` says in words what an interrupted retraining had left.
    """

    version: str
    snapshot: TakenSnapshot
    examples: int
    from_decisions: int
    champion: str | None
    champion_saw_erased_at: datetime | None
    test: Comparison | None
    blind: Comparison | None
    verdict: Verdict
    promoted: bool
    recovered: str | None


def retrain(
    database: Database,
    models: Path,
    corpus: Sequence[Example],
    test: Sequence[Example],
    *,
    pipeline: LoadedPipeline,
    settings: RetrainSettings,
    who: str,
    clock: Callable[[], datetime],
    progress: Progress,
) -> Retrained:
    """Train a candidate on `corpus` and what people decided, compare it with the champion, and register it in `models`.

    `test` are the examples of the frozen test split. A folder without a champion of its own is compared with the shipped one.
    The candidate serves from now on only if `settings.promote` and the verdict allows it. Raises TrainingError if nobody has
    decided anything that may teach, unless the champion saw a text that was erased since; ConflictError if another process
    is at it; ArtifactError for a champion that cannot be read.
    """
    with alone(models):
        recovered = finish_interrupted(database, models)
        champion = _champion(models, pipeline, settings.prior)
        saw_erased_at = None if champion is None else _saw_erased_at(database, champion.version)
        snapshot = _snapshot(database, test, pipeline, settings, who, clock(), progress, empty=saw_erased_at is not None)
        with database.reading() as session:
            decided = snapshot_examples(session, snapshot.number)
        learned = merge(corpus, decided, settings.weights)
        trained, unseen = _train(learned, pipeline, settings, progress)

        started = clock()
        with database.reading() as session:
            known = set(session.scalars(select(ModelVersion.version)))
            blind = blind_labels(session, settings.share, settings.salt)
        if champion is not None:
            # The first candidate in a folder of its own comes after the shipped champion that it is compared with.
            known.add(champion.version)
        version = next_version(models, started.year, started.month, known)
        candidate = IncidentModel(trained, pipeline, version=version, prior=settings.prior)
        progress("comparing", 0, 2)
        on_test = None if champion is None else _compared(champion, candidate, test, settings)
        progress("comparing", 1, 2)
        on_blind = None if champion is None or not blind else _compared(champion, candidate, _examples(blind), settings)
        progress("comparing", 2, 2)
        found = NOTHING_TO_COMPARE if on_test is None else verdict(on_test, on_blind)

        progress("saving", 0, 0)
        figures = _figures(found, champion, on_test, on_blind)
        publish_candidate(
            database,
            models,
            version,
            lambda folder: _write(folder, candidate, learned, unseen, figures, started),
            snapshot_number=snapshot.number,
            used=len(decided),
            comparison=figures,
            who=who,
            at=started,
        )
        promoted = settings.promote and found.promote
        if promoted:
            promote_version(database, models, version, who=who, at=clock(), why=found.words, comparison=figures)
        progress("done", 1, 1)
        return Retrained(
            version=version,
            snapshot=snapshot,
            examples=len(learned.examples),
            from_decisions=learned.from_decisions,
            champion=None if champion is None else champion.version,
            champion_saw_erased_at=saw_erased_at,
            test=on_test,
            blind=on_blind,
            verdict=found,
            promoted=promoted,
            recovered=recovered,
        )


def _champion(models: Path, pipeline: LoadedPipeline, prior: Prior) -> IncidentModel | None:
    for folder in dict.fromkeys((models, default_models())):
        if champion_version(folder) is not None:
            return load_model(models=folder, pipeline=pipeline, prior=prior)
    return None


def _saw_erased_at(database: Database, version: str) -> datetime | None:
    with database.reading() as session:
        row = session.get(ModelVersion, version)
        return None if row is None else row.saw_erased_at


def _snapshot(
    database: Database,
    test: Sequence[Example],
    pipeline: LoadedPipeline,
    settings: RetrainSettings,
    who: str,
    now: datetime,
    progress: Progress,
    *,
    empty: bool,
) -> TakenSnapshot:
    masked = 0

    def one_more() -> None:
        nonlocal masked
        masked += 1
        progress("snapshot", masked, 0)

    progress("snapshot", 0, 0)
    return take_snapshot(
        database,
        share=settings.share,
        salt=settings.salt,
        frozen=[example.text for example in test],
        pipeline=pipeline,
        who=who,
        now=now,
        empty=empty,
        progress=one_more,
    )


def _train(
    learned: TrainingSet, pipeline: LoadedPipeline, settings: RetrainSettings, progress: Progress
) -> tuple[TrainedModel, OutOfFold]:
    import numpy as np

    def counting(stage: Stage, total: int) -> Callable[[], None]:
        done = 0
        progress(stage, 0, total)

        def one_more() -> None:
            nonlocal done
            done += 1
            progress(stage, done, total)

        return one_more

    texts = read_for_training(learned.examples, pipeline, counting("reading", len(learned.examples)))
    # Without weights training is, to the last digit, what it is without decisions.
    weights = None if set(learned.weights) == {1.0} else np.array(learned.weights)
    return train(texts, learned.examples, settings.training, counting("folds", settings.training.folds + 1), weights)


def _compared(
    champion: IncidentModel, candidate: IncidentModel, examples: Sequence[Example], settings: RetrainSettings
) -> Comparison:
    short = [example for example in examples if len(example.text) <= LONGEST_TEXT]
    read = list(analyse([example.text for example in short], pipeline=candidate.pipeline, parts=PARTS))
    before, after = (model.suggest_analysed(read, explain=False) for model in (champion, candidate))
    return compare(short, before, after, seed=settings.training.seed)


def _examples(blind: Sequence[BlindLabel]) -> list[Example]:
    """Return the blind share's reports as examples to measure by."""
    return [
        Example(
            id=str(label.report_id),
            text=label.text,
            category=label.category,
            channel=label.channel,
            acts=None,
            language=label.language,
            split="test",
            group=str(label.report_id),
            source="blind",
        )
        for label in blind
    ]


def _figures(
    found: Verdict, champion: IncidentModel | None, test: Comparison | None, blind: Comparison | None
) -> dict[str, Any]:
    return {
        "champion": None if champion is None else champion.version,
        "verdict": found.words,
        "promote": found.promote,
        "test": None if test is None else asdict(test),
        "blind": None if blind is None else asdict(blind),
    }


def _write(
    folder: Path, candidate: IncidentModel, learned: TrainingSet, unseen: OutOfFold, figures: dict[str, Any], at: datetime
) -> Artifact:
    examples = learned.examples
    evaluation = assess(candidate, examples, candidate.suggestions_of_scores(unseen.scores))
    return write_artifact(
        folder,
        candidate.trained,
        version_=candidate.version,
        created=at.isoformat(timespec="seconds"),
        pipeline=candidate.pipeline,
        training_data_digest=digest(examples),
        metrics={"out_of_fold": headline(evaluation), "verdict": figures["verdict"]},
        evaluation_html=as_html(evaluation, masked_mistakes(evaluation, examples, candidate.pipeline)),
        held_out=held_out_answers(candidate.trained, unseen, fold_groups(examples, candidate.trained.settings.folds)),
    )
