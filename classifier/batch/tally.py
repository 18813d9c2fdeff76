"""What a summary counts, added up partition by partition: labels before and after, doubt, and the rows to look at first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MOST_DOUBTFUL = 100
MOST_UNITS = 2_000
"""A unit beyond so many is counted under OTHER_UNITS: a wrongly mapped column of free text must not fill memory or page."""

OTHER_UNITS = "andre enheter"
NONE = ""
"""Stands for a label, year or unit that a row does not have."""

UNKNOWN = "?"
"""Stands for a label that the taxonomy does not know."""


@dataclass(frozen=True, order=True)
class Doubtful:
    """A row to look at: the probability that both its new labels are right, its place in the history, its id, why, its text."""

    probability: float
    row: int
    id: str
    reason: str
    digest: str


@dataclass
class Tally:
    """Counts over rows; all keys are tuples, so that two tallies add up."""

    rows: int = 0
    status: Counter[str] = field(default_factory=Counter)
    confident: Counter[str] = field(default_factory=Counter)
    """By target."""
    warnings: Counter[str] = field(default_factory=Counter)
    labels: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """By target, year, label before and label after."""
    units: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By unit, and "rows", "labelled" or "changed"."""
    expected_errors: Counter[str] = field(default_factory=Counter)
    """By target: the sum of one minus the new label's probability, in millionths, so that the order of adding is nothing."""
    variance: Counter[str] = field(default_factory=Counter)
    """By target: the sum of p (1 - p), in millionths."""
    doubtful: list[Doubtful] = field(default_factory=list)

    def packed(self) -> dict[str, Any]:
        """Return the tally as JSON values."""
        packed: dict[str, Any] = {"rows": self.rows, "doubtful": [_fields(item) for item in self.doubtful]}
        for name in ("status", "confident", "warnings", "expected_errors", "variance"):
            packed[name] = dict(sorted(getattr(self, name).items()))
        for name in ("labels", "units"):
            packed[name] = [[*key, count] for key, count in sorted(getattr(self, name).items())]
        return packed

    def add(self, packed: dict[str, Any]) -> None:
        """Add what another tally packed."""
        self.rows += packed["rows"]
        for name in ("status", "confident", "warnings", "expected_errors", "variance"):
            getattr(self, name).update(packed[name])
        for *label, count in packed["labels"]:
            self.labels[tuple(label)] += count
        for unit, kind, count in packed["units"]:
            known = (unit, "rows") in self.units or len(self.units) < 3 * MOST_UNITS
            self.units[unit if known else OTHER_UNITS, kind] += count
        self.doubtful = most_doubtful([*self.doubtful, *(Doubtful(*item) for item in packed["doubtful"])])


def most_doubtful(rows: Iterable[Doubtful]) -> list[Doubtful]:
    """Return the rows with the least probability, the most doubtful first, only one of those with the same text."""
    kept: dict[str, Doubtful] = {}
    for item in sorted(rows):
        kept.setdefault(item.digest, item)
        if len(kept) == MOST_DOUBTFUL:
            break
    return list(kept.values())


def _fields(item: Doubtful) -> list[object]:
    return [item.probability, item.row, item.id, item.reason, item.digest]
