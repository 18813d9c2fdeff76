"""What commands share that let an agency say how common its labels are: by name, by its decisions, or by its texts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.console import Rejected
from classifier.errors import InputError
from classifier.settings import PRIORS
from classifier.text_input import open_input, read_lines

if TYPE_CHECKING:
    from classifier.model.incident_model import IncidentModel
    from classifier.model.own_prior import OwnPrior, Prior

_MOST_SHOWN = 20

PriorOption = Annotated[
    str | None,
    typer.Option(
        "--prior",
        help=f"How common the labels are: {', '.join(PRIORS)}, or the summary (.json) of a run under a prior of your own. "
        "Default: ASYS_PRIOR, or corpus.",
    ),
]
PriorDecisionsOption = Annotated[
    Path | None,
    typer.Option("--prior-decisions", help="Labels are as common as in this file of labelled reports, read as a corpus is."),
]
PriorTextsOption = Annotated[
    Path | None,
    typer.Option(
        "--prior-texts", help="Labels are as common as a file of texts, one a line, makes likeliest (no labels needed)."
    ),
]


@dataclass(frozen=True)
class AskedPrior:
    """What a command's options say of how common the labels are; raises InputError where they say it twice."""

    named: str | None = None
    decisions: Path | None = None
    texts: Path | None = None

    def __post_init__(self) -> None:
        """Refuse more than one."""
        if sum(given is not None for given in (self.named, self.decisions, self.texts)) > 1:
            raise InputError("command line", "more than one prior", "one of --prior, --prior-decisions and --prior-texts")

    def to_load_under(self, usual: str) -> Prior:
        """Return the prior to load a model under: the one named, else the usual one, which may be the name of a file.

        Where one is to be estimated, that takes the usual one's place, which need not be there. Raises InputError for a file
        without a prior.
        """
        from classifier.model.own_prior import prior_called
        from classifier.model.priors import CORPUS

        from_file = self.decisions is not None or self.texts is not None
        return CORPUS if from_file else prior_called(self.named or usual)


def estimated(asked: AskedPrior, model: Callable[[], IncidentModel]) -> OwnPrior | None:
    """Return the prior that the file asked for speaks for, None if none was; `model` is called only if it must read texts.

    Says on standard error what it came to, and which rows could not be read; those are none of the command's input, so that its
    exit code does not speak of them. Raises InputError for a file that cannot be read or tells too little.
    """
    left_out = Rejected(_MOST_SHOWN, said="Left out of the prior")
    found = _from_file(asked, left_out, model)
    if left_out.count:
        typer.echo(f"Rows left out of the prior: {left_out.count}.", err=True)
    if found is not None:
        typer.echo(_told(found), err=True)
    return found


def _from_file(asked: AskedPrior, left_out: Rejected, model: Callable[[], IncidentModel]) -> OwnPrior | None:
    # Imported where they are needed: without such a file, suggesting starts sooner.
    if asked.decisions is not None:
        from classifier.corpus_table import read_examples
        from classifier.model.local_prior import estimated_from_decisions

        digest = _digest(asked.decisions)
        decisions = read_examples(asked.decisions, left_out, {})
        return estimated_from_decisions(decisions, file=asked.decisions.name, sha256=digest)
    if asked.texts is not None:
        from classifier.model.local_prior import estimated_from_texts

        if asked.texts.is_dir():
            raise InputError(str(asked.texts), "a folder", "a file with a text a line")
        digest = _digest(asked.texts)
        with open_input(asked.texts) as stream:
            texts = (given.text for given in read_lines(stream, str(asked.texts)))
            return estimated_from_texts(model(), texts, file=asked.texts.name, sha256=digest)
    return None


def under_asked(model: IncidentModel, asked: AskedPrior) -> IncidentModel:
    """Return a model, which answers under the prior that was named if one was, under that of the file if one was asked for."""
    found = estimated(asked, lambda: model)
    return model if found is None else model.under(found)


def _told(prior: OwnPrior) -> str:
    """Return in words how common a prior of one's own says the labels are, so that a wrong file is seen."""
    from classifier.model.estimator import LABELS, TARGETS

    told = [f"Labels are taken to be as common as the {prior.source} in {prior.file} say ({prior.name})."]
    for target in TARGETS:
        shares = prior.shares(target)
        common = "as in the corpus, for the file says too few"
        if shares is not None:
            by_share = sorted(zip(shares, LABELS[target], strict=True), reverse=True)
            common = ", ".join(f"{label} {share:.0%}" for share, label in by_share)
        told.append(f"{target.capitalize()}: {common}.")
    return " ".join(told)


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of a corpus folder's files one after the other, in hexadecimal.

    Raises InputError for what is no regular file: a pipe is empty once it was read, with nothing left to estimate from.
    """
    from classifier.corpus import corpus_files

    digest = hashlib.sha256()
    for file in corpus_files(path) if path.is_dir() else [path]:
        if file.exists() and not file.is_file():
            raise InputError(str(file), "a pipe or the like", "a regular file, for it is read more than once")
        with open_input(file) as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
