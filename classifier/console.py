"""What the commands share: reading what they are given, showing progress and rejections, printing tables and JSON.

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, TypeVar

import typer

from classifier.errors import InputError, MissingExtraError
from classifier.settings import Settings
from classifier.text_input import InputText, looks_like_json_lines, open_input, read_json_lines, read_lines, read_whole

if TYPE_CHECKING:
    from classifier.language import LoadedPipeline
    from classifier.store.database import Database
    from classifier.table import Table

Result = TypeVar("Result")

TextArgument = Annotated[str | None, typer.Argument(help="The text itself; without it, standard input is read.")]
InputOption = Annotated[
    Path | None,
    typer.Option("--input", "-i", help="A file: JSON Lines with --format jsonl, else one text a line."),
]
PipelineOption = Annotated[
    str | None,
    typer.Option("--pipeline", help="spaCy pipeline: a name or a folder. Default: ASYS_PIPELINE, or the shipped one."),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database", help="Path of a SQLite file, or a URL such as postgresql://host/name. Default: ASYS_DATABASE, or asys.db."
    ),
]
WhoOption = Annotated[str | None, typer.Option("--who", help="Who does this. Default: the user who is logged in.")]
CorpusArgument = Annotated[
    Path | None,
    typer.Argument(
        help="JSON Lines, a folder of them, a CSV or an Excel file. Default: the shipped seed corpus.", show_default=False
    ),
]
TextColumn = Annotated[str | None, typer.Option("--text", help="A table's column with the text.")]
CategoryColumn = Annotated[str | None, typer.Option("--category", help="A table's column with the category.")]
ChannelColumn = Annotated[str | None, typer.Option("--channel", help="A table's column with the channel.")]
IdColumn = Annotated[str | None, typer.Option("--id", help="A table's column with the id.")]

MOST_SHOWN = 20
"""Rejections that a command says in full; a table with a wrong column has one a row."""


class Rejected:
    """Counts rejected input, says each rejection on standard error, and ends the command with exit code 1 if there was any."""

    def __init__(self, most_shown: int | None = None, said: str = "Rejected") -> None:
        """Start at none; after `most_shown`, if that is given, further ones are only counted; `said` begins each line."""
        self.count = 0
        self._most_shown = most_shown
        self._unknown: Counter[str] = Counter()
        self._said = said

    def __call__(self, error: InputError) -> None:
        """Count and say one rejection."""
        self.count += 1
        if error.unknown:
            self._unknown[error.unknown] += 1
        if self._most_shown is None or self.count <= self._most_shown:
            typer.echo(f"{self._said}: {error}", err=True)
        elif self.count == self._most_shown + 1:
            typer.echo(f"{self._said}: more, which are only counted from here on.", err=True)

    def say_unknown(self) -> None:
        """Say once how many rows have each unknown label, if not every rejection was said: one word may explain them all."""
        if self._most_shown is None or self.count <= self._most_shown:
            return
        for label, rows in self._unknown.most_common(self._most_shown):
            typer.echo(f"{self._said}: {label}: {rows:,} rows", err=True)
        if len(self._unknown) > self._most_shown:
            typer.echo(f"{self._said}: {len(self._unknown) - self._most_shown:,} more unknown labels", err=True)
        self._unknown.clear()

    def finish(self) -> None:
        """End the command with exit code 1 if there was any rejection."""
        self.say_unknown()
        if self.count:
            typer.echo(f"Finished; rejected {self.count} of the input's lines.", err=True)
            raise typer.Exit(1)


def inputs_of(text: str | None, path: Path | None, *, json_lines: bool, rejected: Rejected) -> Iterator[InputText]:
    """Return the texts to work on; checks the ways of giving them at once, and reads lazily.

    Raises InputError for JSON Lines that are to be read as texts: their keys and braces are no part of a report.
    """
    if text is not None and path is not None:
        raise InputError("command line", "both a text and --input", "one of them")
    if text is not None:
        return iter([InputText(1, text)])
    if path is None and sys.stdin.isatty():
        raise InputError("command line", "no text", "a text, --input FILE, or text on standard input")
    stream = sys.stdin.buffer if path is None else open_input(path)
    source = "standard input" if path is None else str(path)
    if json_lines:
        return _then_closed(stream, read_json_lines(stream, source, rejected))
    texts = iter([read_whole(stream, source)]) if path is None else _then_closed(stream, read_lines(stream, source))
    first = next(texts, None)
    if first is None:
        return iter(())
    if looks_like_json_lines(first.text):
        raise InputError(source, "JSON Lines", "texts as they are, or --format jsonl")
    return chain([first], texts)


def store_installed() -> None:
    """Raise MissingExtraError if the libraries of the store are not installed."""
    from importlib.util import find_spec

    for library in ("sqlalchemy", "alembic"):
        if find_spec(library) is None:
            raise MissingExtraError(library, "store")


@contextmanager
def database_of(option: str | None, *, upgrade: bool | None = None) -> Iterator[Database]:
    """Open the database that is named here or by the environment, and close it afterwards; `upgrade` as `open_database` has it.

    Raises MissingExtraError if the libraries of the store are not installed.
    """
    store_installed()
    from classifier.store.database import open_database

    database = open_database(option or Settings.from_env(os.environ).database, upgrade=upgrade)
    try:
        yield database
    finally:
        database.close()


def person(who: str | None) -> str:
    """Return who does something: the one named, or the user who is logged in; raises InputError if that is nobody."""
    try:
        return who or getpass.getuser()
    except (KeyError, OSError):
        raise InputError("command line", "no user name", "--who NAME") from None


def _then_closed(stream: BinaryIO, texts: Iterator[InputText]) -> Iterator[InputText]:
    with stream:
        yield from texts


def settings_and_pipeline(pipeline: str | None) -> tuple[Settings, LoadedPipeline]:
    """Return the settings of the environment, and the pipeline that is named here or by them."""
    from classifier.language import load_pipeline

    settings = Settings.from_env(os.environ)
    return settings, load_pipeline(pipeline or settings.pipeline)


def paired(
    inputs: Iterator[InputText], work: Callable[[Iterator[str]], Iterator[Result]]
) -> Iterator[tuple[InputText, Result]]:
    """Yield each input with its result; `work` may read ahead, but keeps the order and drops nothing."""
    waiting: deque[InputText] = deque()

    def texts() -> Iterator[str]:
        for given in inputs:
            waiting.append(given)
            yield given.text

    for result in _counted(work(texts())):
        yield waiting.popleft(), result


def _counted(results: Iterator[Result]) -> Iterator[Result]:
    """Yield the results, showing how many there are and how fast they come while the output goes to a file or a pipe."""
    if sys.stdout.isatty() or not sys.stderr.isatty():
        yield from results
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} texts"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        for result in results:
            yield result
            progress.advance(task)


def print_json(value: object) -> None:
    """Print a value as one line of JSON."""
    # A lone surrogate cannot be written as UTF-8, but its \\u escape, which is valid JSON, can.
    line = json.dumps(value, ensure_ascii=False)
    typer.echo(line.encode("utf-8", "backslashreplace").decode("utf-8"))


def print_table(table: Table) -> None:
    """Print a table as wide as the terminal; what has columns to spare comes whole, and unbroken, in a file or a pipe."""
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console()
    kept = list(range(len(table.columns)))
    for name in table.spare if console.is_terminal else ():
        if _width(table, kept) > console.width:
            kept.remove(table.columns.index(name))
    if table.spare and not console.is_terminal:
        console = Console(width=max(console.width, _width(table, kept)))
    shown = RichTable(title=Text(table.title), title_justify="left")
    for place in kept:
        shown.add_column(Text(table.columns[place]), overflow="fold")
    for row in table.rows:
        shown.add_row(*(Text(row[place]) for place in kept))
    console.print(shown)


def _width(table: Table, places: Sequence[int]) -> int:
    """Return how many characters wide the columns at these places are, with their rules and margins, if no cell is broken."""
    from rich.cells import cell_len

    widths = (max(cell_len(row[place]) for row in (table.columns, *table.rows)) for place in places)
    return sum(width + 3 for width in widths) + 1


@contextmanager
def progress_of(label: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Show a progress bar on standard error where a person looks at it; yields what to call after each step.

    Without a total, which nobody can tell of some work, the bar only moves.
    """
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(label, total=total)
        yield lambda: progress.advance(task)


@contextmanager
def progress_to(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a progress bar as `progress_of` does, of a total that may be unknown; yields what to call with how far it is."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done: progress.update(task, completed=done)
