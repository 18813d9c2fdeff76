"""A comparison of two models as a table."""

from __future__ import annotations

from classifier.model.comparison import Comparison, Difference
from classifier.table import Table


def as_table(title: str, comparison: Comparison, *, champion: str, candidate: str) -> Table:
    """Return the differences part by part, under the names of the two versions."""
    columns = ("part", "texts", f"F1 of {champion}", f"F1 of {candidate}", "difference", "95 %", "verdict")
    rows = tuple(_row(found) for found in comparison.differences)
    return Table(f"{title}: {comparison.count} texts", columns, rows)


def _row(found: Difference) -> tuple[str, ...]:
    part = f"{found.target} {found.name or 'macro'}" if found.kind != "language" else f"{found.target} in {found.name}"
    if found.difference is None or found.champion is None or found.candidate is None:
        return part, str(found.count), "", "", "", "", "too few"
    change = found.difference
    verdict = found.outcome if found.guards else f"{found.outcome} (told only)"
    interval = f"{change.low:+.3f} to {change.high:+.3f}"
    return part, str(found.count), f"{found.champion:.3f}", f"{found.candidate:.3f}", f"{change.value:+.3f}", interval, verdict
