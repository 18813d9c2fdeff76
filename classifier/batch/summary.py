"""What a run changed: labels before and after, by year, unit and channel, errors to expect, and where a series breaks.

Counts from 1 to 4 are left out, and where that leaves one gap in a list whose sum can be known, the next smallest with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from classifier.batch.run import Made, Outcome
from classifier.batch.tally import NONE, UNKNOWN, Tally
from classifier.batch.worker import ModelReference
from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.own_prior import Prior

SMALLEST_SHOWN = 5
_Z = 1.96
"""Of the normal distribution, for 95 %."""

_BREAK_SHARE = 0.10
"""A year's count that relabelling moves by more than this share, and by more than chance would, breaks a series."""

_MOST_UNITS_SHOWN = 50

Count = int | None
"""A count, None where it is too small to be shown."""


@dataclass(frozen=True)
class Errors:
    """How many of the new labels are likely to be wrong, with a 95 % interval, among `labelled`."""

    labelled: int
    expected: float
    low: float
    high: float


@dataclass(frozen=True)
class YearSeries:
    """One label's counts year by year, before and after."""

    label: str
    before: tuple[Count, ...]
    after: tuple[Count, ...]


@dataclass(frozen=True)
class Break:
    """A year in which a label's count before and after cannot stand in one series."""

    label: str
    year: str
    before: Count
    after: Count


@dataclass(frozen=True)
class Part:
    """A year, unit or channel: its rows, how many had a label, and how many of those got another."""

    name: str
    rows: Count
    labelled: Count
    changed: Count


@dataclass(frozen=True)
class TargetSummary:
    """Category or channel: changes in all, by old and new label, and year by year.

    `matrix` has a row for each label before (the taxonomy's, then none and unknown) and a column for each after.
    """

    target: Target
    labelled_before: Count
    unknown_before: Count
    changed: Count
    confident: Count
    matrix: tuple[tuple[Count, ...], ...]
    by_year: tuple[Part, ...]
    series: tuple[YearSeries, ...]
    breaks: tuple[Break, ...]
    errors: Errors


@dataclass(frozen=True)
class Doubt:
    """A row to review first."""

    id: str
    reason: str
    probability: float


@dataclass(frozen=True)
class Summary:
    """All that the summary's page and its JSON say; only the JSON says what the output was `made` by."""

    source: str
    made: Made
    model_version: str
    prior: Prior
    read: int
    written: int
    rejected: int
    status: dict[str, Count]
    warnings: dict[str, Count]
    years: tuple[str, ...]
    rows_without_year: Count
    by_unit: tuple[Part, ...]
    more_units: int
    by_channel: tuple[Part, ...]
    targets: tuple[TargetSummary, ...]
    doubtful: tuple[Doubt, ...]


def before_labels(target: Target) -> tuple[str, ...]:
    """Return the rows of a target's matrix."""
    return (*LABELS[target], NONE, UNKNOWN)


def suppressed(counts: Sequence[int], *, sum_is_known: bool = True) -> tuple[Count, ...]:
    """Return counts without those from 1 to 4; a lone gap takes the next smallest count with it if the sum is known."""
    shown: list[Count] = [None if 0 < count < SMALLEST_SHOWN else count for count in counts]
    if sum_is_known and shown.count(None) == 1:
        others = [place for place, count in enumerate(shown) if count]
        if others:
            shown[min(others, key=lambda place: (counts[place], place))] = None
    return tuple(shown)


def summarise(outcome: Outcome, reference: ModelReference, source: str) -> Summary:
    """Return the summary of a finished run."""
    tally = outcome.tally
    years = tuple(sorted({year for _, year, _, _ in tally.labels if year != NONE}))
    units = sorted({unit for unit, _ in tally.units if unit != NONE}, key=lambda unit: (-tally.units[unit, "rows"], unit))
    return Summary(
        source=source.replace("\\", "/").rsplit("/", 1)[-1],
        made=outcome.made,
        model_version=reference.version,
        prior=reference.prior,
        read=outcome.read,
        written=outcome.written,
        rejected=outcome.rejected,
        status=_shown(tally.status),
        warnings=_shown(tally.warnings),
        years=years,
        rows_without_year=_one(
            sum(n for (target, year, _, _), n in tally.labels.items() if target == "category" and year == NONE)
        ),
        by_unit=tuple(
            _part(unit, *(tally.units[unit, kind] for kind in ("rows", "labelled", "changed")))
            for unit in units[:_MOST_UNITS_SHOWN]
        ),
        more_units=max(0, len(units) - _MOST_UNITS_SHOWN),
        by_channel=_by_channel(tally),
        targets=tuple(_target(tally, target, years) for target in TARGETS),
        doubtful=tuple(Doubt(item.id, item.reason, item.probability) for item in tally.doubtful),
    )


def _target(tally: Tally, target: Target, years: tuple[str, ...]) -> TargetSummary:
    labels = LABELS[target]
    counts = {key[1:]: count for key, count in tally.labels.items() if key[0] == target}
    matrix: Counter[tuple[str, str]] = Counter()
    before: Counter[tuple[str, str]] = Counter()
    after: Counter[tuple[str, str]] = Counter()
    by_year: dict[str, Counter[str]] = {year: Counter() for year in years}
    for (year, old, new), count in counts.items():
        if new:
            matrix[old, new] += count
        before[old, year] += count
        after[new, year] += count
        if year in by_year:
            known = old in labels and bool(new)
            by_year[year].update(rows=count, labelled=count * known, changed=count * (known and old != new))
    compared = [(old, new, count) for (old, new), count in matrix.items() if old in labels]
    labelled = sum(matrix.values())
    series = tuple(
        YearSeries(
            label,
            suppressed([before[label, year] for year in years]),
            suppressed([after[label, year] for year in years]),
        )
        for label in labels
    )
    return TargetSummary(
        target=target,
        labelled_before=_one(sum(count for _, _, count in compared)),
        unknown_before=_one(sum(count for (_, old, _), count in counts.items() if old == UNKNOWN)),
        changed=_one(sum(count for old, new, count in compared if old != new)),
        confident=_one(tally.confident[target]),
        matrix=tuple(suppressed([matrix[old, new] for new in labels]) for old in before_labels(target)),
        by_year=tuple(_part(year, n["rows"], n["labelled"], n["changed"]) for year, n in by_year.items()),
        series=series,
        breaks=_breaks(series, years),
        errors=_errors(tally, target, labelled),
    )


def _breaks(series: Sequence[YearSeries], years: Sequence[str]) -> tuple[Break, ...]:
    """Return the years that break a series, the largest move first.

    Only what the series show decides, so that no hidden count can be had from a break, nor from there being none.
    """
    found = []
    for one in series:
        most_before, most_after = _most_hidden(one.before), _most_hidden(one.after)
        for year, before, after in zip(years, one.before, one.after, strict=True):
            move = _sure_move(before, after, most_before, most_after)
            if move:
                found.append((move, Break(one.label, year, before, after)))
    return tuple(item for _, item in sorted(found, key=lambda pair: -pair[0]))


def _most_hidden(shown: Sequence[Count]) -> int | None:
    """Return the most that a hidden count of a list can be by what is shown of it, None if that sets no bound."""
    if shown.count(None) != 2:
        return SMALLEST_SHOWN - 1
    # One of two may be the next smallest count, taken along with a small one.
    return min((count for count in shown if count), default=None)


def _sure_move(before: Count, after: Count, most_before: int | None, most_after: int | None) -> int:
    """Return how far a count moves at least, whatever a hidden one is, if that breaks a series, else 0."""
    if before is None and after is None:
        return 0
    if before is None or after is None:
        most = most_before if before is None else most_after
        shown = after if before is None else before
        if most is None or shown is None or shown <= most:
            return 0
        before, after = (most, shown) if before is None else (shown, most)
    move = abs(after - before)
    return move if move > _BREAK_SHARE * before and move > _Z * sqrt(before) else 0


def _errors(tally: Tally, target: Target, labelled: int) -> Errors:
    """Return the errors to expect: each label is wrong with one minus its probability, if the probabilities are right."""
    expected, spread = tally.expected_errors[target] / 1e6, _Z * sqrt(tally.variance[target] / 1e6)
    return Errors(
        labelled, round(expected, 1), round(max(0.0, expected - spread), 1), round(min(labelled, expected + spread), 1)
    )


def _by_channel(tally: Tally) -> tuple[Part, ...]:
    """Return, for each channel before, how many of its rows got another channel."""
    rows: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    for (target, _, old, new), count in tally.labels.items():
        if target == "channel" and old in LABELS["channel"]:
            rows[old] += count
            labelled[old] += count * bool(new)
            changed[old] += count * (bool(new) and old != new)
    return tuple(_part(channel, rows[channel], labelled[channel], changed[channel]) for channel in LABELS["channel"])


def _part(name: str, rows: int, labelled: int, changed: int) -> Part:
    # Those that kept their label could be had by subtraction, so they must not be few either.
    few = 0 < labelled - changed < SMALLEST_SHOWN
    return Part(name, _one(rows), _one(labelled), None if few else _one(changed))


def _one(count: int) -> Count:
    return None if 0 < count < SMALLEST_SHOWN else count


def _shown(counts: Counter[str]) -> dict[str, Count]:
    return {name: _one(count) for name, count in sorted(counts.items())}
