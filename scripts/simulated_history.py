"""Histories with planted errors, and how soon a way of reviewing finds them; the core of `simulate_review`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.review.columns import Columns
from classifier.review.queue import Filters, QueueSettings, blind_places, turns_of
from classifier.review.ranking import BLIND
from classifier.review.rules import small_margin
from classifier.review.strengths import rule_strengths

Labels = Mapping[Target, NDArray[np.intp]]
Probabilities = Mapping[Target, NDArray[np.float64]]

CONFUSED: Mapping[Target, Sequence[tuple[str, str]]] = {
    "category": (
        ("trussel", "sjikane_trakassering"),
        ("trussel", "verbal_utskjelling"),
        ("trussel", "trussel_selvskading"),
        ("trussel", "fysisk_angrep_person"),
        ("trussel", "haerverk"),
        ("sjikane_trakassering", "verbal_utskjelling"),
        ("sjikane_trakassering", "hatytringer"),
        ("verbal_utskjelling", "hatytringer"),
        ("fysisk_angrep_person", "haerverk"),
    ),
    "channel": (
        ("ukjent", "annet"),
        ("ukjent", "telefon"),
        ("ukjent", "publikumsmottak"),
        ("publikumsmottak", "samtalerom"),
        ("publikumsmottak", "annet"),
        ("telefon", "sms"),
        ("epost", "saksbehandlingssystem"),
        ("epost", "brev"),
        ("internett", "sosiale_medier"),
        ("internett", "saksbehandlingssystem"),
        ("sms", "sosiale_medier"),
    ),
}
"""Pairs of labels that a hurried registrar mixes up, by what the labelling guide warns of."""

KINDS = ("any other label", "one part wrong", "one part mixed up")
"""How planted labels are wrong: another category-channel pair, any with the same chance; a wrong category or a wrong channel,
half each, any with the same chance; the same, but by one of the pairs that people mix up."""


@dataclass(frozen=True)
class History:
    """Incidents with the labels they came with, of which some are wrong, and what the model says of them.

    `probabilities` come from models that saw no text by the same writer; `unknown` is the share of words that these did not
    know, `warned` which categories they warn of.
    """

    names: tuple[tuple[str, str], ...]
    given: Labels
    truth: Labels
    probabilities: Probabilities
    unknown: NDArray[np.float64]
    warned: NDArray[np.bool_]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which incidents have a wrong label."""
        wrong: NDArray[np.bool_] = np.any([self.given[target] != self.truth[target] for target in TARGETS], axis=0)
        return wrong

    @property
    def suggested_rightly(self) -> NDArray[np.bool_]:
        """For which incidents the model's category is right."""
        right: NDArray[np.bool_] = self.probabilities["category"].argmax(axis=1) == self.truth["category"]
        return right

    def columns(self) -> Columns:
        """Return the history as the queue sees it."""
        none = np.zeros(len(self.names), dtype=bool)
        return Columns(
            ids=tuple(range(len(self.names))),
            names=self.names,
            given=self.given,
            unknown_label=none,
            older_taxonomy=none,
            probabilities=self.probabilities,
            read=~none,
            readable=~none,
            warned=self.warned,
            disputed=(),
            not_for={},
        )


def plant(history: History, share: float, kind: str, seed: int) -> History:
    """Return the history with this share of labels made wrong, in one of `KINDS`."""
    random = np.random.default_rng(seed)
    count = len(history.names)
    chosen = random.choice(count, round(share * count), replace=False)
    given = {target: history.truth[target].copy() for target in TARGETS}
    if kind == "any other label":
        sizes = [len(LABELS[target]) for target in TARGETS]
        old = given["category"][chosen] * sizes[1] + given["channel"][chosen]
        new = (old + random.integers(1, sizes[0] * sizes[1], len(chosen))) % (sizes[0] * sizes[1])
        given["category"][chosen], given["channel"][chosen] = np.divmod(new, sizes[1])
    else:
        half = len(chosen) // 2
        for target, places in (("category", chosen[:half]), ("channel", chosen[half:])):
            assert target in TARGETS
            for place in places:
                given[target][place] = random.choice(_others(target, int(given[target][place]), mixed_up=kind != KINDS[1]))
    return replace(history, given=given)


def _others(target: Target, label: int, *, mixed_up: bool) -> list[int]:
    if not mixed_up:
        return [other for other in range(len(LABELS[target])) if other != label]
    name = LABELS[target][label]
    partners = {one if other == name else other for one, other in CONFUSED[target] if name in (one, other)}
    return sorted(LABELS[target].index(partner) for partner in partners)


def review_orders(history: History, settings: QueueSettings, seed: int) -> dict[str, NDArray[np.intp]]:
    """Return the order in which each way of reviewing looks at a history, by the way's name."""
    from cleanlab.rank import get_label_quality_scores

    random = np.random.default_rng(seed).permutation(len(history.names))
    margins = [small_margin(history.probabilities[target], below=2.0) for target in TARGETS]
    quality = [get_label_quality_scores(history.given[target], history.probabilities[target]) for target in TARGETS]

    only = Filters(reason="mislabelled")

    def highest(score: NDArray[np.float64]) -> NDArray[np.intp]:
        return random[np.argsort(-score[random], kind="stable")]

    return {
        "random": random,
        "margin only": highest(np.maximum(*margins)),
        "plain cleanlab": highest(-np.minimum(*quality)),
        "queue": queue_order(history, settings, Filters()),
        "queue, mislabelled only": queue_order(history, settings, only),
        "the same without a blind share": queue_order(history, replace(settings, blind_share=0.0), only),
    }


def queue_order(history: History, settings: QueueSettings, filters: Filters) -> NDArray[np.intp]:
    """Return the order in which the queue deals a history, the blind share among it; what it never deals is left out."""
    columns = history.columns()
    strengths = rule_strengths(columns, history.unknown, settings.blind_salt)
    turns = turns_of(columns, strengths, blind_places(columns, settings), settings, filters, first_turn=0)
    return np.array([turn.place for turn in turns], dtype=np.intp)


def found_within(order: NDArray[np.intp], wrong: NDArray[np.bool_], shares: Sequence[float]) -> list[float]:
    """Return which part of the wrong labels lies in the first part of an order, for each part of all incidents."""
    return [float(wrong[order[: round(share * len(wrong))]].sum() / wrong.sum()) for share in shares]


@dataclass(frozen=True)
class Measured:
    """How often the suggested category was right: truly, by the blind share alone, and by everything else the queue dealt."""

    true: float
    blind: float
    queue: float


def measure_accuracy(history: History, settings: QueueSettings, reviews: int) -> Measured:
    """Return what so many reviews say of the suggestions' accuracy, against what it truly is on the whole history."""
    columns = history.columns()
    strengths = rule_strengths(columns, history.unknown, settings.blind_salt)
    ordered = turns_of(columns, strengths, blind_places(columns, settings), settings, Filters(), first_turn=0)
    turns = list(islice(ordered, reviews))
    right = history.suggested_rightly
    blind = [turn.place for turn in turns if turn.rule == BLIND]
    queue = [turn.place for turn in turns if turn.rule != BLIND]
    return Measured(float(right.mean()), float(right[blind].mean()), float(right[queue].mean()))
