"""A run's summary as JSON, and as a page in Bokmål that needs nothing beside it."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files

from classifier.batch.run import Beside, write_beside
from classifier.batch.summary import Count, Summary, YearSeries, before_labels
from classifier.batch.tally import NONE, UNKNOWN
from classifier.model.estimator import LABELS
from classifier.model.own_prior import NOTED, OwnPrior, name_of, noted
from classifier.taxonomy import category, channel

_TITLES = {"category": "Kategori", "channel": "Kanal"}
_STATUSES = {"ok": "fikk forslag", "too_short": "for lite tekst", "not_norwegian": "ser ikke norsk ut"}
_REASONS = {
    "unsure_category": "usikker kategori",
    "unsure_channel": "usikker kanal",
    "changed_category": "ny kategori",
    "changed_channel": "ny kanal",
    "warning": "varsel",
    "least_sure": "blant de minst sikre",
}
_SOURCES = {"decisions": "avgjørelsene", "texts": "tekstene"}
_FEW = "<5"
_WIDTH, _HEIGHT, _MARGIN = 260, 90, 14


def write_summary(summary: Summary, names: Beside) -> None:
    """Write both, to be put in place with the output; raises OSError."""
    write_beside(names.summary_json, json.dumps(as_dict(summary), ensure_ascii=False, indent=2) + "\n")
    write_beside(names.summary_html, as_html(summary, names.review.name))


def as_dict(summary: Summary) -> dict[str, object]:
    """Return the summary as JSON values; null stands for a count of 1 to 4, or one that would give such a count away."""
    return {**asdict(summary), "prior": name_of(summary.prior), NOTED: noted(summary.prior)}


def as_html(summary: Summary, review: str) -> str:
    """Return the page; `review` is the name of the file with the rows to review first."""
    from jinja2 import Environment, StrictUndefined

    template = (files("classifier") / "batch" / "templates" / "summary.html").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["count"] = _count
    environment.filters["number"] = _number
    environment.filters["share"] = _share
    environment.filters["name"] = label_name
    environment.filters["percent"] = _percent
    environment.filters["reason"] = lambda reasons: ", ".join(_REASONS[reason] for reason in reasons.split(";"))
    environment.filters["drawn"] = lambda series: _drawn(series, summary.years)
    return environment.from_string(template).render(
        summary=summary,
        review=review,
        titles=_TITLES,
        statuses=_STATUSES,
        labels=LABELS,
        before_labels=before_labels,
        shade=_shade,
        own=summary.prior if isinstance(summary.prior, OwnPrior) else None,
        sources=_SOURCES,
    )


def label_name(label: str) -> str:
    """Return what a label is called on the page."""
    if label in (NONE, UNKNOWN):
        return "uten etikett" if label == NONE else "ukjent etikett"
    return category(label).name if label in LABELS["category"] else channel(label).name


def _count(count: Count) -> str:
    return _FEW if count is None else _number(count)


def _number(number: float) -> str:
    return f"{number:,.0f}".replace(",", "\u00a0")


def _share(part: Count, whole: Count) -> str:
    if part is None or not whole:
        return "–"
    return _percent(part / whole)


def _percent(share: float) -> str:
    return f"{share:.1%}".replace(".", ",").replace("%", "\u00a0%")


def _shade(count: Count, row: tuple[Count, ...]) -> int:
    """Return how dark a cell of the matrix is drawn, 0 to 60 percent."""
    most = sum(count or 0 for count in row)
    return round(60 * (count or 0) / most) if most else 0


def _drawn(series: YearSeries, years: tuple[str, ...]) -> str:
    """Return a small drawing of a label's years, before dashed and after whole, with gaps where a count is not shown."""
    most = max([1, *(count for count in (*series.before, *series.after) if count)])
    step = (_WIDTH - 2 * _MARGIN) / max(1, len(years) - 1)

    def line(counts: tuple[Count, ...], style: str) -> str:
        drawn, pen = [], "M"
        for place, count in enumerate(counts):
            if count is None:
                pen = "M"
                continue
            y = _HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * count / most
            drawn.append(f"{pen}{_MARGIN + place * step:.1f},{y:.1f}")
            pen = "L"
        return f'<path class="{style}" d="{" ".join(drawn)}"/>' if drawn else ""

    ends = (
        f'<text x="{_MARGIN}" y="{_HEIGHT - 1}">{years[0]}</text>'
        f'<text x="{_WIDTH - _MARGIN}" y="{_HEIGHT - 1}" text-anchor="end">{years[-1]}</text>'
        f'<text x="{_MARGIN}" y="10">{_number(most)}</text>'
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Antall per år før (stiplet) og etter (heltrukket)">'
        f'<line x1="{_MARGIN}" y1="{_HEIGHT - _MARGIN}" x2="{_WIDTH - _MARGIN}" y2="{_HEIGHT - _MARGIN}" class="axis"/>'
        f"{line(series.before, 'before')}{line(series.after, 'after')}{ends}</svg>"
    )
