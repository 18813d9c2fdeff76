"""A list of reports to look at, by their external ids, such as what `classifier reclassify` writes beside its output."""

from __future__ import annotations

from pathlib import Path

from classifier.column_names import map_fields
from classifier.errors import InputError
from classifier.tabular import column_names, read_rows

_GUARDED = ("'=", "'+", "'-", "'@")
"""How an id begins that was kept from being taken for a formula."""


def read_ids(path: Path) -> frozenset[str]:
    """Return the ids of a CSV or Excel table's column `id`, or of one named much like it.

    Raises InputError for a table that cannot be read, or that has no such column or no id in it.
    """
    column = map_fields(column_names(path), ("id",), {}, required=("id",), source=str(path))["id"] or ""
    cells = (row.cells.get(column, "").strip() for row in read_rows(path))
    found = frozenset(cell[1:] if cell.startswith(_GUARDED) else cell for cell in cells if cell)
    if not found:
        raise InputError(str(path), f"nothing in column {column!r}", "the id of a report in each row")
    return found
