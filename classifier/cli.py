"""The command line: parses, calls one function, renders. Results go to standard output, everything else to standard error.

Exit codes: 0 success, 1 finished with rejected input, 2 wrong use or unusable input.
"""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from classifier.errors import ClassifierError, InputError
from classifier.settings import Settings
from classifier.text_input import InputText, open_input, read_json_lines, read_lines, read_whole

if TYPE_CHECKING:
    from classifier.language import LoadedPipeline
    from classifier.table import Table

Result = TypeVar("Result")

app = typer.Typer(
    name="classifier",
    help="Propose ASYS categories and channels for Norwegian incident reports.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

TextArgument = Annotated[str | None, typer.Argument(help="The text itself; without it, standard input is read.")]
InputOption = Annotated[
    Path | None,
    typer.Option("--input", "-i", help="A file: JSON Lines with --format jsonl, else one text a line."),
]
PipelineOption = Annotated[
    str | None,
    typer.Option("--pipeline", help="spaCy pipeline: a name or a folder. Default: ASYS_PIPELINE, or the shipped one."),
]


def main() -> None:
    """Run the command line, and turn the package's errors into one clear paragraph and an exit code."""
    try:
        app()
    except ClassifierError as error:
        typer.echo(f"Error: {error}", err=True)
        raise SystemExit(2) from None
    except BrokenPipeError:
        # The reader of our output has gone; closing quietly is what it expects.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        typer.echo("Interrupted.", err=True)
        raise SystemExit(130) from None


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"classifier {version('asys-classifier')}")
        raise typer.Exit


@app.callback()
def _root(
    version_: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Propose ASYS categories and channels for Norwegian incident reports."""


@app.command(epilog="Example: classifier taxonomy --format json")
def taxonomy(
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="How to print it.")] = "table",
) -> None:
    """Show the categories and channels: ids, names, definitions, severity order, and the current form's entries."""
    from classifier import taxonomy_view

    if format_ == "json":
        typer.echo(json.dumps(taxonomy_view.as_dict(), ensure_ascii=False, indent=2))
    else:
        for table in taxonomy_view.as_tables():
            _print_table(table)


@app.command(epilog='Example: classifier analyse "Brukaren ringde og sa at eg skulle få svi."')
def analyse(
    text: TextArgument = None,
    input_: InputOption = None,
    format_: Annotated[Literal["table", "jsonl"], typer.Option("--format", help="How to print it.")] = "table",
    pipeline: PipelineOption = None,
) -> None:
    """Show how the Norwegian pipeline reads texts: words, lemmas, parts of speech, sentences and entities."""
    from classifier import analysis_view
    from classifier.language import analyse as analyse_texts

    rejected = _Rejected()
    inputs = _inputs(text, input_, json_lines=format_ == "jsonl", rejected=rejected)
    settings, loaded = _load(pipeline)
    for given, analysed in _paired(
        inputs,
        lambda texts: analyse_texts(texts, pipeline=loaded, batch_size=settings.batch_size, processes=settings.processes),
    ):
        if format_ == "jsonl":
            _print_json({"id": given.id, **given.extra, **analysis_view.as_dict(analysed)})
        else:
            for table in analysis_view.as_tables(analysed):
                _print_table(table)
    rejected.finish()


@app.command(epilog='Example: classifier mask "Kari Nordmann ringte fra 400 00 123."')
def mask(
    text: TextArgument = None,
    input_: InputOption = None,
    format_: Annotated[Literal["text", "jsonl"], typer.Option("--format", help="How to print it.")] = "text",
    pipeline: PipelineOption = None,
) -> None:
    """Replace personal data — names, numbers, addresses and the like — by their type."""
    from classifier.privacy import mask_texts

    rejected = _Rejected()
    inputs = _inputs(text, input_, json_lines=format_ == "jsonl", rejected=rejected)
    settings, loaded = _load(pipeline)
    for given, masked in _paired(
        inputs,
        lambda texts: mask_texts(texts, pipeline=loaded, batch_size=settings.batch_size, processes=settings.processes),
    ):
        if format_ == "jsonl":
            spans = [{"start": span.start, "end": span.end, "type": span.type} for span in masked.spans]
            _print_json({"id": given.id, **given.extra, "text": masked.text, "spans": spans})
        else:
            typer.echo(masked.text)
    rejected.finish()


corpus_app = typer.Typer(name="corpus", help="Check and count labelled examples.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(corpus_app)

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


@corpus_app.command(epilog="Example: classifier corpus check historikk.csv --text Beskrivelse --category Hendelsestype")
def check(
    path: CorpusArgument = None,
    text: TextColumn = None,
    category: CategoryColumn = None,
    channel: ChannelColumn = None,
    id_: IdColumn = None,
) -> None:
    """Check examples: form, labels, repeats, leaks between train and test, identity numbers; then print the counts.

    A table's columns are guessed by their names where no option names them. Labels may be ids or names.
    """
    from classifier.corpus import shipped_corpus
    from classifier.corpus_check import find_problems
    from classifier.corpus_stats import count_tables
    from classifier.corpus_table import read_examples

    rejected = _Rejected()
    columns = {"text": text, "category": category, "channel": channel, "id": id_}
    corpus = list(read_examples(path or shipped_corpus(), rejected, columns))
    for problem in find_problems(corpus):
        rejected(problem)
    for table in count_tables([located.example for located in corpus]):
        _print_table(table)
    rejected.finish()


@corpus_app.command(epilog="Example: classifier corpus stats --figure corpus.svg")
def stats(
    path: CorpusArgument = None,
    text: TextColumn = None,
    category: CategoryColumn = None,
    channel: ChannelColumn = None,
    id_: IdColumn = None,
    figure: Annotated[Path | None, typer.Option("--figure", help="Draw them into this file too: .svg, .png or .pdf.")] = None,
) -> None:
    """Count examples by category and channel, language, length and split."""
    from classifier.corpus import shipped_corpus
    from classifier.corpus_figure import draw_corpus
    from classifier.corpus_stats import count_tables
    from classifier.corpus_table import read_examples

    rejected = _Rejected()
    columns = {"text": text, "category": category, "channel": channel, "id": id_}
    examples = [located.example for located in read_examples(path or shipped_corpus(), rejected, columns)]
    for table in count_tables(examples):
        _print_table(table)
    if figure is not None:
        draw_corpus(examples, figure)
    rejected.finish()


class _Rejected:
    """Counts rejected input, says each rejection on standard error, and ends the command with exit code 1 if there was any."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, error: InputError) -> None:
        self.count += 1
        typer.echo(f"Rejected: {error}", err=True)

    def finish(self) -> None:
        if self.count:
            typer.echo(f"Finished; rejected {self.count} of the input's lines.", err=True)
            raise typer.Exit(1)


def _inputs(text: str | None, path: Path | None, *, json_lines: bool, rejected: _Rejected) -> Iterator[InputText]:
    """Return the texts to work on; checks the ways of giving them at once, and reads lazily."""
    if text is not None and path is not None:
        raise InputError("command line", "both a text and --input", "one of them")
    if text is not None:
        return iter([InputText(1, text)])
    if path is None and sys.stdin.isatty():
        raise InputError("command line", "no text", "a text, --input FILE, or text on standard input")
    stream = sys.stdin.buffer if path is None else open_input(path)
    source = "standard input" if path is None else str(path)
    if json_lines:
        return read_json_lines(stream, source, rejected)
    return iter([read_whole(stream, source)]) if path is None else read_lines(stream, source)


def _load(pipeline: str | None) -> tuple[Settings, LoadedPipeline]:
    from classifier.language import load_pipeline

    settings = Settings.from_env(os.environ)
    return settings, load_pipeline(pipeline or settings.pipeline)


def _paired(
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


def _print_json(value: object) -> None:
    # A lone surrogate cannot be written as UTF-8, but its \\u escape, which is valid JSON, can.
    line = json.dumps(value, ensure_ascii=False)
    typer.echo(line.encode("utf-8", "backslashreplace").decode("utf-8"))


def _print_table(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = RichTable(title=Text(table.title), title_justify="left")
    for column in table.columns:
        shown.add_column(column, overflow="fold")
    for row in table.rows:
        shown.add_row(*(Text(cell) for cell in row))
    Console().print(shown)
