"""What the statistics page is asked for: read from the address, shown again in the form, and put into links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import get_args
from urllib.parse import urlencode

from classifier.trends.periods import By, Period, period_of
from classifier.trends.stored import STORED_LABELS, StoredLabels
from classifier.web.pages.review_filter import Option
from classifier.web.statistics import Selection

LONGEST_UNIT = 200
_YEARS = range(1900, 2200)

_BY: dict[By, str] = {"year": "År", "quarter": "Kvartal", "month": "Måned"}
_LABELS: dict[StoredLabels, str] = {
    "registered": "Avgjort, ellers importert",
    "decided": "Bare avgjort her",
    "imported": "Bare importert",
    "model": "Modellens forslag",
}
_SOURCES = dict(zip(("registrert", "avgjort", "importert", "modell"), STORED_LABELS, strict=True))
_PERIODS: dict[str, By] = dict(zip(("aar", "kvartal", "maaned"), get_args(By), strict=True))


@dataclass(frozen=True)
class Asked:
    """What the form holds; what makes no sense is taken as not asked."""

    per: str = "aar"
    merker: str = "registrert"
    enhet: str = ""
    enhetstype: str = ""
    fra: str = ""
    til: str = ""

    @property
    def selection(self) -> Selection:
        """The same as what is counted."""
        months = _month(self.fra), _month(self.til)
        return Selection(_PERIODS[self.per], _SOURCES[self.merker], self.enhet, self.enhetstype, *months)

    @property
    def query(self) -> str:
        """What an address says of it, with its question mark; nothing for what goes without saying."""
        usual = Asked()
        said = [(name, value) for name in vars(usual) if (value := getattr(self, name)) != getattr(usual, name)]
        return f"?{urlencode(said)}" if said else ""

    @property
    def periods(self) -> list[Option]:
        """How long a period can be."""
        return [Option(value, _BY[by], value == self.per) for value, by in _PERIODS.items()]

    @property
    def sources(self) -> list[Option]:
        """Whose labels can be counted."""
        return [Option(value, _LABELS[labels], value == self.merker) for value, labels in _SOURCES.items()]


def asked_for(per: str = "", merker: str = "", enhet: str = "", enhetstype: str = "", fra: str = "", til: str = "") -> Asked:
    """Return what the address asks for; a first month after the last is the last, and the other way round."""
    first, last = (text if _month(text) else "" for text in (fra, til))
    if first and last and first > last:
        first, last = last, first
    return Asked(
        per=per if per in _PERIODS else "aar",
        merker=merker if merker in _SOURCES else "registrert",
        enhet=" ".join(enhet.split())[:LONGEST_UNIT],
        enhetstype=" ".join(enhetstype.split())[:LONGEST_UNIT],
        fra=first,
        til=last,
    )


def _month(text: str) -> Period | None:
    """Return the month that a browser's field for months holds, as in "2021-03"."""
    if len(text) != len("2021-03"):
        return None
    try:
        month = period_of(date.fromisoformat(f"{text}-01"), "month")
    except ValueError:
        return None
    return month if month.year in _YEARS else None
