"""The command that makes a report of counts over time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.console import CategoryColumn, ChannelColumn, Rejected
from classifier.errors import InputError
from classifier.model_commands import ModelOption, ModelsOption, PriorOption, models_folder
from classifier.settings import Settings
from classifier.trends.periods import By

if TYPE_CHECKING:
    from classifier.model.held_out import HeldOutAnswers
    from classifier.trends.counting import Dimension
    from classifier.trends.history import History
    from classifier.trends.periods import Period
    from classifier.trends.quantification import Correction

_MOST_SHOWN = 20

_UNCORRECTED = (
    "Typene og kanalene er satt av en modell, og tallene er ikke rettet for feilene den gjør: {why} De kan derfor ligge "
    "systematisk for høyt eller for lavt, mest for sjeldne typer."
)
_CORRECTED = (
    "Rettingen bygger på {texts} rapporter som både mennesker og modellen har satt merke på, {whose}. Den forutsetter at "
    "hendelser av samme slag er skrevet om lag likt der som her. Er de ikke det, kan det riktige tallet ligge utenfor "
    "intervallet. Det sikreste er å la mennesker lese et tilfeldig utvalg av nettopp disse hendelsene og bruke det (--errors)."
)


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="Example: classifier report historikk.csv --by year --output rapport")(report)


def report(
    path: Annotated[Path, typer.Argument(metavar="INPUT", help="A CSV or Excel table: your own, or what reclassify wrote.")],
    by: Annotated[By, typer.Option("--by", help="How long a period is.")] = "year",
    dimension: Annotated[
        list[str] | None,
        typer.Option("--dimension", help="category, channel, group, kind or unit; may be repeated. Default: all of them."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")] = Path("rapport"),
    monthly: Annotated[
        list[str] | None,
        typer.Option(
            "--monthly", help="A unit, or a kind of unit, to analyse by month; may be repeated. Default: Kontaktsenter."
        ),
    ] = None,
    date: Annotated[str | None, typer.Option("--date", help="The column with the date.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="The column with the unit.")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="The column with the kind of unit. Default: by the unit's name.")
    ] = None,
    category: CategoryColumn = None,
    channel: ChannelColumn = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels", help="registered: as people set them; model: as reclassify did. Default: the model's, if there."
        ),
    ] = None,
    errors: Annotated[
        Path | None,
        typer.Option("--errors", help="What reclassify wrote of reports with people's labels: how the model errs with you."),
    ] = None,
    model: ModelOption = None,
    models: ModelsOption = None,
    prior: PriorOption = None,
    smallest: Annotated[int, typer.Option("--smallest", min=1, help="Counts below this are hidden.")] = 5,
    seed: Annotated[int, typer.Option("--seed", help="The same table and seed give the same report.")] = 0,
) -> None:
    """Count incidents over time: a page with figures, CSV files and a workbook, small counts hidden.

    Labels that a model set are counted as it set them and beside that corrected for its errors, with 95 % intervals.
    """
    from classifier.tabular import column_names
    from classifier.trends.history import history_of
    from classifier.trends.incident_table import map_incidents, read_incidents
    from classifier.trends.report import make_report
    from classifier.trends.report_files import write_report
    from classifier.trends.report_parts import ReportSettings

    if labels not in (None, "registered", "model"):
        raise InputError("--labels", repr(labels), "registered or model")
    chosen = {"date": date, "unit": unit, "kind": kind, "category": category, "channel": channel}
    mapping = map_incidents(column_names(path), chosen, str(path), labels=labels)  # type: ignore[arg-type]
    found = {field: getattr(mapping, field) for field in chosen}
    typer.echo("Columns: " + ", ".join(f"{field} from {name!r}" for field, name in found.items() if name), err=True)
    rejected = Rejected(most_shown=_MOST_SHOWN)
    history = history_of(read_incidents(path, mapping, rejected))
    if not len(history):
        raise InputError(str(path), f"no row with a date in column {mapping.date!r}", "at least one incident")
    correct, notes = None, []
    if mapping.labels == "model":
        answers, whose = _answers(path, errors, chosen, model, models)
        if answers is None:
            notes.append(
                _UNCORRECTED.format(why="modellen har ikke med seg målinger av dem (den ble trent før slike ble tatt vare på).")
            )
        elif not history.has_answers:
            notes.append(_UNCORRECTED.format(why="tabellen mangler sannsynlighetene (kolonnene asys_p_…)."))
        else:
            correct = _corrector(answers, prior or _noted_prior(path) or Settings.from_env(os.environ).prior, seed)
            notes.append(_CORRECTED.format(texts=len(answers.writers), whose=whose))
    if rejected.count:
        notes.append(
            f"{rejected.count} rader hadde en dato eller et merke som ikke lot seg lese, og står i kommandoens utskrift."
        )
    settings = ReportSettings(by, _dimensions(dimension), _monthly(history, monthly, path), smallest)
    made = make_report(history, settings, source=path.name, made=datetime.now(UTC).date(), correct=correct, notes=notes)
    page = write_report(made, output)
    corrected = ", corrected for the model's errors" if correct else ""
    typer.echo(f"{len(history):,} incidents, {made.periods[0].name} to {made.periods[-1].name}{corrected}: {page}")
    rejected.finish()


def _dimensions(names: list[str] | None) -> tuple[Dimension, ...]:
    from classifier.trends.counting import DIMENSIONS

    for name in names or ():
        if name not in DIMENSIONS:
            raise InputError("--dimension", repr(name), f"one of {', '.join(DIMENSIONS)}")
    return tuple(dimension for dimension in DIMENSIONS if names is None or dimension in names)


def _monthly(history: History, names: list[str] | None, path: Path) -> tuple[str, ...]:
    """Return the units or kinds of unit to analyse by month, as the history writes them."""
    from classifier.trends.incidents import CONTACT_CENTRE

    known = {name.casefold(): name for name in (*history.kinds, *history.units)}
    if names is None:
        return (CONTACT_CENTRE,) if CONTACT_CENTRE in history.kinds else ()
    for name in names:
        if name.casefold() not in known:
            raise InputError(
                str(path), f"no unit or kind of unit {name!r}", f"one of {', '.join(history.kinds)}, or a unit's name"
            )
    return tuple(dict.fromkeys(known[name.casefold()] for name in names))


def _answers(
    path: Path, errors: Path | None, chosen: dict[str, str | None], model: str | None, models: Path | None
) -> tuple[HeldOutAnswers | None, str]:
    """Return how the model answered labelled texts it had not seen, and in words whose texts they were."""
    from classifier.model.artifact import load_held_out
    from classifier.model.registry import find_artifact
    from classifier.tabular import read_rows
    from classifier.trends.labelled import read_labelled

    if errors is not None:
        return read_labelled(errors, chosen, Rejected(most_shown=_MOST_SHOWN)), f"fra {errors.name}"
    version = next((row.cells.get("asys_model_version", "").strip() for row in read_rows(path)), "")
    artifact = find_artifact(model or version or None, models_folder(models, Settings.from_env(os.environ)))
    return load_held_out(artifact), f"de som modell {artifact.manifest.version} ble prøvd på under treningen"


def _noted_prior(path: Path) -> str | None:
    """Return the prior that a table's labels were made under, by the summary that reclassify left beside it, if it is there."""
    try:
        noted = json.loads(path.with_name(f"{path.name}.summary.json").read_bytes())
    except (OSError, ValueError):
        return None
    prior = noted.get("prior") if isinstance(noted, dict) else None
    return prior if isinstance(prior, str) else None


def _corrector(answers: HeldOutAnswers, prior: str, seed: int) -> Callable[[History, tuple[Period, ...]], Correction]:
    """Return what corrects the counts of a history's periods; `prior` is the one that the model answered under."""
    import numpy as np

    from classifier.model.estimator import LABELS, TARGETS, Target
    from classifier.model.priors import adjust, named_prior
    from classifier.trends.error_model import learn_errors
    from classifier.trends.quantification import Answers, correct
    from classifier.trends.report import incidents_per_period

    learned = learn_errors(answers)
    shares: dict[Target, np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = {
        target: np.bincount(answers.truth[target], minlength=len(LABELS[target])) / len(answers.writers) for target in TARGETS
    }
    split = len(LABELS["category"])

    def corrected(history: History, periods: tuple[Period, ...]) -> Correction:
        given = []
        for part in incidents_per_period(history, periods):
            probabilities = part.probabilities.astype(np.float64)
            by_target = {"category": probabilities[:, :split], "channel": probabilities[:, split:]}
            category, channel = (
                adjust(by_target[target], named_prior(prior, target, shares[target]), shares[target]) for target in TARGETS
            )
            given.append(Answers(category, channel))
        return correct(learned, given, seed=seed)

    return corrected
