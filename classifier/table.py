"""A plain table of text cells: what commands print and reports show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A titled table; each row has as many cells as there are columns.

    `spare` names the columns that a terminal too narrow for all of them does without, the first to go first.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    spare: tuple[str, ...] = ()
