"""What part of the queue somebody looks at: read from the address, and shown in a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends
from starlette.requests import Request

from classifier.review.queue import Filters
from classifier.review.reasons import REASONS
from classifier.taxonomy import CATEGORIES, CATEGORY_IDS, CHANNEL_IDS, CHANNELS

_REASON_NAMES = {
    "disputed": "To er uenige",
    "mislabelled": "Kan være feil merket",
    "disagreement": "Modell og merking er uenige",
    "unheeded_warning": "Varsel om noe mer alvorlig",
    "unusual_pair": "Uvanlig kategori og kanal sammen",
    "stale_label": "Merket etter en eldre inndeling",
    "small_margin": "To er nesten like sannsynlige",
    "unlike_training": "Ligner lite på opplæringen",
    "random": "Tilfeldig uttrukket",
    "blind": "Blind prøve",
}
_LONGEST_UNIT = 200


@dataclass(frozen=True)
class Option:
    """One entry of a list to choose from."""

    value: str
    name: str
    chosen: bool


@dataclass(frozen=True)
class Asked:
    """The filter as it stands in the address; what makes no sense is taken as not asked."""

    grunn: str = ""
    kategori: str = ""
    kanal: str = ""
    enhet: str = ""
    fra: str = ""
    til: str = ""

    @property
    def values(self) -> tuple[tuple[str, str], ...]:
        """Name and value of what is asked."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return tuple((name, value) for name, value in named if value)

    @property
    def query(self) -> str:
        """The filter as the end of an address, with its question mark; empty without one."""
        return f"?{urlencode(self.values)}" if self.values else ""

    def with_also(self, **also: str | int) -> str:
        """Return the end of an address that holds the filter and more."""
        return f"?{urlencode([*self.values, *also.items()])}"

    @property
    def filters(self) -> Filters:
        """The same as the queue knows it."""
        return Filters(
            unit=self.enhet or None,
            first=_day(self.fra),
            last=_day(self.til),
            category=self.kategori or None,
            channel=self.kanal or None,
            reason=self.grunn or None,
        )


@dataclass(frozen=True)
class FilterView:
    """The filter as a form shows it."""

    reasons: tuple[Option, ...]
    categories: tuple[Option, ...]
    channels: tuple[Option, ...]
    unit: str
    since: str
    until: str
    count: int
    query: str
    values: tuple[tuple[str, str], ...]


def asked(values: Mapping[str, str]) -> Asked:
    """Return the filter that an address or a form holds."""
    return Asked(
        grunn=_one_of(values.get("grunn", ""), REASONS),
        kategori=_one_of(values.get("kategori", ""), CATEGORY_IDS),
        kanal=_one_of(values.get("kanal", ""), CHANNEL_IDS),
        enhet=" ".join(values.get("enhet", "").replace("\0", "").split())[:_LONGEST_UNIT],
        fra=values.get("fra", "") if _day(values.get("fra", "")) else "",
        til=values.get("til", "") if _day(values.get("til", "")) else "",
    )


def asked_in_address(request: Request) -> Asked:
    """Return the filter of a page's address."""
    return asked(request.query_params)


async def asked_in_form(request: Request) -> Asked:
    """Return the filter that a form carries along, each value under its name with `filter_` before it."""
    form = await request.form()
    carried = {name.removeprefix("filter_"): value for name, value in form.items() if name.startswith("filter_")}
    return asked({name: value for name, value in carried.items() if isinstance(value, str)})


InAddress = Annotated[Asked, Depends(asked_in_address)]
InForm = Annotated[Asked, Depends(asked_in_form)]


def filter_view(given: Asked) -> FilterView:
    """Return the form of a filter."""
    return FilterView(
        reasons=tuple(Option(id_, _REASON_NAMES[id_], id_ == given.grunn) for id_ in REASONS),
        categories=tuple(Option(entry.id, entry.name, entry.id == given.kategori) for entry in CATEGORIES),
        channels=tuple(Option(entry.id, entry.name, entry.id == given.kanal) for entry in CHANNELS),
        unit=given.enhet,
        since=given.fra,
        until=given.til,
        count=len(given.values),
        query=given.query,
        values=given.values,
    )


def _one_of(value: str, known: tuple[str, ...]) -> str:
    return value if value in known else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
