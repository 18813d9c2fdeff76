"""Numbers, shares, moments and counts as a Norwegian page writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from classifier.dates import MONTHS

OSLO = ZoneInfo("Europe/Oslo")

_SMALL = ("ingen", "én", "to", "tre", "fire", "fem", "seks", "sju", "åtte", "ni", "ti", "elleve", "tolv")


def percent(share: float, decimals: int = 0) -> str:
    """Return a share in 0 to 1 as percent: 0.714 is "71 %"; one that is not quite none or all does not look as if it were."""
    smallest = 10.0**-decimals
    value = share * 100
    if 0 < value < smallest:
        return f"under {number(smallest, decimals)} %"
    if 100 - smallest < value < 100:
        return f"over {number(100 - smallest, decimals)} %"
    return f"{number(value, decimals)} %"


def number(value: float, decimals: int = 0) -> str:
    """Return a number with a comma for decimals and hard spaces between thousands."""
    return f"{value:,.{decimals}f}".replace(",", "\u00a0").replace(".", ",")


def interval(low: float, high: float) -> str:
    """Return the ends of an interval of shares: "66–77 %"."""
    return f"{number(low * 100)}–{number(high * 100)} %"


def count(how_many: int, one: str, many: str) -> str:
    """Return a count with its noun: "én rapport", "1 204 rapporter"; `one` decides between "én" and "ett" by its first word."""
    if how_many == 1:
        return one
    return f"{_SMALL[how_many] if how_many < len(_SMALL) else number(how_many)} {many}"


def sentence(text: str) -> str:
    """Return a text that begins with a capital letter, and is otherwise as it was."""
    return text[:1].upper() + text[1:]


def day(value: date) -> str:
    """Return a date as people write it: "3. mars 2021"."""
    return f"{value.day}. {MONTHS[value.month - 1]} {value.year}"


def moment(value: datetime) -> str:
    """Return a moment in Norwegian time: "3. mars 2021 kl. 14.05"."""
    local = value.astimezone(OSLO)
    return f"{day(local.date())} kl. {local:%H.%M}"


def today(now: datetime) -> date:
    """Return the date in Norway at a moment."""
    return now.astimezone(OSLO).date()


def start_of_day(now: datetime) -> datetime:
    """Return the moment, in UTC, when the present day began in Norway."""
    return datetime.combine(today(now), datetime.min.time(), OSLO).astimezone(UTC)


def ago(value: datetime, now: datetime) -> str:
    """Return how long ago a moment was: "nå nettopp", "for 5 minutter siden", "i går", or its date."""
    minutes = int((now - value) / timedelta(minutes=1))
    if minutes < 1:
        return "nå nettopp"
    if minutes < 60:
        return f"for {count(minutes, 'ett minutt', 'minutter')} siden"
    days = (today(now) - today(value)).days
    if days == 0:
        return f"i dag kl. {value.astimezone(OSLO):%H.%M}"
    if days == 1:
        return f"i går kl. {value.astimezone(OSLO):%H.%M}"
    return day(today(value))
