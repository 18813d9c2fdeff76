import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from classifier.corpus import Example
from classifier.errors import TrainingError
from classifier.language import AnalysedText, LoadedPipeline, analyse
from classifier.model.estimator import LABELS, MISSING_SCORE, TARGETS, Target, columns_of, make_estimator
from classifier.model.features import BLOCKS, FEW_CUES, read_forms
from classifier.model.incident_model import IncidentModel
from classifier.model.training import (
    FEWEST_EXAMPLES,
    WARNED_OF,
    OutOfFold,
    TrainedModel,
    TrainingSettings,
    fold_groups,
    label_array,
    out_of_fold,
    read_for_training,
    train,
    truth_of,
    without_personal_data,
)
from tests import small_model

FEW = 120
QUICK = TrainingSettings(folds=2)


def nothing() -> None:
    pass


def few() -> tuple[list[AnalysedText], list[Example]]:
    return list(small_model.texts()[:FEW]), list(small_model.examples()[:FEW])


def train_few(change: Callable[[Example], Example] = lambda example: example) -> tuple[TrainedModel, OutOfFold]:
    texts, examples = few()
    return train(texts, [change(example) for example in examples], QUICK, nothing)


@cache
def plain() -> tuple[TrainedModel, OutOfFold]:
    """Return a model of the few examples as they are, trained once for all tests."""
    return train_few()


def probabilities(trained: TrainedModel, texts: Sequence[AnalysedText], target: Target) -> NDArray[np.float64]:
    scores = trained.estimator.decision_function(texts)
    return trained.targets[target].calibration.predict_proba(scores[:, columns_of(target)])


def fingerprint(trained: TrainedModel, unseen: OutOfFold) -> str:
    """Return a digest of everything about a model that could differ from one trained elsewhere."""
    texts = small_model.texts()[: FEW + 20]
    digest = hashlib.sha256(unseen.scores.tobytes())
    for target in TARGETS:
        digest.update(probabilities(trained, texts, target).tobytes())
        digest.update(repr(trained.targets[target]).encode())
    digest.update(repr(trained.warn_from).encode())
    return digest.hexdigest()


def macro_f1(unseen: OutOfFold, target: Target) -> float:
    truth = truth_of(unseen.labels, target)
    return float(f1_score(truth, unseen.scores[:, columns_of(target)].argmax(axis=1), average="macro"))


def test_training_twice_gives_identical_probabilities() -> None:
    assert fingerprint(*train_few()) == fingerprint(*plain())


def test_training_in_another_process_with_another_hash_seed_gives_identical_probabilities() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from tests.model.test_training import fingerprint, plain; print(fingerprint(*plain()))"],
        env=os.environ | {"PYTHONHASHSEED": "12345", "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split()[-1] == fingerprint(*plain())


def test_another_seed_divides_the_folds_otherwise() -> None:
    texts, examples = few()
    _, other = train(texts, examples, replace(QUICK, seed=1), nothing)
    assert not np.array_equal(other.scores, plain()[1].scores)


def test_labels_are_learned_and_shuffled_labels_score_at_chance() -> None:
    _, unseen = small_model.trained()
    assert macro_f1(unseen, "category") > 0.35
    assert macro_f1(unseen, "channel") > 0.35
    examples = small_model.examples()
    order = np.random.default_rng(0).permutation(len(examples))
    shuffled = [
        replace(example, category=examples[place].category, channel=examples[place].channel, acts=None)
        for example, place in zip(examples, order, strict=True)
    ]
    unseen = out_of_fold(make_estimator, small_model.texts(), shuffled, QUICK, nothing)
    assert macro_f1(unseen, "category") < 0.2
    assert macro_f1(unseen, "channel") < 0.2


def test_out_of_fold_scores_are_not_those_of_the_final_model() -> None:
    trained, unseen = small_model.trained()
    seen = OutOfFold(trained.estimator.decision_function(small_model.texts()), unseen.labels)
    assert macro_f1(seen, "category") > 0.9 > macro_f1(unseen, "category")


NAME = "Ragnhild Kvistrudbråten"
FORMS = ("ragnhild", "kvistrudbraten")


def with_names(examples: Sequence[Example]) -> list[Example]:
    sentences = (
        "{} ringte kontoret og skrek til saksbehandleren.",
        "Brukeren {} slo i skranken og truet vekteren.",
        "Jeg snakket med {} i mottaket, og hun kastet en stol.",
        "{} skrev at vi skulle få svi.",
    )
    return [
        replace(example, text=f"{sentences[place % 4].format(NAME)} {example.text}") if place < 8 else example
        for place, example in enumerate(examples)
    ]


def vocabularies(texts: Sequence[AnalysedText], examples: Sequence[Example]) -> dict[str, dict[str, int]]:
    features = make_estimator().fit(list(texts), label_array(examples)).named_steps["features"]
    return {block: features.named_transformers[block].vocabulary_ for block in BLOCKS}


def named_terms(vocabulary: dict[str, int]) -> set[str]:
    return {term for term in vocabulary if any(form in term.split() for form in FORMS)}


def test_personal_names_do_not_get_into_the_vocabulary(pipeline: LoadedPipeline) -> None:
    examples = with_names(few()[1])
    raw = list(analyse([example.text for example in examples], pipeline=pipeline, parts=frozenset({"entities"})))
    careless = vocabularies(raw, examples)
    assert named_terms(careless["words"]) >= set(FORMS)
    assert "trudb" in careless["characters"]
    trained, _ = train(read_for_training(examples, pipeline, nothing), examples, QUICK, nothing)
    features = trained.estimator.named_steps["features"]
    for block in ("words", "opening", "neighbours"):
        assert named_terms(features.named_transformers[block].vocabulary_) == set()
    assert "trudb" not in features.named_transformers["characters"].vocabulary_


@pytest.mark.parametrize("secret", ["Kari Nordmann", "kari.nordmann@example.com", "91234567", "41 23 45 67"])
def test_words_of_personal_data_are_left_out_and_the_others_kept_in_place(pipeline: LoadedPipeline, secret: str) -> None:
    text = f"Jeg noterte at {secret} sto på lappen i mottaket."
    (analysed,) = analyse([text], pipeline=pipeline, parts=frozenset({"entities"}))
    kept = without_personal_data(analysed)
    assert kept.words == ("Jeg", "noterte", "at", "sto", "på", "lappen", "i", "mottaket", ".")
    assert tuple(text[start:end] for start, end in zip(kept.starts, kept.ends, strict=True)) == kept.words


def test_a_text_without_personal_data_keeps_all_its_words(pipeline: LoadedPipeline) -> None:
    (analysed,) = analyse(["Brukeren slo i skranken og ropte."], pipeline=pipeline, parts=frozenset({"entities"}))
    assert without_personal_data(analysed).words == analysed.words


def test_reading_keeps_the_order_and_tells_of_each_text(pipeline: LoadedPipeline) -> None:
    examples, calls = few()[1][:5], 0

    def count() -> None:
        nonlocal calls
        calls += 1

    read = read_for_training(examples, pipeline, count)
    assert [analysed.text for analysed in read] == [example.text for example in examples]
    assert calls == 5


def test_examples_without_acts_give_the_same_model() -> None:
    trained, _ = train_few(lambda example: replace(example, acts=None))
    texts = small_model.texts()[:20]
    assert np.array_equal(probabilities(trained, texts, "category"), probabilities(plain()[0], texts, "category"))


def refused(texts: Sequence[AnalysedText], examples: Sequence[Example]) -> str:
    with pytest.raises(TrainingError) as caught:
        train(texts, examples, QUICK, nothing)
    return str(caught.value)


@pytest.mark.parametrize("count", [0, 1, FEWEST_EXAMPLES - 1])
def test_too_few_examples_are_refused_with_both_numbers(count: int) -> None:
    texts, examples = few()
    assert refused(texts[:count], examples[:count]) == f"{count} examples; at least {FEWEST_EXAMPLES} are needed"


def test_as_many_examples_as_are_needed_are_enough() -> None:
    texts, examples = few()
    trained, _ = train(texts[:FEWEST_EXAMPLES], examples[:FEWEST_EXAMPLES], QUICK, nothing)
    assert trained.examples == FEWEST_EXAMPLES


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"category": "trussel"}, "only one category"),
        ({"channel": "telefon"}, "only one channel"),
        ({"group": "one"}, "all examples belong to one group"),
    ],
)
def test_examples_all_alike_are_refused(change: dict[str, str], message: str) -> None:
    texts, examples = few()
    assert message in refused(texts, [replace(example, **change) for example in examples])  # type: ignore[arg-type]


@pytest.mark.parametrize("shared", [False, True])
def test_texts_that_share_no_words_are_refused(shared: bool) -> None:
    texts, examples = few()
    odd = [replace(text, words=() if shared else (f"q{place}z",)) for place, text in enumerate(texts)]
    assert "share too few words or cues to learn from" in refused(odd, examples)


def test_where_few_texts_have_cues_what_stands_about_them_is_left_out() -> None:
    texts, examples = few()

    def words(place: int) -> tuple[str, ...]:
        own = [f"q{place}{letter}" for letter in "abcdefgh"]
        return ("tre", "blad", *own[:4], *(("telefon",) if place % 4 == 0 else ()), *own[4:])

    told: list[None] = []
    rare = [replace(text, words=words(place)) for place, text in enumerate(texts)]
    trained, _ = train(rare, examples, QUICK, lambda: told.append(None))
    assert tuple(name for name, _ in trained.estimator.named_steps["features"].transformer_list) == FEW_CUES
    assert len(told) <= QUICK.folds + 1
    model = IncidentModel(trained, small_model.pipeline(), version="a")
    assert model.suggest(["Han ringte på telefon om et tre og et blad."])[0].outcome == "ok"


def test_folds_keep_sources_apart_where_there_are_many_and_stories_where_there_are_few() -> None:
    examples = [replace(small_model.examples()[0], source=f"s{place % 6}", group=f"g{place}") for place in range(12)]
    assert fold_groups(examples, 3) == [example.source for example in examples]
    assert fold_groups(examples, 4) == [example.group for example in examples]


class Recorder:
    """An estimator that learns nothing but which texts it was fitted to and which it scored."""

    made: list["Recorder"]

    def fit(self, texts: Sequence[AnalysedText], labels: NDArray[np.str_]) -> "Recorder":
        assert len(texts) == len(labels)
        self.seen = {text.text for text in texts}
        return self

    def decision_function(self, texts: Sequence[AnalysedText]) -> NDArray[np.float64]:
        self.scored = {text.text for text in texts}
        columns = sum(len(LABELS[target]) for target in TARGETS)
        return np.full((len(texts), columns), float(self.made.index(self)) + 1)


@pytest.mark.parametrize("by", ["source", "group"])
def test_no_fold_is_scored_by_an_estimator_that_saw_a_text_of_its_groups(by: str) -> None:
    texts, examples = few()
    if by == "group":
        examples = [replace(example, source="one", group=f"g{place // 4}") for place, example in enumerate(examples)]
    of_text = {example.text: getattr(example, by) for example in examples}
    made: list[Recorder] = []

    def make() -> Recorder:
        made.append(Recorder())
        made[-1].made = made
        return made[-1]

    unseen = out_of_fold(make, texts, examples, TrainingSettings(folds=4), nothing)
    assert len(made) == 4
    for estimator in made:
        assert not {of_text[text] for text in estimator.seen} & {of_text[text] for text in estimator.scored}
        assert len(estimator.seen) + len(estimator.scored) == FEW
    assert sum(len(estimator.scored) for estimator in made) == FEW
    for text, scores in zip(texts, unseen.scores, strict=True):
        assert text.text in made[int(scores[0]) - 1].scored


def test_fewer_groups_than_folds_are_enough() -> None:
    texts, examples = few()
    halves = [replace(example, source="one", group=f"g{place % 2}") for place, example in enumerate(examples)]
    _, unseen = train(texts, halves, TrainingSettings(folds=5), nothing)
    assert np.isfinite(unseen.scores).all()


def test_progress_is_told_of_each_fold_and_of_the_final_fit() -> None:
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1

    train(*few(), QUICK, count)
    assert calls == QUICK.folds + 1


def test_a_trained_model_records_counts_shares_and_settings() -> None:
    trained, _ = small_model.trained()
    assert (trained.examples, trained.settings) == (small_model.SIZE, small_model.SETTINGS)
    for target in TARGETS:
        counts = Counter(getattr(example, target) for example in small_model.examples())
        assert trained.targets[target].prior == tuple(counts[label] / small_model.SIZE for label in LABELS[target])
        assert tuple(trained.targets[target].confident_from) == LABELS[target]


def test_a_label_that_no_example_has_gets_next_to_no_probability() -> None:
    change = {"hatytringer": "trussel"}
    trained, unseen = train_few(lambda example: replace(example, category=change.get(example.category, example.category)))
    place = LABELS["category"].index("hatytringer")
    assert (unseen.scores[:, place] == MISSING_SCORE).all()
    assert probabilities(trained, small_model.texts(), "category")[:, place].max() < 0.01
    assert trained.targets["category"].prior[place] == 0
    assert trained.targets["category"].confident_from["hatytringer"] is None


def test_warnings_catch_the_promised_share_of_serious_reports_out_of_fold() -> None:
    trained, unseen = small_model.trained()
    found = trained.targets["category"].calibration.predict_proba(unseen.scores[:, columns_of("category")])
    assert set(trained.warn_from) == set(WARNED_OF)
    for label in WARNED_OF:
        probability = found[unseen.labels[:, 0] == label, LABELS["category"].index(label)]
        caught = (probability >= trained.warn_from[label]).mean()
        assert caught >= small_model.SETTINGS.warning_recall
        assert (probability > trained.warn_from[label]).mean() < 1


def test_a_serious_category_without_examples_has_no_warning() -> None:
    trained, _ = train_few(
        lambda example: replace(example, category="trussel") if example.category == "trussel_selvskading" else example
    )
    assert set(trained.warn_from) == {"fysisk_angrep_person"}


def test_a_confident_proposal_is_proven_on_unseen_texts() -> None:
    trained, unseen = train(*few(), replace(QUICK, precision=0.3, confidence=0.8), nothing)
    thresholds = trained.targets["category"].confident_from
    truth = truth_of(unseen.labels, "category")
    found = trained.targets["category"].calibration.predict_proba(unseen.scores[:, columns_of("category")])
    proven = 0
    for place, label in enumerate(LABELS["category"]):
        start = thresholds[label]
        if start is not None:
            sure = (found.argmax(axis=1) == place) & (found[:, place] >= start)
            assert (truth[sure] == place).mean() > 0.3
            proven += 1
    assert proven >= 1


def test_sample_weights_change_the_final_model() -> None:
    texts, examples = few()
    of_label = label_array(examples)[:, 0] == "trussel"
    weighted, _ = train(texts, examples, QUICK, nothing, sample_weight=np.where(of_label, 10.0, 1.0))
    place = LABELS["category"].index("trussel")
    seen = [text for text, wanted in zip(texts, of_label, strict=True) if wanted]
    assert (
        weighted.estimator.decision_function(seen)[:, place].mean()
        > plain()[0].estimator.decision_function(seen)[:, place].mean()
    )


def test_training_reads_the_same_words_as_suggesting(pipeline: LoadedPipeline) -> None:
    text = "Brukaren ringde og truga med å ta livet sitt."
    (analysed,) = analyse([text], pipeline=pipeline, parts=frozenset())
    (read,) = read_for_training([replace(small_model.examples()[0], text=text)], pipeline, nothing)
    assert read_forms([read]) == read_forms([analysed])
    assert all(first < second for first, second in pairwise(read.starts))
