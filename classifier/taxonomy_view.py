"""The taxonomy as a person or a machine reads it: tables and plain JSON values."""

from __future__ import annotations

from dataclasses import asdict

from classifier.table import Table
from classifier.taxonomy import (
    BREACH_OF_SAFETY_MEASURE,
    CATEGORIES,
    CHANNEL_GROUPS,
    CHANNELS,
    TAXONOMY_VERSION,
    Crosswalk,
)


def as_dict() -> dict[str, object]:
    """Return the whole taxonomy as values that JSON can hold."""
    return {
        "version": TAXONOMY_VERSION,
        "categories": [asdict(category) for category in CATEGORIES],
        "channel_groups": [asdict(group) for group in CHANNEL_GROUPS],
        "channels": [asdict(channel) for channel in CHANNELS],
        "breach_of_safety_measure": asdict(BREACH_OF_SAFETY_MEASURE),
    }


def as_tables() -> tuple[Table, ...]:
    """Return one table of categories, most severe first, and one of channels."""
    group_names = {group.id: group.name for group in CHANNEL_GROUPS}
    return (
        Table(
            f"Kategorier (taksonomi {TAXONOMY_VERSION}), alvorligst først",
            ("", "id", "navn", "definisjon", "dagens skjema"),
            tuple(
                (str(category.severity), category.id, category.name, category.definition, _shown(category.crosswalk))
                for category in CATEGORIES
            ),
        ),
        Table(
            "Kanaler",
            ("id", "navn", "omfatter", "gruppe", "dagens skjema"),
            tuple(
                (channel.id, channel.name, channel.definition, group_names[channel.group], _shown(channel.crosswalk))
                for channel in CHANNELS
            ),
        ),
    )


def _shown(crosswalk: Crosswalk) -> str:
    targets = " · ".join(crosswalk.targets) or "–"
    return f"{targets} (må leses på nytt)" if crosswalk.ask else targets
