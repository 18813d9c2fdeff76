"""A model trained on a slice of the seed corpus in a few seconds, for tests that need a real one and no good one."""

from __future__ import annotations

from functools import cache

from classifier.corpus import Example, read_corpus, shipped_corpus
from classifier.errors import InputError
from classifier.language import AnalysedText, LoadedPipeline, load_pipeline
from classifier.model.incident_model import IncidentModel
from classifier.model.training import OutOfFold, TrainedModel, TrainingSettings, read_for_training, train

SIZE = 600
SETTINGS = TrainingSettings(folds=3)


def refuse(error: InputError) -> None:
    """Let a bad line fail the test."""
    raise error


@cache
def pipeline() -> LoadedPipeline:
    """Return the shipped pipeline."""
    return load_pipeline()


@cache
def _every() -> tuple[Example, ...]:
    return tuple(located.example for located in read_corpus(shipped_corpus(), refuse, split="train"))


@cache
def examples() -> tuple[Example, ...]:
    """Return examples of many writers: every sixth of `train` in the order of the files."""
    return _every()[:: len(_every()) // SIZE][:SIZE]


@cache
def unseen() -> tuple[Example, ...]:
    """Return as many other examples of `train`, each the neighbour of one that the model saw."""
    return _every()[1 :: len(_every()) // SIZE][:SIZE]


@cache
def texts() -> tuple[AnalysedText, ...]:
    """Return the examples as training reads them."""
    return tuple(read_for_training(examples(), pipeline(), lambda: None))


@cache
def trained() -> tuple[TrainedModel, OutOfFold]:
    """Return the trained model and its out-of-fold scores."""
    return train(texts(), examples(), SETTINGS, lambda: None)


@cache
def model() -> IncidentModel:
    """Return the model ready to suggest."""
    return IncidentModel(trained()[0], pipeline(), version="small")
