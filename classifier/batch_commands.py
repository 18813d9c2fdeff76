"""The command `reclassify`: a whole history read by one model."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.column_names import ADDED_PREFIX
from classifier.console import (
    CategoryColumn,
    ChannelColumn,
    DatabaseOption,
    IdColumn,
    PipelineOption,
    TextColumn,
    WhoOption,
    database_of,
    person,
)
from classifier.errors import InputError, JobError
from classifier.model_commands import ModelOption, ModelsOption, OtherPipelineOption, models_folder
from classifier.prior_options import AskedPrior, PriorDecisionsOption, PriorOption, PriorTextsOption, estimated
from classifier.settings import Settings

if TYPE_CHECKING:
    from classifier.batch.answers import Answer
    from classifier.batch.engines import Engine
    from classifier.batch.run import Beside, Outcome, RunSettings
    from classifier.batch.sources import Source
    from classifier.batch.worker import ModelReference
    from classifier.language import LoadedPipeline
    from classifier.model.incident_model import IncidentModel
    from classifier.store.database import Database

_SAMPLE_ROWS = 500
_SAID_EVERY = 30.0
"""Seconds between lines of progress where nobody watches a bar."""


def add_to(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(epilog="Example: classifier reclassify historikk.csv ny.csv --text Beskrivelse --workers 2")(reclassify)


def reclassify(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="[INPUT] OUTPUT",
            help="INPUT: CSV, Excel, Parquet or JSON Lines, or a folder of them; none with --from-store. OUTPUT ends in .csv, "
            ".tsv, .xlsx, .parquet or .jsonl; or a folder for a folder.",
        ),
    ],
    from_store: Annotated[
        bool, typer.Option("--from-store", help="Read the reports of the database, in place of INPUT.")
    ] = False,
    database: DatabaseOption = None,
    no_keep: Annotated[
        bool, typer.Option("--no-keep", help="With --from-store: leave the model's suggestions out of the database.")
    ] = False,
    who: WhoOption = None,
    text: TextColumn = None,
    id_: IdColumn = None,
    category: CategoryColumn = None,
    channel: ChannelColumn = None,
    date: Annotated[str | None, typer.Option("--date", help="A table's column with the date.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="A table's column with the unit.")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes on this machine; 1 reads here.")] = 1,
    scheduler: Annotated[str | None, typer.Option("--scheduler", help="A Dask scheduler, such as tcp://host:8786.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read a sample, estimate the time, write nothing.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Drop what was begun, and replace an output there is.")] = False,
    evidence: Annotated[bool, typer.Option("--evidence/--no-evidence", help="Give the words that weighed.")] = True,
    partition: Annotated[int, typer.Option("--partition", min=1, help="Rows that are finished together.")] = 2_000,
    prefix: Annotated[str, typer.Option("--prefix", help="What the added columns' names begin with.")] = ADDED_PREFIX,
    model: ModelOption = None,
    models: ModelsOption = None,
    prior: PriorOption = None,
    prior_decisions: PriorDecisionsOption = None,
    prior_texts: PriorTextsOption = None,
    pipeline: PipelineOption = None,
    other_pipeline: OtherPipelineOption = False,
) -> None:
    """Read a history again with one model: every row with its category and channel, and a summary of what changed.

    Killed at any moment, the same command goes on where it was; an output that it finished is left as it is. Rows that cannot
    be read go to OUTPUT.rejected.csv. A prior of your own is noted in the summary with its numbers. With --from-store the
    suggestions are kept in the database too, and who ran this is noted there. Exit codes: 0 all rows of the history written, 1
    finished with rejected rows, 2 wrong use or unusable input.
    """
    from classifier.batch.run import RunSettings, beside
    from classifier.batch.worker import refer_to
    from classifier.language import load_pipeline

    asked = AskedPrior(prior, prior_decisions, prior_texts)
    if workers > 1 and scheduler is not None:
        raise InputError("command line", "both --workers and --scheduler", "one of them")
    chosen = {"text": text, "id": id_, "category": category, "channel": channel, "date": date, "unit": unit}
    if from_store:
        _check_store_use(paths, chosen, evidence=evidence, no_keep=no_keep)
    elif len(paths) != 2:
        given = "one path" if len(paths) == 1 else f"{len(paths)} paths"
        raise InputError("command line", given, "INPUT and OUTPUT, or --from-store and OUTPUT")
    elif database is not None or no_keep:
        option = "--no-keep" if database is None else "--database"
        raise InputError("command line", f"{option} with an INPUT", "it with --from-store only")
    output = paths[-1]
    settings = Settings.from_env(os.environ)
    pipeline_name = pipeline or settings.pipeline
    rejected = 0
    with ExitStack() as open_until_done:
        if from_store:
            store = open_until_done.enter_context(database_of(database))
            jobs = [_store_job(store, output, person(who), keep=not no_keep, restart=restart)]
        else:
            jobs = _file_jobs(paths[0], output)
        loaded = load_pipeline(pipeline_name)
        reference = refer_to(
            model,
            models_folder(models, settings),
            loaded,
            pipeline_name,
            other_pipeline=other_pipeline,
            prior=asked.to_load_under(settings.prior),
        )
        own = estimated(asked, lambda: _local_model(reference, loaded))
        if own is not None:
            reference = replace(reference, prior=own)
        run_settings = RunSettings(partition, evidence, prefix, spans=from_store and not no_keep)
        for job in jobs:
            if dry_run:
                _try(job.source, job.output, chosen, run_settings, _local_model(reference, loaded))
                continue
            if job.output != output:
                output.mkdir(parents=True, exist_ok=True)
            outcome = _run(job, chosen, reference, run_settings, loaded, workers, scheduler, restart)
            rejected += outcome.rejected
            _say(outcome, job.output, beside(job.output))
    if rejected:
        raise typer.Exit(1)


def _keeps_nothing(_reference: ModelReference, _answers: Sequence[tuple[int, Answer]]) -> None:
    """Leave the answers of a file's rows where they are: in the output."""


@dataclass(frozen=True)
class _Job:
    """One output to make: from what, what to do with each partition's answers, and with the whole before it is in place."""

    source: Source
    output: Path
    keep: Callable[[ModelReference, Sequence[tuple[int, Answer]]], None] = _keeps_nothing
    before_kept: Callable[[Outcome], None] = lambda _outcome: None


def _file_jobs(input_: Path, output: Path) -> list[_Job]:
    """Return a job for a file or for a folder as one table; or one for each file of a folder, if the output is a folder too."""
    from classifier.batch.run import same_file
    from classifier.batch.sources import SUFFIXES, open_source

    if not input_.exists():
        raise InputError(str(input_), "nothing there", "a file or a folder")
    if same_file(input_, output):
        raise JobError(str(output), f"is the input too; name another {'folder' if input_.is_dir() else 'output'}")
    if not (input_.is_dir() and (output.is_dir() or not output.suffix)):
        return [_Job(open_source(input_), output)]
    files = sorted(file for file in input_.iterdir() if file.suffix.lower() in SUFFIXES and not file.name.startswith("."))
    targets = [output / file.with_suffix(_SAME_FORM.get(file.suffix.lower(), file.suffix.lower())).name for file in files]
    if twice := sorted(target.name for target in targets if targets.count(target) > 1):
        raise JobError(str(output), f"would get two files {twice[0]!r}; rename one of the input's")
    return [_Job(open_source(file), target) for file, target in zip(files, targets, strict=True)]


def _store_job(database: Database, output: Path, who: str, *, keep: bool, restart: bool) -> _Job:
    """Return the job of reading the store, as far as it was begun if it was."""
    from classifier.batch.journal import begun_as
    from classifier.batch.store_source import StoreSource, extent_of, keep_answers, present_extent
    from classifier.store.audit import record

    begun = None if restart else begun_as(output)
    extent = (extent_of(begun.get("input", "")) if begun else None) or present_extent(database)
    if not extent.last_report:
        raise InputError(database.engine.url.render_as_string(), "no reports", "some to read; see classifier import")

    def kept(reference: ModelReference, answers: Sequence[tuple[int, Answer]]) -> None:
        keep_answers(database, answers, reference, who=who, now=datetime.now(UTC))

    def noted(outcome: Outcome) -> None:
        # Texts leave the database in the output, as in any export.
        details = {"file": output.name, "what": "reclassified", "reports": outcome.written}
        with database.writing() as session:
            record(session, "export", who=who, at=datetime.now(UTC), details=details)

    return _Job(StoreSource(database, extent), output, kept if keep else _keeps_nothing, noted)


def _check_store_use(paths: list[Path], columns: dict[str, str | None], *, evidence: bool, no_keep: bool) -> None:
    """Raise InputError for what makes no sense with --from-store."""
    if len(paths) != 1:
        raise InputError("command line", "both an INPUT and --from-store", "one of them")
    if named := [field for field, column in columns.items() if column is not None]:
        raise InputError("command line", f"--{named[0]} with --from-store", "it with an INPUT; the store's columns are known")
    if not evidence and not no_keep:
        raise InputError(
            "command line",
            "--no-evidence with --from-store",
            "it with --no-keep; suggestions are kept for people to see, with the words that weighed",
        )


_SAME_FORM = {".txt": ".csv", ".xlsm": ".xlsx", ".ndjson": ".jsonl"}
"""What a file of a folder is written as, where that is not how it was read."""


def _run(
    job: _Job,
    chosen: dict[str, str | None],
    reference: ModelReference,
    settings: RunSettings,
    pipeline: LoadedPipeline,
    workers: int,
    scheduler: str | None,
    restart: bool,
) -> Outcome:
    from classifier.batch.mapping import map_history, shown
    from classifier.batch.run import reclassify as run
    from classifier.batch.summary import summarise
    from classifier.batch.summary_report import write_summary

    source, output = job.source, job.output
    columns = map_history(source.columns, chosen, source.name)
    typer.echo(shown(columns, source.columns), err=True)

    def summary(outcome: Outcome, names: Beside) -> None:
        write_summary(summarise(outcome, reference, source.name), names)
        job.before_kept(outcome)

    with _going_on_is_said(), _progress() as (begun, advance):
        return run(
            source,
            output,
            columns,
            _engine(reference, pipeline, workers, scheduler),
            reference,
            settings,
            write_summary=summary,
            keep=lambda answers: job.keep(reference, answers),
            restart=restart,
            begun=begun,
            advance=advance,
        )


@contextmanager
def _going_on_is_said() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("What is finished is kept; the same command goes on from there.", err=True)
        raise


def _engine(reference: ModelReference, pipeline: LoadedPipeline, workers: int, scheduler: str | None) -> Engine:
    if scheduler is not None:
        from classifier.batch.dask_engine import DaskCluster

        return DaskCluster(reference, scheduler)
    from classifier.batch.engines import InProcess, LocalWorkers

    return LocalWorkers(reference, workers) if workers > 1 else InProcess(_local_model(reference, pipeline))


def _local_model(reference: ModelReference, pipeline: LoadedPipeline) -> IncidentModel:
    from classifier.batch.worker import load

    return load(reference, environ=os.environ, pipeline=pipeline)


def _try(source: Source, output: Path, chosen: dict[str, str | None], settings: RunSettings, model: IncidentModel) -> None:
    """Read a sample, and say what a run would do and how long it would take; nothing is written."""
    from collections import Counter
    from itertools import islice

    from classifier.batch.forms import form_of
    from classifier.batch.mapping import map_history, shown
    from classifier.batch.partition import Partition, reclassify_partition
    from classifier.batch.rows import ReadRow, finish, read_row
    from classifier.batch.run import check_names

    check_names(source, settings.prefix)
    columns = map_history(source.columns, chosen, source.name)
    form = form_of(output, source, settings.prefix)
    total = sum(1 for _ in source.rows())
    started = time.perf_counter()
    rows = [read_row(row, columns, form) for row in islice(source.rows(), _SAMPLE_ROWS)]
    texts = {row.digest: row.text for row in rows if isinstance(row, ReadRow)}
    answers = reclassify_partition(Partition(0, tuple(texts.values()), settings.evidence), model).answers
    done = finish(rows, dict(zip(texts, answers, strict=True)), columns, first=0, version=model.version)
    size = len(form.part(done.rows)) / max(1, len(done.rows))
    seconds = (time.perf_counter() - started) / max(1, len(rows))
    labels = Counter(str(added[0]) for _, added in done.rows if added[0])
    typer.echo(shown(columns, source.columns))
    typer.echo(f"Rows: {total:,}. Sample of {len(rows)}: {len(done.refusals)} would be rejected, {dict(done.tally.status)}.")
    typer.echo(f"Categories proposed in the sample: {', '.join(f'{label} {count}' for label, count in labels.most_common())}.")
    typer.echo(
        f"About {_duration(total * seconds)} with one process ({1 / seconds if seconds else 0:,.0f} rows/s), output of about "
        f"{total * size / 1e6:,.0f} MB and as much again, and half, beside it until it is finished. Nothing was written."
    )


def _say(outcome: Outcome, output: Path, names: Beside) -> None:
    counts = f"{outcome.read:,} rows read = {outcome.written:,} written + {outcome.rejected:,} rejected"
    if outcome.already:
        typer.echo(f"Finished before by this very command, and left as it is: {counts}.", err=True)
    else:
        # A text that stands in several rows, or was reached before a stop, is read once.
        others = ", the others had been before" if outcome.texts < outcome.written else ""
        typer.echo(f"{counts}; {outcome.texts:,} texts were read by the model{others}.", err=True)
    typer.echo(f"{output}\nSummary: {names.summary_html}. To review first: {names.review}.", err=True)
    if outcome.rejected:
        typer.echo(f"Rejected rows, with line and reason: {names.rejected}.", err=True)


@contextmanager
def _progress() -> Iterator[tuple[Callable[[int, int], None], Callable[[int], None]]]:
    """Show a bar with the rate and the time left where a person looks at it, else a line now and then."""
    if not sys.stderr.isatty():
        said = _SaidProgress()
        yield said.begun, said.advance
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TimeRemainingColumn
    from rich.progress import Task as RichTask
    from rich.text import Text

    class Rate(MofNCompleteColumn):
        def render(self, task: RichTask) -> Text:
            return Text(f"{task.speed:,.0f} rows/s" if task.speed else "", style="progress.data.speed")

    columns = (BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    # The estimate looks at all that was done lately, for a partition comes at a time.
    with Progress(*columns, console=Console(stderr=True), speed_estimate_period=120) as progress:
        tasks: list[TaskID] = []

        def begun(total: int, done: int) -> None:
            tasks.append(progress.add_task("", total=total, completed=done))
            if done:
                progress.console.print(f"Going on after {done:,} rows that were done before.")

        yield begun, lambda rows: progress.advance(tasks[0], rows)


class _SaidProgress:
    """Progress in lines, for a log."""

    def __init__(self) -> None:
        self._started = self._said = time.monotonic()
        self._total = self._before = self._done = 0

    def begun(self, total: int, done: int) -> None:
        self._total, self._before, self._done = total, done, done
        if done:
            typer.echo(f"Going on after {done:,} rows that were done before.", err=True)

    def advance(self, rows: int) -> None:
        self._done = min(self._total, self._done + rows)
        now = time.monotonic()
        if now - self._said >= _SAID_EVERY:
            self._said = now
            rate = (self._done - self._before) / (now - self._started)
            left = _duration((self._total - self._done) / rate)
            typer.echo(f"{self._done:,} of {self._total:,} rows, {rate:,.0f} rows/s, about {left} left.", err=True)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"
