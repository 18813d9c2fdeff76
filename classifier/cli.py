"""The command line: parses, calls one function, renders. Results go to standard output, everything else to standard error.

Exit codes: 0 success, 1 finished with rejected input, 2 wrong use or unusable input; `retrain` has one more, 3.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import typer

from classifier import (
    batch_commands,
    database_commands,
    decision_commands,
    erase_command,
    intake_commands,
    model_commands,
    registry_commands,
    retrain_command,
    review_commands,
    serve_command,
    trends_commands,
)
from classifier.console import (
    CategoryColumn,
    ChannelColumn,
    CorpusArgument,
    IdColumn,
    InputOption,
    PipelineOption,
    Rejected,
    TextArgument,
    TextColumn,
    inputs_of,
    paired,
    print_json,
    print_table,
    settings_and_pipeline,
)
from classifier.errors import ClassifierError

_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

app = typer.Typer(
    name="classifier",
    help="Propose ASYS categories and channels for Norwegian incident reports.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

model_commands.add_to(app)
registry_commands.add_to(app)
intake_commands.add_to(app)
retrain_command.add_to(app)
erase_command.add_to(app)
database_commands.add_to(app)
review_commands.add_to(app)
decision_commands.add_to(review_commands.review_app)
batch_commands.add_to(app)
trends_commands.add_to(app)
serve_command.add_to(app)


def main() -> None:
    """Run the command line, and turn the package's errors into one clear paragraph and an exit code."""
    try:
        app()
    except ClassifierError as error:
        typer.echo(f"Error: {error}", err=True)
        raise SystemExit(2) from None
    except BrokenPipeError:
        # The reader of our output has gone; closing quietly is what it expects.
        _forget_output()
        raise SystemExit(1) from None
    except OSError as error:
        # A disk that is full is no bug of ours; any other failing of a file is, as it should have been said better.
        if error.errno not in _DISK_ERRORS:
            raise
        _forget_output()
        typer.echo(f"Error: {error.filename or 'the output'} cannot be written: {error.strerror}", err=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        typer.echo("Interrupted.", err=True)
        raise SystemExit(130) from None


def _forget_output() -> None:
    """Let what is still to be written to standard output go nowhere; else it would be tried, and fail, again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
            print_table(table)


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

    rejected = Rejected()
    inputs = inputs_of(text, input_, json_lines=format_ == "jsonl", rejected=rejected)
    settings, loaded = settings_and_pipeline(pipeline)
    for given, analysed in paired(
        inputs,
        lambda texts: analyse_texts(texts, pipeline=loaded, batch_size=settings.batch_size, processes=settings.processes),
    ):
        if format_ == "jsonl":
            print_json({"id": given.id, **given.extra, **analysis_view.as_dict(analysed)})
        else:
            for table in analysis_view.as_tables(analysed):
                print_table(table)
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

    rejected = Rejected()
    inputs = inputs_of(text, input_, json_lines=format_ == "jsonl", rejected=rejected)
    settings, loaded = settings_and_pipeline(pipeline)
    for given, masked in paired(
        inputs,
        lambda texts: mask_texts(texts, pipeline=loaded, batch_size=settings.batch_size, processes=settings.processes),
    ):
        if format_ == "jsonl":
            spans = [{"start": span.start, "end": span.end, "type": span.type} for span in masked.spans]
            print_json({"id": given.id, **given.extra, "text": masked.text, "spans": spans})
        else:
            typer.echo(masked.text)
    rejected.finish()


corpus_app = typer.Typer(name="corpus", help="Check and count labelled examples.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(corpus_app)


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

    rejected = Rejected()
    columns = {"text": text, "category": category, "channel": channel, "id": id_}
    corpus = list(read_examples(path or shipped_corpus(), rejected, columns))
    for problem in find_problems(corpus):
        rejected(problem)
    for table in count_tables([located.example for located in corpus]):
        print_table(table)
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

    rejected = Rejected()
    columns = {"text": text, "category": category, "channel": channel, "id": id_}
    examples = [located.example for located in read_examples(path or shipped_corpus(), rejected, columns)]
    for table in count_tables(examples):
        print_table(table)
    if figure is not None:
        draw_corpus(examples, figure)
    rejected.finish()
