"""A stretch of a text that holds personal data, and how overlapping finds are settled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

PersonalDataType = Literal["PERSON", "ID_NUMBER", "PHONE", "EMAIL", "ADDRESS", "ACCOUNT", "PLATE", "HANDLE", "BIRTHDATE"]

PERSONAL_DATA_TYPES: tuple[PersonalDataType, ...] = get_args(PersonalDataType)


@dataclass(frozen=True, order=True)
class PersonalData:
    """Personal data at `[start, end)` of a text, in Python characters."""

    start: int
    end: int
    type: PersonalDataType

    def overlaps(self, other: PersonalData) -> bool:
        """Return whether the two share a character."""
        return self.start < other.end and other.start < self.end


def settle(finds: Iterable[PersonalData]) -> tuple[PersonalData, ...]:
    """Return the finds in text order without overlaps; of two that overlap, the one that came first stays."""
    kept: list[PersonalData] = []
    for find in finds:
        if not any(find.overlaps(other) for other in kept):
            kept.append(find)
    return tuple(sorted(kept))
