"""Every count a report publishes or lets be reckoned, each once, with the sums that tie them: what suppression looks at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from classifier.trends.suppression import Sum, hidden_cells

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Key = tuple[str, ...]
"""What a count is of; the same count in two tables has the same key."""


class Ledger:
    """Counts by key, and the sums among them; `close` decides which are hidden."""

    def __init__(self, smallest: int) -> None:
        """Start empty; counts from 1 to below `smallest` are to be hidden."""
        self._smallest = smallest
        self._places: dict[Key, int] = {}
        self._values: list[int] = []
        self._sums: list[Sum] = []
        self._published: list[bool] = []
        self._hidden: NDArray[np.bool_] | None = None

    def add(self, key: Key, value: int, *, published: bool = True) -> Key:
        """Enter a count, once however often it stands; one that is not `published` only follows from others."""
        if key not in self._places:
            self._places[key] = len(self._values)
            self._values.append(value)
            self._published.append(published)
        return key

    def tie(self, total: Key, parts: Iterable[Key]) -> None:
        """Say that a count is the sum of others; all must have been added."""
        self._sums.append(Sum(self._places[total], tuple(self._places[part] for part in parts)))

    def tie_with_rest(self, total: Key, parts: Iterable[Key]) -> None:
        """Say that a count holds others and perhaps more: what is left can be reckoned, so it is entered as a count too."""
        parts = [part for part in parts if part in self._places]
        rest = self._values[self._places[total]] - sum(self._values[self._places[part]] for part in parts)
        if rest:
            parts.append(self.add(("rest", str(len(self._sums))), rest, published=False))
        self.tie(total, parts)

    def close(self) -> None:
        """Decide what to hide."""
        self._hidden = hidden_cells(self._values, self._sums, smallest=self._smallest)

    def shown(self, key: Key) -> int | None:
        """Return a count, None if it is hidden; to be asked once the ledger is closed."""
        assert self._hidden is not None, "the ledger is still open"
        place = self._places[key]
        return None if self._hidden[place] else self._values[place]

    @property
    def hidden_count(self) -> int:
        """Return how many published counts are hidden."""
        assert self._hidden is not None, "the ledger is still open"
        return int(self._hidden[self._published].sum())
