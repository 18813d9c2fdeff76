"""The command that makes a report of counts over time."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.console import MOST_SHOWN, CategoryColumn, ChannelColumn, DatabaseOption, Rejected, database_of
from classifier.errors import InputError
from classifier.model_commands import ModelOption, ModelsOption, models_folder
from classifier.prior_options import PriorOption
from classifier.settings import Settings
from classifier.trends.periods import By

if TYPE_CHECKING:
    from classifier.model.held_out import HeldOutAnswers
    from classifier.model.own_prior import Prior
    from classifier.trends.correction import Correct
    from classifier.trends.counting import Dimension
    from classifier.trends.history import History

Chosen = dict[str, str | None]
"""The column named for each field, None where none was."""

_STORE = "the store"


@dataclass(frozen=True)
class _Counted:
    """What is to be counted, and what corrects it if a model set the labels; `source` is for readers, `place` for errors."""

    history: History
    source: str
    place: str
    correct: Correct | None
    notes: tuple[str, ...]


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="Example: classifier report historikk.csv --by year --output rapport")(report)


def report(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[INPUT]",
            help="A table (CSV, Excel, JSON Lines, Parquet) or a folder of them: your own, or what reclassify wrote.",
            show_default=False,
        ),
    ] = None,
    from_store: Annotated[bool, typer.Option("--from-store", help="Count the reports in the database, not a table.")] = False,
    database: DatabaseOption = None,
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
            "--labels",
            help="registered: as people set them; model: as a model did. Default: the model's, if a table has them. From the "
            "store also decided: as people decided here; imported: as reports came; registered, the default: the one, else the "
            "other.",
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
    from classifier.trends.report import make_report
    from classifier.trends.report_files import write_report
    from classifier.trends.report_parts import ReportSettings

    settings = Settings.from_env(os.environ)
    chosen = {"date": date, "unit": unit, "kind": kind, "category": category, "channel": channel}
    asked = _Asked(labels, chosen, errors, model, models_folder(models, settings), prior, settings.prior, seed)
    rejected = Rejected(most_shown=MOST_SHOWN)
    if from_store:
        if path is not None or any(chosen.values()):
            raise InputError("command line", "--from-store and a table or its columns", "one of them")
        counted = _from_store(database, asked)
    elif path is None or database is not None:
        found = "neither a table nor --from-store" if path is None else "a table and --database"
        raise InputError("command line", found, "INPUT, or --from-store with or without --database")
    else:
        counted = _from_table(path, asked, rejected)
    history, place = counted.history, counted.place
    report_settings = ReportSettings(by, _dimensions(dimension), _monthly(history, monthly, place), smallest)
    made = make_report(
        history,
        report_settings,
        source=counted.source,
        made=datetime.now(UTC).date(),
        correct=counted.correct,
        notes=counted.notes,
    )
    page = write_report(made, output)
    corrected = ", corrected for the model's errors" if counted.correct else ""
    typer.echo(f"{len(history):,} incidents, {made.periods[0].name} to {made.periods[-1].name}{corrected}: {page}")
    rejected.finish()


_SEVERAL = "tabellen er lest av flere modeller ({versions}), som gjør hver sine feil (--model retter alle tall med én av dem)."


@dataclass(frozen=True)
class _Asked:
    """What the command line says of whose labels to count, and of the model that set them; `usual_prior` is the setting."""

    labels: str | None
    chosen: Chosen
    errors: Path | None
    model: str | None
    models: Path
    prior: str | None
    usual_prior: str
    seed: int


def _from_table(path: Path, asked: _Asked, rejected: Rejected) -> _Counted:
    from classifier.batch.sources import open_source
    from classifier.trends.correction import note_on_errors
    from classifier.trends.history import history_of
    from classifier.trends.incident_table import map_incidents, read_incidents

    if asked.labels not in (None, "registered", "model"):
        raise InputError("--labels", repr(asked.labels), "registered or model")
    source = open_source(path)
    mapping = map_incidents(source.columns, asked.chosen, str(path), labels=asked.labels)  # type: ignore[arg-type]
    found = {field: getattr(mapping, field) for field in asked.chosen}
    typer.echo("Columns: " + ", ".join(f"{field} from {name!r}" for field, name in found.items() if name), err=True)
    versions: set[str] = set()
    history = history_of(read_incidents(source, mapping, rejected, versions))
    if not len(history):
        found_none = f"no row with a date in column {mapping.date!r}" if rejected.count else "a header and no rows"
        raise InputError(str(path), found_none, "at least one incident")
    correct, notes = None, []
    if mapping.labels == "model":
        if len(versions) > 1 and asked.model is None and asked.errors is None:
            notes.append(note_on_errors(_SEVERAL.format(versions=", ".join(sorted(versions)))))
        else:
            version = asked.model or min(versions, default=None)
            if asked.errors is None:
                prior = _prior_of(path, asked)
            else:
                prior = _shared_prior(asked.errors, path.name, _priors_said(path, asked))
            correct, note = _correction(history, asked, version, prior, "tabellen mangler sannsynlighetene (kolonnene …p_…).")
            notes.append(note)
    if rejected.count:
        notes.append(
            f"{rejected.count} rader lot seg ikke lese helt, og står i kommandoens utskrift; de uten lesbar dato er ikke talt."
        )
    return _Counted(history, path.name, str(path), correct, tuple(notes))


def _from_store(url: str | None, asked: _Asked) -> _Counted:
    with database_of(url) as opened:
        from classifier.model.own_prior import name_of, prior_called
        from classifier.model.registry import find_artifact
        from classifier.trends.history import history_of
        from classifier.trends.stored import STORED_LABELS, Noted, Reader, notes_on, stored_incidents

        labels = next((labels for labels in STORED_LABELS if labels == (asked.labels or "registered")), None)
        if labels is None:
            raise InputError("--labels", repr(asked.labels), f"one of {', '.join(STORED_LABELS)}")
        reader = None
        if labels == "model":
            prior = prior_called(asked.prior or asked.usual_prior)
            reader = Reader(find_artifact(asked.model, asked.models).manifest.version, prior)
        noted: Counter[Noted] = Counter()
        with opened.reading() as session:
            history = history_of(stored_incidents(session, labels, noted, reader))
    if not len(history):
        raise InputError(_STORE, "no report with a date", "at least one incident")
    if reader is None:
        return _Counted(history, "databasen", _STORE, None, tuple(notes_on(noted)))
    if not history.has_answers:
        told = f"no suggestion by model {reader.version} under the prior {name_of(reader.prior)!r}"
        raise InputError(_STORE, told, "reports that it has read, as it does before it deals for review")
    prior = reader.prior if asked.errors is None else _shared_prior(asked.errors, _STORE, [reader.prior])
    correct, note = _correction(history, asked, reader.version, prior, "")
    return _Counted(history, "databasen", _STORE, correct, (note, *notes_on(noted)))


def _correction(history: History, asked: _Asked, version: str | None, prior: Prior, why_not: str) -> tuple[Correct | None, str]:
    """Return what corrects a model's counts, if anything can, and what to say; `why_not` is said without probabilities."""
    from classifier.trends.correction import NOT_KEPT, corrector, note_on_correction, note_on_errors

    answers, whose = _answers(asked, version)
    if answers is None:
        return None, note_on_errors(NOT_KEPT)
    if not history.has_answers:
        return None, note_on_errors(why_not)
    return corrector(answers, prior, asked.seed), note_on_correction(answers, whose)


def _dimensions(names: list[str] | None) -> tuple[Dimension, ...]:
    from classifier.trends.counting import DIMENSIONS

    for name in names or ():
        if name not in DIMENSIONS:
            raise InputError("--dimension", repr(name), f"one of {', '.join(DIMENSIONS)}")
    return tuple(dimension for dimension in DIMENSIONS if names is None or dimension in names)


def _monthly(history: History, names: list[str] | None, place: str) -> tuple[str, ...]:
    """Return the units or kinds of unit to analyse by month, as the history writes them."""
    from classifier.trends.incidents import CONTACT_CENTRE

    known = {name.casefold(): name for name in (*history.kinds, *history.units)}
    if names is None:
        return (CONTACT_CENTRE,) if CONTACT_CENTRE in history.kinds else ()
    for name in names:
        if name.casefold() not in known:
            raise InputError(place, f"no unit or kind of unit {name!r}", f"one of {', '.join(history.kinds)}, or a unit's name")
    return tuple(dict.fromkeys(known[name.casefold()] for name in names))


def _answers(asked: _Asked, version: str | None) -> tuple[HeldOutAnswers | None, str]:
    """Return how the model answered labelled texts it had not seen, and in words whose texts they were."""
    from classifier.model.artifact import load_held_out
    from classifier.model.registry import find_artifact
    from classifier.trends.correction import whose_texts
    from classifier.trends.labelled import read_labelled

    if asked.errors is not None:
        return read_labelled(asked.errors, asked.chosen, Rejected(most_shown=MOST_SHOWN)), f"fra {asked.errors.name}"
    artifact = find_artifact(version, asked.models)
    return load_held_out(artifact), whose_texts(artifact.manifest.version)


def _prior_of(path: Path, asked: _Asked) -> Prior:
    """Return the prior that a table's labels were made under: the one asked for, else what the summary beside it notes.

    Raises InputError for a summary that notes none.
    """
    from classifier.model.own_prior import prior_called

    if asked.prior is not None:
        return prior_called(asked.prior)
    if (noted := _noted_prior(path)) is not None:
        return noted
    told = f"No summary beside {path.name}: its labels count as made under the prior {asked.usual_prior!r}; see --prior."
    typer.echo(told, err=True)
    return prior_called(asked.usual_prior)


def _priors_said(path: Path, asked: _Asked) -> list[Prior]:
    """Return the priors that a table was read under by --prior and by the summary beside it, by the setting if neither says.

    Raises InputError for a file that notes none.
    """
    from classifier.model.own_prior import prior_called

    said = [prior_called(asked.prior)] if asked.prior is not None else []
    if (noted := _noted_prior(path)) is not None:
        said.append(noted)
    if not said:
        # No count is corrected by it here: one that cannot be read contradicts nothing.
        with suppress(InputError):
            said.append(prior_called(asked.usual_prior))
    return said


def _shared_prior(errors: Path, place: str, said: list[Prior]) -> Prior:
    """Return the prior to correct under where people's own sample was read as `place` was: the corpus's, whichever both have.

    `said` are the priors that `place` is said to be read under. Raises InputError if the sample's summary notes another.
    """
    from classifier.model.own_prior import name_of
    from classifier.model.priors import CORPUS

    sample = _noted_prior(errors)
    for prior in said:
        if sample is not None and name_of(prior) != name_of(sample):
            found = f"answers under the prior {name_of(sample)!r}"
            expected = f"the prior of {place}, {name_of(prior)!r} (where no summary tells that, --prior does)"
            raise InputError(str(errors), found, f"{expected}; read both in the same way")
    return CORPUS


def _noted_prior(path: Path) -> Prior | None:
    """Return the prior that the summary beside a table notes, None if there is no summary."""
    from classifier.model.own_prior import read_prior

    summary = path.with_name(f"{path.name}.summary.json")
    return read_prior(summary) if summary.exists() else None
