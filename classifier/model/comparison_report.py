"""A comparison of two models as a table, and in a sentence where the candidate is the worse one."""

from __future__ import annotations

from classifier.model.comparison import Comparison, Difference
from classifier.model.verdict import name_of, verdict
from classifier.table import Table

_SPARE = ("95 %", "guards", "difference")
_NAMED = 3


def as_table(title: str, comparison: Comparison, *, champion: str, candidate: str) -> Table:
    """Return the differences part by part, with the F1 of each under the names of the two versions."""
    columns = ("part", "texts", champion, candidate, "difference", "95 %", "verdict", "guards")
    rows = tuple(_row(found) for found in comparison.differences)
    return Table(f"{title}: F1 on {comparison.count} texts", columns, rows, spare=_SPARE)


def worse_in_words(comparison: Comparison, *, champion: str, candidate: str) -> str:
    """Return in a sentence that the candidate is worse at something that guards, and both macro-F1; empty if it is not."""
    worse = verdict(comparison, None).worse
    if not worse:
        return ""
    figures = "; ".join(
        f"{found.target} macro-F1 {found.champion:.3f} before, {found.candidate:.3f} now"
        for found in comparison.differences
        if found.kind == "overall" and found.champion is not None and found.candidate is not None
    )
    more = f" and {len(worse) - _NAMED} more" if len(worse) > _NAMED else ""
    at = f"{', '.join(worse[:_NAMED])}{more}"
    return f"{candidate} is worse than {champion} on the same {comparison.count:,} texts: {figures} (worse at {at})."


def _row(found: Difference) -> tuple[str, ...]:
    guards = "yes" if found.guards else "no"
    if found.difference is None or found.champion is None or found.candidate is None:
        return name_of(found), str(found.count), "", "", "", "", "too few", guards
    change = found.difference
    figures = (f"{found.champion:.3f}", f"{found.candidate:.3f}", f"{change.value:+.3f}")
    return name_of(found), str(found.count), *figures, f"{change.low:+.3f} to {change.high:+.3f}", found.outcome, guards
