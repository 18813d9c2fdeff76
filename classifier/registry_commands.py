"""The commands around the versions of the model: models list, show, promote and rollback."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from classifier.console import (
    MOST_SHOWN,
    PipelineOption,
    Rejected,
    WhoOption,
    person,
    print_table,
    progress_of,
    settings_and_pipeline,
)
from classifier.errors import ArtifactError, InputError
from classifier.model_commands import ModelsOption, OtherPipelineOption, models_folder, write_page
from classifier.settings import Settings
from classifier.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from classifier.corpus import Example
    from classifier.model.incident_model import IncidentModel

WhyOption = Annotated[str, typer.Option("--why", help="The reason, for those who come after.")]
TestOption = Annotated[
    Path | None, typer.Option("--test", help="Labelled texts to compare by. Default: the shipped corpus's test split.")
]

models_app = typer.Typer(
    name="models", help="List, show, promote and roll back trained models.", no_args_is_help=True, rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(models_app)


@models_app.command("list", epilog="Example: classifier models list --models modeller")
def list_(models: ModelsOption = None) -> None:
    """List the versions, oldest first, with their figures out of fold and which one serves.

    Exit codes: 0 all is well; 1 a version is damaged or missing.
    """
    from classifier.model.registry import registered

    folder = models_folder(models, Settings.from_env(os.environ))
    if not folder.is_dir():
        raise ArtifactError(str(folder), "there is no such folder")
    rows: list[tuple[str, ...]] = []
    problems = []
    for entry in registered(folder):
        state = "champion" if entry.champion else ""
        if entry.artifact is None:
            problems.append(entry.problem)
            rows.append((entry.version, "", "", "", "", f"{state}, damaged or missing".removeprefix(", ")))
            continue
        manifest = entry.artifact.manifest
        figures = manifest.metrics.get("out_of_fold", {})
        scores = (f"{figures[target]['macro_f1']:.3f}" if target in figures else "" for target in ("category", "channel"))
        # Without seconds and zone, which `models show` has, the table fits a terminal of 80 columns.
        rows.append((entry.version, manifest.created[:16].replace("T", " "), str(manifest.examples), *scores, state))
    columns = ("version", "created", "examples", "category", "channel", "")
    print_table(Table("Models, with macro-F1 out of fold", columns, tuple(rows), spare=("examples",)))
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)


@models_app.command(epilog="Example: classifier models show 2026.11.5")
def show(
    version: Annotated[str | None, typer.Argument()] = None,
    models: ModelsOption = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write the evaluation that came with it to this file.")
    ] = None,
) -> None:
    """Print a version's manifest, the champion's by default, and its promotions, as JSON."""
    from classifier.model.artifact import read_evaluation
    from classifier.model.registry import find_artifact, promotions

    folder = models_folder(models, Settings.from_env(os.environ))
    artifact = find_artifact(version, folder)
    history = [entry.model_dump() for entry in promotions(folder) if entry.version == artifact.manifest.version]
    if html is not None:
        write_page(html, read_evaluation(artifact))
    shown = {**artifact.manifest.model_dump(), "promotions": history}
    typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))


@models_app.command(epilog="Example: classifier models promote 2026.11.5 --why 'bedre på trussel'")
def promote(
    version: Annotated[str, typer.Argument()],
    why: WhyOption,
    who: WhoOption = None,
    models: ModelsOption = None,
    test: TestOption = None,
    pipeline: PipelineOption = None,
    other_pipeline: OtherPipelineOption = False,
) -> None:
    """Make a version the champion, with both models' figures on the same labelled texts on record.

    Exit codes: 0 promoted; 1 promoted, with rejected lines in the labelled texts; 2 nothing was promoted.
    """
    from classifier.model.registry import Promotion, champion_version
    from classifier.model.registry import promote as promote_version

    reason, folder, rejected = _reason(why), models_folder(models, Settings.from_env(os.environ)), Rejected(MOST_SHOWN)
    before = champion_version(folder)
    if version == before:
        raise InputError("command line", f"version {version}, which serves already", "another version")
    load = _loader(folder, pipeline, other_pipeline)
    comparison = _compared(folder, before, load(version), load, _labelled(test, rejected))
    when = datetime.now(UTC).isoformat(timespec="seconds")
    promote_version(folder, Promotion(version=version, who=person(who), when=when, why=reason, comparison=comparison))
    typer.echo(f"{version} serves from now on; before it, {before or 'none'}.")
    rejected.finish()


@models_app.command(epilog="Example: classifier models rollback --why 'for mange feil på sms'")
def rollback(
    why: WhyOption,
    who: WhoOption = None,
    models: ModelsOption = None,
    test: TestOption = None,
    pipeline: PipelineOption = None,
    other_pipeline: OtherPipelineOption = False,
) -> None:
    """Make the champion before the present one serve again, with both models' figures on record as `promote` has them.

    Exit codes: 0 done; 1 done, with rejected lines in the labelled texts; 2 nothing was changed.
    """
    from classifier.model.registry import champion_version, earlier_champion, roll_back

    reason, folder, rejected = _reason(why), models_folder(models, Settings.from_env(os.environ)), Rejected(MOST_SHOWN)
    before, after = champion_version(folder), earlier_champion(folder)
    load = _loader(folder, pipeline, other_pipeline)
    comparison = _compared(folder, before, load(after), load, _labelled(test, rejected))
    when = datetime.now(UTC).isoformat(timespec="seconds")
    version = roll_back(folder, who=person(who), when=when, why=reason, comparison=comparison, expected=after)
    typer.echo(f"{version} serves again.")
    rejected.finish()


def _reason(why: str) -> str:
    if not why.strip():
        raise InputError("--why", "an empty reason", "the reason, for those who come after")
    return why.strip()


def _loader(folder: Path, pipeline: str | None, other_pipeline: bool) -> Callable[[str], IncidentModel]:
    """Return what loads a version of a folder of models, with the pipeline loaded once."""
    from classifier.model.own_prior import prior_called
    from classifier.model.registry import load_model

    settings, loaded = settings_and_pipeline(pipeline)

    def load(name: str) -> IncidentModel:
        return load_model(
            name, models=folder, pipeline=loaded, other_pipeline=other_pipeline, prior=prior_called(settings.prior)
        )

    return load


def _labelled(test: Path | None, rejected: Rejected) -> list[Example]:
    """Return the labelled texts to compare by; none where no file is named and the corpus's test split is not installed."""
    from classifier.corpus import shipped_corpus
    from classifier.corpus_table import read_examples

    if test is None:
        if not shipped_corpus().is_dir():
            return []
        return [located.example for located in read_examples(shipped_corpus(), rejected, {}, split="test")]
    examples = [located.example for located in read_examples(test, rejected, {})]
    if not examples:
        raise InputError(str(test), "no labelled text", "at least one to compare by")
    # Of a folder with a test split, only that is a text that training did not see.
    return [example for example in examples if example.split == "test"] or examples


def _compared(
    folder: Path, before: str | None, after: IncidentModel, load: Callable[[str], IncidentModel], examples: list[Example]
) -> dict[str, Any]:
    """Return what to keep on record of both models, having shown how they do on the labelled texts."""
    from classifier.model.comparison_report import as_table, worse_in_words
    from classifier.model.promotion_record import comparison_record, measure

    if not examples:
        typer.echo("Compared out of fold only: the corpus's test split is not installed, and no --test was given.", err=True)
        return comparison_record(folder, before, after.version)
    champion = None
    try:
        champion = None if before is None else load(before)
    except ArtifactError as error:
        typer.echo(f"Only {after.version} is measured: {error}", err=True)
    measured = measure(examples, champion, after, progress_of)
    if measured.comparison is not None:
        print_table(as_table("Same texts", measured.comparison, champion=str(before), candidate=after.version))
        worse = worse_in_words(measured.comparison, champion=str(before), candidate=after.version)
        if worse:
            typer.echo(f"Warning: {worse}", err=True)
    else:
        figures = measured.after.items()
        rows = tuple((target, f"{found['macro_f1']:.3f}", f"{found['accuracy']:.3f}") for target, found in figures)
        print_table(Table(f"{after.version}: {measured.count} texts", ("", "macro-F1", "accuracy"), rows))
    return comparison_record(folder, before, after.version, measured)
