"""A report's charts, drawn: bars that do without colour to be told apart, corrected counts as points with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from classifier.errors import MissingExtraError
from classifier.figures import figure_as_svg, new_figure
from classifier.trends.report_parts import Chart, Panel, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BAR = "#2176d4"
_INK = "#202723"
"""The colour of text and lines; a shade that nothing else has, so that a page can put its own text colour in its place."""
_COLUMNS = 3
_MOST_NUMBERED = 14
_MOST_TICKS = 6
_TITLE_WIDTH = 38
"""Characters that fit in a line above one panel of three."""


def draw(chart: Chart) -> Figure:
    """Return a chart as a figure; raises MissingExtraError without matplotlib."""
    figure = _drawn(chart)
    # Laid out once, not at each of the times it is saved.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def _drawn(chart: Chart) -> Figure:
    try:
        import matplotlib
    except ImportError:
        raise MissingExtraError("matplotlib", "figures") from None

    with matplotlib.rc_context(
        dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), _INK)
    ):
        if len(chart.panels) == 1:
            figure = new_figure(max(7.0, min(12.0, 0.42 * len(chart.periods) + 2)), 3.6)
            _bars(figure.subplots(), chart.panels[0], chart.periods, numbered=len(chart.periods) <= _MOST_NUMBERED)
            figure.supylabel(f"Antall {chart.unit}", fontsize=10)
            return figure
        lines = -(-len(chart.panels) // _COLUMNS)
        figure = new_figure(10.5, 2.1 * lines + 0.3)
        grid = figure.subplots(lines, _COLUMNS, squeeze=False)
        for place, axes in enumerate(grid.flat):
            if place < len(chart.panels):
                _bars(axes, chart.panels[place], chart.periods, numbered=False)
            else:
                axes.set_axis_off()
        figure.supylabel(f"Antall {chart.unit}; hver rute har sin egen målestokk", fontsize=10)
        return figure


def draw_all(report: Report) -> dict[str, Figure]:
    """Return a report's charts as figures by their names; raises MissingExtraError without matplotlib."""
    return {chart.name: draw(chart) for section in report.sections for chart in section.charts}


def figure_for_page(figure: Figure) -> str:
    """Return a chart's figure as an SVG element in the page's own text colour and on its own background, losing its own."""
    figure.patch.set_alpha(0)
    for axes in figure.axes:
        axes.patch.set_alpha(0)
    return figure_as_svg(figure).replace(_INK, "currentColor")


def _bars(axes: Axes, panel: Panel, periods: Sequence[str], *, numbered: bool) -> None:
    places = list(range(len(periods)))
    axes.bar(places, [height or 0 for height in panel.heights], color=_BAR, width=0.7)
    for place, height in zip(places, panel.heights, strict=True):
        if height is None:
            axes.text(place, 0, "skjult", rotation=90, ha="center", va="bottom", fontsize=7)
    known = [(place, interval) for place, interval in enumerate(panel.corrected) if interval is not None]
    if known:
        values = [interval.value for _, interval in known]
        below = [interval.value - interval.low for _, interval in known]
        above = [interval.high - interval.value for _, interval in known]
        axes.errorbar([p for p, _ in known], values, yerr=[below, above], fmt="D", color=_INK, ms=4, capsize=3, lw=1.2)
    if numbered:
        marks = panel.marks or ("",) * len(periods)
        for place, height, mark in zip(places, panel.heights, marks, strict=True):
            if height is not None:
                told = f"{height:,.0f}".replace(",", " ") + (f"\n{mark}" if mark else "")
                axes.annotate(told, (place, height), (0, 3), textcoords="offset points", ha="center", fontsize=8.5)
    axes.margins(y=0.25 if numbered else 0.1)
    axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
    axes.locator_params(axis="y", integer=True)
    step = -(-len(periods) // (_MOST_NUMBERED if numbered else _MOST_TICKS))
    axes.set_xticks(
        places[::step],
        list(periods)[::step],
        rotation=0 if len(periods[0]) < 5 and step == 1 and numbered else 45,
        ha="center" if numbered else "right",
        fontsize=8.5,
    )
    axes.tick_params(axis="y", labelsize=8.5)
    axes.spines[["top", "right"]].set_visible(False)
    if panel.title:
        axes.set_title(fill(panel.title, _TITLE_WIDTH), fontsize=10, loc="left")
