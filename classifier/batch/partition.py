"""The pure function that every engine runs: a partition's texts in, their answers out."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

from classifier.batch.answers import Answer, answer_of
from classifier.language import analyse, keep_words
from classifier.model.incident_model import PARTS, IncidentModel

_BATCH = 256
_KEPT = 500
"""Texts whose words are kept for good: they hold nearly all that is common, and more would fill memory with what is not."""
_LONGEST_KEPT = 2_000
"""Characters; the words of a longer text are not kept."""


@dataclass(frozen=True)
class Partition:
    """Texts to be read, each once; `number` counts from 0. Texts stay out of `repr`, for workers log what they fail at.

    `evidence` asks for the words that weighed, `spans` for their places too.
    """

    number: int
    texts: tuple[str, ...] = field(repr=False)
    evidence: bool = True
    spans: bool = False


@dataclass(frozen=True)
class PartitionResult:
    """The answers to a partition's texts, in their order."""

    number: int
    answers: tuple[Answer, ...] = field(repr=False)


def reclassify_partition(partition: Partition, model: IncidentModel) -> PartitionResult:
    """Return the model's answers to a partition's texts, none longer than the model takes; the same wherever it runs."""
    answers: list[Answer] = []
    # Words that only this partition has are let go with it, so that spaCy's store of strings does not grow with the history.
    with model.pipeline.nlp.memory_zone():
        analysed = analyse(partition.texts, pipeline=model.pipeline, batch_size=_BATCH, parts=PARTS)
        while batch := list(islice(analysed, _BATCH)):
            suggestions = model.suggest_analysed(batch, explain=partition.evidence)
            pairs = zip(suggestions, batch, strict=True)
            answers += [answer_of(said, text, model, spans=partition.spans) for said, text in pairs]
    return PartitionResult(partition.number, tuple(answers))


def learn_common_words(partition: Partition, model: IncidentModel) -> None:
    """Make a process that has just got its model quicker at every partition after, by the words of its first one with texts."""
    keep_words((text for text in partition.texts[:_KEPT] if len(text) <= _LONGEST_KEPT), pipeline=model.pipeline)
