"""The commands around the versions of the model: models list, show, promote and rollback."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from classifier.console import WhoOption, person, print_table
from classifier.model_commands import ModelsOption, models_folder, write_page
from classifier.settings import Settings
from classifier.table import Table

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

    rows: list[tuple[str, ...]] = []
    problems = []
    for entry in registered(models_folder(models, Settings.from_env(os.environ))):
        state = "champion" if entry.champion else ""
        if entry.artifact is None:
            problems.append(entry.problem)
            rows.append((entry.version, "", "", "", "", f"{state}, damaged or missing".removeprefix(", ")))
            continue
        manifest = entry.artifact.manifest
        figures = manifest.metrics.get("out_of_fold", {})
        scores = (f"{figures[target]['macro_f1']:.3f}" if target in figures else "" for target in ("category", "channel"))
        rows.append((entry.version, manifest.created, str(manifest.examples), *scores, state))
    columns = ("version", "created", "examples", "category macro-F1", "channel macro-F1", "")
    print_table(Table("Models", columns, tuple(rows)))
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)


@models_app.command(epilog="Example: classifier models show 2026.11.3")
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


@models_app.command(epilog="Example: classifier models promote 2026.11.3 --why 'bedre på trussel'")
def promote(
    version: Annotated[str, typer.Argument()],
    why: Annotated[str, typer.Option("--why", help="The reason, for those who come after.")],
    who: WhoOption = None,
    models: ModelsOption = None,
) -> None:
    """Make a version the champion, with the out-of-fold figures of both on record."""
    from classifier.model.promotion_record import comparison_record
    from classifier.model.registry import Promotion, champion_version
    from classifier.model.registry import promote as promote_version

    folder = models_folder(models, Settings.from_env(os.environ))
    before = champion_version(folder)
    comparison = comparison_record(folder, before, version)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    promote_version(folder, Promotion(version=version, who=person(who), when=when, why=why, comparison=comparison))
    typer.echo(f"{version} serves from now on; before it, {before or 'none'}.")


@models_app.command(epilog="Example: classifier models rollback --why 'for mange feil på sms'")
def rollback(
    why: Annotated[str, typer.Option("--why", help="The reason, for those who come after.")],
    who: WhoOption = None,
    models: ModelsOption = None,
) -> None:
    """Make the champion before the present one serve again."""
    from classifier.model.registry import roll_back

    folder = models_folder(models, Settings.from_env(os.environ))
    when = datetime.now(UTC).isoformat(timespec="seconds")
    typer.echo(f"{roll_back(folder, who=person(who), when=when, why=why)} serves again.")
