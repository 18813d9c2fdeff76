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

from classifier.errors import ClassifierError, MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SMALLEST_SHOWN = 5

_TRIALS = 12
"""Random directions in which the range of all hidden cells is explored before single ones are asked about."""
_NEARLY = 1e-6
_PRIMAL = 4
"""HiGHS's number of the primal simplex method: an answer stays feasible when only the costs change."""


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
        exposed = exposed_cells(counts, sums, hidden, smallest=smallest)
        more = {found for cell in exposed if (found := companion(of_cell.get(cell, ()))) is not None}
        if not more:
            return hidden
        hidden[list(more)] = True


def exposed_cells(
    counts: NDArray[np.int64], sums: Sequence[Sum], hidden: NDArray[np.bool_], *, smallest: int = SMALLEST_SHOWN
) -> list[int]:
    """Return the hidden small cells whose value the shown ones tell to within less than `smallest` - 1.

    Raises ClassifierError if no counts could fit the sums.
    """
    import numpy as np

    places = np.flatnonzero(hidden)
    if not len(places):
        return []
    possible = _Possible(counts, sums, places, smallest)
    rng = np.random.default_rng(0)
    for _ in range(_TRIALS):
        possible.explore(rng.choice([-1.0, 1.0], len(places)))
    exposed = []
    for number in np.flatnonzero(counts[places] < smallest):
        if possible.width[number] < smallest - 1 - _NEARLY:
            possible.explore(np.where(np.arange(len(places)) == number, 1.0, 0.0))
        if possible.width[number] < smallest - 1 - _NEARLY:
            exposed.append(int(places[number]))
    return exposed


class _Possible:
    """What the hidden cells could be, given the shown ones: a linear program, asked again and again with other costs.

    HiGHS goes on from the answer before, as SciPy's `linprog` cannot: each further question is then cheap.
    """

    def __init__(self, counts: NDArray[np.int64], sums: Sequence[Sum], places: NDArray[np.intp], smallest: int) -> None:
        try:
            import highspy
        except ImportError:
            raise MissingExtraError("highspy", "figures") from None
        import numpy as np
        from scipy.sparse import lil_array

        column = {int(place): number for number, place in enumerate(places)}
        tied = [item for item in sums if any(cell in column for cell in item.cells)]
        matrix = lil_array((len(tied), len(places)))
        right = np.zeros(len(tied))
        for row, item in enumerate(tied):
            for cell, sign in ((item.total, 1), *((part, -1) for part in item.parts)):
                if cell in column:
                    matrix[row, column[cell]] += sign
                else:
                    right[row] -= sign * counts[cell]
        equations = matrix.tocsr()
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(places), len(tied)
        program.col_cost_ = np.zeros(len(places))
        program.col_lower_ = np.ones(len(places))
        # A cell in no sum is free: a bound beyond every count stands for no bound.
        program.col_upper_ = np.full(len(places), float(max(int(counts.sum()), smallest) * 2 + 2 * smallest))
        program.row_lower_ = program.row_upper_ = right
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_, program.a_matrix_.index_ = equations.indptr, equations.indices
        program.a_matrix_.value_ = equations.data
        self._optimal = highspy.HighsModelStatus.kOptimal
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        self._solver.silent()
        for option, value in (("presolve", "off"), ("solver", "simplex"), ("simplex_strategy", _PRIMAL)):
            self._solver.setOptionValue(option, value)
        self._solver.passModel(program)
        self._columns = np.arange(len(places), dtype=np.int32)
        self._low: NDArray[np.float64] = counts[places].astype(float)
        self._high = self._low

    @property
    def width(self) -> NDArray[np.float64]:
        """Return how far apart the values of each hidden cell are that were found possible so far."""
        return self._high - self._low

    def explore(self, direction: NDArray[np.float64]) -> None:
        """Go as far as possible in a direction, and in the opposite one."""
        import numpy as np

        for signed in (direction, -direction):
            self._solver.changeColsCost(len(self._columns), self._columns, signed)
            self._solver.run()
            if self._solver.getModelStatus() != self._optimal:
                # Where it went on from may have led it astray; from the start it may find its way.
                self._solver.clearSolver()
                self._solver.run()
            status = self._solver.getModelStatus()
            if status != self._optimal:
                raise ClassifierError(
                    f"which small counts must be hidden could not be worked out ({self._solver.modelStatusToString(status)})"
                )
            found = np.array(self._solver.getSolution().col_value)
            self._low, self._high = np.minimum(self._low, found), np.maximum(self._high, found)


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
