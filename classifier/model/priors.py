"""How common each label is where the model works, which may differ from the corpus it learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.errors import InputError
from classifier.model.estimator import LABELS, Target

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CORPUS = "corpus"

_PSEUDO_COUNT = 1.0
"""What each label counts beforehand where a prior is estimated, so that none is impossible."""

_ASYS_2020_COUNTS = {
    "trussel": 626,
    "verbal_utskjelling": 297,
    "sjikane_trakassering": 269,
    "haerverk": 34,
    "fysisk_angrep_person": 24,
    "hatytringer": 21,
}
"""Incidents the agency counted in 2020 (memo on violence and threats 2014-2021)."""

_SELF_HARM_SHARE = 0.10
"""Threats of self-harm are not in the memo's list; a tenth is this project's assumption."""

_ASYS_2020_CHANNELS = {
    "telefon": 0.43,
    "publikumsmottak": 0.18,
    "samtalerom": 0.05,
    "saksbehandlingssystem": 0.12,
    "epost": 0.08,
    "sms": 0.04,
    "sosiale_medier": 0.02,
    "internett": 0.02,
    "brev": 0.02,
    "annet": 0.02,
    "ukjent": 0.02,
}
"""The memo has telephone, reception and meeting room, and 24 % for case systems, e-mail and SMS together; how those 24 % and
the remaining 10 % divide is this project's assumption."""


def named_prior(name: str, target: Target, corpus: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each label under the prior called `name`: "corpus", "uniform" or "asys-2020"; raises InputError."""
    import numpy as np

    labels = LABELS[target]
    if name == CORPUS:
        return corpus
    if name == "uniform":
        return np.full(len(labels), 1 / len(labels))
    if name == "asys-2020":
        if target == "channel":
            return np.array([_ASYS_2020_CHANNELS[label] for label in labels])
        known = sum(_ASYS_2020_COUNTS.values())
        shares = {label: count / known * (1 - _SELF_HARM_SHARE) for label, count in _ASYS_2020_COUNTS.items()}
        return np.array([shares.get(label, _SELF_HARM_SHARE) for label in labels])
    raise InputError("prior", repr(name), "corpus, uniform or asys-2020, or the summary (.json) of a run under one of your own")


def adjust(
    probabilities: NDArray[np.float64], trained: NDArray[np.float64], deployed: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return probabilities, texts by labels, for a place where labels are as common as `deployed` says, not as in `trained`.

    Bayes' rule, for the case that only how common the labels are differs, not how each kind of incident is written about. A
    label that training never saw keeps its probability of next to nothing.
    """
    import numpy as np

    weights = np.divide(deployed, trained, out=np.zeros_like(deployed), where=trained > 0)
    weighted = probabilities * weights
    total = weighted.sum(axis=1, keepdims=True)
    return np.where(total > 0, weighted / np.where(total > 0, total, 1.0), probabilities)


def prior_of_decisions(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the prior that an agency's own decisions speak for, one pseudo-count a label so that none is impossible."""
    return _smoothed(counts)


def prior_of_texts(
    probabilities: NDArray[np.float64], trained: NDArray[np.float64], *, iterations: int = 500, tolerance: float = 1e-7
) -> NDArray[np.float64]:
    """Return the prior under which unlabelled texts with these probabilities are likeliest.

    Expectation-maximisation of Saerens, Latinne and Decaestecker, "Adjusting the outputs of a classifier to new a priori
    probabilities" (2002). One pseudo-count a label, a Dirichlet prior of 2 each, keeps a label that no text looks like from
    becoming impossible; the same steps then find the mode of the posterior (Dempster, Laird and Rubin, "Maximum likelihood from
    incomplete data via the EM algorithm", 1977).
    """
    import numpy as np

    prior = trained.copy()
    for _ in range(iterations):
        updated = _smoothed(adjust(probabilities, trained, prior).sum(axis=0))
        if np.abs(updated - prior).max() < tolerance:
            return updated
        prior = updated
    return prior


def _smoothed(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = (counts + _PSEUDO_COUNT) / (counts + _PSEUDO_COUNT).sum()
    return shares
