"""Which column of a history holds what: named by an option, else guessed by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from classifier.column_names import USUAL_NAMES
from classifier.errors import InputError


@dataclass(frozen=True)
class HistoryColumns:
    """Which column holds which field, by its place; None where there is none. Only the text is needed."""

    text: int
    id: int | None = None
    category: int | None = None
    channel: int | None = None
    date: int | None = None
    unit: int | None = None


def map_history(columns: tuple[str, ...], chosen: Mapping[str, str | None], source: str) -> HistoryColumns:
    """Return the mapping for these columns: what was `chosen` for a field, compared without regard to case, else a guess.

    Raises InputError, naming the columns there are, if a chosen one is missing or there twice, or no text column is found.
    """
    names = [column.strip().casefold() for column in columns]
    there = ", ".join(repr(column) for column in columns[:50]) + (" …" if len(columns) > 50 else "")
    mapping: dict[str, int | None] = {}
    for field in (field.name for field in fields(HistoryColumns)):
        wanted = chosen.get(field)
        if wanted is not None and wanted.strip().casefold() not in names:
            raise InputError(source, f"no column {wanted!r}", f"one of {there}", line=1)
        candidates = (wanted.strip().casefold(),) if wanted is not None else USUAL_NAMES[field]
        name = next((name for name in candidates if name in names), None)
        if name is not None and names.count(name) > 1:
            raise InputError(source, f"more than one column {name!r}", f"one for the {field}", line=1)
        mapping[field] = None if name is None else names.index(name)
    text = mapping.pop("text")
    if text is None:
        raise InputError(source, "no column that looks like the text", f"--text with one of {there}", line=1)
    return HistoryColumns(text, **mapping)


def shown(mapping: HistoryColumns, columns: tuple[str, ...]) -> str:
    """Return the mapping in a line, for people to check."""
    places = {field.name: getattr(mapping, field.name) for field in fields(mapping)}
    found = [f"{field} from {columns[place]!r}" for field, place in places.items() if place is not None]
    missing = [field for field, place in places.items() if place is None]
    return f"Columns: {', '.join(found)}" + (f"; none for {', '.join(missing)}" if missing else "") + "."
