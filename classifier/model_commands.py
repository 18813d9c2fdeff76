"""The commands around the model: suggest, train and evaluate."""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from classifier.console import (
    MOST_SHOWN,
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
    progress_of,
)
from classifier.errors import InputError
from classifier.late_import import importing_late
from classifier.prior_options import AskedPrior, PriorDecisionsOption, PriorOption, PriorTextsOption, under_asked
from classifier.settings import Settings
from classifier.text_input import InputText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classifier.corpus import Example, Split
    from classifier.model.incident_model import IncidentModel

_UNUSED = {"scipy.stats": (), "scipy.interpolate": ("BSpline",), "pandas": (), "spacy.cli.info": ("info",)}
"""What scikit-learn and spaCy import, the slowest of all that is loaded (`python -X importtime`), and do not use to suggest."""

_TABLES = (".csv", ".tsv", ".xlsx", ".xlsm", ".parquet")
"""What tables end in; `suggest` reads plain lines, to which a row's other cells would be words of the report."""

ModelOption = Annotated[
    str | None, typer.Option("--model", help="A version, or an artefact's folder (with a /). Default: the champion.")
]
ModelsOption = Annotated[
    Path | None, typer.Option("--models", help="The folder of models. Default: ASYS_MODELS, or the shipped ones.")
]
OtherPipelineOption = Annotated[
    bool, typer.Option("--other-pipeline", help="Read with another spaCy pipeline than the model was trained with.")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(epilog='Example: classifier suggest "Bruker ringte og sa at han visste hvor jeg bor."')(suggest)
    app.command(epilog="Example: classifier train historikk.csv --text Beskrivelse --category Type --models modeller")(train)
    app.command(epilog="Example: classifier evaluate --html evaluation.html")(evaluate)


def suggest(
    text: TextArgument = None,
    input_: InputOption = None,
    format_: Annotated[Literal["text", "json", "jsonl"], typer.Option("--format", help="How to print it.")] = "text",
    model: ModelOption = None,
    models: ModelsOption = None,
    prior: PriorOption = None,
    prior_decisions: PriorDecisionsOption = None,
    prior_texts: PriorTextsOption = None,
    pipeline: PipelineOption = None,
    other_pipeline: OtherPipelineOption = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say how long loading and suggesting took.")] = False,
) -> None:
    """Propose a category and a channel for a text, with the words that weighed and warnings."""
    started = time.perf_counter()
    rejected = Rejected()
    asked = AskedPrior(prior, prior_decisions, prior_texts)
    with importing_late(_UNUSED):
        from classifier.model.incident_model import LONGEST_TEXT
        from classifier.suggestion import as_dict

        if input_ is not None and input_.suffix.lower() in _TABLES:
            reader = f"classifier reclassify {shlex.quote(str(input_))} OUTPUT"
            raise InputError(str(input_), "a table", f"texts, one a line, or JSON Lines; a table is read by: {reader}")
        inputs = inputs_of(text, input_, json_lines=format_ == "jsonl", rejected=rejected)
        found = chosen_model(model, models, asked, pipeline, other_pipeline, words_only=True)
        loaded = under_asked(found, asked)
        told = _prior_in_words(loaded)
    ready = time.perf_counter()
    processes = Settings.from_env(os.environ).processes

    def short_enough() -> Iterator[InputText]:
        for given in inputs:
            if len(given.text) > LONGEST_TEXT:
                rejected(InputError(f"text {given.id}", f"{len(given.text):,} characters", f"at most {LONGEST_TEXT:,}"))
            else:
                yield given

    answered: list[dict[str, object]] = []
    for given, suggestion in paired(short_enough(), lambda texts: loaded.suggest_each(texts, processes=processes)):
        if format_ == "jsonl":
            print_json({"id": given.id, **given.extra, **as_dict(suggestion)})
        elif format_ == "json":
            answered.append({"id": given.id, **as_dict(suggestion)})
        else:
            from rich.console import Console

            from classifier.suggestion_view import as_text

            console = Console()
            console.print(as_text(given.text, suggestion, prior=told, width=console.width), highlight=False)
    if format_ == "json":
        print_json({"suggestions": answered})
    if verbose:
        now = time.perf_counter()
        typer.echo(f"Loading took {ready - started:.2f} s, suggesting {now - ready:.2f} s.", err=True)
    rejected.finish()


def train(
    path: CorpusArgument = None,
    text: TextColumn = None,
    category: CategoryColumn = None,
    channel: ChannelColumn = None,
    id_: IdColumn = None,
    models: ModelsOption = None,
    version: Annotated[str | None, typer.Option("--version", help="Default: year.month.number.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same data and seed give the same model.")] = 0,
    precision: Annotated[
        float, typer.Option("--precision", help="What a confident proposal promises: the share of them that is right.")
    ] = 0.95,
    warning_recall: Annotated[
        float, typer.Option("--warning-recall", help="The share of a serious category's reports that must raise its warning.")
    ] = 0.99,
    pipeline: PipelineOption = None,
) -> None:
    """Train a candidate on labelled examples, and write it beside the other models; `models promote` makes it serve.

    A corpus folder's test split (test.jsonl, test_*.jsonl) is not opened. A table's columns are guessed by their names where
    no option names them.
    """
    from classifier.corpus import digest, shipped_corpus
    from classifier.corpus_check import kept_together
    from classifier.corpus_table import read_examples
    from classifier.figures import figures_installed
    from classifier.language import load_pipeline
    from classifier.model import training
    from classifier.model.artifact import EVALUATION, write_artifact
    from classifier.model.assessment import assess, headline, masked_mistakes
    from classifier.model.evaluation_report import as_html, as_tables
    from classifier.model.held_out import held_out_answers
    from classifier.model.incident_model import IncidentModel
    from classifier.model.registry import check_room, next_version, register

    settings = Settings.from_env(os.environ)
    folder = models_folder(models, settings)
    for option, value in (("--precision", precision), ("--warning-recall", warning_recall)):
        if not 0.5 < value < 1:
            raise InputError(option, str(value), "a share above 0.5 and below 1")
    figures_installed()
    check_room(folder, version)
    rejected = Rejected(MOST_SHOWN)
    columns = {"text": text, "category": category, "channel": channel, "id": id_}
    # Without a channel every row would be `ukjent`, and from one channel nothing is learned: the column is what is missing.
    read = read_examples(path or shipped_corpus(), rejected, columns, split="train", needed=("channel",))
    examples = [located.example for located in read]
    rejected.say_unknown()
    grouped = examples
    if path is not None:
        # An agency's history says nothing of what is like what; the shipped corpus has been checked for it.
        grouped, repeats = kept_together(examples)
        if repeats:
            typer.echo(f"{repeats} of {len(examples)} texts are like an earlier one: they are tried out together.", err=True)
    loaded = load_pipeline(pipeline or settings.pipeline)
    chosen = training.TrainingSettings(seed=seed, precision=precision, warning_recall=warning_recall)
    with progress_of("Reading", len(examples)) as advance:
        texts = training.read_for_training(examples, loaded, advance)
    with progress_of("Training", chosen.folds + 1) as advance:
        trained, unseen = training.train(texts, grouped, chosen, advance)
    now = datetime.now(UTC)
    name = version or next_version(folder, now.year, now.month)
    model = IncidentModel(trained, loaded, version=name)
    with progress_of("Counting and drawing", None):
        evaluation = assess(model, examples, model.suggestions_of_scores(unseen.scores))
        artifact = write_artifact(
            folder / name,
            trained,
            version_=name,
            created=now.isoformat(timespec="seconds"),
            pipeline=loaded,
            training_data_digest=digest(examples),
            metrics={"out_of_fold": headline(evaluation)},
            evaluation_html=as_html(evaluation, masked_mistakes(evaluation, examples, loaded)),
            held_out=held_out_answers(trained, unseen, training.fold_groups(grouped, chosen.folds)),
        )
    register(artifact)
    print_table(as_tables(evaluation)[0])
    for target, labels in artifact.manifest.never_confident.items():
        if labels:
            typer.echo(f"Never confident about {target}, for want of proof: {', '.join(labels)}.", err=True)
    typer.echo(f"Trained {name} on {len(examples)} examples; figures are out of fold. {folder / name / EVALUATION}", err=True)
    typer.echo(next_step(name, models), err=True)
    rejected.finish()


def next_step(version: str, models: Path | None) -> str:
    """Return how to let a candidate serve that was written to this folder, or to the usual one."""
    at = "" if models is None else f" --models {shlex.quote(str(models))}"
    return f"It serves once promoted: classifier models promote {shlex.quote(version)} --why '…'{at}"


def evaluate(
    path: CorpusArgument = None,
    text: TextColumn = None,
    category: CategoryColumn = None,
    channel: ChannelColumn = None,
    id_: IdColumn = None,
    model: ModelOption = None,
    models: ModelsOption = None,
    prior: PriorOption = None,
    prior_decisions: PriorDecisionsOption = None,
    prior_texts: PriorTextsOption = None,
    pipeline: PipelineOption = None,
    other_pipeline: OtherPipelineOption = False,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="How to print it.")] = "table",
    html: Annotated[Path | None, typer.Option("--html", help="Write one page with figures here too.")] = None,
) -> None:
    """Measure a model on labelled texts: by default the frozen test split, else any corpus, CSV or Excel file.

    Of a corpus with a test split only that is used. Says so if the model was trained on these texts.
    """
    from classifier.corpus import read_corpus, shipped_corpus
    from classifier.corpus_table import read_examples
    from classifier.model.assessment import assess, masked_mistakes
    from classifier.model.evaluation import count_trained_on
    from classifier.model.evaluation_report import as_dict, as_html, as_tables, mistakes_table
    from classifier.model.own_prior import NOTED, noted
    from classifier.model.registry import find_artifact

    rejected = Rejected(MOST_SHOWN)
    asked = AskedPrior(prior, prior_decisions, prior_texts)
    columns = {"text": text, "category": category, "channel": channel, "id": id_}
    only: Split | None = None if path else "test"
    read = [e.example for e in read_examples(path or shipped_corpus(), rejected, columns, split=only)]
    rejected.say_unknown()
    examples = [example for example in read if example.split == "test"] or read
    if not examples:
        raise InputError(str(path), "no labelled text", "at least one")
    artifact = find_artifact(model, models_folder(models, Settings.from_env(os.environ)))
    loaded = under_asked(chosen_model(model, models, asked, pipeline, other_pipeline), asked)

    def training_data() -> Iterator[list[Example]]:
        yield [example for example in read if example.split != "test"]
        yield [e.example for e in read_corpus(shipped_corpus(), rejected, split="train")]

    trained_on = count_trained_on(examples, artifact.manifest.training_data_digest, training_data())
    if trained_on:
        which = "these are the texts" if trained_on == len(examples) else f"{trained_on} of the {len(examples)} are texts"
        typer.echo(f"Warning: {which} that the model was trained on: the figures say nothing of new ones.", err=True)
    suggestions = []
    with progress_of("Evaluating", len(examples)) as advance:
        for suggestion in loaded.suggest_each((example.text for example in examples), explain=False):
            suggestions.append(suggestion)
            advance()
    with progress_of("Counting and drawing" if html else "Counting", None):
        evaluation = replace(assess(loaded, examples, suggestions), trained_on=trained_on)
        masked = masked_mistakes(evaluation, examples, loaded.pipeline)
        if html is not None:
            write_page(html, as_html(evaluation, masked))
    if format_ == "json":
        print_json({**as_dict(evaluation, masked), NOTED: noted(loaded.answers_under)})
    else:
        for table in [*as_tables(evaluation), *(mistakes_table(target, masked) for target in evaluation.targets)]:
            print_table(table)
    rejected.finish()


def chosen_model(
    name: str | None,
    models: Path | None,
    asked: AskedPrior,
    pipeline: str | None,
    other_pipeline: bool,
    *,
    words_only: bool = False,
) -> IncidentModel:
    """Load the model that a command's options and the environment name: by default the champion."""
    from classifier.language import load_pipeline
    from classifier.model.registry import load_model

    settings = Settings.from_env(os.environ)
    return load_model(
        name,
        models=models_folder(models, settings),
        pipeline=load_pipeline(pipeline or settings.pipeline, words_only=words_only),
        other_pipeline=other_pipeline,
        prior=asked.to_load_under(settings.prior),
    )


def _prior_in_words(model: IncidentModel) -> str:
    """Return the prior that a model answers under as people know it; empty if it is the corpus's, which goes without saying."""
    from classifier.model.own_prior import OwnPrior
    from classifier.model.priors import CORPUS

    prior = model.answers_under
    if isinstance(prior, OwnPrior):
        return f"fra {prior.file}"
    return "" if prior == CORPUS else prior


def models_folder(models: Path | None, settings: Settings) -> Path:
    """Return the folder of models that is named here or by the settings, else that of the shipped ones."""
    from classifier.model.registry import default_models

    if models is not None:
        return models
    return Path(settings.models) if settings.models else default_models()


def write_page(path: Path, content: str) -> None:
    """Write a page to a file; raises InputError for a place that cannot be written to."""
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(str(path), error.strerror or "a place that cannot be written to", "a writable file") from error
