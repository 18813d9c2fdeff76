"""From a partition's rows and the answers to their texts to what is written, counted and set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from classifier.batch.answers import Answer, Cell, added_cells
from classifier.batch.forms import Form, input_text
from classifier.batch.mapping import HistoryColumns
from classifier.batch.remembered import text_digest
from classifier.batch.sources import ABSENT, Record, Refusal
from classifier.batch.tally import NONE, UNKNOWN, Doubtful, Tally, most_doubtful
from classifier.dates import read_date
from classifier.errors import UnknownLabelError
from classifier.label_names import category_named, channel_named
from classifier.model.incident_model import LONGEST_TEXT

_MILLION = 1_000_000
_UNSURE = 0.5
"""A label with less probability than this is named as a reason to look at a row."""

_SPELLINGS_REMEMBERED = 4_096
_LONGEST_UNIT = 80


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row whose text can be answered."""

    record: Record
    text: str
    digest: bytes


@dataclass(frozen=True)
class Finished:
    """A partition as it will stand: its rows for the output, its counts, and the rows that were set aside."""

    rows: list[tuple[Sequence[object], Sequence[Cell]]]
    refusals: list[Refusal]
    tally: Tally = field(default_factory=Tally)


def read_row(row: Record | Refusal, columns: HistoryColumns, form: Form) -> ReadRow | Refusal:
    """Return a row with its text, or why it is set aside: it cannot be read, is too long for the model, or for the output."""
    if isinstance(row, Refusal):
        return row
    value = row.values[columns.text]
    if value is ABSENT:
        return Refusal(row.file, row.line, "no text: the key is missing")
    if isinstance(value, dict | list | bool):
        return Refusal(row.file, row.line, f"a text of type {type(value).__name__}; expected a string")
    text = input_text(value)
    if len(text) > LONGEST_TEXT:
        return Refusal(row.file, row.line, f"a text of {len(text):,} characters; expected at most {LONGEST_TEXT:,}")
    problem = form.problem(row.values)
    return Refusal(row.file, row.line, problem) if problem else ReadRow(row, text, text_digest(text))


def finish(
    rows: Sequence[ReadRow | Refusal],
    answers: Mapping[bytes, Answer],
    columns: HistoryColumns,
    *,
    first: int,
    version: str,
) -> Finished:
    """Return the partition with each row's answer; `first` is the place of its first row in the whole history, from 0."""
    finished = Finished([], [])
    doubtful: list[Doubtful] = []
    for place, row in enumerate(rows, start=first):
        if isinstance(row, Refusal):
            finished.refusals.append(row)
            continue
        answer = answers[row.digest]
        values = row.record.values
        before = _label(_cell(values, columns.category), "category"), _label(_cell(values, columns.channel), "channel")
        changed = _changed(before[0], answer.category), _changed(before[1], answer.channel)
        finished.rows.append((values, added_cells(answer, *changed, version)))
        _count(finished.tally, answer, before, changed, _year(_cell(values, columns.date)), _unit(_cell(values, columns.unit)))
        if answer.category_probability is not None and answer.channel_probability is not None:
            both = round(answer.category_probability * answer.channel_probability, 6)
            id_ = _cell(values, columns.id) or f"{row.record.file}:{row.record.line}"
            doubtful.append(Doubtful(both, place, id_, _reason(answer, changed), row.digest.hex()))
    finished.tally.doubtful = most_doubtful(doubtful)
    return finished


def _count(
    tally: Tally, answer: Answer, before: tuple[str, str], changed: tuple[bool | None, bool | None], year: str, unit: str
) -> None:
    tally.rows += 1
    tally.status[answer.status] += 1
    tally.units[unit, "rows"] += 1
    tally.units[unit, "labelled"] += any(one is not None for one in changed)
    tally.units[unit, "changed"] += any(changed)
    for label in filter(None, answer.warnings.split("; ")):
        tally.warnings[label] += 1
    for target, old, new, probability, confident in (
        ("category", before[0], answer.category, answer.category_probability, answer.category_confident),
        ("channel", before[1], answer.channel, answer.channel_probability, answer.channel_confident),
    ):
        tally.labels[target, year, old, new] += 1
        if probability is not None:
            tally.confident[target] += bool(confident)
            tally.expected_errors[target] += round((1 - probability) * _MILLION)
            tally.variance[target] += round(probability * (1 - probability) * _MILLION)


def _reason(answer: Answer, changed: tuple[bool | None, bool | None]) -> str:
    """Return why a row is worth a look, as words that the review queue can count."""
    reasons = {
        "unsure_category": (answer.category_probability or 0.0) < _UNSURE,
        "unsure_channel": (answer.channel_probability or 0.0) < _UNSURE,
        "changed_category": changed[0],
        "changed_channel": changed[1],
        "warning": bool(answer.warnings),
    }
    return ";".join(name for name, holds in reasons.items() if holds) or "least_sure"


def _cell(values: Sequence[object], place: int | None) -> str:
    # Half a character, as JSON can hold, could not be written to the files beside the output.
    return "" if place is None else input_text(values[place]).strip().encode("utf-8", "replace").decode()


@lru_cache(maxsize=_SPELLINGS_REMEMBERED)
def _label(written: str, target: str) -> str:
    """Return the id of the label a row had, NONE if it had none, UNKNOWN if the taxonomy does not know it."""
    if not written:
        return NONE
    try:
        return category_named(written) if target == "category" else channel_named(written)
    except UnknownLabelError:
        return UNKNOWN


def _changed(before: str, after: str) -> bool | None:
    """Return whether a label changed; None where there is nothing to compare."""
    return None if before in (NONE, UNKNOWN) or not after else before != after


@lru_cache(maxsize=_SPELLINGS_REMEMBERED)
def _year(written: str) -> str:
    day = read_date(written) if written else None
    return NONE if day is None else str(day.year)


def _unit(written: str) -> str:
    return written[:_LONGEST_UNIT]
