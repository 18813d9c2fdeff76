import csv
from collections import Counter
from pathlib import Path

import pytest

from classifier.corpus import Example, Located, read_corpus
from classifier.corpus_check import find_problems
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

FOLDER = Path(__file__).parent.parent / "training_data"


@pytest.fixture(scope="module")
def corpus() -> list[Located]:
    errors: list[Exception] = []
    located = list(read_corpus(FOLDER, errors.append))
    assert errors == []
    return located


@pytest.fixture(scope="module")
def examples(corpus: list[Located]) -> list[Example]:
    return [located.example for located in corpus]


def test_the_shipped_corpus_has_no_problems(corpus: list[Located]) -> None:
    assert [str(problem) for problem in find_problems(corpus)] == []


def test_every_label_has_the_examples_it_was_promised(examples: list[Example]) -> None:
    assert len(examples) >= 3000
    assert min(sum(example.category == label for example in examples) for label in CATEGORY_IDS) >= 300
    assert min(sum(example.channel == label for example in examples) for label in CHANNEL_IDS) >= 120


@pytest.mark.parametrize("split", ["train", "test"])
def test_each_split_has_the_mix_it_was_promised(examples: list[Example], split: str) -> None:
    part = [example for example in examples if example.split == split]

    def share(count: int) -> float:
        return count / len(part)

    assert share(sum(example.language == "nn" for example in part)) >= 0.2
    assert share(sum(len(example.acts or ()) > 1 for example in part)) >= 0.2
    assert share(sum(len(example.text.split()) < 12 for example in part)) >= 0.2
    assert share(sum(len(example.text.split()) > 110 for example in part)) >= 0.05


def test_the_telephone_is_the_most_common_channel_that_reports_name(examples: list[Example]) -> None:
    assert Counter(example.channel for example in examples if example.channel != "ukjent").most_common(1)[0][0] == "telefon"


def test_the_test_split_is_written_by_nobody_who_wrote_for_train(examples: list[Example]) -> None:
    train = {example.source for example in examples if example.split == "train"}
    test = {example.source for example in examples if example.split == "test"}
    assert sum(example.split == "test" for example in examples) >= 600
    assert not train & test


def test_the_test_split_has_a_file_of_its_own(corpus: list[Located]) -> None:
    for located in corpus:
        assert Path(located.source).name.startswith("test") == (located.example.split == "test")


def test_every_example_was_labelled_twice(examples: list[Example]) -> None:
    with (FOLDER / "annotations.tsv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}
    assert set(rows) == {example.id for example in examples}
    for example in examples:
        row = rows[example.id]
        if row["adjudicated"] == "no":
            assert (row["category_1"], row["channel_1"]) == (row["category_2"], row["channel_2"])
            assert (row["category_1"], row["channel_1"]) == (example.category, example.channel)
