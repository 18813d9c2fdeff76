"""What a corpus must hold to as a whole: no repeats, no leak from train to test, no living person's identity number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from classifier.corpus import Example, Located
from classifier.errors import InputError
from classifier.identifiers import is_real_identity_number

NEAR_DUPLICATE = 0.6
"""Two texts of different splits may share at most this much: the Jaccard similarity of their sets of character 5-grams."""

_ELEVEN_DIGITS = re.compile(r"(?<!\d)\d{6}[ .\-]?\d{5}(?!\d)")
_ROWS_AT_A_TIME = 512
_MOST_COMPARED = 20_000
"""Comparing every text with every other takes ten seconds for 7,000 texts, and time grows with the square."""


def find_problems(corpus: Sequence[Located]) -> Iterator[InputError]:
    """Yield everything wrong with a corpus whose lines are each in order, with file and line."""
    yield from _repeats(corpus)
    yield from _split_groups(corpus)
    yield from _real_identity_numbers(corpus)
    yield from _near_duplicates(corpus)


def _repeats(corpus: Sequence[Located]) -> Iterator[InputError]:
    ids: dict[str, Located] = {}
    texts: dict[str, Located] = {}
    for located in corpus:
        first = ids.setdefault(located.example.id, located)
        if first is not located:
            found = f"the id {located.example.id!r} again, first in {first.source}, line {first.line}"
            yield InputError(located.source, found, "an id of its own", line=located.line)
        same = texts.setdefault(" ".join(located.example.text.lower().split()), located)
        if same is not located:
            found = f"the same text as {same.source}, line {same.line}"
            yield InputError(located.source, found, "each text once", line=located.line)


def _split_groups(corpus: Sequence[Located]) -> Iterator[InputError]:
    split_of: dict[str, Located] = {}
    for located in corpus:
        first = split_of.setdefault(located.example.group, located)
        if first.example.split != located.example.split:
            found = f"the group {located.example.group!r} in {located.example.split}, and in {first.example.split} before"
            yield InputError(located.source, found, "a group in one split only", line=located.line)


def _real_identity_numbers(corpus: Sequence[Located]) -> Iterator[InputError]:
    for located in corpus:
        for match in _ELEVEN_DIGITS.finditer(located.example.text):
            if is_real_identity_number(re.sub(r"\D", "", match.group())):
                found = "an identity number that passes the check of a living person's"
                yield InputError(located.source, found, "a synthetic one (month + 40 or + 80)", line=located.line)


def _near_duplicates(corpus: Sequence[Located]) -> Iterator[InputError]:
    train = [located for located in corpus if located.example.split == "train"]
    test = [located for located in corpus if located.example.split == "test"]
    for test_index, train_index, similarity in similar_pairs(
        [located.example.text for located in test], [located.example.text for located in train], NEAR_DUPLICATE
    ):
        other = train[train_index]
        found = f"a text {similarity:.2f} like {other.source}, line {other.line}, which is in train"
        expected = f"at most {NEAR_DUPLICATE} between test and train"
        yield InputError(test[test_index].source, found, expected, line=test[test_index].line)


def similar_pairs(left: Sequence[str], right: Sequence[str], above: float) -> Iterator[tuple[int, int, float]]:
    """Yield the indices of texts of `left` and `right` whose character 5-grams have a Jaccard similarity above `above`."""
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer

    if not left or not right:
        return
    vectorizer = CountVectorizer(analyzer="char", ngram_range=(5, 5), binary=True, dtype=np.int32)
    vectorizer.fit([*left, *right])
    left_sets, right_sets = vectorizer.transform(left), vectorizer.transform(right)
    left_sizes, right_sizes = (np.asarray(sets.sum(axis=1)).ravel() for sets in (left_sets, right_sets))
    for first in range(0, len(left), _ROWS_AT_A_TIME):
        shared = (left_sets[first : first + _ROWS_AT_A_TIME] @ right_sets.T).tocoo()
        union = left_sizes[first + shared.row] + right_sizes[shared.col] - shared.data
        similarity = shared.data / union
        for place in np.flatnonzero(similarity > above):
            yield first + int(shared.row[place]), int(shared.col[place]), float(similarity[place])


def near_duplicates(texts: Sequence[str]) -> list[int]:
    """Return for each text the place of the first one that it, or what is like it, is like: its own where there is none.

    Of more than 20,000 different texts, only those are found that are the same but for case and white space.
    """
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not texts:
        return []
    first_of: dict[str, int] = {}
    same = [first_of.setdefault(" ".join(text.casefold().split()), place) for place, text in enumerate(texts)]
    different = list(first_of.values())
    pairs = list(enumerate(same))
    if len(different) <= _MOST_COMPARED:
        kept = [texts[place] for place in different]
        pairs += [(different[left], different[right]) for left, right, _ in similar_pairs(kept, kept, NEAR_DUPLICATE)]
    rows, columns = np.array(pairs).T
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(texts), len(texts)))
    _, component = connected_components(graph, directed=False)
    first: dict[int, int] = {}
    return [first.setdefault(part, place) for place, part in enumerate(component.tolist())]


def kept_together(examples: Sequence[Example]) -> tuple[list[Example], int]:
    """Return the examples with one group for those that share one or are near-duplicates, and how many are like an earlier one.

    A repeat that is trained on and tested on would make a model look better than it is.
    """
    like = near_duplicates([example.text for example in examples])
    of_name: dict[str, str] = {}

    def name(group: str) -> str:
        while of_name.get(group, group) != group:
            group = of_name[group]
        return group

    for place, example in zip(like, examples, strict=True):
        of_name[name(example.group)] = name(examples[place].group)
    grouped = [replace(example, group=name(example.group)) for example in examples]
    return grouped, sum(place != first for place, first in enumerate(like))
