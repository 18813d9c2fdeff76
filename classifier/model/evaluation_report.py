"""An evaluation as tables, as JSON, and as one self-contained HTML page with figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from statistics import median
from typing import TYPE_CHECKING, Any

from classifier.figures import figure_as_svg, new_figure
from classifier.model.estimator import LABELS, Target
from classifier.model.evaluation import Estimate, Evaluation, Slice, TargetEvaluation
from classifier.table import Table
from classifier.taxonomy import category, channel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TITLES: dict[Target, str] = {"category": "Kategori", "channel": "Kanal"}
_PARTS = {"language nb": "bokmål", "language nn": "nynorsk", "one act": "én handling", "several acts": "flere handlinger"}
_SOURCES_AT_EACH_END = 10


def as_dict(evaluation: Evaluation, masked: Mapping[int, str]) -> dict[str, Any]:
    """Return every figure of an evaluation, for JSON; `masked` holds the mistakes' texts without personal data, by place."""
    figures = asdict(evaluation)
    for target in figures["targets"]:
        for mistake in target["mistakes"]:
            mistake["text"] = masked[mistake["place"]]
    return figures


def as_tables(evaluation: Evaluation) -> list[Table]:
    """Return an evaluation as tables for the terminal."""
    heading = (
        f"Model {evaluation.model_version}, prior {evaluation.prior}, pipeline {evaluation.pipeline}: "
        f"{evaluation.count} texts, {evaluation.refused} without a proposal"
    )
    overview: list[tuple[str, ...]] = []
    for name, figures in (
        ("macro-F1", [_interval(t.macro_f1) for t in evaluation.targets]),
        ("accuracy", [_interval(t.accuracy) for t in evaluation.targets]),
        ("top-2 accuracy", [f"{t.top_2_accuracy:.3f}" for t in evaluation.targets]),
        ("top-3 accuracy", [f"{t.top_3_accuracy:.3f}" for t in evaluation.targets]),
        ("expected calibration error", [f"{t.expected_calibration_error:.3f}" for t in evaluation.targets]),
        ("the same by chance alone", [f"{t.calibration_error_by_chance:.3f}" for t in evaluation.targets]),
        ("Brier score", [f"{t.brier_score:.3f}" for t in evaluation.targets]),
        ("log loss", [f"{t.log_loss:.3f}" for t in evaluation.targets]),
        ("confident", [f"{t.confident_share:.1%}" for t in evaluation.targets]),
        ("precision when confident", [_interval(t.confident_precision) for t in evaluation.targets]),
    ):
        overview.append((name, *figures))
    tables = [Table(heading, ("", *(t.target for t in evaluation.targets)), tuple(overview))]
    for target in evaluation.targets:
        scores = tuple(
            (s.label, _interval(s.precision), _interval(s.recall), _interval(s.f1), str(s.support)) for s in target.labels
        )
        tables.append(Table(f"{target.target}: by label", ("label", "precision", "recall", "F1", "texts"), scores))
    for target in evaluation.targets:
        columns = ("texts", "macro-F1", "accuracy")
        tables.append(Table(f"{target.target}: by part", ("part", *columns), _part_rows(target.slices)))
        if target.sources:
            shown = shown_sources(target)
            title = f"{target.target}: by source, {_spread(target)}"
            if len(shown) < len(target.sources):
                title += f"; the {_SOURCES_AT_EACH_END} lowest and the {_SOURCES_AT_EACH_END} highest"
            tables.append(Table(title, ("source", *columns), _part_rows(shown)))
    for target in evaluation.targets:
        labels = LABELS[target.target]
        matrix = tuple(
            (label, *(str(count) for count in row)) for label, row in zip(labels, target.confusion_matrix, strict=True)
        )
        tables.append(Table(f"{target.target}: rows are right, columns proposed", ("", *labels), matrix))
    warned = tuple((w.label, f"{w.recall:.3f}", f"{w.false_warnings:.3f}", str(w.support)) for w in evaluation.warnings)
    if warned:
        tables.append(Table("Warnings", ("category", "named or warned of", "other texts warned of", "texts"), warned))
    return tables


def shown_sources(target: TargetEvaluation) -> tuple[Slice, ...]:
    """Return the sources that a page has room for: those with the lowest and those with the highest macro-F1, or all if few."""
    if len(target.sources) <= 2 * _SOURCES_AT_EACH_END:
        return target.sources
    return target.sources[:_SOURCES_AT_EACH_END] + target.sources[-_SOURCES_AT_EACH_END:]


def mistakes_table(target: TargetEvaluation, masked: Mapping[int, str]) -> Table:
    """Return the surest mistakes with their texts, which `masked` holds, without personal data, by place."""
    rows = tuple((m.truth, m.proposed, f"{m.probability:.2f}", masked[m.place]) for m in target.mistakes)
    return Table(f"{target.target}: the surest mistakes", ("right", "proposed", "probability", "text"), rows)


def as_html(evaluation: Evaluation, masked: Mapping[int, str]) -> str:
    """Return one page that needs nothing beside it, in Bokmål; `masked` holds the mistakes' texts without personal data.

    Raises MissingExtraError without matplotlib.
    """
    from jinja2 import Environment, StrictUndefined

    template = (files("classifier") / "model" / "templates" / "evaluation.html").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["part"] = _part_name
    environment.filters["interval"] = _interval_in_percent
    environment.filters["percent"] = _percent
    environment.filters["median"] = median
    return environment.from_string(template).render(
        evaluation=evaluation,
        titles=_TITLES,
        names={label: _name(label) for target in evaluation.targets for label in LABELS[target.target]},
        labels=LABELS,
        sources={target.target: shown_sources(target) for target in evaluation.targets},
        masked=masked,
        figures={
            target.target: {
                "labels": figure_as_svg(_label_figure(target)),
                "reliability": figure_as_svg(_reliability_figure(target)),
                "confusion": figure_as_svg(_confusion_figure(target)),
            }
            for target in evaluation.targets
        },
    )


def _name(label: str) -> str:
    return category(label).name if label in LABELS["category"] else channel(label).name


def _part_name(name: str) -> str:
    """Return what a part of the texts is called on the page."""
    name = _PARTS.get(name, name)
    return name.replace(" to ", " til ").replace(" words or more", " ord eller mer").replace(" words", " ord")


def _part_rows(parts: Sequence[Slice]) -> tuple[tuple[str, ...], ...]:
    return tuple((part.name, str(part.count), f"{part.macro_f1:.3f}", f"{part.accuracy:.3f}") for part in parts)


def _spread(target: TargetEvaluation) -> str:
    """Return how many sources there are, and their lowest, median and highest macro-F1."""
    found = [source.macro_f1 for source in target.sources]
    return f"{len(found)} of them: macro-F1 {found[0]:.3f} to {found[-1]:.3f}, median {median(found):.3f}"


def _interval(estimate: Estimate | None) -> str:
    return "none" if estimate is None else f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"


def _interval_in_percent(estimate: Estimate | None) -> str:
    if estimate is None:
        return "ingen"
    # A narrow column breaks the line before the parenthesis and nowhere else.
    ends = f"{_percent(estimate.low)} til {_percent(estimate.high)}".replace(" ", "\N{NO-BREAK SPACE}")
    return f"{_percent(estimate.value)} ({ends})"


def _percent(share: float) -> str:
    return f"{share:.1%}".replace(".", ",").replace("%", "\N{NO-BREAK SPACE}%")


def _label_figure(target: TargetEvaluation) -> Figure:
    figure = new_figure(7, 0.45 * len(target.labels) + 1)
    axes = figure.subplots()
    scores = list(reversed(target.labels))
    values = [score.f1.value for score in scores]
    errors = [[s.f1.value - s.f1.low for s in scores], [s.f1.high - s.f1.value for s in scores]]
    axes.barh([_name(score.label) for score in scores], values, xerr=errors, color="#2176d4", ecolor="#49515e", capsize=3)
    axes.set_xlim(0, 1)
    axes.set_xlabel("F1 med 95 % intervall")
    return figure


def _reliability_figure(target: TargetEvaluation) -> Figure:
    figure = new_figure(4.5, 4.2)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#6f7785", linestyle="--", linewidth=1)
    found = target.reliability
    most = max((item.count for item in found), default=1)
    sizes = [20 + 180 * item.count / most for item in found]
    axes.scatter([item.confidence for item in found], [item.accuracy for item in found], s=sizes, color="#2176d4")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("Sannsynlighet modellen oppga")
    axes.set_ylabel("Andel som var riktig")
    return figure


def _confusion_figure(target: TargetEvaluation) -> Figure:
    labels = [_name(label).split(" (")[0] for label in LABELS[target.target]]
    figure = new_figure(0.62 * len(labels) + 3.6, 0.5 * len(labels) + 2.4)
    axes = figure.subplots()
    shares = [[count / max(1, sum(row)) for count in row] for row in target.confusion_matrix]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=40, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("Foreslått")
    axes.set_ylabel("Riktig")
    for y, row in enumerate(target.confusion_matrix):
        for x, count in enumerate(row):
            if count:
                axes.text(x, y, str(count), ha="center", va="center", color="white" if shares[y][x] > 0.5 else "#202733")
    return figure
