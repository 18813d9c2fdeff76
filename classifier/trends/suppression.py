"""Small counts hidden so that nobody can be recognised, and as many others as keep a reader from working them out.

What is published is a set of cells and the sums that tie them together: a row and its total, months and their year, units and
their kind. A hidden cell must not follow from the rest. Where a sum has one hidden part, the total less the others is that
part; where it has few, they may still leave little room. So hidden cells are chosen first by rule, then by what somebody could
work out: for each small cell, the least and the greatest value that all sums allow, found by linear programming, must lie far
enough apart. A zero is shown, since it is about nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SMALLEST_SHOWN = 5

_TRIALS = 12
"""Random directions in which the range of all hidden cells is explored before single ones are asked about."""
_NEARLY = 1e-6


@dataclass(frozen=True)
class Sum:
    """A cell that is the sum of others, all by their places."""

    total: int
    parts: tuple[int, ...]

    @property
    def cells(self) -> tuple[int, ...]:
        """Return the places of all its cells."""
        return (self.total, *self.parts)


def hidden_cells(values: Sequence[int], sums: Sequence[Sum], *, smallest: int = SMALLEST_SHOWN) -> NDArray[np.bool_]:
    """Return which cells to hide, given the count in each and the sums that tie them together.

    Every count from 1 to below `smallest` is hidden. Nobody who knows all shown cells, the sums, and that hidden cells are at
    least 1, can tell a hidden small count to within less than `smallest` - 1, unless nothing more can be hidden.
    """
    import numpy as np

    counts = np.array(values, dtype=np.int64)
    small = (counts > 0) & (counts < smallest)
    hidden = small.copy()
    of_cell: dict[int, list[Sum]] = {}
    for item in sums:
        for cell in item.cells:
            of_cell.setdefault(cell, []).append(item)

    def cost(cell: int) -> tuple[int, int, int]:
        """Return what hiding a cell would cost: sums in which it would be the only hidden one, then its own count."""
        return sum(not hidden[list(item.cells)].any() for item in of_cell[cell]), int(counts[cell]), cell

    def companion(among: Sequence[Sum]) -> int | None:
        shown = {cell for item in among for cell in item.cells if not hidden[cell] and counts[cell]}
        return min(shown, key=cost, default=None)

    while True:
        _hide_by_rule(counts, sums, hidden, smallest, companion)
        exposed = [cell for cell in exposed_cells(counts, sums, hidden, smallest=smallest) if small[cell]]
        more = {found for cell in exposed if (found := companion(of_cell.get(cell, ()))) is not None}
        if not more:
            return hidden
        hidden[list(more)] = True


def exposed_cells(
    counts: NDArray[np.int64], sums: Sequence[Sum], hidden: NDArray[np.bool_], *, smallest: int = SMALLEST_SHOWN
) -> list[int]:
    """Return the hidden cells whose value the shown ones tell to within less than `smallest` - 1."""
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import lil_array

    places = np.flatnonzero(hidden)
    if not len(places):
        return []
    column = {int(place): number for number, place in enumerate(places)}
    tied = [item for item in sums if any(hidden[cell] for cell in item.cells)]
    matrix = lil_array((len(tied), len(places)))
    right = np.zeros(len(tied))
    for row, item in enumerate(tied):
        for cell, sign in ((item.total, 1), *((part, -1) for part in item.parts)):
            if hidden[cell]:
                matrix[row, column[cell]] += sign
            else:
                right[row] -= sign * counts[cell]
    equations = matrix.tocsr()
    # A cell in no sum is free: a bound beyond every count stands for no bound.
    bounds = (1, max(int(counts.sum()), smallest) * 2 + 2 * smallest)
    low = high = counts[places].astype(float)

    def explore(direction: NDArray[np.float64]) -> None:
        nonlocal low, high
        for signed in (direction, -direction):
            found = linprog(signed, A_eq=equations, b_eq=right, bounds=bounds, method="highs")
            low, high = np.minimum(low, found.x), np.maximum(high, found.x)

    rng = np.random.default_rng(0)
    for _ in range(_TRIALS):
        explore(rng.choice([-1.0, 1.0], len(places)))
    for number in range(len(places)):
        if high[number] - low[number] < smallest - 1 - _NEARLY:
            explore(np.eye(1, len(places), number)[0])
    return [int(place) for place, width in zip(places, high - low, strict=True) if width < smallest - 1 - _NEARLY]


def _hide_by_rule(
    counts: NDArray[np.int64],
    sums: Sequence[Sum],
    hidden: NDArray[np.bool_],
    smallest: int,
    companion: Callable[[Sequence[Sum]], int | None],
) -> None:
    """Hide cells until no sum has a single hidden one, or hidden parts that together are too few to hide behind."""
    changed = True
    while changed:
        changed = False
        for item in sums:
            among = [cell for cell in item.cells if hidden[cell]]
            few = not hidden[item.total] and sum(counts[cell] for cell in among) < smallest
            if among and (len(among) == 1 or few):
                found = companion((item,))
                if found is not None:
                    hidden[found] = changed = True
