"""Enters a report's tables in the ledger, and ties every count to those that it is a part of or made up of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.taxonomy import CHANNEL_GROUPS
from classifier.trends.counting import Counts, Dimension, group_places
from classifier.trends.history import History
from classifier.trends.ledger import Key, Ledger
from classifier.trends.periods import Period, period_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MONTHLY: tuple[Dimension, ...] = ("category", "group")
"""What a monthly analysis is by."""


def dimension_of(history: History, name: str) -> Dimension:
    """Return whether a name is a unit's or a kind's; a unit's where it is both."""
    return "unit" if name in history.units else "kind"


def cell_key(scope: Key, dimension: str, row: str, period: str) -> Key:
    """Return what a cell of a table is known by; `scope` tells a monthly analysis's tables from those of all incidents."""
    return (*scope, dimension, row, period)


def enter_totals(ledger: Ledger, periods: tuple[Period, ...], totals: list[int]) -> None:
    """Enter how many incidents each period has, and all of them, and tie them."""
    keys = [ledger.add(("all", period.short_name), total) for period, total in zip(periods, totals, strict=True)]
    ledger.tie(ledger.add(("all", ""), sum(totals)), keys)


def enter(ledger: Ledger, scope: Key, found: Counts, total: int, *, published: bool = True) -> None:
    """Enter a table's counts, its rows' totals and its columns', and tie them."""

    def add(row: str, name: str, value: int) -> Key:
        return ledger.add(cell_key(scope, found.dimension, row, name), value, published=published)

    names = [period.short_name for period in found.periods]
    for row, values in zip(found.rows, found.counts.tolist(), strict=True):
        keys = [add(row, name, value) for name, value in zip(names, values, strict=True)]
        ledger.tie(add(row, "", sum(values)), keys)
    columns = [int(value) for value in found.counts.sum(axis=0)]
    for name, value in zip([*names, ""], [*columns, total], strict=True):
        whole = ledger.add((*scope, "all", name), value)
        ledger.tie(whole, [cell_key(scope, found.dimension, row, name) for row in found.rows])
    ledger.tie((*scope, "all", ""), [(*scope, "all", name) for name in names])


def tie_groups(ledger: Ledger, counts: dict[Dimension, Counts], periods: tuple[Period, ...]) -> None:
    """Tie each group of channels to its channels."""
    if "group" not in counts or "channel" not in counts:
        return
    places = group_places()
    for place, group in enumerate(CHANNEL_GROUPS):
        members = [row for row, its in zip(counts["channel"].rows, places, strict=False) if its == place]
        for name in (*(period.short_name for period in periods), ""):
            ledger.tie(("group", group.name, name), [("channel", row, name) for row in members])


def tie_kinds(ledger: Ledger, history: History, counts: dict[Dimension, Counts], periods: tuple[Period, ...]) -> None:
    """Tie each kind of unit to its units, where all incidents of its units are of that kind."""
    if "kind" not in counts or "unit" not in counts:
        return
    pairs = {(int(kind), int(unit)) for kind, unit in zip(history.kind, history.unit, strict=True)}
    for number, kind in enumerate(history.kinds):
        units = {unit for its, unit in pairs if its == number}
        if all(its == number for its, unit in pairs if unit in units):
            for name in (*(period.short_name for period in periods), ""):
                ledger.tie(("kind", kind, name), [("unit", history.units[unit], name) for unit in sorted(units)])


def tie_months(ledger: Ledger, name: str, found: Counts, months: tuple[Period, ...]) -> None:
    """Tie what the monthly analysis of a unit, or kind of unit, shares with the table by unit, or by kind: how many it has."""
    for period in found.periods:
        if within := _within(period, months):
            keys = [("months", name, "all", month.short_name) for month in within]
            ledger.tie_with_rest((found.dimension, name, period.short_name), keys)
    ledger.tie_with_rest((found.dimension, name, ""), [("months", name, "all", "")])


def tie_slices(
    ledger: Ledger,
    chosen: dict[str, NDArray[np.bool_]],
    counts: dict[Dimension, Counts],
    periods: tuple[Period, ...],
    monthly: dict[str, dict[Dimension, Counts]],
) -> None:
    """Tie the tables of all incidents to the monthly analyses, and each of these to those that are a part of it.

    A part may be the whole: an agency's only kind of unit, a kind's only unit.
    """
    if not chosen:
        return
    months = next(iter(monthly.values()))["category"].periods
    rows = _rows({name: counts[name] for name in MONTHLY if name in counts})
    for family in _apart(chosen):
        for row in rows:
            ledger.tie_with_rest((*row, ""), [("months", name, *row, "") for name in family])
        for period in periods:
            if within := _within(period, months):
                for row in rows:
                    keys = [("months", name, *row, month.short_name) for name in family for month in within]
                    ledger.tie_with_rest((*row, period.short_name), keys)
    for place, whole in enumerate(chosen):
        parts = {
            name: its
            for other, (name, its) in enumerate(chosen.items())
            if other != place and not (its & ~chosen[whole]).any() and (other > place or (chosen[whole] & ~its).any())
        }
        for family in _apart(parts):
            for name_of_month in (*(month.short_name for month in months), ""):
                for row in _rows(monthly[whole]):
                    keys = [("months", name, *row, name_of_month) for name in family]
                    ledger.tie_with_rest(("months", whole, *row, name_of_month), keys)


def _rows(tables: dict[Dimension, Counts]) -> list[Key]:
    """Return what tables over the same incidents count: all of them, and each row."""
    return [("all",), *((dimension, row) for dimension, found in tables.items() for row in found.rows)]


def _apart(chosen: dict[str, NDArray[np.bool_]]) -> list[list[str]]:
    """Return the names of choices in groups, those in a group without an incident in common; as few groups as come easily."""
    families: list[list[str]] = []
    left = list(chosen)
    while left:
        family: list[str] = []
        for name in left:
            if not any((chosen[name] & chosen[other]).any() for other in family):
                family.append(name)
        families.append(family)
        left = [name for name in left if name not in family]
    return families


def _within(period: Period, months: tuple[Period, ...]) -> list[Period]:
    """Return those of the months that lie in a period."""
    return [month for month in months if period_of(month.first_day, period.by) == period]
