"""A model that answers for one agency: labels are as common as its decisions, or its unlabelled texts, say they are."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from classifier.corpus import Example
from classifier.errors import InputError
from classifier.language import analyse
from classifier.model.estimator import LABELS, TARGETS
from classifier.model.incident_model import PARTS, IncidentModel
from classifier.model.priors import prior_of_decisions, prior_of_texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST_TEXTS = 50
"""Below this a handful of texts would move the prior."""

_BATCH = 512


def under_decisions(model: IncidentModel, examples: Iterable[Example]) -> IncidentModel:
    """Return the model under the prior of labelled reports, named "decisions".

    Raises InputError for fewer than FEWEST_TEXTS of them.
    """
    import numpy as np

    counts = {target: np.zeros(len(LABELS[target])) for target in TARGETS}
    for example in examples:
        for target in TARGETS:
            counts[target][LABELS[target].index(getattr(example, target))] += 1
    _check(int(counts["category"].sum()), "labelled reports")
    return model.under("decisions", {target: prior_of_decisions(counts[target]) for target in TARGETS})


def under_texts(model: IncidentModel, texts: Iterable[str]) -> IncidentModel:
    """Return the model under the prior that unlabelled texts are likeliest under, named "texts".

    Texts that the model refuses to suggest for, such as those in another language, tell nothing of its labels and are left out.
    Raises InputError for fewer than FEWEST_TEXTS others.
    """
    import numpy as np

    found: dict[str, list[NDArray[np.float64]]] = {target: [] for target in TARGETS}
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
    _check(number, "texts that the model suggests for")
    trained = {target: np.array(model.trained.targets[target].prior) for target in TARGETS}
    return model.under("texts", {target: prior_of_texts(np.concatenate(found[target]), trained[target]) for target in TARGETS})


def _check(number: int, kind: str) -> None:
    if number < FEWEST_TEXTS:
        raise InputError("prior", f"{number} {kind}", f"at least {FEWEST_TEXTS}, to tell how common the labels are")
