"""The commands that bring reports and decisions in and out: import and export."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

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
    progress_to,
    settings_and_pipeline,
    store_installed,
)
from classifier.errors import InputError
from classifier.settings import Settings

if TYPE_CHECKING:
    from classifier.row_scan import Scan, ScannedRow
    from classifier.store.importing import ImportCounts
    from classifier.store.incoming import RowReader

_SHOWN_REJECTIONS = 10
_SHOWN_LABELS = 10
_OFTEN = 2
"""A label that was kept as it stood is shown if it came so often; one that came once may be a text in the wrong place."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("import", epilog="Example: classifier import historikk.csv --text Beskrivelse --category Type")(import_)
    app.command(epilog="Example: classifier export --output historikk.jsonl --since 2026-01-01")(export)


def import_(
    file: Annotated[Path, typer.Argument(help="CSV, Excel, JSON Lines, or JSON that was labelled in Argilla or Label Studio.")],
    database: DatabaseOption = None,
    text: TextColumn = None,
    id_: IdColumn = None,
    category: CategoryColumn = None,
    channel: ChannelColumn = None,
    date: Annotated[str | None, typer.Option("--date", help="A table's column with the date of the incident.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="A table's column with the unit.")] = None,
    unit_kind: Annotated[str | None, typer.Option("--unit-kind", help="A table's column with the kind of unit.")] = None,
    labelled_by: Annotated[
        str | None, typer.Option("--labelled-by", help="A table's column with who chose the labels.")
    ] = None,
    language: Annotated[str | None, typer.Option("--language", help="A table's column with nb or nn.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="Where the reports come from. Default: the file's name.")
    ] = None,
    taxonomy: Annotated[str | None, typer.Option("--taxonomy", help="Version of the taxonomy that the labels are of.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, keep nothing.")] = False,
    who: WhoOption = None,
) -> None:
    """Put a history of incidents into the database: reports, the labels they had, and decisions that were exported.

    Columns are guessed by their names where no option names them; what is in no field is kept too. Rows that cannot be
    used go to FILE.rejected.csv with the reason, the others in. Running it again adds only what is missing.
    """
    columns = {"text": text, "id": id_, "category": category, "channel": channel, "date": date, "unit": unit}
    columns |= {"unit_kind": unit_kind, "labelled_by": labelled_by, "language": language}
    if file.suffix.lower() == ".json":
        _import_annotations(file, database, who, dry_run)
        return
    store_installed()
    from classifier.column_names import map_fields
    from classifier.rejected_file import RejectedFile, rejected_path, source_name
    from classifier.row_scan import scan_rows
    from classifier.store.importing import import_rows
    from classifier.store.incoming import FIELDS, ImportGiven, RowReader

    scan = scan_rows(file)
    chosen = source or source_name(file)
    mapping = {} if scan.own else map_fields(scan.columns, FIELDS, columns, required=("text",), source=str(file))
    now = datetime.now(UTC)
    reader = RowReader(ImportGiven(chosen, now.astimezone().date(), mapping, taxonomy, scan.own))
    _show_mapping(scan, mapping, {name for name, column in columns.items() if column is not None}, chosen)
    shown = 0

    with ExitStack() as stack:
        rejected = stack.enter_context(RejectedFile(rejected_path(file), scan.columns))

        def reject(row: ScannedRow, reason: str) -> None:
            nonlocal shown
            shown += 1
            if shown <= _SHOWN_REJECTIONS:
                typer.echo(f"Rejected: {file}, line {row.line}: {reason}", err=True)
            rejected.add(row, reason)

        opened = stack.enter_context(database_of(database))
        progress = stack.enter_context(progress_to("Importing", scan.lines or None))

        def rows() -> Iterator[ScannedRow]:
            for row in scan.rows:
                yield row
                progress(row.line)

        counts = import_rows(opened, rows(), reader, reject, file=file.name, who=person(who), now=now, dry_run=dry_run)
    _tell(counts, reader, dry_run)
    if counts.rejected:
        typer.echo(f"Finished; rejected {counts.rejected:,} rows, now in {rejected.path}.", err=True)
        raise typer.Exit(1)


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to: .jsonl, .csv or .xlsx, or .json with --format.")],
    database: DatabaseOption = None,
    what: Annotated[Literal["reports", "decisions", "both"], typer.Option("--what", help="What to write.")] = "both",
    since: Annotated[str | None, typer.Option("--since", help="Only what was received or decided since this day.")] = None,
    format_: Annotated[
        Literal["argilla", "label-studio"] | None, typer.Option("--format", help="Write for a labelling tool instead.")
    ] = None,
    unmasked: Annotated[
        bool, typer.Option("--unmasked", help="For a labelling tool: leave names and numbers in the texts.")
    ] = False,
    pipeline: PipelineOption = None,
    who: WhoOption = None,
) -> None:
    """Write reports and decisions to a file that `classifier import` reads back without loss.

    Texts are as they were written, so keep the file as safe as the database; only you can read it. With --format it is
    for a labelling tool, and texts are masked unless you say --unmasked.
    """
    store_installed()
    from classifier.review.blind import is_blind
    from classifier.store.audit import record
    from classifier.store.exporting import ExportCounts, export_file
    from classifier.store.labelling import export_for_labelling
    from classifier.store.labelling_formats import label_studio_config

    if unmasked and format_ is None:
        raise InputError(
            "command line", "--unmasked without --format", "it for a labelling tool; other exports are never masked"
        )
    settings = Settings.from_env(os.environ)
    day = None if since is None else _start_of(since)
    name = person(who)
    with database_of(database) as opened, progress_to("Exporting", None) as progress:
        done = 0

        def advance() -> None:
            nonlocal done
            done += 1
            progress(done)

        def on_record(counts: ExportCounts) -> None:
            details = {"file": output.name, "what": what, "reports": counts.reports, "decisions": counts.decisions}
            details |= {"since": since, "format": format_, "masked": format_ is not None and not unmasked}
            with opened.writing() as session:
                record(session, "export", who=name, at=datetime.now(UTC), details=details)

        if format_ is None:
            counts = export_file(opened, output, what=what, since=day, advance=advance, before_kept=on_record)
        else:
            prepared = _as_they_are if unmasked else _masking(pipeline)
            counts = export_for_labelling(
                opened,
                output,
                format_,
                prepared=prepared,
                is_blind=lambda source, id_: is_blind(source, id_, settings.blind_share, settings.blind_salt),
                since=day,
                advance=advance,
                before_kept=on_record,
            )
    if format_ is None:
        typer.echo(f"Wrote {counts.reports:,} reports and {counts.decisions:,} decisions to {output}.")
        return
    typer.echo(f"Wrote {counts.reports:,} reports to {output}, texts {'as they are' if unmasked else 'masked'}.")
    if format_ == "label-studio":
        config = output.with_suffix(".xml")
        config.write_text(label_studio_config(), encoding="utf-8")
        typer.echo(f"The labelling interface for the project is in {config}.")


def _as_they_are(texts: Sequence[str]) -> Iterable[str]:
    return texts


def _masking(pipeline: str | None) -> Callable[[Sequence[str]], Iterable[str]]:
    from classifier.privacy import mask_texts

    settings, loaded = settings_and_pipeline(pipeline)
    return lambda texts: (
        masked.text
        for masked in mask_texts(texts, pipeline=loaded, batch_size=settings.batch_size, processes=settings.processes)
    )


def _import_annotations(file: Path, database: str | None, who: str | None, dry_run: bool) -> None:
    store_installed()
    from classifier.store.labelling import import_annotations, read_annotations

    rejected = 0

    def reject(place: int, reason: str) -> None:
        nonlocal rejected
        rejected += 1
        typer.echo(f"Rejected: {file}, record {place}: {reason}", err=True)

    annotations = read_annotations(file, reject)
    with database_of(database) as opened:
        now = datetime.now(UTC)
        counts = import_annotations(opened, annotations, reject, file=file.name, who=person(who), now=now, dry_run=dry_run)
    would = "Would import" if dry_run else "Imported"
    typer.echo(f"{would} {counts.decisions:,} decisions; {counts.there:,} were there already.")
    if rejected:
        typer.echo(f"Finished; rejected {rejected:,} answers.", err=True)
        raise typer.Exit(1)


def _start_of(written: str) -> datetime:
    from classifier.dates import EXPECTED, read_date

    day = read_date(written)
    if day is None:
        raise InputError("command line", f"--since {written!r}", EXPECTED)
    return datetime(day.year, day.month, day.day).astimezone()


def _show_mapping(scan: Scan, mapping: dict[str, str | None], chosen: set[str], source: str) -> None:
    if scan.own:
        typer.echo("An export of this program: reports and decisions with their own sources.", err=True)
        return
    typer.echo(f"Reports of the source {source!r}; columns:", err=True)
    for name, column in mapping.items():
        if column is not None:
            typer.echo(f"  {name} is {column!r}{'' if name in chosen else ' (guessed)'}", err=True)
    if mapping["id"] is None:
        typer.echo("  id is the line number, since no column looks like one", err=True)
    others = [column for column in scan.columns if column not in mapping.values()]
    if others:
        typer.echo(f"  kept beside: {', '.join(map(repr, others))}", err=True)


def _tell(counts: ImportCounts, reader: RowReader, dry_run: bool) -> None:
    told = f"{counts.reports:,} reports and {counts.decisions:,} decisions"
    typer.echo(f"Would import {told}; a dry run keeps nothing." if dry_run else f"Imported {told}.")
    if counts.reports_there or counts.decisions_there:
        typer.echo(f"There already: {counts.reports_there:,} reports, {counts.decisions_there:,} decisions.")
    if counts.erased:
        typer.echo(f"Erased earlier, and left so: {counts.erased:,} reports.")
    if reader.unknown:
        often = [(kind, word, count) for (kind, word), count in reader.unknown.most_common(_SHOWN_LABELS) if count >= _OFTEN]
        words = ", ".join(f"{kind} {word!r} ({count:,})" for kind, word, count in often)
        total = f"{reader.unknown.total():,} labels that the taxonomy does not hold were kept as they stood"
        typer.echo(f"{total}: {words}" if words else f"{total}.", err=True)
