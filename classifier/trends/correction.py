"""Corrects a history's counts for a model's errors, learned from its answers to texts it had not seen, and says so in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.held_out import HeldOutAnswers
from classifier.model.own_prior import Prior, shares_under
from classifier.model.priors import adjust
from classifier.taxonomy import CATEGORIES, CHANNELS
from classifier.trends.error_model import ErrorModel, learn_errors
from classifier.trends.history import History
from classifier.trends.periods import Period
from classifier.trends.quantification import Answers, Correction, correct
from classifier.trends.report import incidents_per_period

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Correct = Callable[[History, tuple[Period, ...]], Correction]

NOT_KEPT = "modellen har ikke med seg målinger av dem (den ble trent før slike ble tatt vare på)."
"""Why counts are not corrected where an artefact holds no answers to held-out texts."""

_UNCORRECTED = (
    "Typene og kanalene er satt av en modell, og tallene er ikke rettet for feilene den gjør: {why} De kan derfor ligge "
    "systematisk for høyt eller for lavt, mest for sjeldne typer."
)
_CORRECTED = (
    "Rettingen bygger på {texts} rapporter som både mennesker og modellen har satt merke på, {whose}. Den forutsetter at "
    "hendelser av samme slag er skrevet om lag likt der som her. Er de ikke det, kan det riktige tallet ligge utenfor "
    "intervallet. Det sikreste er å la mennesker lese et tilfeldig utvalg av nettopp disse hendelsene og bruke det (--errors)."
)

_NEVER_SEEN = (
    "Ingen av dem har merket {labels}: der er tallet modellens eget, og intervallet sier bare hvor mange det høyst kan være."
)


def corrector(answers: HeldOutAnswers, prior: Prior, seed: int, learned: ErrorModel | None = None) -> Correct:
    """Return what corrects the counts of a history's periods.

    `prior` is the one that the model answered the history under, while the held-out answers are under the corpus's; "corpus"
    where both are under the same one. `learned` is what `learn_errors` makes of the answers, if that is known already. Raises
    InputError for an unknown prior.
    """
    import numpy as np

    errors = learned or learn_errors(answers)
    corpus: dict[Target, NDArray[np.float64]] = {
        target: np.bincount(answers.truth[target], minlength=len(LABELS[target])) / len(answers.writers) for target in TARGETS
    }
    answered_under = {target: shares_under(prior, target, corpus[target]) for target in TARGETS}
    said = {
        target: adjust(answers.probabilities[target], corpus[target], answered_under[target]).argmax(axis=1)
        for target in TARGETS
    }
    split = len(LABELS["category"])

    def corrected(history: History, periods: tuple[Period, ...]) -> Correction:
        given = []
        for part in incidents_per_period(history, periods):
            probabilities = part.probabilities.astype(np.float64)
            by_target = {"category": probabilities[:, :split], "channel": probabilities[:, split:]}
            category, channel = (adjust(by_target[target], answered_under[target], corpus[target]) for target in TARGETS)
            given.append(Answers(category, channel, {target: by_target[target].argmax(axis=1) for target in TARGETS}))
        return correct(errors, given, said, seed=seed)

    return corrected


def note_on_correction(answers: HeldOutAnswers, whose: str) -> str:
    """Return what a reader must know of corrected counts; `whose` says in words whose texts the answers are to."""
    told = _CORRECTED.format(texts=len(answers.writers), whose=whose)
    names = {"category": [category.name for category in CATEGORIES], "channel": [channel.name for channel in CHANNELS]}
    missing = [
        name for target in TARGETS for place, name in enumerate(names[target]) if not (answers.truth[target] == place).any()
    ]
    return f"{told} {_NEVER_SEEN.format(labels=', '.join(missing))}" if missing else told


def note_on_errors(why: str) -> str:
    """Return what a reader must know of a model's counts that are not corrected, and `why` they are not."""
    return _UNCORRECTED.format(why=why)


def whose_texts(version: str) -> str:
    """Return in words whose texts a model answered while it was trained."""
    return f"de som modell {version} ble prøvd på under treningen"
