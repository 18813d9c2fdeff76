"""What a candidate learns from: the corpus, and what people decided, each weighed by where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from classifier.corpus import Example
from classifier.errors import InputError
from classifier.review.feedback import FeedbackExample
from classifier.review.snapshots import SnapshotText
from classifier.store.reports import text_digest

LARGEST_WEIGHT = 100.0


@dataclass(frozen=True)
class Weights:
    """How much an example counts against one of the corpus, which counts 1; what was settled counts as a correction does.

    By default a decision is an example like any other; `scripts/measure_weights.py` compares other weights.
    """

    confirmation: float = 1.0
    correction: float = 1.0

    def __post_init__(self) -> None:
        """Raise InputError for a weight that is no sensible one."""
        for name, weight in (("confirmation", self.confirmation), ("correction", self.correction)):
            if not 0 < weight <= LARGEST_WEIGHT:
                raise InputError(f"weight of a {name}", f"{weight}", f"a number above 0 and up to {LARGEST_WEIGHT:.0f}")

    def of(self, example: FeedbackExample) -> float:
        """Return the weight of an example."""
        return self.confirmation if example.provenance == "confirmation" else self.correction


@dataclass(frozen=True)
class TrainingSet:
    """Examples and the weight of each, and how many of them people's decisions made."""

    examples: tuple[Example, ...]
    weights: tuple[float, ...]
    from_decisions: int


def merge(corpus: Sequence[Example], snapshot: Sequence[SnapshotText], weights: Weights) -> TrainingSet:
    """Return the corpus's examples followed by the snapshot's.

    Of a text that is in both, the corpus's example stays where the labels agree, and people's decision takes its place where
    they do not.
    """
    decided = {item.text_digest: item.example for item in snapshot if item.text_digest is not None}
    kept: list[Example] = []
    known: set[int] = set()
    groups: dict[int, Example] = {}
    for example in corpus:
        decision = decided.get(text_digest(example.text))
        if decision is None:
            kept.append(example)
        elif (decision.category, decision.channel) == (example.category, example.channel):
            kept.append(example)
            known.add(decision.report_id)
        else:
            groups[decision.report_id] = example
    added = [item.example for item in snapshot if item.example.report_id not in known]
    learned = [_as_example(example, groups.get(example.report_id)) for example in added]
    return TrainingSet(
        (*kept, *learned), (*(1.0 for _ in kept), *(weights.of(example) for example in added)), from_decisions=len(learned)
    )


def _as_example(decided: FeedbackExample, corrected: Example | None) -> Example:
    example = Example(
        id=f"report-{decided.report_id}",
        text=decided.text,
        category=decided.category,
        channel=decided.channel,
        acts=None,
        language=decided.language,
        split="train",
        group=decided.group,
        # Cross-validation keeps a source together, as it is one writer. A report's source is a whole archive, of many: what
        # must stay together here are near-duplicates.
        source=decided.group,
        note=decided.provenance,
    )
    return example if corrected is None else replace(example, group=corrected.group, source=corrected.source)
