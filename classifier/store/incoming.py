"""Make a report or a decision of a row of a file: mapped, checked and normalised, or refused with a reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from classifier.corpus import ENCODING_DAMAGE
from classifier.dates import EXPECTED, read_date
from classifier.errors import InputError, UnknownLabelError
from classifier.label_names import category_named, channel_named
from classifier.language_id import identify
from classifier.row_scan import RECORD_COLUMN, ScannedRow
from classifier.store.history_records import IncomingDecision, RecordError, decision_of, mapping_of, moment, needed_name
from classifier.store.reports import IncomingReport
from classifier.text_input import LONGEST_TEXT

FIELDS = ("text", "id", "category", "channel", "date", "unit", "unit_kind", "labelled_by", "language", "taxonomy")
"""What of a report a column can hold; every other column is kept in its `extra`."""

_LONGEST_LABEL, _MOST_LABEL_WORDS, _MOST_UNKNOWN_LABELS = 60, 8, 200
_LONGEST = {"id": 200, "unit": 200, "unit_kind": 100, "labelled_by": 200, "taxonomy": 50, "language": 8}
_LANGUAGES = {"nb": "nb", "bokmål": "nb", "nn": "nn", "nynorsk": "nn"}
_EXCEL_ERROR = re.compile(r"#(?:REF|NAME|VALUE|DIV/0|NULL|NUM|N/A|REFERANSE|NAVN|VERDI|NULL|I/T)[!?]?|#{3,}", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)
_JUST_A_DATE = 10
"""The characters of a date in figures; a longer one tells a time of day too, and is kept as it was written."""


@dataclass(frozen=True)
class ImportGiven:
    """What an import is told beside its file.

    `source` names where reports come from, `taxonomy` the version their labels are of, `columns` the column of each of FIELDS,
    None where there is none. `own` says that the file is this program's export, whose rows name their source themselves.
    """

    source: str
    today: date
    columns: Mapping[str, str | None]
    taxonomy: str | None = None
    own: bool = False

    def __post_init__(self) -> None:
        """Raise InputError for a source or a taxonomy that is too long to be kept."""
        for name, value, longest in (("source", self.source, 200), ("taxonomy", self.taxonomy or "", _LONGEST["taxonomy"])):
            if len(value) > longest:
                raise InputError("command line", f"--{name} of {len(value)} characters", f"at most {longest}")


@dataclass
class RowReader:
    """Reads the rows of one file; `unknown` counts the labels that were kept as the source's own words."""

    given: ImportGiven
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)

    def read(self, row: ScannedRow) -> IncomingReport | IncomingDecision:
        """Return what a row holds; raises RecordError, which never quotes the text."""
        if row.problem is not None:
            found, _, expected = row.problem.removeprefix("found ").partition("; expected ")
            raise RecordError(found, expected)
        _refuse_unstorable(row.values)
        if not self.given.own:
            return self._foreign(row)
        kind = row.values.get(RECORD_COLUMN)
        if kind == "decision":
            return decision_of(row.values)
        if kind != "report":
            raise RecordError(f"no known kind of record in {RECORD_COLUMN!r}", "report or decision")
        return self._own(row.values)

    def _own(self, values: Mapping[str, Any]) -> IncomingReport:
        erased = values.get("erased_at")
        day = values.get("date")
        return IncomingReport(
            source=needed_name(values, "source"),
            external_id=needed_name(values, "id"),
            text=_text(values.get("text")) if erased is None else "",
            incident_date=None if day is None else self._day(str(day)),
            unit=_short(values.get("unit"), "unit"),
            unit_kind=_short(values.get("unit_kind"), "unit_kind"),
            language=_short(values.get("language"), "language"),
            label_category=_short(values.get("category"), "category", 100),
            label_channel=_short(values.get("channel"), "channel", 100),
            labelled_by=_short(values.get("labelled_by"), "labelled_by"),
            label_taxonomy=_short(values.get("taxonomy"), "taxonomy"),
            extra=mapping_of(values.get("extra"), "extra"),
            received_at=moment(values.get("received_at"), "received_at"),
            erased_at=None if erased is None else moment(erased, "erased_at"),
        )

    def _foreign(self, row: ScannedRow) -> IncomingReport:
        cells = {name: row.values.get(column) for name, column in self.given.columns.items() if column is not None}
        text = _text(cells.get("text"))
        words = {name: _short(cells.get(name), name, _LONGEST.get(name)) for name in FIELDS if name != "text"}
        mapped = {column for column in self.given.columns.values() if column is not None}
        extra = {name: value for name, value in row.values.items() if name not in mapped and value != ""}
        written = words["date"]
        if written is not None and len(written) > _JUST_A_DATE and self.given.columns["date"] is not None:
            extra[self.given.columns["date"]] = written
        return IncomingReport(
            source=self.given.source,
            external_id=self._id(words["id"], row.line),
            text=text,
            incident_date=None if written is None else self._day(written),
            unit=words["unit"],
            unit_kind=words["unit_kind"],
            language=_language(words["language"], text),
            label_category=self._label("category", words["category"], text),
            label_channel=self._label("channel", words["channel"], text),
            labelled_by=words["labelled_by"],
            label_taxonomy=words["taxonomy"] or self.given.taxonomy,
            extra=extra,
        )

    def _id(self, found: str | None, line: int) -> str:
        if self.given.columns["id"] is None:
            return f"{self.given.source[:180]}-{line}"
        if found is None:
            raise RecordError("no id", "one, by which the report is known when it comes again")
        if _SCIENTIFIC.fullmatch(found):
            raise RecordError("an id that a spreadsheet made a rounded number of", "the id itself, in a column of text")
        return found

    def _day(self, written: str) -> date:
        day = read_date(written)
        if day is None:
            raise RecordError("a date that cannot be read", EXPECTED)
        if day > self.given.today:
            raise RecordError(f"the date {day}, which is still to come", f"one up to {self.given.today}")
        return day

    def _label(self, kind: str, word: str | None, text: str) -> str | None:
        if word is None:
            return None
        try:
            return category_named(word) if kind == "category" else channel_named(word)
        except UnknownLabelError:
            pass
        looks_like_text = len(word) > _LONGEST_LABEL or len(word.split()) > _MOST_LABEL_WORDS or "\n" in word or word == text
        too_many = (kind, word) not in self.unknown and sum(k == kind for k, _ in self.unknown) >= _MOST_UNKNOWN_LABELS
        if looks_like_text or too_many:
            found = (
                f"{len(word)} characters that are no label in the {kind}" if looks_like_text else f"yet another unknown {kind}"
            )
            raise RecordError(found, "a label's id or name (is the column the right one?)")
        self.unknown[kind, word] += 1
        return word


def _text(value: object) -> str:
    if value is None or value == "":
        raise RecordError("no text", "a report")
    if not isinstance(value, str):
        raise RecordError(f"a text of type {type(value).__name__}", "a string")
    if not value.strip():
        raise RecordError("a text of white space only", "a report")
    if len(value) > LONGEST_TEXT:
        raise RecordError(f"a text of {len(value):,} characters", f"at most {LONGEST_TEXT:,}")
    if _EXCEL_ERROR.fullmatch(value.strip()):
        raise RecordError("an error of a spreadsheet in place of the text", "a report")
    damage = next((sign for sign in ENCODING_DAMAGE if sign in value), None)
    if damage is not None:
        raise RecordError(f"encoding damage ({damage!r}) in the text", "the letters as they were written")
    return value


def _short(value: object, name: str, longest: int | None = None) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RecordError(f"JSON of type {type(value).__name__} in the {name}", "a string or a number")
    short = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    short = short.strip()
    limit = longest or _LONGEST.get(name)
    if limit is not None and len(short) > limit:
        raise RecordError(f"{len(short):,} characters in the {name}", f"at most {limit} (is the column the right one?)")
    if name in ("id", "unit", "unit_kind", "labelled_by") and "\n" in short:
        raise RecordError(f"a line break in the {name}", "one line (is the column the right one?)")
    damaged = any(sign in short for sign in ENCODING_DAMAGE)
    if damaged or _EXCEL_ERROR.fullmatch(short):
        raise RecordError(f"{'encoding damage' if damaged else 'an error of a spreadsheet'} in the {name}", "a value")
    return short or None


def _language(named: str | None, text: str) -> str | None:
    if named is not None:
        known = _LANGUAGES.get(named.casefold())
        if known is None:
            raise RecordError("an unknown language", "nb, nn, bokmål or nynorsk")
        return known
    written = identify(text).standard
    return written if written in ("nb", "nn") else None


def _refuse_unstorable(values: Mapping[str, Any]) -> None:
    """Raise RecordError for what no database takes: NUL bytes and halves of characters, wherever they hide."""
    try:
        written = json.dumps(values, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise RecordError("a number beyond all bounds", "one that can be written in figures") from None
    if "\\u0000" in written and any("\x00" in part for part in _strings(values)):
        raise RecordError("a NUL byte", "text (is the file damaged, or UTF-16?)")
    try:
        written.encode("utf-8")
    except UnicodeEncodeError:
        raise RecordError("half a character (a lone surrogate)", "whole characters") from None


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [part for item in value.items() for one in item for part in _strings(one)]
    return [part for one in value for part in _strings(one)] if isinstance(value, list) else []
