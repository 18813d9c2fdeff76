"""Decisions become examples: what people confirmed, corrected or settled, without personal data and without repeats.

What must not teach is left out and counted: the blind share, by which models are measured; what is disputed, parked or was
taken back; whatever is like a text that a model is measured on; and texts that people labelled one way here, another way there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from classifier.corpus_check import NEAR_DUPLICATE, near_duplicates, similar_pairs
from classifier.language import LoadedPipeline
from classifier.privacy import mask_texts
from classifier.review.decisions import standings
from classifier.review.standing import PastDecision
from classifier.review.thermometer import blind_reports
from classifier.store.reports import language_of, reports_by_id, text_digest
from classifier.store.suggestions import suggestions_by_id
from classifier.store.tables import Report, StoredSuggestion
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

Provenance = Literal["confirmation", "correction", "adjudication"]

LeftOut = Literal["blind", "open", "parked", "disputed", "erased", "measured_on", "contradicted", "repeated"]


@dataclass(frozen=True)
class Taught:
    """What people decided about a report, on its way to become an example; `text` is the report's own."""

    report_id: int
    decision_id: int
    text: str
    digest: str
    category: str
    channel: str
    language: str
    provenance: Provenance
    source: str


@dataclass(frozen=True)
class FeedbackExample:
    """A masked text with the label people gave it; `group` is shared by near-duplicates."""

    report_id: int
    decision_id: int
    text: str
    category: str
    channel: str
    language: str
    provenance: Provenance
    source: str
    group: str


@dataclass(frozen=True)
class Feedback:
    """The examples, by ascending report, and how many decided reports were left out for which reason."""

    examples: tuple[FeedbackExample, ...]
    left_out: Mapping[LeftOut, int]


def collect(session: Session, share: float, salt: str) -> tuple[list[Taught], Counter[LeftOut]]:
    """Return what people decided that may teach, by ascending report, and how many reports were left out and why.

    `share` and `salt` are those of the blind share.
    """
    left_out: Counter[LeftOut] = Counter()
    blind = blind_reports(session, share, salt)
    deciding: dict[int, PastDecision] = {}
    for report_id, standing in standings(session).items():
        if report_id in blind:
            left_out["blind"] += 1
        elif standing.state != "settled":
            left_out[standing.state] += 1
        elif standing.decision is not None:
            deciding[report_id] = standing.decision
    reports = reports_by_id(session, deciding)
    suggestions = suggestions_by_id(session, [d.suggestion_id for d in deciding.values() if d.suggestion_id is not None])
    taught: list[Taught] = []
    for report_id, decision in sorted(deciding.items()):
        report = reports[report_id]
        if report.text is None or report.text_digest is None:
            left_out["erased"] += 1
        elif decision.category is not None and decision.channel is not None:
            taught.append(
                Taught(
                    report_id=report_id,
                    decision_id=decision.id,
                    text=report.text,
                    digest=report.text_digest,
                    category=decision.category,
                    channel=decision.channel,
                    language=language_of(report),
                    provenance=provenance_of(decision, report, suggestions.get(decision.suggestion_id or 0)),
                    source=report.source,
                )
            )
    return taught, left_out


def provenance_of(decision: PastDecision, report: Report, seen: StoredSuggestion | None) -> Provenance:
    """Return whether a decision settled a disagreement, corrected the suggestion seen or the label there was, or neither."""
    if decision.kind == "adjudication":
        return "adjudication"
    # A source's own word for a label, which today's taxonomy does not know, cannot be told to differ.
    before = [label for label in (report.label_category, report.label_channel) if label in (*CATEGORY_IDS, *CHANNEL_IDS)]
    if seen is not None:
        before += [label for label in (seen.category, seen.channel) if label is not None]
    return "confirmation" if set(before) <= {decision.category, decision.channel} else "correction"


def prepare(
    taught: Sequence[Taught],
    left_out: Counter[LeftOut],
    *,
    measured_on: Sequence[str],
    pipeline: LoadedPipeline,
    progress: Callable[[], None] = lambda: None,
) -> Feedback:
    """Return the examples of what was taught, masked and each text once; `progress` is called after each text.

    `measured_on` are the texts of the frozen test split and of the blind share: nothing that is one of them, or more than
    NEAR_DUPLICATE like one, becomes an example. Of reports with one text and one label the first teaches; reports with one text
    and several labels teach nothing.
    """
    count = Counter(left_out)
    kept = _unlike(taught, measured_on)
    count["measured_on"] += len(taught) - len(kept)
    by_text: dict[str, list[Taught]] = defaultdict(list)
    for item in kept:
        by_text[item.digest].append(item)
    once = []
    for same in by_text.values():
        if len({(item.category, item.channel) for item in same}) > 1:
            count["contradicted"] += len(same)
        else:
            # What was settled or corrected says more than what was waved through.
            once.append(max(same, key=lambda item: (item.provenance != "confirmation", -item.report_id)))
            count["repeated"] += len(same) - 1
    once.sort(key=lambda item: item.report_id)
    groups = _groups(once)
    examples = []
    for item, group, masked in zip(once, groups, mask_texts([item.text for item in once], pipeline=pipeline), strict=True):
        examples.append(
            FeedbackExample(
                report_id=item.report_id,
                decision_id=item.decision_id,
                text=masked.text,
                category=item.category,
                channel=item.channel,
                language=item.language,
                provenance=item.provenance,
                source=item.source,
                group=group,
            )
        )
        progress()
    return Feedback(tuple(examples), {reason: number for reason, number in sorted(count.items()) if number})


def _unlike(taught: Sequence[Taught], measured_on: Sequence[str]) -> list[Taught]:
    digests = {text_digest(text) for text in measured_on}
    like = {place for place, item in enumerate(taught) if item.digest in digests}
    like |= {place for place, _, _ in similar_pairs([item.text for item in taught], measured_on, NEAR_DUPLICATE)}
    return [item for place, item in enumerate(taught) if place not in like]


def _groups(items: Sequence[Taught]) -> list[str]:
    """Return a name for each item that it shares with its near-duplicates, and theirs: the first report among them."""
    return [f"report-{items[first].report_id}" for first in near_duplicates([item.text for item in items])]
