"""The one function that makes suggestions, which every command, page and batch job calls."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from classifier.errors import InputError
from classifier.language import AnalysedText, LoadedPipeline, Part, analyse
from classifier.model.columns import Columns, LocatedRows
from classifier.model.estimator import LABELS, TARGETS, Target, columns_of
from classifier.model.explanation import contributions, evidence, heaviest_sentence, word_shares
from classifier.model.features import Reading
from classifier.model.own_prior import Prior, name_of, shares_under
from classifier.model.priors import CORPUS, adjust
from classifier.model.training import TrainedModel
from classifier.suggestion import Evidence, Outcome, Proposal, Ranked, Suggestion
from classifier.text_input import LONGEST_TEXT as LONGEST_TEXT
from classifier.word_forms import shared_form

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

FEWEST_WORDS = 2
"""Different words that a text needs for a proposal: one word said ten times is no report."""

FEWEST_KNOWN = 5
"""Different words that training must have seen of a text for a proposal to be confident. In `train`, 72 texts have fewer that
other writers use too; what was confident about them out of fold was right in 33 of 35 cases, which proves no
`TrainingSettings.precision`."""

_FOREIGN = 0.75
_FOREIGN_MARGIN = 2.5
"""A text that the language check takes for foreign is believed to be so if training saw less than a share of `_FOREIGN` of its
words, or if the check's margin is above `_FOREIGN_MARGIN`. Reports quote English, and short ones hold few of the small words
that the check goes by; but most words of a Danish or Swedish text are Norwegian too, so that words alone do not tell. Chosen
on `tests/data/languages_dev.tsv` and `train`."""

_MEANINGLESS = 0.5
"""A text without a cue of which training saw less than this share of the words is taken for no Norwegian; chosen likewise."""

PARTS: frozenset[Part] = frozenset()
"""What the model needs of the pipeline beyond words: nothing."""

_BATCH = 64


@dataclass(frozen=True)
class Probabilities:
    """Calibrated probabilities of texts, texts by labels, by target, under the corpus's prior."""

    by_target: dict[Target, NDArray[np.float64]]


class IncidentModel:
    """A trained model with the pipeline it reads with; made by `load_model`."""

    def __init__(self, trained: TrainedModel, pipeline: LoadedPipeline, *, version: str, prior: Prior = CORPUS) -> None:
        """Take a trained model, and the prior to answer under; raises InputError for an unknown one."""
        import numpy as np

        self.trained = trained
        self.pipeline = pipeline
        self.version = version
        self.answers_under = prior
        self.prior = name_of(prior)
        self._trained_prior = {target: np.array(trained.targets[target].prior) for target in TARGETS}
        self._prior = {target: shares_under(prior, target, self._trained_prior[target]) for target in TARGETS}
        self._as_trained = {target: np.array_equal(self._prior[target], self._trained_prior[target]) for target in TARGETS}
        self._read = trained.estimator.named_steps["read"]
        self._scores = trained.estimator.named_steps["scores"]
        self._labels = self._scores.classes_.tolist()
        # In this order a sparse matrix is multiplied without a copy of all coefficients for each batch.
        self._coefficients = np.ascontiguousarray(self._scores.coef_.T, dtype=float)
        features = trained.estimator.named_steps["features"]
        self._features = features
        self._columns = Columns(features)

    def under(self, prior: Prior) -> IncidentModel:
        """Return this model answering under another prior, such as one that `local_prior` estimates; raises InputError."""
        return IncidentModel(self.trained, self.pipeline, version=self.version, prior=prior)

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
        rows = self._columns.rows(readings)
        found = self._suggestions_of(self._probabilities(rows.matrix))
        suggestions: list[Suggestion] = []
        for place, (text, reading) in enumerate(zip(texts, readings, strict=True)):
            outcome, may_be_confident = self._outcome(text, reading)
            if outcome != "ok":
                suggestions.append(Suggestion(outcome, None, None, (), (), None, self.version))
                continue
            suggestion = found[place] if may_be_confident else _unsure(found[place])
            suggestions.append(self._explained(text, rows, place, suggestion) if explain else suggestion)
        return suggestions

    def knows(self, word: str) -> bool:
        """Return whether training saw a word, in any of its forms, in two texts or more once personal data was taken out."""
        return shared_form(word) in self.vocabulary

    def predict_proba(self, texts: Sequence[AnalysedText]) -> Probabilities:
        """Return the probabilities of analysed texts under the corpus's prior, whatever prior the model answers under."""
        return self._probabilities(self._columns.rows(self._read.transform(texts)).matrix)

    def suggestions_of_scores(self, scores: NDArray[np.float64]) -> list[Suggestion]:
        """Return suggestions, without evidence, for scores that were computed elsewhere, as out of fold."""
        return self._suggestions_of(self._calibrated(scores))

    def _probabilities(self, rows: csr_matrix) -> Probabilities:
        return self._calibrated(rows @ self._coefficients + self._scores.intercept_)

    def _calibrated(self, scores: NDArray[np.float64]) -> Probabilities:
        return Probabilities({t: self.trained.targets[t].calibration.predict_proba(scores[:, columns_of(t)]) for t in TARGETS})

    def _suggestions_of(self, probabilities: Probabilities) -> list[Suggestion]:
        proposals = {target: self._proposals(target, probabilities.by_target[target]) for target in TARGETS}
        category_probabilities = probabilities.by_target["category"].tolist()
        thresholds = [
            (label, LABELS["category"].index(label), threshold) for label, threshold in self.trained.warn_from.items()
        ]
        suggestions: list[Suggestion] = []
        for category, channel, of_label in zip(
            proposals["category"], proposals["channel"], category_probabilities, strict=True
        ):
            warnings = tuple(
                label for label, column, threshold in thresholds if of_label[column] >= threshold and label != category.label
            )
            suggestions.append(Suggestion("ok", category, channel, warnings, (), None, self.version))
        return suggestions

    def _outcome(self, text: AnalysedText, reading: Reading) -> tuple[Outcome, bool]:
        """Return what becomes of a text, and whether a proposal for it may be confident."""
        words = {form for form in reading.forms if any(map(str.isalpha, form))}
        # The tokenizer leaves the full stop on what may be an abbreviation, and "bla bla." is one word all the same.
        if len({word.rstrip(".") for word in words}) < FEWEST_WORDS:
            return "too_short", False
        vocabulary = self.vocabulary
        known = sum(word in vocabulary for word in words)
        share = known / len(words)
        foreign = text.language.standard == "other"
        if foreign and (share < _FOREIGN or text.language.margin > _FOREIGN_MARGIN):
            return "not_norwegian", False
        if share < _MEANINGLESS and not reading.cues:
            return "not_norwegian", False
        return "ok", not foreign and known >= FEWEST_KNOWN

    def _proposals(self, target: Target, probabilities: NDArray[np.float64]) -> list[Proposal]:
        """Return a proposal for each row of probabilities, texts by labels."""
        import numpy as np

        labels = LABELS[target]
        settings, calibrated = self.trained.settings, self.trained.targets[target]
        thresholds = [calibrated.confident_from[label] for label in labels]
        shown = adjust(probabilities, self._trained_prior[target], self._prior[target])
        orders = np.argsort(-shown, axis=1, kind="stable").tolist()
        likeliest = probabilities.argmax(axis=1).tolist()
        proposals: list[Proposal] = []
        for order, row, given, first in zip(orders, shown.tolist(), probabilities.tolist(), likeliest, strict=True):
            best = order[0]
            threshold = thresholds[best]
            confident = threshold is not None and best == first and given[best] >= threshold
            if not self._as_trained[target]:
                # The threshold was proven under the corpus's prior; under another the adjusted probability must keep the
                # promise too.
                confident = confident and row[best] >= settings.precision
            proposals.append(Proposal(tuple(Ranked(labels[place], row[place]) for place in order), confident))
        return proposals

    def _explained(self, text: AnalysedText, rows: LocatedRows, place: int, found: Suggestion) -> Suggestion:
        """Return `found` with the spans for the winner and the runner-up of each target, and the sentence of the act."""
        if found.category is None or found.channel is None:
            return found
        first, last = rows.matrix.indptr[place : place + 2]
        shares = word_shares(rows.located[place], rows.matrix.indices[first:last], rows.matrix.data[first:last])
        spans: list[Evidence] = []
        sentence = None
        for proposal in (found.category, found.channel):
            for rank, item in enumerate(proposal.ranked[:2]):
                weights = contributions(shares, self._scores.coef_[self._labels.index(item.label)])
                spans.extend(evidence(text, weights, item.label))
                if proposal is found.category and rank == 0:
                    sentence = heaviest_sentence(text, weights)
        return replace(found, evidence=tuple(spans), sentence=sentence)


def _unsure(found: Suggestion) -> Suggestion:
    """Return `found` without the claim that either target may be chosen beforehand."""
    category, channel = (proposal and replace(proposal, confident=False) for proposal in (found.category, found.channel))
    return replace(found, category=category, channel=channel)


def _checked(texts: Iterable[str]) -> Iterator[str]:
    for place, text in enumerate(texts, start=1):
        if len(text) > LONGEST_TEXT:
            raise InputError(f"text {place}", f"{len(text):,} characters", f"at most {LONGEST_TEXT:,}")
        yield text
