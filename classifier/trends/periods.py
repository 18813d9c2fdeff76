"""Years, quarters and months: which one a day lies in, what comes next, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from classifier.dates import MONTHS

By = Literal["year", "quarter", "month"]

IN_A_YEAR: dict[By, int] = {"year": 1, "quarter": 4, "month": 12}


@dataclass(frozen=True, order=True)
class Period:
    """A year, a quarter or a month; `number` counts from 1 within the year."""

    year: int
    number: int
    by: By

    @property
    def name(self) -> str:
        """Return what it is called in Bokmål: 2021, 4. kvartal 2021, desember 2021."""
        if self.by == "year":
            return str(self.year)
        return f"{self.number}. kvartal {self.year}" if self.by == "quarter" else f"{MONTHS[self.number - 1]} {self.year}"

    @property
    def short_name(self) -> str:
        """Return a name that sorts, for axes and files: 2021, 2021-K4, 2021-12."""
        if self.by == "year":
            return str(self.year)
        return f"{self.year}-K{self.number}" if self.by == "quarter" else f"{self.year}-{self.number:02d}"

    def later(self, steps: int) -> Period:
        """Return the period so many steps later; earlier if negative."""
        place = self.year * IN_A_YEAR[self.by] + self.number - 1 + steps
        return Period(place // IN_A_YEAR[self.by], place % IN_A_YEAR[self.by] + 1, self.by)

    @property
    def first_day(self) -> date:
        """Return the day it begins on."""
        return date(self.year, (self.number - 1) * 12 // IN_A_YEAR[self.by] + 1, 1)


def period_of(day: date, by: By) -> Period:
    """Return the period that a day lies in."""
    return Period(day.year, (day.month - 1) * IN_A_YEAR[by] // 12 + 1, by)


def periods_between(first: Period, last: Period) -> tuple[Period, ...]:
    """Return every period from `first` to `last`, those without an incident too; they must be of one kind."""
    found = [first]
    while found[-1] < last:
        found.append(found[-1].later(1))
    return tuple(found)
