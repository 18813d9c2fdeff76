"""A report as one page in Bokmål that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from classifier.trends.report import IN_WORDS
from classifier.trends.report_parts import Cell, Report


def as_html(report: Report, drawn: Mapping[str, str]) -> str:
    """Return the page, given each chart's SVG element by its name."""
    from jinja2 import Environment, StrictUndefined

    template = (files("classifier") / "trends" / "templates" / "report.html").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["cell"] = cell_in_words
    environment.filters["number"] = lambda cell: isinstance(cell, int | float)
    return environment.from_string(template).render(
        report=report,
        first=report.periods[0].name,
        last=report.periods[-1].name,
        by=IN_WORDS[report.settings.by],
        drawn=drawn,
    )


def cell_in_words(cell: Cell) -> str:
    """Return a cell as a Norwegian page writes it."""
    if isinstance(cell, float):
        return f"{cell:.1f}".replace(".", ",").replace("-", "−")
    if isinstance(cell, int):
        return f"{cell:,}".replace(",", " ")
    return cell or ""
