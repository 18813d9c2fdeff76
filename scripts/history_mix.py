"""How a synthetic history is spread: incidents per day, labels by year, kinds of unit by channel, units by kind.

What the agency's memo of 2014-2021 says is taken from it: a steady number a year, 18 % more in 2021 than in 2020, most of it in
the fourth quarter; reception 37 % of the channels in 2016 and 18 % in 2020, meeting rooms 11 % and 5 %, telephone 43 % in 2021;
in 2021 more of every category but hate speech, damage and physical attacks. The rest is this project's assumption.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from classifier.model.priors import named_prior
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS, channel

_VOLUMES = {2014: 0.97, 2015: 1.0, 2016: 1.05, 2017: 1.0, 2018: 0.97, 2019: 1.02, 2020: 0.98, 2021: 0.98 * 1.18}
_MONTHS = (1.05, 1.0, 1.05, 0.95, 0.95, 0.95, 0.7, 0.95, 1.1, 1.1, 1.15, 0.9)
_FOURTH_QUARTER_2021 = 1.45
_WEEKDAYS = (1.25, 1.1, 1.05, 1.0, 0.95, 0.06, 0.04)

_ANCHOR_YEARS = (2014, 2016, 2020, 2021)
_CATEGORY_FACTORS = {
    "fysisk_angrep_person": (1.9, 1.7, 1.0, 0.8),
    "haerverk": (1.7, 1.6, 1.0, 0.8),
    "trussel": (0.9, 0.95, 1.0, 1.0),
    "trussel_selvskading": (0.5, 0.6, 1.0, 1.15),
    "hatytringer": (0.4, 0.6, 1.0, 0.8),
    "sjikane_trakassering": (0.8, 0.85, 1.0, 1.05),
    "verbal_utskjelling": (1.4, 1.25, 1.0, 1.0),
}
"""How common a category was in the anchor years against its share in 2020."""

_CHANNEL_FACTORS = {
    "telefon": (0.62, 0.7, 1.0, 1.02),
    "publikumsmottak": (2.1, 2.05, 1.0, 0.95),
    "samtalerom": (2.2, 2.2, 1.0, 1.2),
    "epost": (0.9, 0.9, 1.0, 1.0),
    "sms": (0.7, 0.8, 1.0, 1.0),
    "saksbehandlingssystem": (0.3, 0.45, 1.0, 1.05),
    "internett": (0.7, 0.8, 1.0, 1.0),
    "sosiale_medier": (0.6, 0.8, 1.0, 1.1),
    "brev": (2.0, 1.6, 1.0, 0.8),
    "annet": (1.0, 1.0, 1.0, 1.0),
    "ukjent": (1.0, 1.0, 1.0, 1.0),
}

_ROUNDS = 200

KINDS = ("Nav-kontor", "Kontaktsenter", "Forvaltning", "Hjelpemiddelsentral", "Annen enhet")
_KINDS_BY_GROUP = {
    "phone": (0.38, 0.46, 0.13, 0.01, 0.02),
    "physical": (0.95, 0.0, 0.01, 0.03, 0.01),
    "digital": (0.42, 0.28, 0.24, 0.02, 0.04),
    "other": (0.62, 0.12, 0.18, 0.03, 0.05),
}

_UNITS: dict[str, tuple[str, ...]] = {
    "Nav-kontor": tuple(
        f"Nav {place}"
        for place in (
            "Ytrevik",
            "Storelv",
            "Granåsen",
            "Fjellbygda",
            "Sundøya",
            "Lillefoss",
            "Havnesund",
            "Nordmarka",
            "Bjørkelia",
            "Midtbyen",
            "Sørstranda",
            "Kvernhaugen",
            "Skogbygd",
            "Elvemo",
            "Indre Vassdal",
            "Solvåg",
            "Tangneset",
            "Åsgrenda",
            "Furuholmen",
            "Blåfjellet",
            "Strandkanten",
            "Vestre Lia",
            "Østmoen",
            "Grønnlia",
            "Holmevatn",
            "Svartnes",
            "Rognan Vest",
            "Trollstua",
        )
    ),
    "Kontaktsenter": tuple(f"Nav Kontaktsenter {part}" for part in ("Nord", "Midt", "Vest", "Sør", "Innland")),
    "Forvaltning": (
        "Nav Arbeid og ytelser Storelv",
        "Nav Arbeid og ytelser Havnesund",
        "Nav Familie- og pensjonsytelser Midtbyen",
        "Nav Klageinstans Vest",
    ),
    "Hjelpemiddelsentral": ("Nav Hjelpemiddelsentral Nord", "Nav Hjelpemiddelsentral Sør"),
    "Annen enhet": ("Nav Kommunikasjonsavdelingen", "Nav Arbeidslivssenter Midt"),
}
"""Invented places, so that no office is said to have had what it never had."""


@dataclass(frozen=True)
class Unit:
    """Where an incident was registered."""

    name: str
    kind: str


def days_between(first_year: int, last_year: int) -> list[date]:
    """Return every day of these years."""
    start, end = date(first_year, 1, 1), date(last_year, 12, 31)
    return [start + timedelta(days=place) for place in range((end - start).days + 1)]


def incidents_per_day(days: list[date], rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return how many of `rows` incidents fall on each day: the year's volume, the season and the day of the week decide."""
    weights = np.array([_weight(day) for day in days])
    return np.asarray(rng.multinomial(rows, weights / weights.sum()))


def _weight(day: date) -> float:
    rush = _FOURTH_QUARTER_2021 if day.year == 2021 and day.month >= 10 else 1.0
    # A year's volume is spread over its own days, whose weights differ a little from year to year.
    return _VOLUMES.get(day.year, 1.0) * _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] * rush / _rush_of(day.year)


def _rush_of(year: int) -> float:
    """Return what the busy quarter adds to a year, so that the year's own volume stays what it should be."""
    autumn = sum(_MONTHS[9:]) / sum(_MONTHS)
    return 1 + (_FOURTH_QUARTER_2021 - 1) * autumn if year == 2021 else 1.0


def label_shares(year: int, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each category and channel together in a year, categories by channels.

    `counts` says how often they occur together in the corpus; iterative proportional fitting gives them the year's shares of
    categories and of channels. A pair that the corpus lacks keeps a share of zero.
    """
    categories = _shares_of_year(year, named_prior("asys-2020", "category", np.empty(0)), CATEGORY_IDS, _CATEGORY_FACTORS)
    channels = _shares_of_year(year, named_prior("asys-2020", "channel", np.empty(0)), CHANNEL_IDS, _CHANNEL_FACTORS)
    shares = counts / counts.sum()
    for _ in range(_ROUNDS):
        shares = shares * _ratio(channels, shares.sum(axis=0))[np.newaxis, :]
        shares = shares * _ratio(categories, shares.sum(axis=1))[:, np.newaxis]
    return np.asarray(shares / shares.sum())


def _ratio(wanted: NDArray[np.float64], found: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(wanted, found, out=np.zeros_like(wanted), where=found > 0)


def _shares_of_year(
    year: int, base: NDArray[np.float64], labels: tuple[str, ...], factors: Mapping[str, Sequence[float]]
) -> NDArray[np.float64]:
    moved = np.array([np.interp(year, _ANCHOR_YEARS, factors[label]) for label in labels]) * base
    return np.asarray(moved / moved.sum())


def kind_shares(label: str) -> tuple[float, ...]:
    """Return the share of each of KINDS among the units that register incidents of a channel."""
    return _KINDS_BY_GROUP[channel(label).group]


def units_of(kind: str) -> tuple[list[Unit], list[float]]:
    """Return the units of a kind, and how much of its incidents each has: the n-th one part in n to the power of .7."""
    names = _UNITS[kind]
    return [Unit(name, kind) for name in names], [(place + 1) ** -0.7 for place in range(len(names))]
