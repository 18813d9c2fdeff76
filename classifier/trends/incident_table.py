"""Incidents from a table: an agency's own, or what `classifier reclassify` made of it. The text is never looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Literal

from classifier.column_names import USUAL_NAMES
from classifier.dates import EXPECTED, read_date
from classifier.errors import InputError, UnknownLabelError
from classifier.label_names import category_named, channel_named
from classifier.model.estimator import LABELS, TARGETS
from classifier.tabular import Row, read_rows
from classifier.trends.incidents import NO_UNIT, Incident, kind_of_unit

Labels = Literal["registered", "model"]

MODEL_COLUMNS = {"category": "asys_category", "channel": "asys_channel"}
"""Where `classifier reclassify` puts the model's labels."""

PROBABILITY_COLUMNS = tuple(f"asys_p_{label}" for target in TARGETS for label in LABELS[target])
"""Where it puts their probabilities, categories first."""

FIELDS = ("date", "unit", "kind", "category", "channel")
_LONGEST_SHOWN = 40
_MOST_WORDS_SHOWN = 3


@dataclass(frozen=True)
class IncidentColumns:
    """Which column holds what, None where there is none; and whose labels they are.

    `probabilities` says whether the model's probabilities stand beside its labels.
    """

    date: str
    unit: str | None
    kind: str | None
    category: str | None
    channel: str | None
    labels: Labels
    probabilities: bool


def map_incidents(
    columns: tuple[str, ...], chosen: Mapping[str, str | None], source: str, *, labels: Labels | None = None
) -> IncidentColumns:
    """Return the mapping for a table with these columns: what was `chosen` for a field, else a guess by the column's name.

    Labels are a model's where it has added them and no column of labels was chosen, unless `labels` says whose. Raises
    InputError, naming the columns there are, if a chosen one is missing, no date is found, or no model has added labels.
    """
    by_name = {column.casefold(): column for column in columns}
    there = ", ".join(repr(column) for column in columns)
    modelled = all(column in by_name for column in MODEL_COLUMNS.values())
    picked = any(chosen.get(field) is not None for field in MODEL_COLUMNS)
    if labels == "model" and not modelled:
        wanted = " and ".join(map(repr, MODEL_COLUMNS.values()))
        raise InputError(source, f"no columns {wanted}", f"a table that `classifier reclassify` wrote; found {there}", line=1)
    if labels is None:
        labels = "model" if modelled and not picked else "registered"
    found: dict[str, str | None] = {}
    for field in FIELDS:
        wanted_column = chosen.get(field)
        if wanted_column is not None and wanted_column.casefold() not in by_name:
            raise InputError(source, f"no column {wanted_column!r}", f"one of {there}", line=1)
        guesses = (
            (wanted_column.casefold(),) if wanted_column is not None else USUAL_NAMES["unit_kind" if field == "kind" else field]
        )
        if labels == "model" and field in MODEL_COLUMNS:
            guesses = (MODEL_COLUMNS[field],)
        found[field] = next((by_name[name] for name in guesses if name in by_name), None)
    date = found.pop("date")
    if date is None:
        raise InputError(source, "no column that looks like the date", f"--date with one of {there}", line=1)
    probabilities = labels == "model" and all(column in columns for column in PROBABILITY_COLUMNS)
    return IncidentColumns(date, **found, labels=labels, probabilities=probabilities)


def read_incidents(path: Path, mapping: IncidentColumns, reject: Callable[[InputError], None]) -> Iterator[Incident]:
    """Yield the incidents of a CSV or Excel table.

    A row without a date that can be read is handed to `reject` and left out. One with an unknown label is handed to `reject`
    too, but counted, as an incident without that label: it happened.
    """
    for row in read_rows(path):
        written = row.cells.get(mapping.date, "").strip()
        day = read_date(written)
        if day is None:
            found = f"the date {_shown(written)}" if written else "no date"
            reject(InputError(str(path), found, EXPECTED, line=row.line))
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
            reject(InputError(str(path), told, f"one of {', '.join(error.known)}, or a label's name", line=row.line))
            category = _label(row, mapping.category, _known(category_named))
            channel = _label(row, mapping.channel, _known(channel_named))
        probabilities = _probabilities(row, path, reject) if mapping.probabilities and category and channel else ()
        yield Incident(day, unit, kind, category, channel, probabilities)


def _cell(row: Row, column: str | None) -> str:
    return "" if column is None else row.cells.get(column, "").strip()


def _label(row: Row, column: str | None, named: Callable[[str], str | None]) -> str | None:
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


def _probabilities(row: Row, path: Path, reject: Callable[[InputError], None]) -> tuple[float, ...]:
    """Return a row's probabilities; hands what are none to `reject`, and returns nothing."""
    try:
        found = tuple(float(row.cells[column].replace(",", ".")) for column in PROBABILITY_COLUMNS)
    except ValueError:
        found = ()
    if not found or not all(isfinite(share) and 0 <= share <= 1 for share in found):
        reject(InputError(str(path), "probabilities that are none", "numbers from 0 to 1", line=row.line))
        return ()
    return found


def _shown(written: str) -> str:
    """Return a cell for an error message; a long one may be incident text from a column mapped wrongly, and is not shown."""
    if len(written) <= _LONGEST_SHOWN and len(written.split()) <= _MOST_WORDS_SHOWN:
        return repr(written)
    return f"of {len(written)} characters (is the column the right one?)"
