"""The command that learns from what people decided: retrain."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from classifier.console import (
    CategoryColumn,
    ChannelColumn,
    CorpusArgument,
    DatabaseOption,
    IdColumn,
    PipelineOption,
    Rejected,
    TextColumn,
    WhoOption,
    database_of,
    person,
    print_table,
    settings_and_pipeline,
    store_installed,
)
from classifier.errors import InputError
from classifier.model_commands import ModelsOption, models_folder, next_step

if TYPE_CHECKING:
    from classifier.corpus import Example
    from classifier.review.retraining import Progress, Retrained, Stage

NOT_PROMOTED = 3
"""The exit code of a retraining whose candidate was to be promoted and was not good enough."""


def add_to(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog="Example: classifier retrain --models modeller --promote")(retrain)


def retrain(
    path: CorpusArgument = None,
    text: TextColumn = None,
    category: CategoryColumn = None,
    channel: ChannelColumn = None,
    id_: IdColumn = None,
    database: DatabaseOption = None,
    models: ModelsOption = None,
    promote: Annotated[bool, typer.Option("--promote", help="Let the candidate serve if it got worse at nothing.")] = False,
    weight_confirmation: Annotated[
        float | None, typer.Option("--weight-confirmation", help="What a confirmed suggestion counts against an example's 1.")
    ] = None,
    weight_correction: Annotated[
        float | None, typer.Option("--weight-correction", help="What a correction or settled label counts.")
    ] = None,
    folds: Annotated[int, typer.Option("--folds", min=2, help="Fewer are faster, and give thresholds less proof.")] = 10,
    seed: Annotated[int, typer.Option("--seed", help="The same data and seed give the same model.")] = 0,
    test: Annotated[
        Path | None, typer.Option("--test", help="Labelled texts to compare by. Default: the corpus's test split.")
    ] = None,
    who: WhoOption = None,
    pipeline: PipelineOption = None,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="How to print it.")] = "table",
) -> None:
    """Learn from what people decided: train a candidate, compare it with the champion, and say whether to promote it.

    Exit codes: 0 trained, and promoted if asked to; 3 trained, but not promoted although asked to, as it got worse at
    something; 1 trained, with rejected lines in the corpus; 2 nothing was trained.
    """
    from classifier.figures import figures_installed
    from classifier.model.registry import check_room

    settings, loaded = settings_and_pipeline(pipeline)
    store_installed()
    figures_installed()
    check_room(models_folder(models, settings))
    rejected = Rejected()
    columns = {"text": text, "category": category, "channel": channel, "id": id_}
    corpus, frozen = _examples(path, test, columns, rejected)
    with database_of(database) as opened, _progress() as progress:
        from classifier.model.own_prior import prior_called
        from classifier.model.training import TrainingSettings
        from classifier.review.retraining import RetrainSettings
        from classifier.review.retraining import retrain as retrain_model
        from classifier.review.training_set import Weights

        weights = Weights()
        told = RetrainSettings(
            share=settings.blind_share,
            salt=settings.blind_salt,
            training=TrainingSettings(seed=seed, folds=folds),
            weights=Weights(
                confirmation=weights.confirmation if weight_confirmation is None else weight_confirmation,
                correction=weights.correction if weight_correction is None else weight_correction,
            ),
            prior=prior_called(settings.prior),
            promote=promote,
        )
        done = retrain_model(
            opened,
            models_folder(models, settings),
            corpus,
            frozen,
            pipeline=loaded,
            settings=told,
            who=person(who),
            clock=lambda: datetime.now(UTC),
            progress=progress,
        )
    if format_ == "json":
        typer.echo(json.dumps(asdict(done), ensure_ascii=False, indent=2, default=str))
    else:
        _show(done, promote, models)
    if promote and not done.promoted:
        raise typer.Exit(NOT_PROMOTED)
    rejected.finish()


def _examples(
    path: Path | None, test: Path | None, columns: dict[str, str | None], rejected: Rejected
) -> tuple[list[Example], list[Example]]:
    """Return what to learn from, and what to compare by: `test`, else the corpus's own test split, else the shipped one."""
    from classifier.corpus import shipped_corpus
    from classifier.corpus_table import read_examples

    corpus = path or shipped_corpus()
    learned = [e.example for e in read_examples(corpus, rejected, columns, split="train")]
    if test is not None:
        frozen = [e.example for e in read_examples(test, rejected, columns)]
    else:
        # What is wrong with a file was said when it was read to learn from.
        unheard: Callable[[InputError], None] = rejected if corpus.is_dir() else lambda _: None
        frozen = [e.example for e in read_examples(corpus, unheard, columns, split="test")]
        frozen = frozen or [e.example for e in read_examples(shipped_corpus(), rejected, {}, split="test")]
    if not frozen:
        raise InputError(str(test), "no labelled text", "at least one to compare by")
    return learned, frozen


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show each stage with its own bar on standard error where a person looks at it."""
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    titles: dict[Stage, str] = {
        "snapshot": "Masking decisions",
        "reading": "Reading",
        "folds": "Training",
        "comparing": "Comparing",
        "saving": "Saving",
        "done": "Done",
    }
    with Bars(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bars:
        tasks: dict[Stage, TaskID] = {}

        def show(stage: Stage, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(titles[stage], total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield show


def _show(done: Retrained, promote: bool, models: Path | None) -> None:
    from classifier.model.comparison_report import as_table

    for title, comparison in (("Frozen test split", done.test), ("Blind share", done.blind)):
        if comparison is not None:
            print_table(as_table(title, comparison, champion=done.champion or "", candidate=done.version))
    typer.echo(done.verdict.words)
    if done.recovered:
        typer.echo(f"Before this, it {done.recovered}.", err=True)
    snapshot = done.snapshot
    left_out = ", ".join(f"{number} {reason}" for reason, number in snapshot.left_out.items()) or "nothing"
    typer.echo(f"Snapshot {snapshot.number} holds {snapshot.examples} decisions; left out: {left_out}.", err=True)
    typer.echo(f"Trained {done.version} on {done.examples} examples, {done.from_decisions} of them from decisions.", err=True)
    if done.champion_saw_erased_at is not None:
        when = f"{done.champion_saw_erased_at:%Y-%m-%d}"
        typer.echo(f"{done.champion} learned from a text that was erased on {when}; {done.version} never saw it.", err=True)
    if done.promoted:
        typer.echo(f"{done.version} serves from now on; before it, {done.champion or 'none'}.", err=True)
    elif promote:
        typer.echo(f"Not promoted, as it got worse at: {', '.join(done.verdict.worse)}.", err=True)
    else:
        typer.echo(next_step(done.version, models), err=True)
