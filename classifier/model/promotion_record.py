"""What a change of champion keeps on record of the two models, so that those who come after can see what was known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from classifier.errors import ArtifactError
from classifier.model.registry import find_artifact


def comparison_record(models: Path, before: str | None, after: str) -> dict[str, Any]:
    """Return both versions with the figures in their manifests, out of fold, for a promotion's record.

    The version that serves until now comes without figures if it is damaged or missing, as then it has to be replaced. Raises
    ArtifactError if the other is.
    """
    record: dict[str, Any] = {}
    if before is not None:
        try:
            record["before"] = {"version": before, **find_artifact(before, models).manifest.metrics}
        except ArtifactError:
            record["before"] = {"version": before}
    return record | {"after": {"version": after, **find_artifact(after, models).manifest.metrics}}
