"""A report as one page in Bokmål that needs nothing beside it."""

from __future__ import annotations

from importlib.resources import files

from classifier.trends.report import IN_WORDS
from classifier.trends.report_figures import chart_as_svg
from classifier.trends.report_parts import Cell, Report


def as_html(report: Report) -> str:
    """Return the page; raises MissingExtraError without matplotlib."""
    from jinja2 import Environment, StrictUndefined

    template = (files("classifier") / "trends" / "templates" / "report.html").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["cell"] = _told
    environment.filters["number"] = lambda cell: isinstance(cell, int | float)
    return environment.from_string(template).render(
        report=report,
        first=report.periods[0].name,
        last=report.periods[-1].name,
        by=IN_WORDS[report.settings.by],
        drawn={chart.name: chart_as_svg(chart) for section in report.sections for chart in section.charts},
    )


def _told(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.1f}".replace(".", ",").replace("-", "−")
    if isinstance(cell, int):
        return f"{cell:,}".replace(",", " ")
    return cell or ""
