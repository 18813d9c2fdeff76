"""The form that registers a report: what somebody filled in, and what is wrong with it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from classifier.model.incident_model import LONGEST_TEXT
from classifier.review.decisions import LONGEST_REASON
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.web.pages.wording import number, today

LONGEST_UNIT = 200

_NUMBER = re.compile(r"R\d{6}-[0-9a-f]{8}")
_EARLIEST = dt.date(1990, 1, 1)


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field, and what to do; `field` is its id on the page."""

    field: str
    text: str


@dataclass(frozen=True)
class RegistrationForm:
    """The fields as they were sent. `number` is the report's, given when the form was made, so that sending it twice keeps one;
    `seen` says which suggestion was shown."""

    number: str
    text: str = ""
    date: str = ""
    unit: str = ""
    category: str = ""
    channel: str = ""
    reason: str = ""
    seen: str = ""

    @property
    def incident_date(self) -> dt.date | None:
        """The date of the incident, None if it is empty or no date."""
        try:
            return dt.date.fromisoformat(self.date)
        except ValueError:
            return None


def new_number(now: dt.datetime, token_hex: Callable[[int], str]) -> str:
    """Return a number for a new report: R, the date in Norway, and something random."""
    return f"R{today(now):%y%m%d}-{token_hex(4)}"


def is_number(text: str) -> bool:
    """Return whether a report could have this number."""
    return _NUMBER.fullmatch(text) is not None


def errors(form: RegistrationForm, now: dt.datetime) -> tuple[FieldError, ...]:
    """Return what is wrong with a form that is to be kept, in the order of the fields."""
    found = [*text_errors(form)]
    if form.date and not (form.incident_date and _EARLIEST <= form.incident_date <= today(now)):
        found.append(FieldError("dato", "Skriv en dato som har vært, for eksempel 31.12.2021, eller la feltet stå tomt."))
    if len(form.unit) > LONGEST_UNIT:
        found.append(FieldError("enhet", f"Enheten kan ha høyst {LONGEST_UNIT} tegn."))
    if form.category not in CATEGORY_IDS:
        found.append(FieldError("kategori", "Velg en kategori."))
    if form.channel not in CHANNEL_IDS:
        found.append(FieldError("kanal", "Velg en kanal."))
    if len(form.reason) > LONGEST_REASON:
        found.append(FieldError("begrunnelse", f"Begrunnelsen kan ha høyst {number(LONGEST_REASON)} tegn."))
    return tuple(found)


def text_errors(form: RegistrationForm) -> tuple[FieldError, ...]:
    """Return what is wrong with the text."""
    if not form.text.strip():
        return (FieldError("tekst", "Skriv hva som skjedde."),)
    if len(form.text) > LONGEST_TEXT:
        return (FieldError("tekst", f"Teksten har {number(len(form.text))} tegn. Kort den ned til {number(LONGEST_TEXT)}."),)
    return ()
