"""The statistics page's report, counted from the store when somebody asks and kept for a while, as it takes a few seconds."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from classifier.errors import ClassifierError
from classifier.model.artifact import load_held_out
from classifier.model.registry import find_artifact
from classifier.store.database import Database
from classifier.trends.correction import NOT_KEPT, Correct, corrector, note_on_correction, note_on_errors, whose_texts
from classifier.trends.counting import DIMENSIONS, Dimension, period_range
from classifier.trends.history import History, history_of
from classifier.trends.incidents import CONTACT_CENTRE
from classifier.trends.periods import By, Period, period_of
from classifier.trends.report import IN_WORDS, make_report
from classifier.trends.report_parts import Report, ReportSettings
from classifier.trends.stored import Noted, Reader, StoredLabels, notes_on, stored_incidents

if TYPE_CHECKING:
    from classifier.model.held_out import HeldOutAnswers
    from classifier.trends.error_model import ErrorModel

KEPT = timedelta(minutes=2)
MOST_PERIODS: dict[By, int] = {"year": 24, "quarter": 16, "month": 24}
"""Periods that are counted at most: what hides the small counts of a hundred months takes a minute."""

MOST_CORRECTED = 12
"""Periods that a model's counts are corrected for: each costs a second or so."""

MOST_UNIT_CELLS = 600
"""Counts by unit that are shown at most: what hides the small ones among two thousand takes seconds, four thousand minutes.
"""

_MOST_KEPT = 16
_SOURCE = "databasen"

_NO_UNITS = (
    "Tabellen etter enhet er ikke med, fordi den har for mange tall til å vises her. Velg en type enhet, færre perioder eller "
    "en enhet."
)
_NO_MONTHS = "Månedsanalysen er ikke med når en modell har satt merkene."
_ONE_SELECTION = (
    "Tallene er skjult hvert utvalg for seg. Legg ikke flere utvalg ved siden av hverandre i noe som skal ut: da kan skjulte "
    "tall la seg regne ut."
)

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Selection:
    """What is to be counted: periods, whose labels, unit and kind of unit ("" for all), and the first and last month."""

    by: By = "year"
    labels: StoredLabels = "registered"
    unit: str = ""
    kind: str = ""
    first: Period | None = None
    last: Period | None = None


@dataclass(frozen=True)
class Statistics:
    """A report, None where no incident fits, and the units and kinds of unit there are to choose from."""

    report: Report | None
    units: tuple[str, ...]
    kinds: tuple[str, ...] = ()


class StatisticsKeeper:
    """Counts what is asked for, one at a time, and keeps it for a while."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Take the store and a clock."""
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._histories = _Kept[tuple[StoredLabels, Reader | None], tuple[History, list[str]]](4)
        self._reports = _Kept[tuple[Selection, Reader | None], Statistics](_MOST_KEPT)
        self._learned: tuple[str, HeldOutAnswers, ErrorModel] | None = None

    def statistics(self, selection: Selection, reader: Reader, models: Path) -> Statistics:
        """Return the report of a selection, as old as KEPT at most; `reader` is the model in use, from the folder `models`."""
        asked = reader if selection.labels == "model" else None
        with self._lock:
            now = self._clock()
            return self._reports.get((selection, asked), now, lambda: self._count(selection, asked, models, now))

    def _count(self, selection: Selection, reader: Reader | None, models: Path, now: datetime) -> Statistics:
        history, notes = self._histories.get((selection.labels, reader), now, lambda: self._read(selection.labels, reader))
        chosen = selected(history, selection)
        if not len(chosen):
            return Statistics(None, history.units, history.kinds)
        correct, said = None, [*notes, _ONE_SELECTION]
        if reader is not None:
            correct, note = self._correction(chosen, reader, models)
            said = [note, *said]
        most = MOST_PERIODS[selection.by] if correct is None else min(MOST_CORRECTED, MOST_PERIODS[selection.by])
        chosen, cut = _newest(chosen, selection.by, most)
        said += [cut] * bool(cut)
        monthly = _monthly(chosen, selection)
        if reader is not None:
            said += [_NO_MONTHS] * bool(monthly)
            monthly = ()
        dimensions, left_out = _dimensions(chosen, selection)
        said += [left_out] * bool(left_out)
        settings = ReportSettings(selection.by, dimensions, monthly)
        made = make_report(chosen, settings, source=_SOURCE, made=now.date(), correct=correct, notes=said)
        return Statistics(made, history.units, history.kinds)

    def _read(self, labels: StoredLabels, reader: Reader | None) -> tuple[History, list[str]]:
        noted: Counter[Noted] = Counter()
        with self._database.reading() as session:
            history = history_of(stored_incidents(session, labels, noted, reader))
        return history, notes_on(noted)

    def _correction(self, history: History, reader: Reader, models: Path) -> tuple[Correct | None, str]:
        """Return what corrects the model's counts, if anything can, and what to say of it."""
        from classifier.trends.error_model import learn_errors

        if not history.has_answers:
            return None, note_on_errors("modellen har ikke svart på noen av dem.")
        try:
            if self._learned is None or self._learned[0] != reader.version:
                answers = load_held_out(find_artifact(reader.version, models))
                if answers is None:
                    return None, note_on_errors(NOT_KEPT)
                self._learned = reader.version, answers, learn_errors(answers)
            _, answers, learned = self._learned
            return corrector(answers, reader.prior, 0, learned), note_on_correction(answers, whose_texts(reader.version))
        except ClassifierError:
            # A model outside the folder, or a damaged one: raw counts are better than none.
            return None, note_on_errors("målingene av dem kan ikke leses.")


def selected(history: History, selection: Selection) -> History:
    """Return the incidents of a selection, whole periods only: a part of a year is no year to compare with."""
    import numpy as np

    kept = np.ones(len(history), dtype=bool)
    if selection.unit:
        place = history.units.index(selection.unit) if selection.unit in history.units else -1
        kept &= history.unit == place
    if selection.kind:
        place = history.kinds.index(selection.kind) if selection.kind in history.kinds else -1
        kept &= history.kind == place
    if selection.first is not None:
        kept &= history.month >= _month(whole(selection.first, selection.by).first_day)
    if selection.last is not None:
        kept &= history.month < _month(whole(selection.last, selection.by).later(1).first_day)
    return history.where(kept)


def whole(month: Period, by: By) -> Period:
    """Return the period that a month lies in."""
    return period_of(month.first_day, by)


def _monthly(history: History, selection: Selection) -> tuple[str, ...]:
    """Return what is analysed by month: the chosen unit, else the chosen kind, else the contact centre where there is one."""
    import numpy as np

    name = selection.unit or selection.kind or CONTACT_CENTRE
    if selection.unit or name in history.units:
        return (selection.unit,) * bool(selection.unit)
    known = name in history.kinds and bool(np.any(history.kind == history.kinds.index(name)))
    return (name,) * known


def _dimensions(history: History, selection: Selection) -> tuple[tuple[Dimension, ...], str]:
    """Return what to count by, and what to say of the table by unit where it is too large."""
    import numpy as np

    alone = {"unit", "kind"} if selection.unit else {"kind"} if selection.kind else set()
    cells = len(np.unique(history.unit)) * len(period_range(history, selection.by))
    large = cells > MOST_UNIT_CELLS and "unit" not in alone
    return tuple(name for name in DIMENSIONS if name not in alone and not (large and name == "unit")), _NO_UNITS * large


def _newest(history: History, by: By, most: int) -> tuple[History, str]:
    """Return the incidents of the newest periods, `most` of them, and what to say if that is not all."""
    periods = period_range(history, by)
    if len(periods) <= most:
        return history, ""
    first = periods[-most]
    unit = {"year": "årene", "quarter": "kvartalene", "month": "månedene"}[by]
    told = f"Bare de {most} siste {unit} er med. Velg «til og med» for å se tidligere {IN_WORDS[by]}."
    return history.where(history.month >= _month(first.first_day)), told


def _month(day: date) -> int:
    """Return a day's month as a history has it."""
    return day.year * 12 + day.month - 1


class _Kept(Generic[Key, Value]):
    """Values by key, made when asked for, given up when they are old or too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[Key, tuple[datetime, Value]] = {}

    def get(self, key: Key, now: datetime, make: Callable[[], Value]) -> Value:
        self._values = {its: kept for its, kept in self._values.items() if now - kept[0] <= KEPT}
        if key not in self._values:
            while len(self._values) >= self._most:
                self._values.pop(next(iter(self._values)))
            self._values[key] = now, make()
        return self._values[key][1]
