"""Incidents from a table: an agency's own, or what `classifier reclassify` made of it. The text is never looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Literal

from classifier.batch.sources import ABSENT, Refusal, Source
from classifier.column_names import ADDED_PREFIX, USUAL_NAMES
from classifier.dates import EXPECTED, read_date
from classifier.errors import InputError, UnknownLabelError
from classifier.label_names import category_named, channel_named
from classifier.model.estimator import LABELS, TARGETS
from classifier.tabular import cell_text
from classifier.trends.incidents import NO_UNIT, Incident, kind_of_unit

Labels = Literal["registered", "model"]

FIELDS = ("date", "unit", "kind", "category", "channel")
_VERSION = "model_version"
_NESTED = (dict, list, tuple, set, bytes)
_MOST_COLUMNS_SHOWN = 50
_LONGEST_SHOWN = 40
_MOST_WORDS_SHOWN = 3


@dataclass(frozen=True)
class IncidentColumns:
    """Which column holds what, None where there is none; and whose labels they are.

    `probabilities` are the columns with the probabilities beside a model's labels, categories first, and `version` the one with
    the model's version; none and None where there are none.
    """

    date: str
    unit: str | None
    kind: str | None
    category: str | None
    channel: str | None
    labels: Labels
    probabilities: tuple[str, ...] = ()
    version: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """Some of a row's cells as text by column name, the line it begins on and the file it is in."""

    file: str
    line: int
    cells: dict[str, str]


def probability_columns(prefix: str = ADDED_PREFIX) -> tuple[str, ...]:
    """Return where `classifier reclassify` puts the model's probabilities, categories first."""
    return tuple(f"{prefix}p_{label}" for target in TARGETS for label in LABELS[target])


def map_incidents(
    columns: tuple[str, ...], chosen: Mapping[str, str | None], source: str, *, labels: Labels | None = None
) -> IncidentColumns:
    """Return the mapping for a table with these columns: what was `chosen` for a field, else a guess by the column's name.

    Labels are a model's where it has added them and no column of labels was chosen, unless `labels` says whose. Raises
    InputError, naming the columns there are, if a chosen one is missing, no date is found, or no model has added labels.
    """
    folded = [_folded(column) for column in columns]
    by_name = dict(zip(folded, columns, strict=True))
    there = ", ".join(map(repr, columns[:_MOST_COLUMNS_SHOWN])) + (" …" if len(columns) > _MOST_COLUMNS_SHOWN else "")
    prefixes = _prefixes(folded)
    picked = any(chosen.get(field) is not None for field in TARGETS)
    if labels == "model" and not prefixes:
        wanted = " and ".join(repr(f"{ADDED_PREFIX}{target}") for target in TARGETS)
        raise InputError(source, f"no columns {wanted}", f"a table that `classifier reclassify` wrote; found {there}", line=1)
    if labels is None:
        labels = "model" if prefixes and not picked else "registered"
    if labels == "model" and len(prefixes) > 1:
        told = f"labels of several models ({', '.join(f'{prefix}category' for prefix in prefixes)})"
        expected = "those of one (take the others' columns out), or --labels registered for people's"
        raise InputError(source, told, expected, line=1)
    found: dict[str, str | None] = {}
    for field in FIELDS:
        wanted_column = chosen.get(field)
        if wanted_column is not None and _folded(wanted_column) not in by_name:
            raise InputError(source, f"no column {wanted_column!r}", f"one of {there}", line=1)
        guesses = (
            (_folded(wanted_column),) if wanted_column is not None else USUAL_NAMES["unit_kind" if field == "kind" else field]
        )
        if labels == "model" and field in TARGETS:
            guesses = (f"{prefixes[0]}{field}",)
        name = next((name for name in guesses if name in by_name), None)
        if name is not None and folded.count(name) > 1:
            raise InputError(source, f"more than one column {by_name[name]!r}", f"one for the {field}", line=1)
        found[field] = None if name is None else by_name[name]
    date = found.pop("date")
    if date is None:
        raise InputError(source, "no column that looks like the date", f"--date with one of {there}", line=1)
    if labels != "model":
        return IncidentColumns(date, found["unit"], found["kind"], found["category"], found["channel"], labels)
    probabilities = [by_name.get(column) for column in probability_columns(prefixes[0])]
    return IncidentColumns(
        date,
        found["unit"],
        found["kind"],
        found["category"],
        found["channel"],
        labels,
        () if None in probabilities else tuple(filter(None, probabilities)),
        by_name.get(f"{prefixes[0]}{_VERSION}"),
    )


def read_incidents(
    source: Source, mapping: IncidentColumns, reject: Callable[[InputError], None], versions: set[str] | None = None
) -> Iterator[Incident]:
    """Yield the incidents of a table; `versions` gets those of the models that set their labels.

    A row that cannot be read, or without a date, is handed to `reject` and left out. One with an unknown label is handed to
    `reject` too, but counted, as an incident without that label: it happened.
    """
    single = (mapping.date, mapping.unit, mapping.kind, mapping.category, mapping.channel, mapping.version)
    for row in _rows(source, (*filter(None, single), *mapping.probabilities), reject):
        written = row.cells.get(mapping.date, "").strip()
        day = read_date(written)
        if day is None:
            found = f"the date {_shown(written)}" if written else "no date"
            reject(InputError(row.file, found, EXPECTED, line=row.line))
            continue
        unit = _cell(row, mapping.unit) or NO_UNIT
        kind = _cell(row, mapping.kind) or kind_of_unit(unit)
        try:
            category = _label(row, mapping.category, category_named)
            channel = _label(row, mapping.channel, channel_named)
            if mapping.labels == "model" and category is None:
                # The model had no answer; then an empty channel is none either, and not the channel "not said".
                channel = None
        except UnknownLabelError as error:
            told = f"the {error.kind} {_shown(error.label)}"
            reject(InputError(row.file, told, f"one of {', '.join(error.known)}, or a label's name", line=row.line))
            category = _label(row, mapping.category, _known(category_named))
            channel = _label(row, mapping.channel, _known(channel_named))
        version = _cell(row, mapping.version)
        if version and category and versions is not None:
            versions.add(version)
        probabilities = _probabilities(row, mapping, reject) if mapping.probabilities and category and channel else ()
        yield Incident(day, unit, kind, category, channel, probabilities)


def _folded(column: str) -> str:
    """Return a column's name as names are compared."""
    return column.strip().casefold()


def _prefixes(folded: list[str]) -> list[str]:
    """Return what the names of columns begin with that `classifier reclassify` added, for each time it did."""
    named = (column.removesuffix(_VERSION) for column in folded if column.endswith(_VERSION))
    prefixes = dict.fromkeys((ADDED_PREFIX, *named))
    return [prefix for prefix in prefixes if prefix and all(f"{prefix}{target}" in folded for target in TARGETS)]


def _rows(source: Source, columns: tuple[str, ...], reject: Callable[[InputError], None]) -> Iterator[_Row]:
    """Yield the rows with the cells of these columns as text; hands one that cannot be read to `reject`."""
    places = {column: source.columns.index(column) for column in columns}
    of_folder = Path(source.name).is_dir()
    for found in source.rows():
        file = f"{Path(source.name) / found.file}" if of_folder else source.name
        if isinstance(found, Refusal):
            what, _, expected = found.reason.partition("; expected ")
            reject(InputError(file, what, expected or "a row that can be read", line=found.line))
            continue
        values = {column: found.values[place] for column, place in places.items()}
        nested = next((value for value in values.values() if isinstance(value, _NESTED)), None)
        if nested is not None:
            told = f"a value of type {type(nested).__name__}"
            reject(InputError(file, told, "text, a number or a date", line=found.line))
            continue
        yield _Row(file, found.line, {column: "" if value is ABSENT else cell_text(value) for column, value in values.items()})


def _pass_over(error: InputError) -> None:
    """Leave what is wrong with a row to whoever reads it for its incident."""


def _cell(row: _Row, column: str | None) -> str:
    return "" if column is None else row.cells.get(column, "").strip()


def _label(row: _Row, column: str | None, named: Callable[[str], str | None]) -> str | None:
    """Return the label in a cell, None for an empty one: nobody said, which is not the channel "not said"."""
    written = _cell(row, column)
    return named(written) if written else None


def _known(named: Callable[[str], str]) -> Callable[[str], str | None]:
    def label(written: str) -> str | None:
        try:
            return named(written)
        except UnknownLabelError:
            return None

    return label


def _probabilities(row: _Row, mapping: IncidentColumns, reject: Callable[[InputError], None]) -> tuple[float, ...]:
    """Return a row's probabilities; hands what are none to `reject`, and returns nothing."""
    try:
        found = tuple(float(row.cells[column].replace(",", ".")) for column in mapping.probabilities)
    except ValueError:
        found = ()
    if not found or not all(isfinite(share) and 0 <= share <= 1 for share in found):
        reject(InputError(row.file, "probabilities that are none", "numbers from 0 to 1", line=row.line))
        return ()
    return found


def _shown(written: str) -> str:
    """Return a cell for an error message; a long one may be incident text from a column mapped wrongly, and is not shown."""
    if len(written) <= _LONGEST_SHOWN and len(written.split()) <= _MOST_WORDS_SHOWN:
        return repr(written)
    return f"of {len(written)} characters (is the column the right one?)"
