"""What each rule of the queue says of the reports that wait."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.corpus import read_corpus, shipped_corpus
from classifier.errors import InputError
from classifier.model.estimator import LABELS, TARGETS
from classifier.review.blind import place_in_draw
from classifier.review.columns import Columns
from classifier.review.mislabelled import likely_mislabelled
from classifier.review.rules import (
    NO_LABEL,
    disagreement,
    pair_lift,
    small_margin,
    stale_label,
    unheeded_warning,
    unlike_training,
    unusual_pair,
)
from classifier.store.tables import Report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def rule_strengths(columns: Columns, unknown: NDArray[np.float64], salt: str) -> dict[str, NDArray[np.float64]]:
    """Return each rule's word on each report; `unknown` is the share of its words that training never saw, NaN if not asked.

    What concerns category and channel alike speaks as strongly as the stronger of the two.
    """
    import numpy as np

    probabilities, given = columns.probabilities, columns.given
    categories, channels = given["category"], given["channel"]
    counts = _pair_counts(categories, channels)
    return {
        "mislabelled": likely_mislabelled(probabilities, given, pair_lift(categories, channels, counts)),
        "disagreement": np.fmax(*(disagreement(probabilities[target], given[target]) for target in TARGETS)),
        "unheeded_warning": unheeded_warning(probabilities["category"], columns.warned, categories),
        "unusual_pair": unusual_pair(categories, channels, counts),
        "stale_label": stale_label(columns.unknown_label, columns.older_taxonomy),
        "small_margin": np.fmax(*(small_margin(probabilities[target]) for target in TARGETS)),
        "unlike_training": unlike_training(columns.readable, unknown),
        "random": np.array([place_in_draw(*name, f"random {salt}") for name in columns.names], dtype=float),
    }


def unknown_shares(session: Session, columns: Columns, unknown_share: Callable[[str], float] | None) -> NDArray[np.float64]:
    """Return what `unknown_share` says of each report's text; NaN without it."""
    import numpy as np

    shares = np.full(len(columns.ids), np.nan)
    if unknown_share is not None and len(shares):
        places = {report_id: place for place, report_id in enumerate(columns.ids)}
        query = select(Report.id, Report.text).where(Report.id.between(columns.ids[0], columns.ids[-1]))
        for report_id, text in session.execute(query):
            if text is not None and report_id in places:
                shares[places[report_id]] = unknown_share(text)
    return shares


def _pair_counts(categories: NDArray[np.intp], channels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how often each category was given with each channel, here and in the shipped corpus."""
    import numpy as np

    counts = _corpus_pairs().copy()
    labelled = (categories != NO_LABEL) & (channels != NO_LABEL)
    np.add.at(counts, (categories[labelled], channels[labelled]), 1)
    return counts


@cache
def _corpus_pairs() -> NDArray[np.float64]:
    import numpy as np

    counts = np.zeros((len(LABELS["category"]), len(LABELS["channel"])))
    for located in read_corpus(shipped_corpus(), _refuse, split="train"):
        example = located.example
        counts[LABELS["category"].index(example.category), LABELS["channel"].index(example.channel)] += 1
    return counts


def _refuse(error: InputError) -> None:
    raise error
