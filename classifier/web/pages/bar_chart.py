"""A report's charts as shapes for an SVG that takes its colours from the stylesheet: where each bar, point and word goes.

Drawn here and not by matplotlib, whose SVG carries styles that the pages' policy forbids, knows no dark theme, and is heavy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

from classifier.trends.report_parts import Chart, Panel
from classifier.web.pages.wording import number

_MOST_NUMBERED = 14
_LINES = 3
_BAR_SHARE = 0.7
_LETTER = 7.2
"""Width of a letter, in the units of the drawing."""


@dataclass(frozen=True)
class Frame:
    """The size of a drawing, and how much of each side its words take."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int

    @property
    def floor(self) -> int:
        """Where the bars stand."""
        return self.height - self.bottom


LARGE = Frame(760, 270, 48, 12, 40, 26)
SMALL = Frame(300, 150, 40, 12, 10, 24)


@dataclass(frozen=True)
class Word:
    """A text at a place."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Bar:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Whisker:
    """A corrected count at (`x`, `y`), with its interval from `low` to `high`."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Drawing:
    """A panel, drawn; `hidden` are the places of counts that are not shown."""

    title: str
    frame: Frame
    bars: tuple[Bar, ...]
    hidden: tuple[Word, ...]
    whiskers: tuple[Whisker, ...]
    numbers: tuple[Word, ...]
    lines: tuple[Word, ...]
    ticks: tuple[Word, ...]


def drawings_of(chart: Chart) -> tuple[Drawing, ...]:
    """Return a chart's panels, drawn: a lone one large, with its numbers where they fit, several small."""
    lone = len(chart.panels) == 1
    return tuple(draw(panel, chart.periods, LARGE if lone else SMALL, numbered=lone) for panel in chart.panels)


def draw(panel: Panel, periods: Sequence[str], frame: Frame, *, numbered: bool) -> Drawing:
    """Return a panel of bars over periods, with a scale of its own."""
    tops = [height for height in panel.heights if height] + [interval.high for interval in panel.corrected if interval]
    step = _step(max(tops, default=1.0))
    steps = max(1, ceil(max(tops, default=1.0) / step))
    across = (frame.width - frame.left - frame.right) / len(periods)

    def up(value: float) -> float:
        return round(frame.floor - value / (step * steps) * (frame.floor - frame.top), 1)

    def middle(place: int) -> float:
        return round(frame.left + (place + 0.5) * across, 1)

    bars, hidden, numbers = [], [], []
    for place, height in enumerate(panel.heights):
        x = middle(place)
        if height is None:
            hidden.append(Word(x, frame.floor - 4, "skjult"))
        elif height:
            y = up(height)
            bars.append(Bar(round(x - across * _BAR_SHARE / 2, 1), y, round(across * _BAR_SHARE, 1), round(frame.floor - y, 1)))
        if numbered and height is not None and len(periods) <= _MOST_NUMBERED:
            mark = panel.marks[place] if panel.marks else ""
            numbers += [Word(x, up(height) - (20 if mark else 6), number(height))] + [Word(x, up(height) - 5, mark)] * bool(
                mark
            )
    whiskers = tuple(
        Whisker(middle(place), up(interval.value), up(interval.low), up(interval.high))
        for place, interval in enumerate(panel.corrected)
        if interval is not None
    )
    every = ceil((max(map(len, periods)) + 1) * _LETTER / across)
    return Drawing(
        panel.title,
        frame,
        tuple(bars),
        tuple(hidden),
        whiskers,
        tuple(numbers),
        tuple(Word(frame.left - 6, up(place * step), number(place * step)) for place in range(steps + 1)),
        tuple(Word(middle(place), frame.floor + 18, periods[place]) for place in range(0, len(periods), every)),
    )


def _step(top: float) -> float:
    """Return a whole number, of 1, 2 or 5 and noughts, of which about _LINES reach the top."""
    rough = max(top / _LINES, 1.0)
    power = 10.0 ** int(log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
