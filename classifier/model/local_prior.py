"""An agency's own prior: labels are as common as its decisions, or its unlabelled texts, say they are."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from classifier.corpus import Located
from classifier.errors import InputError
from classifier.language import analyse
from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.incident_model import PARTS, IncidentModel
from classifier.model.own_prior import OwnPrior, own_prior
from classifier.model.priors import prior_of_decisions, prior_of_texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST_TEXTS = 50
"""Below this a handful of texts would move the prior."""

_BATCH = 512
_STEP = 5


def estimated_from_decisions(decisions: Iterable[Located], *, file: str, sha256: str) -> OwnPrior:
    """Return the prior of labelled reports that stand in a file with this name and digest.

    A channel that a report does not say is none of `ukjent`: channels are counted among the reports that say one, and stay as
    common as in the corpus if those are fewer than FEWEST_TEXTS.

    Summaries note it, and hide counts from 1 to 4; so these count alike here, and others by fives, which moves a share by less
    than chance does. Raises InputError for fewer than FEWEST_TEXTS reports.
    """
    import numpy as np

    counts = {target: np.zeros(len(LABELS[target])) for target in TARGETS}
    for located in decisions:
        counts["category"][LABELS["category"].index(located.example.category)] += 1
        if located.has_channel:
            counts["channel"][LABELS["channel"].index(located.example.channel)] += 1
    _check(file, int(counts["category"].sum()), "labelled reports")
    told: list[Target] = [target for target in TARGETS if counts[target].sum() >= FEWEST_TEXTS]
    return own_prior("decisions", file, sha256, {target: prior_of_decisions(_coarse(counts[target])) for target in told})


def estimated_from_texts(model: IncidentModel, texts: Iterable[str], *, file: str, sha256: str) -> OwnPrior:
    """Return the prior that unlabelled texts, of a file with this name and digest, are likeliest under.

    The texts may be those that a summary counts the labels of. So the numbers of texts that are expected to have each label are
    made coarse as counts of decisions are, all below 5 alike: what few texts would tell is lost, and hardly anything of many.

    Texts that the model refuses to suggest for, such as those in another language, tell nothing of its labels and are left out.
    Raises InputError for fewer than FEWEST_TEXTS others.
    """
    import numpy as np

    found: dict[Target, list[NDArray[np.float64]]] = {target: [] for target in TARGETS}
    number = 0
    analysed = analyse(texts, pipeline=model.pipeline, parts=PARTS)
    while batch := list(islice(analysed, _BATCH)):
        suggestions = model.suggest_analysed(batch, explain=False)
        answered = [text for text, suggestion in zip(batch, suggestions, strict=True) if suggestion.outcome == "ok"]
        if not answered:
            continue
        number += len(answered)
        probabilities = model.predict_proba(answered)
        for target in TARGETS:
            found[target].append(probabilities.by_target[target])
    _check(file, number, "texts that the model suggests for")
    trained = {target: np.array(model.trained.targets[target].prior) for target in TARGETS}
    expected = {target: number * prior_of_texts(np.concatenate(found[target]), trained[target]) for target in TARGETS}
    # No label is expected to be absent, so none may seem to be: all below 5 are of one size.
    coarse = {target: _coarse(np.maximum(expected[target], 1)) for target in TARGETS}
    return own_prior("texts", file, sha256, {target: coarse[target] / coarse[target].sum() for target in TARGETS})


def _coarse(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return counts in which all from 1 to below 5 are one, and all others multiples of five."""
    import numpy as np

    coarse: NDArray[np.float64] = np.where(counts < _STEP, np.minimum(counts, 1) * _STEP / 2, _STEP * np.round(counts / _STEP))
    return coarse


def _check(file: str, number: int, kind: str) -> None:
    if number < FEWEST_TEXTS:
        raise InputError(file, f"{number} {kind}", f"at least {FEWEST_TEXTS}, to tell how common the labels are")
