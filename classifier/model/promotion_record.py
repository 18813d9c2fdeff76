"""What a change of champion keeps on record of the two models, so that those who come after can see what was known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.corpus import Example, digest
from classifier.errors import ArtifactError
from classifier.language import AnalysedText, analyse
from classifier.model.assessment import assess, headline
from classifier.model.comparison import Comparison, compare
from classifier.model.incident_model import LONGEST_TEXT, PARTS, IncidentModel
from classifier.model.registry import find_artifact
from classifier.suggestion import Suggestion

Headline = dict[str, dict[str, float]]
Progress = Callable[[str, int | None], AbstractContextManager[Callable[[], None]]]
"""Shows work by its name and how many steps it has, None if nobody can tell; gives what to call after each step."""

_AT_ONCE = 64


@dataclass(frozen=True)
class Measured:
    """Two models on the same labelled texts, which `digest` tells apart from others.

    `before` and `comparison` are None where the model that serves until now could not be measured.
    """

    digest: str
    count: int
    before: Headline | None
    after: Headline
    comparison: Comparison | None


def measure(examples: Sequence[Example], before: IncidentModel | None, after: IncidentModel, progress: Progress) -> Measured:
    """Return how both models do on labelled texts, all but those too long to suggest for; both read with `after`'s pipeline."""
    short = [example for example in examples if len(example.text) <= LONGEST_TEXT]
    with progress("Reading", len(short)) as advance:
        read = []
        for text in analyse([example.text for example in short], pipeline=after.pipeline, parts=PARTS):
            read.append(text)
            advance()
    suggested = _suggested(after, read, progress)
    suggested_before = None if before is None else _suggested(before, read, progress)
    with progress("Comparing", None):
        figures = headline(assess(after, short, suggested))
        if before is None or suggested_before is None:
            return Measured(digest(short), len(short), None, figures, None)
        return Measured(
            digest(short),
            len(short),
            headline(assess(before, short, suggested_before)),
            figures,
            compare(short, suggested_before, suggested),
        )


def _suggested(model: IncidentModel, texts: Sequence[AnalysedText], progress: Progress) -> list[Suggestion]:
    suggested: list[Suggestion] = []
    with progress(f"Measuring {model.version}", len(texts)) as advance:
        for first in range(0, len(texts), _AT_ONCE):
            for suggestion in model.suggest_analysed(texts[first : first + _AT_ONCE], explain=False):
                suggested.append(suggestion)
                advance()
    return suggested


def comparison_record(models: Path, before: str | None, after: str, measured: Measured | None = None) -> dict[str, Any]:
    """Return both versions with the figures in their manifests, out of fold, and with those on the same texts if measured.

    Figures out of fold are of each model's own training data; only those on the same texts compare. The version that serves
    until now comes without what is in its manifest if that is damaged or missing, as then it has to be replaced. Raises
    ArtifactError if the other's is.
    """
    record: dict[str, Any] = {}
    if before is not None:
        try:
            record["before"] = {"version": before, **find_artifact(before, models).manifest.metrics}
        except ArtifactError:
            record["before"] = {"version": before}
    record["after"] = {"version": after, **find_artifact(after, models).manifest.metrics}
    if measured is not None:
        if measured.before is not None:
            record["before"]["test"] = measured.before
        record["after"]["test"] = measured.after
        record["test_texts"] = {"digest": measured.digest, "count": measured.count}
        record["test"] = None if measured.comparison is None else asdict(measured.comparison)
    return record
