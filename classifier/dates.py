"""Dates as people and programs write them in tables, the day before the month where it is not ISO 8601."""

from __future__ import annotations

import re
from datetime import date, timedelta

EXPECTED = "a date such as 31.12.2021, 2021-12-31, 31/12-21, 31. desember 2021 or Excel's number of it"

MONTHS = (
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
)
"""The months in Bokmål."""

FIRST_YEAR, LAST_YEAR = 1990, 2100
"""A date outside these years is a slip of the keyboard, not an incident's."""

_TIME = r"(?:[T ,]+(?:kl\.? ?)?\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[-./]?)(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}}){_TIME}", re.IGNORECASE
)
_DAY_FIRST = re.compile(rf"(?P<day>\d{{1,2}})[./-] ?(?P<month>\d{{1,2}})[./-] ?(?P<year>\d{{4}}|\d{{2}}){_TIME}", re.IGNORECASE)
_IN_WORDS = re.compile(rf"(?P<day>\d{{1,2}})\.? *(?P<month>[a-z]{{3,9}})\.? *(?P<year>\d{{4}}){_TIME}", re.IGNORECASE)
_NUMBER = re.compile(r"(?P<days>\d{5})(?:[.,]\d+)?")

_SHORT_MONTHS = tuple(name[:3] for name in MONTHS)
_EXCEL_BEGINS = date(1899, 12, 30)
"""Day 0 of Excel's numbers, for every date after February 1900."""
_OLDEST_SHORT_YEAR = 70


def read_date(written: str) -> date | None:
    """Return the day that is written, whatever time of day follows it; None if it is no date in the form of EXPECTED."""
    written = written.strip()
    if found := _NUMBER.fullmatch(written):
        return _in_range(_EXCEL_BEGINS + timedelta(days=int(found["days"])))
    for form in (_YEAR_FIRST, _DAY_FIRST, _IN_WORDS):
        if found := form.fullmatch(written):
            return _day(found["year"], found["month"], found["day"])
    return None


def _day(year: str, month: str, day: str) -> date | None:
    full_year = int(year)
    if len(year) == 2:
        full_year += 1900 if full_year >= _OLDEST_SHORT_YEAR else 2000
    try:
        number = int(month) if month.isdigit() else _SHORT_MONTHS.index(month[:3].casefold()) + 1
        return _in_range(date(full_year, number, int(day)))
    except ValueError:
        return None


def _in_range(day: date) -> date | None:
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
