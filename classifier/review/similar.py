"""Which reports resemble another, by the letters within their words, so that spelling and written standard matter little."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

LEAST = 0.18
"""Cosines below this are the likeness of any two reports."""

_LETTERS = (3, 5)
_BUCKETS = 2**18


@dataclass(frozen=True)
class Similar:
    """A report that resembles another: its id, and the cosine of the two, in 0 to 1."""

    id: int
    cosine: float


class Neighbours:
    """Texts to look among, each by an id; a few milliseconds a question, for some thousand texts."""

    def __init__(self, ids: Sequence[int], texts: Sequence[str]) -> None:
        """Count the texts' letters; rare runs of letters weigh more."""
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

        self._ids = tuple(ids)
        self._counts = HashingVectorizer(
            analyzer="char_wb", ngram_range=_LETTERS, n_features=_BUCKETS, alternate_sign=False, norm=None
        )
        self._weights = TfidfTransformer(sublinear_tf=True)
        self._rows = self._weights.fit_transform(self._counts.transform(texts)) if self._ids else None

    def nearest(self, text: str, count: int, *, without: Collection[int] = ()) -> tuple[Similar, ...]:
        """Return at most `count` texts that resemble one, the most alike first."""
        import numpy as np

        if self._rows is None:
            return ()
        asked = self._weights.transform(self._counts.transform([text]))
        cosines = (self._rows @ asked.T).toarray().ravel()
        found: list[Similar] = []
        for place in np.argsort(-cosines, kind="stable"):
            if len(found) == count or cosines[place] < LEAST:
                break
            if self._ids[place] not in without:
                found.append(Similar(self._ids[place], float(cosines[place])))
        return tuple(found)
