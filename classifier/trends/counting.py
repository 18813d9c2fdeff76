"""Counts of incidents by period and by one more thing: category, channel, group of channels, unit, or kind of unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from classifier.taxonomy import CATEGORIES, CHANNEL_GROUPS, CHANNELS
from classifier.trends.history import NONE, History
from classifier.trends.periods import By, Period, period_of, periods_between

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Dimension = Literal["category", "channel", "group", "kind", "unit"]
DIMENSIONS: tuple[Dimension, ...] = ("category", "channel", "group", "kind", "unit")

WITHOUT = {"category": "Uten kategori", "channel": "Uten kanal", "group": "Uten kanal"}


@dataclass(frozen=True)
class Counts:
    """How many incidents each row has in each period; `counts` is rows by periods, and a column adds up to all incidents."""

    dimension: Dimension
    rows: tuple[str, ...]
    periods: tuple[Period, ...]
    counts: NDArray[np.int64]


def period_range(history: History, by: By) -> tuple[Period, ...]:
    """Return the periods from the first incident to the last, those without any too; none for no incidents."""
    if not len(history):
        return ()
    return periods_between(*(_period(int(month), by) for month in (history.month.min(), history.month.max())))


def period_places(history: History, periods: tuple[Period, ...]) -> NDArray[np.int64]:
    """Return each incident's place among the periods, which follow one another; outside 0 to their number for others."""
    import numpy as np

    first = periods[0].first_day
    months = 12 * first.year + first.month - 1
    length = {"year": 12, "quarter": 3, "month": 1}[periods[0].by]
    return np.asarray((history.month.astype(np.int64) - months) // length)


def count(history: History, dimension: Dimension, periods: tuple[Period, ...]) -> Counts:
    """Return the counts by a dimension in these periods, which follow one another.

    Labels come in the order of the taxonomy, all of them; units and kinds in the order of their names, and only those that the
    incidents have. A last row holds incidents without a label, where there are any.
    """
    import numpy as np

    names, places = _rows(history, dimension)
    where = period_places(history, periods)
    inside = (where >= 0) & (where < len(periods))
    places = np.where(places == NONE, len(names), places)[inside]
    flat = np.bincount(places * len(periods) + where[inside], minlength=(len(names) + 1) * len(periods))
    counts = flat.reshape(len(names) + 1, len(periods))
    rows = (*names, WITHOUT.get(dimension, ""))
    labels = dimension in WITHOUT
    kept = [place for place in range(len(rows)) if counts[place].any() or (labels and place < len(names))]
    return Counts(dimension, tuple(rows[place] for place in kept), periods, counts[kept])


def group_places() -> tuple[int, ...]:
    """Return, for each channel in the order of the taxonomy, its group's place among CHANNEL_GROUPS."""
    ids = [group.id for group in CHANNEL_GROUPS]
    return tuple(ids.index(channel.group) for channel in CHANNELS)


def _rows(history: History, dimension: Dimension) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    import numpy as np

    if dimension == "category":
        return tuple(category.name for category in CATEGORIES), history.category.astype(np.int64)
    if dimension == "channel":
        return tuple(channel.name for channel in CHANNELS), history.channel.astype(np.int64)
    if dimension == "group":
        groups = np.array([*group_places(), NONE])
        return tuple(group.name for group in CHANNEL_GROUPS), groups[history.channel]
    if dimension == "kind":
        return history.kinds, history.kind.astype(np.int64)
    return history.units, history.unit.astype(np.int64)


def _period(month: int, by: By) -> Period:
    return period_of(date(month // 12, month % 12 + 1, 1), by)
