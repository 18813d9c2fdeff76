"""The one function that makes suggestions, which every command, page and batch job calls."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from classifier.errors import InputError
from classifier.language import AnalysedText, LoadedPipeline, Part, analyse
from classifier.model.estimator import LABELS, TARGETS, Target, columns_of
from classifier.model.explanation import contributions, evidence, heaviest_sentence, word_shares
from classifier.model.features import Reading
from classifier.model.priors import CORPUS, adjust, named_prior
from classifier.model.training import TrainedModel
from classifier.suggestion import Evidence, Outcome, Proposal, Ranked, Suggestion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

LONGEST_TEXT = 20_000
"""Characters; the agency's form allows 3,000."""

FEWEST_WORDS = 2
_FOREIGN = 0.75
"""A text that the language check takes for foreign is believed to be so if training saw less than this share of its words.
Reports quote English, and short ones hold few of the small words that the check goes by; chosen on
`tests/data/languages_dev.tsv`."""

_MEANINGLESS = 0.2
"""A text without a cue of which training saw less than this share of the words is taken for no Norwegian."""

PARTS: frozenset[Part] = frozenset()
"""What the model needs of the pipeline beyond words: nothing."""

_BATCH = 64
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Probabilities:
    """Calibrated probabilities of texts, texts by labels, by target, under the corpus's prior."""

    by_target: dict[Target, NDArray[np.float64]]


class IncidentModel:
    """A trained model with the pipeline it reads with; made by `load_model`."""

    def __init__(self, trained: TrainedModel, pipeline: LoadedPipeline, *, version: str, prior: str = CORPUS) -> None:
        """Take a trained model, and the name of the prior to answer under; raises InputError for an unknown prior."""
        import numpy as np

        self.trained = trained
        self.pipeline = pipeline
        self.version = version
        self.prior = prior
        self._trained_prior = {target: np.array(trained.targets[target].prior) for target in TARGETS}
        self._prior = {target: named_prior(prior, target, self._trained_prior[target]) for target in TARGETS}
        self._read = trained.estimator.named_steps["read"]
        self._features = trained.estimator.named_steps["features"]
        self._scores = trained.estimator.named_steps["scores"]

    def under(self, name: str, prior: Mapping[Target, NDArray[np.float64]]) -> IncidentModel:
        """Return this model answering under a prior of one's own, as `prior_of_decisions` or `prior_of_texts` estimates it.

        `prior` holds the share of each label in the order of the taxonomy, for both targets. Raises InputError if a share is
        missing, negative, or they do not add up to 1.
        """
        for target in TARGETS:
            shares = prior[target]
            if shares.shape != (len(LABELS[target]),) or shares.min() < 0 or abs(shares.sum() - 1) > _ROUNDING:
                raise InputError("prior", f"shares of {target} labels that are none", "one a label, adding up to 1")
        model = IncidentModel(self.trained, self.pipeline, version=self.version)
        model.prior, model._prior = name, dict(prior)
        return model

    @property
    def vocabulary(self) -> Container[str]:
        """The words, in the form that both written standards share, and the pairs of them that training saw."""
        seen: Container[str] = self._features.named_transformers["words"].vocabulary_
        return seen

    def suggest(self, texts: Iterable[str]) -> list[Suggestion]:
        """Return a suggestion for each text, in order; raises InputError, naming its place, for one above LONGEST_TEXT."""
        return list(self.suggest_each(texts))

    def suggest_each(self, texts: Iterable[str], *, processes: int = 1, explain: bool = True) -> Iterator[Suggestion]:
        """Yield what `suggest` returns, reading ahead no more than a few batches; `explain=False` leaves out the evidence."""
        analysed = analyse(_checked(texts), pipeline=self.pipeline, batch_size=_BATCH, processes=processes, parts=PARTS)
        while batch := list(islice(analysed, _BATCH)):
            yield from self.suggest_analysed(batch, explain=explain)

    def suggest_analysed(self, texts: Sequence[AnalysedText], *, explain: bool = True) -> list[Suggestion]:
        """Return a suggestion for each analysed text; of the analysis, the words and the language are needed."""
        if not texts:
            return []
        readings = self._read.transform(texts)
        rows = self._features.transform(readings)
        probabilities = self._probabilities(rows)
        return [
            self._suggestion(text, reading, rows[place], {t: p[place] for t, p in probabilities.by_target.items()}, explain)
            for place, (text, reading) in enumerate(zip(texts, readings, strict=True))
        ]

    def predict_proba(self, texts: Sequence[AnalysedText]) -> Probabilities:
        """Return the probabilities of analysed texts under the corpus's prior, whatever prior the model answers under."""
        return self._probabilities(self._features.transform(self._read.transform(texts)))

    def suggestions_of_scores(self, scores: NDArray[np.float64]) -> list[Suggestion]:
        """Return suggestions, without evidence, for scores that were computed elsewhere, as out of fold."""
        found = self._calibrated(scores)
        return [
            self._suggestion_of({target: part[place] for target, part in found.by_target.items()})
            for place in range(len(scores))
        ]

    def _probabilities(self, rows: csr_matrix) -> Probabilities:
        return self._calibrated(self._scores.decision_function(rows))

    def _calibrated(self, scores: NDArray[np.float64]) -> Probabilities:
        return Probabilities({t: self.trained.targets[t].calibration.predict_proba(scores[:, columns_of(t)]) for t in TARGETS})

    def _suggestion(
        self,
        text: AnalysedText,
        reading: Reading,
        row: csr_matrix,
        probabilities: dict[Target, NDArray[np.float64]],
        explain: bool,
    ) -> Suggestion:
        outcome = self._outcome(text, reading)
        if outcome != "ok":
            return Suggestion(outcome, None, None, (), (), None, self.version)
        found = self._suggestion_of(probabilities)
        if not explain or found.category is None or found.channel is None:
            return found
        spans, sentence = self._explained(text, reading, row, {"category": found.category, "channel": found.channel})
        return replace(found, evidence=tuple(spans), sentence=sentence)

    def _suggestion_of(self, probabilities: dict[Target, NDArray[np.float64]]) -> Suggestion:
        category, channel = (self._proposal(target, probabilities[target]) for target in TARGETS)
        category_probability = dict(zip(LABELS["category"], probabilities["category"], strict=True))
        warnings = tuple(
            label
            for label, threshold in self.trained.warn_from.items()
            if category_probability[label] >= threshold and label != category.label
        )
        return Suggestion("ok", category, channel, warnings, (), None, self.version)

    def _outcome(self, text: AnalysedText, reading: Reading) -> Outcome:
        letters = [form for form in reading.forms if any(character.isalpha() for character in form)]
        if len(letters) < FEWEST_WORDS:
            return "too_short"
        known = sum(form in self.vocabulary for form in letters) / len(letters)
        if text.language.standard == "other" and known < _FOREIGN:
            return "not_norwegian"
        if not reading.cues and known < _MEANINGLESS:
            return "not_norwegian"
        return "ok"

    def _proposal(self, target: Target, probabilities: NDArray[np.float64]) -> Proposal:
        import numpy as np

        labels = LABELS[target]
        settings, calibrated = self.trained.settings, self.trained.targets[target]
        shown = adjust(probabilities[np.newaxis], self._trained_prior[target], self._prior[target])[0]
        order = np.argsort(-shown, kind="stable")
        best = int(order[0])
        threshold = calibrated.confident_from[labels[best]]
        confident = threshold is not None and best == int(probabilities.argmax()) and probabilities[best] >= threshold
        if self.prior != CORPUS:
            # The threshold was proven under the corpus's prior; under another the adjusted probability must keep the promise
            # too.
            confident = confident and shown[best] >= settings.precision
        return Proposal(tuple(Ranked(labels[place], float(shown[place])) for place in order), bool(confident))

    def _explained(
        self, text: AnalysedText, reading: Reading, row: csr_matrix, proposals: dict[Target, Proposal]
    ) -> tuple[list[Evidence], tuple[int, int] | None]:
        """Return the spans for the winner and the runner-up of each target, and the sentence that carries the act."""
        shares = word_shares(self._features, reading, row)
        labels = list(self._scores.classes_)
        spans: list[Evidence] = []
        sentence = None
        for target in TARGETS:
            for rank, item in enumerate(proposals[target].ranked[:2]):
                weights = contributions(shares, self._scores.coef_[labels.index(item.label)])
                spans.extend(evidence(text, weights, item.label))
                if target == "category" and rank == 0:
                    sentence = heaviest_sentence(text, weights)
        return spans, sentence


def _checked(texts: Iterable[str]) -> Iterator[str]:
    for place, text in enumerate(texts, start=1):
        if len(text) > LONGEST_TEXT:
            raise InputError(f"text {place}", f"{len(text):,} characters", f"at most {LONGEST_TEXT:,}")
        yield text
