"""Which columns of the feature matrix a text's terms are, looking the letters of each word up once and not once a text.

The vectorisers count term by term; here a batch's columns are gathered word by word, summed and weighted as arrays, so that
the rows are those of `FeatureUnion.transform` to the last bit. Its transformers take longer to check a matrix than to weigh it,
which for a single text is most of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from classifier.model.features import BLOCKS, Reading, grams
from classifier.word_forms import WORDS_REMEMBERED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix
    from sklearn.pipeline import FeatureUnion


@dataclass(frozen=True)
class LocatedColumns:
    """The terms of one text that training saw: entry i is column `columns[i]`, on `widths[i]` words from `first[i]` on."""

    columns: NDArray[np.integer]
    first: NDArray[np.integer]
    widths: NDArray[np.integer]
    words: int


@dataclass(frozen=True)
class LocatedRows:
    """The feature matrix of a batch, texts by columns, with each text's terms where they stand."""

    matrix: csr_matrix
    located: tuple[LocatedColumns, ...]


@dataclass(frozen=True)
class _Block:
    name: str
    vocabulary: dict[str, int]
    offset: int
    weight: float | None
    idf: NDArray[np.float64] | None


class Columns:
    """The columns of fitted vectorisers; one object serves any number of threads."""

    def __init__(self, features: FeatureUnion) -> None:
        """Take the fitted vectorisers side by side."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._blocks: list[_Block] = []
        weights = features.transformer_weights or {}
        offset = 0
        for name, vectoriser in features.transformer_list:
            idf = vectoriser.idf_ if isinstance(vectoriser, TfidfVectorizer) else None
            self._blocks.append(_Block(name, vectoriser.vocabulary_, offset, weights.get(name), idf))
            offset += len(vectoriser.vocabulary_)
        self._of_letters = lru_cache(WORDS_REMEMBERED)(self._look_letters_up)

    def rows(self, readings: Sequence[Reading]) -> LocatedRows:
        """Return the feature matrix of readings, at least one, as the vectorisers' own `transform` gives it."""
        import numpy as np
        from scipy.sparse import csr_matrix, hstack
        from sklearn.utils.sparsefuncs_fast import inplace_csr_row_normalize_l2

        by_block = [[self._located(block, reading) for reading in readings] for block in self._blocks]
        matrices = []
        for block, located in zip(self._blocks, by_block, strict=True):
            ends = np.cumsum([0, *(len(found.columns) for found in located)])
            columns = np.concatenate([found.columns for found in located])
            shape = (len(readings), len(block.vocabulary))
            counts = csr_matrix((np.ones(len(columns)), columns.astype(np.int32), ends.astype(np.int32)), shape=shape)
            counts.sum_duplicates()
            if block.idf is None:
                counts.data.fill(1)
            else:
                # As `feature_union` sets its vectorisers: logarithmic counts, inverse document frequency, rows of unit length.
                np.log(counts.data, out=counts.data)
                counts.data += 1
                counts.data *= block.idf[counts.indices]
                inplace_csr_row_normalize_l2(counts)
            if block.weight is not None:
                counts.data *= block.weight
            matrices.append(counts)
        joined = [self._joined(parts) for parts in zip(*by_block, strict=True)]
        return LocatedRows(csr_matrix(hstack(matrices, format="csr")), tuple(joined))

    def _joined(self, parts: tuple[LocatedColumns, ...]) -> LocatedColumns:
        import numpy as np

        return LocatedColumns(
            np.concatenate([part.columns + block.offset for block, part in zip(self._blocks, parts, strict=True)]),
            np.concatenate([part.first for part in parts]),
            np.concatenate([part.widths for part in parts]),
            parts[0].words,
        )

    def _located(self, block: _Block, reading: Reading) -> LocatedColumns:
        """Return the known terms of one block, in columns of that block, in the order of the block's own function."""
        import numpy as np

        words = len(reading.forms)
        if block.name == "characters":
            found = [self._of_letters(form) for form in reading.forms]
            columns = np.concatenate(found).astype(np.intp) if found else np.zeros(0, dtype=np.intp)
            first = np.repeat(np.arange(words), [len(one) for one in found])
            return LocatedColumns(columns, first, np.ones(len(columns), dtype=int), words)
        get = block.vocabulary.get
        terms = [
            (column, first, last - first)
            for term, first, last in BLOCKS[block.name](reading)
            if (column := get(term)) is not None
        ]
        table = np.array(terms, dtype=int).reshape(-1, 3)
        return LocatedColumns(table[:, 0], table[:, 1], table[:, 2], words)

    def _look_letters_up(self, form: str) -> NDArray[np.int32]:
        import numpy as np

        (vocabulary,) = (block.vocabulary for block in self._blocks if block.name == "characters")
        return np.array([vocabulary[gram] for gram in grams(form) if gram in vocabulary], dtype=np.int32)
