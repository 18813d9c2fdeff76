"""How well people agree, with each other and with the model, and how much a suggestion sways them.

Figures are shares, Cohen's kappa (1960) for two, and Krippendorff's alpha (2011) for any number of people who each labelled
some of the reports. Each has its 95 % interval, and none is given on fewer than FEWEST reports, where it would say nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.evaluation import INTERVAL, Estimate
from classifier.review.decisions import histories
from classifier.review.standing import PastDecision, last_labels
from classifier.review.thermometer import blind_label, blind_reports
from classifier.store.tables import Assignment, StoredSuggestion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 20
"""Reports; no figure is given on fewer."""

RESAMPLES = 1000
_AT_RANDOM = {"random"}
_MOST_PAIRS = 10

Part = TypeVar("Part")
Measure = Literal["share", "kappa", "alpha"]
WhyNot = Literal["too_few", "one_label"]


@dataclass(frozen=True)
class Figure:
    """A measure on `count` reports; without an estimate, `why_not` says why: too few reports, or but one label among them."""

    name: str
    target: Target
    measure: Measure
    count: int
    estimate: Estimate | None
    why_not: WhyNot | None = None


@dataclass(frozen=True)
class Sway:
    """How much a suggestion sways people: how often they agree with one they saw, and with one that was hidden from them.

    Compared are reports that were not chosen for being doubtful: those registered with a suggestion or dealt at random, and the
    blind share. `difference` is the first share less the second.
    """

    target: Target
    seen: Figure
    hidden: Figure
    difference: Figure


@dataclass(frozen=True)
class AgreementReport:
    """All figures: `pairs` are the two people who share most reports and so on, `by_month` and `by_category` people and model.

    `blind_accuracy` is how often the suggestion hidden from people turned out right: the unbiased measure of the model in use.
    """

    between_people: tuple[Figure, ...]
    pairs: tuple[Figure, ...]
    people_by_category: tuple[Figure, ...]
    people_by_month: tuple[Figure, ...]
    with_model: tuple[Figure, ...]
    model_by_category: tuple[Figure, ...]
    model_by_month: tuple[Figure, ...]
    blind_accuracy: tuple[Figure, ...]
    sway: tuple[Sway, ...]


@dataclass(frozen=True)
class Answer:
    """A person's label of a report, and what the model proposed, seen or not."""

    report_id: int
    annotator: str
    month: str
    labels: Mapping[Target, str]
    proposed: Mapping[Target, str] | None
    saw: bool
    chosen_at_random: bool
    in_blind_share: bool


def agreement_report(session: Session, *, share: float, salt: str, seed: int = 0) -> AgreementReport:
    """Return how well people agree by all that was decided; `share` and `salt` are those of the blind share."""
    given = answers(session, share, salt)
    truths = _blind_truths(session, share, salt)
    return AgreementReport(
        between_people=tuple(f for t in TARGETS for f in between_people(given, t, seed)),
        pairs=tuple(f for t in TARGETS for f in between_pairs(given, t, seed)),
        people_by_category=tuple(_people_by(given, "category", lambda answer: answer.labels["category"], seed)),
        people_by_month=tuple(f for t in TARGETS for f in _people_by(given, t, lambda answer: answer.month, seed)),
        with_model=tuple(f for t in TARGETS for f in with_model(given, t, seed)),
        model_by_category=tuple(_model_by(given, "category", lambda answer: answer.labels["category"])),
        model_by_month=tuple(f for t in TARGETS for f in _model_by(given, t, lambda answer: answer.month)),
        blind_accuracy=tuple(blind_accuracy(given, truths, t) for t in TARGETS),
        sway=tuple(sway(given, t) for t in TARGETS),
    )


def answers(session: Session, share: float, salt: str) -> list[Answer]:
    """Return each person's last label of each report that was not taken back; what settled a dispute is not one of them."""
    blind = blind_reports(session, share, salt)
    by_report = histories(session)
    proposals = _proposals(session)
    reasons = {
        (row.report_id, row.annotator): {reason.get("id") for reason in row.reasons}
        for row in session.scalars(select(Assignment).order_by(Assignment.id))
    }
    found = []
    for report, decisions in sorted(by_report.items()):
        for label in last_labels(decisions):
            if label.category is None or label.channel is None:
                continue
            dealt = reasons.get((report, label.annotator))
            found.append(
                Answer(
                    report_id=report,
                    annotator=label.annotator,
                    month=label.decided_at.strftime("%Y-%m"),
                    labels={"category": label.category, "channel": label.channel},
                    proposed=_proposed(label, proposals.get(report, [])),
                    saw=label.suggestion_id is not None,
                    chosen_at_random=dealt <= _AT_RANDOM if dealt is not None else label.origin == "registration",
                    in_blind_share=report in blind and label.blind,
                )
            )
    return found


def between_people(given: Sequence[Answer], target: Target, seed: int) -> list[Figure]:
    """Return the share of pairs of people that agree, report by report, and Krippendorff's alpha."""
    rated = _rated(given, target)
    shares = [_pair_share(labels) for labels in rated]
    return [
        _bootstrapped("people", target, "share", len(rated), lambda places: _mean(shares, places), seed),
        _alpha("people", target, rated, seed),
    ]


def between_pairs(given: Sequence[Answer], target: Target, seed: int) -> list[Figure]:
    """Return Cohen's kappa of the pairs of people who labelled most reports in common."""
    by_report: dict[int, dict[str, str]] = defaultdict(dict)
    for answer in given:
        by_report[answer.report_id][answer.annotator] = answer.labels[target]
    common: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for labels in by_report.values():
        for one, other in combinations(sorted(labels), 2):
            common[one, other].append((labels[one], labels[other]))
    most = sorted(common.items(), key=lambda item: (-len(item[1]), item[0]))[:_MOST_PAIRS]
    return [_kappa(f"{one} – {other}", target, pairs, seed) for (one, other), pairs in most]


def with_model(given: Sequence[Answer], target: Target, seed: int) -> list[Figure]:
    """Return how often people gave the label that the model proposed, Cohen's kappa, and Krippendorff's alpha."""
    pairs = [(answer.labels[target], answer.proposed[target]) for answer in given if answer.proposed is not None]
    rated = [list(pair) for pair in pairs]
    return [
        _proportion("people and model", target, sum(one == other for one, other in pairs), len(pairs)),
        _kappa("people and model", target, pairs, seed),
        _alpha("people and model", target, rated, seed),
    ]


def blind_accuracy(given: Sequence[Answer], truths: Mapping[int, Mapping[Target, str]], target: Target) -> Figure:
    """Return the share of the blind share's reports whose hidden suggestion was right, with Wilson's interval (1927)."""
    proposed = {a.report_id: a.proposed[target] for a in given if a.in_blind_share and a.proposed is not None}
    judged = [proposed[report] == truth[target] for report, truth in truths.items() if report in proposed]
    return _proportion("right, blind", target, sum(judged), len(judged))


def sway(given: Sequence[Answer], target: Target) -> Sway:
    """Return how much more often people agree with a suggestion when they see it; the interval is Newcombe's (1998)."""
    seen = [a.labels[target] == a.proposed[target] for a in given if a.saw and a.chosen_at_random and a.proposed is not None]
    hidden = [a.labels[target] == a.proposed[target] for a in given if a.in_blind_share and a.proposed is not None]
    first, second = (
        _proportion(name, target, sum(agreed), len(agreed)) for name, agreed in (("seen", seen), ("hidden", hidden))
    )
    count = min(len(seen), len(hidden))
    if first.estimate is None or second.estimate is None:
        return Sway(target, first, second, Figure("difference", target, "share", count, None, "too_few"))
    one, other = first.estimate, second.estimate
    value = one.value - other.value
    low = value - ((one.value - one.low) ** 2 + (other.high - other.value) ** 2) ** 0.5
    high = value + ((one.high - one.value) ** 2 + (other.value - other.low) ** 2) ** 0.5
    return Sway(target, first, second, Figure("difference", target, "share", count, Estimate(value, low, high)))


def _people_by(given: Sequence[Answer], target: Target, part: Callable[[Answer], str], seed: int) -> list[Figure]:
    """Return the share of agreeing pairs among the reports that somebody put in each part."""
    reports: dict[str, set[int]] = defaultdict(set)
    for answer in given:
        reports[part(answer)].add(answer.report_id)
    found = []
    for name, ids in _in_order(reports):
        shares = [_pair_share(labels) for labels in _rated([a for a in given if a.report_id in ids], target)]
        found.append(_share_of(name, target, shares, seed))
    return found


def _share_of(name: str, target: Target, shares: Sequence[float], seed: int) -> Figure:
    return _bootstrapped(name, target, "share", len(shares), lambda places: _mean(shares, places), seed)


def _model_by(given: Sequence[Answer], target: Target, part: Callable[[Answer], str]) -> list[Figure]:
    agreed: dict[str, list[bool]] = defaultdict(list)
    for answer in given:
        if answer.proposed is not None:
            agreed[part(answer)].append(answer.labels[target] == answer.proposed[target])
    return [_proportion(name, target, sum(same), len(same)) for name, same in _in_order(agreed)]


def _in_order(parts: Mapping[str, Part]) -> list[tuple[str, Part]]:
    """Return parts by the order of the taxonomy, or of time."""
    order = {label: place for place, label in enumerate(LABELS["category"])}
    return sorted(parts.items(), key=lambda item: (order.get(item[0], 0), item[0]))


def _rated(given: Sequence[Answer], target: Target) -> list[list[str]]:
    """Return the labels of each report that at least two people labelled."""
    by_report: dict[int, list[str]] = defaultdict(list)
    for answer in given:
        by_report[answer.report_id].append(answer.labels[target])
    return [labels for _, labels in sorted(by_report.items()) if len(labels) > 1]


def _pair_share(labels: Sequence[str]) -> float:
    pairs = list(combinations(labels, 2))
    return sum(one == other for one, other in pairs) / len(pairs)


def _mean(values: Sequence[float], places: NDArray[np.intp]) -> float:
    import numpy as np

    return float(np.asarray(values)[places].mean())


def _kappa(name: str, target: Target, pairs: Sequence[tuple[str, str]], seed: int) -> Figure:
    from sklearn.metrics import cohen_kappa_score

    labels = LABELS[target]
    index = {label: place for place, label in enumerate(labels)}
    codes = [(index[one], index[other]) for one, other in pairs]
    if len({label for pair in codes for label in pair}) < 2:
        return Figure(name, target, "kappa", len(pairs), None, "too_few" if len(pairs) < FEWEST else "one_label")
    import numpy as np

    table = np.array(codes)

    def kappa(places: NDArray[np.intp]) -> float:
        drawn = table[places]
        if len(np.unique(drawn)) < 2:
            return float("nan")
        return float(cohen_kappa_score(drawn[:, 0], drawn[:, 1]))

    return _bootstrapped(name, target, "kappa", len(pairs), kappa, seed)


def _alpha(name: str, target: Target, rated: Sequence[Sequence[str]], seed: int) -> Figure:
    import numpy as np

    labels = LABELS[target]
    if len({label for given in rated for label in given}) < 2:
        return Figure(name, target, "alpha", len(rated), None, "too_few" if len(rated) < FEWEST else "one_label")
    counts = np.array([[given.count(label) for label in labels] for given in rated])

    def alpha(places: NDArray[np.intp]) -> float:
        from krippendorff import alpha as krippendorff_alpha

        drawn = counts[places]
        if np.sum(drawn.sum(axis=0) > 0) < 2:
            return float("nan")
        return float(krippendorff_alpha(value_counts=drawn, level_of_measurement="nominal"))

    return _bootstrapped(name, target, "alpha", len(rated), alpha, seed)


def _bootstrapped(
    name: str, target: Target, measure: Measure, count: int, figure: Callable[[NDArray[np.intp]], float], seed: int
) -> Figure:
    """Return a figure with the percentile interval of its bootstrap over reports; a draw with but one label counts for none."""
    import numpy as np

    if count < FEWEST:
        return Figure(name, target, measure, count, None, "too_few")
    random = np.random.default_rng(seed)
    values = [figure(random.integers(0, count, count)) for _ in range(RESAMPLES)]
    tail = (1 - INTERVAL) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return Figure(name, target, measure, count, Estimate(figure(np.arange(count)), float(low), float(high)))


def _proportion(name: str, target: Target, hits: int, count: int) -> Figure:
    """Return a share with Wilson's score interval (1927)."""
    from scipy.stats import binomtest

    if count < FEWEST:
        return Figure(name, target, "share", count, None, "too_few")
    interval = binomtest(hits, count).proportion_ci(INTERVAL, method="wilson")
    return Figure(name, target, "share", count, Estimate(hits / count, float(interval.low), float(interval.high)))


def _proposals(session: Session) -> dict[int, list[StoredSuggestion]]:
    """Return the suggestions with a label, by report and oldest first."""
    query = select(StoredSuggestion).where(StoredSuggestion.outcome == "ok").order_by(StoredSuggestion.id)
    found: dict[int, list[StoredSuggestion]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.report_id].append(row)
    return found


def _proposed(label: PastDecision, proposals: Sequence[StoredSuggestion]) -> dict[Target, str] | None:
    """Return what the model proposed: what was seen, else the newest that was there when the person decided, else the first."""
    if label.suggestion_id is not None:
        chosen = [row for row in proposals if row.id == label.suggestion_id]
    else:
        chosen = [row for row in proposals if row.created_at <= label.decided_at][-1:] or list(proposals[:1])
    if not chosen or chosen[0].category is None or chosen[0].channel is None:
        return None
    return {"category": chosen[0].category, "channel": chosen[0].channel}


def _blind_truths(session: Session, share: float, salt: str) -> dict[int, dict[Target, str]]:
    truths: dict[int, dict[Target, str]] = {}
    for report, decisions in histories(session, blind_reports(session, share, salt)).items():
        truth = blind_label(decisions)
        if truth is not None and truth.category is not None and truth.channel is not None:
            truths[report] = {"category": truth.category, "channel": truth.channel}
    return truths
