"""Propose ASYS categories and channels for Norwegian incident reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.model.incident_model import IncidentModel

__all__ = ["load_model"]


def load_model(name: str | None = None) -> IncidentModel:
    """Load the champion, or the version or folder `name`, with the shipped pipeline.

    `classifier.model.registry.load_model` takes more options. Raises ArtifactError for a model that cannot be trusted or does
    not fit what is installed.
    """
    from classifier.model import registry

    return registry.load_model(name)
