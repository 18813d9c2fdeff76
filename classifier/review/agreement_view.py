"""Agreement as tables for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from classifier.review.agreement import FEWEST, AgreementReport, Figure, WhyNot
from classifier.table import Table

_WHY_NOT: dict[WhyNot, str] = {
    "too_few": f"no figure on fewer than {FEWEST} reports",
    "one_label": "no figure where everybody gave the same label",
}
_COLUMNS = ("of", "target", "measure", "reports", "figure", "95 %")


def as_tables(report: AgreementReport) -> list[Table]:
    """Return the report as tables; those without a row are left out."""
    sway = [figure for found in report.sway for figure in (found.seen, found.hidden, found.difference)]
    parts: list[tuple[str, Sequence[Figure]]] = [
        ("Between people", report.between_people),
        ("Between two", report.pairs),
        ("Between people, by category", report.people_by_category),
        ("Between people, by month", report.people_by_month),
        ("People and model", report.with_model),
        ("People and model, by category", report.model_by_category),
        ("People and model, by month", report.model_by_month),
        ("The hidden suggestion, on the blind share", report.blind_accuracy),
        ("Agreement with a suggestion, seen and hidden", sway),
    ]
    return [Table(title, _COLUMNS, tuple(_row(figure) for figure in figures)) for title, figures in parts if figures]


def as_dict(report: AgreementReport) -> dict[str, Any]:
    """Return the report as it is printed in JSON; a figure that is not given is null, with the reason beside it."""
    return asdict(report)


def _row(figure: Figure) -> tuple[str, ...]:
    start = (figure.name, figure.target, figure.measure, str(figure.count))
    if figure.estimate is None:
        return (*start, "", _WHY_NOT[figure.why_not or "too_few"])
    value = figure.estimate
    if figure.measure == "share":
        return (*start, f"{value.value:.1%}", f"{value.low:.1%} to {value.high:.1%}")
    return (*start, f"{value.value:.3f}", f"{value.low:.3f} to {value.high:.3f}")
