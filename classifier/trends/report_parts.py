"""The parts a report is made of: tables, charts and sections, as values that pages and files are rendered from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from classifier.trends.counting import DIMENSIONS, Dimension
from classifier.trends.periods import By, Period
from classifier.trends.quantification import Interval
from classifier.trends.suppression import SMALLEST_SHOWN

HIDDEN = "skjult"
"""What stands for a count that is not shown."""

Cell = str | int | float | None
"""A text, a count, a share or change in percent, or nothing."""


@dataclass(frozen=True)
class ReportTable:
    """A table with a name for its file; `on_page` and `in_files` say where it is shown."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    on_page: bool = True
    in_files: bool = True


@dataclass(frozen=True)
class Panel:
    """Bars over periods: a height each, None where it is hidden, and the corrected count beside it where there is one."""

    title: str
    heights: tuple[float | None, ...]
    corrected: tuple[Interval | None, ...] = ()
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chart:
    """Panels over the same periods; `alternative` says in words what they show, and `unit` what a height counts."""

    name: str
    title: str
    alternative: str
    periods: tuple[str, ...]
    unit: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Section:
    """A part of the report under its heading."""

    title: str
    paragraphs: tuple[str, ...]
    charts: tuple[Chart, ...]
    tables: tuple[ReportTable, ...]


@dataclass(frozen=True)
class ReportSettings:
    """What a report is to show.

    `units` are names of units, or of kinds of unit, that get a monthly analysis. Counts below `smallest` are hidden.
    """

    by: By = "year"
    dimensions: tuple[Dimension, ...] = DIMENSIONS
    units: tuple[str, ...] = ()
    smallest: int = SMALLEST_SHOWN


@dataclass(frozen=True)
class Report:
    """A report: what it counts, how far it reaches, and its sections. `notes` are about how the figures were made.

    `incidents` is how many there are, None where that must be hidden; `hidden` is how many counts are.
    """

    source: str
    made: date
    settings: ReportSettings
    incidents: int | None
    periods: tuple[Period, ...]
    hidden: int
    corrected: bool
    sections: tuple[Section, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())
