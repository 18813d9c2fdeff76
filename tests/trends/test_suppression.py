from itertools import product

import numpy as np
import pytest

from classifier.errors import ClassifierError
from classifier.trends.suppression import SMALLEST_SHOWN, Sum, exposed_cells, hidden_cells


def table_with_totals(counts: list[list[int]]) -> tuple[list[int], list[Sum]]:
    """Return a table's cells, row by row, then row totals, column totals and the grand total, and the sums that tie them."""
    table = np.array(counts)
    rows, columns = table.shape
    values = [*table.ravel(), *table.sum(axis=1), *table.sum(axis=0), table.sum()]
    row_total, column_total, grand = rows * columns, rows * columns + rows, rows * columns + rows + columns
    sums = [Sum(row_total + r, tuple(r * columns + c for c in range(columns))) for r in range(rows)]
    sums += [Sum(column_total + c, tuple(r * columns + c for r in range(rows))) for c in range(columns)]
    sums.append(Sum(grand, tuple(range(row_total, column_total))))
    sums.append(Sum(grand, tuple(range(column_total, grand))))
    return [int(value) for value in values], sums


def possible_values(values: list[int], hidden: list[int]) -> dict[int, set[int]]:
    """Return by trying all which values each hidden part of one sum can have, given the others and the sum."""
    left = sum(values[place] for place in hidden)
    found: dict[int, set[int]] = {place: set() for place in hidden}
    for guess in product(range(1, left), repeat=len(hidden) - 1):
        if sum(guess) < left:
            for place, value in zip(hidden, (*guess, left - sum(guess)), strict=True):
                found[place].add(value)
    return found


def test_small_counts_are_hidden_and_zeros_and_others_shown() -> None:
    hidden = hidden_cells([0, 1, 4, 5, 60], [])
    assert hidden.tolist() == [False, True, True, False, False]


def test_one_hidden_cell_in_a_row_takes_another_with_it_so_that_the_total_does_not_give_it_away() -> None:
    values, sums = table_with_totals([[3, 20, 40], [30, 50, 60], [70, 80, 90]])
    hidden = hidden_cells(values, sums)
    grid = hidden[:9].reshape(3, 3)
    assert grid[0, 0]
    assert all(grid[line].sum() != 1 for line in range(3))
    assert all(grid[:, line].sum() != 1 for line in range(3))
    assert not exposed_cells(np.array(values), sums, hidden)


def test_two_ones_that_add_up_to_two_are_not_hidden_enough() -> None:
    values, sums = [1, 1, 30, 32], [Sum(3, (0, 1, 2))]
    assert exposed_cells(np.array(values), sums, np.array([True, True, False, False])) == [0, 1]
    assert hidden_cells(values, sums).tolist() == [True, True, True, False]


def test_a_total_that_is_its_only_cell_is_hidden_with_it() -> None:
    values, sums = table_with_totals([[3, 0], [40, 50]])
    hidden = hidden_cells(values, sums)
    assert hidden[0]
    assert hidden[4]
    assert not exposed_cells(np.array(values), sums, hidden)


def test_cells_that_hang_together_by_a_single_cell_are_not_enough() -> None:
    # Both blocks hide four cells; the one between them follows from the totals of either block.
    values, sums = table_with_totals([[9, 9, 50, 50], [9, 9, 3, 50], [50, 50, 9, 9], [50, 50, 9, 9]])
    bridge = np.zeros(len(values), dtype=bool)
    bridge[[0, 1, 4, 5, 6, 10, 11, 14, 15]] = True
    assert exposed_cells(np.array(values), sums, bridge) == [6]
    hidden = hidden_cells(values, sums)
    assert hidden[6]
    assert not exposed_cells(np.array(values), sums, hidden)


def test_a_unit_cannot_be_told_from_its_kinds_total() -> None:
    # Two units of one kind; the kind's total and the total of all are shown elsewhere.
    values = [3, 20, 23, 77, 100]
    sums = [Sum(2, (0, 1)), Sum(4, (2, 3))]
    assert hidden_cells(values, sums).tolist() == [True, True, False, False, False]


def test_counts_that_contradict_their_sum_are_an_error_and_not_shown() -> None:
    with pytest.raises(ClassifierError, match="could not be worked out"):
        exposed_cells(np.array([1, 1, 30, 5]), [Sum(3, (0, 1, 2))], np.array([True, True, False, False]))


@pytest.mark.parametrize("seed", range(20))
def test_nobody_can_work_out_a_small_count_by_trying_all_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = [int(value) for value in rng.choice([0, 1, 2, 6, 11, 12], 4, p=[0.1, 0.2, 0.2, 0.2, 0.2, 0.1])]
    values[3] += 20
    hidden = hidden_cells([*values, sum(values)], [Sum(4, (0, 1, 2, 3))])
    assert not hidden[4]
    places = [int(place) for place in np.flatnonzero(hidden)]
    for place, possible in (possible_values(values, places) if places else {}).items():
        assert not 0 < values[place] < SMALLEST_SHOWN or len(possible) >= SMALLEST_SHOWN


def test_a_large_table_is_done_in_seconds_and_nothing_in_it_can_be_worked_out() -> None:
    rng = np.random.default_rng(1)
    values, sums = table_with_totals(rng.poisson(rng.gamma(1, 20, (40, 1)), (40, 8)).tolist())
    hidden = hidden_cells(values, sums)
    counts = np.array(values)
    small = (counts > 0) & (counts < SMALLEST_SHOWN)
    assert hidden[small].all()
    assert not exposed_cells(counts, sums, hidden)
    assert hidden.mean() < 0.6
