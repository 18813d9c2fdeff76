"""Whether a candidate is better or worse than the champion on the same texts, part by part, and how sure that is.

Each part's F1 is compared by a paired bootstrap over texts (Efron 1979). Many parts are looked at, so some would seem to
differ by luck: of the differences called better or worse, at most FALSE_SHARE are expected to be nothing (Benjamini and
Hochberg 1995). That sees more harm than correcting for any single false alarm would, as harm that is missed costs more than a
candidate that waits for a person's word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from classifier.corpus import Example
from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.evaluation import INTERVAL, RESAMPLES, Estimate
from classifier.suggestion import Suggestion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["overall", "label", "language"]
Outcome = Literal["better", "worse", "same", "too_few"]

FEWEST = 20
"""Texts; on fewer no difference is judged."""

FALSE_SHARE = 0.1
_RESAMPLES_AT_ONCE = 250


@dataclass(frozen=True)
class Difference:
    """How two models do on a part of the texts: F1 of a label, or macro-F1 of a target over all texts or those of a language.

    `name` is the label or the language, empty for all texts; `count` how many texts have it. `difference` is the candidate's
    figure less the champion's; it and the two figures are None on fewer than FEWEST texts. `guards` says that being worse here
    keeps a candidate from being promoted.
    """

    kind: Kind
    target: Target
    name: str
    count: int
    guards: bool
    champion: float | None = None
    candidate: float | None = None
    difference: Estimate | None = None
    p_value: float | None = None
    outcome: Outcome = "too_few"


@dataclass(frozen=True)
class Comparison:
    """The differences on one set of texts."""

    count: int
    differences: tuple[Difference, ...]

    def those(self, outcome: Outcome) -> tuple[Difference, ...]:
        """Return the differences of one outcome."""
        return tuple(found for found in self.differences if found.outcome == outcome)


@dataclass(frozen=True)
class _Part:
    empty: Difference
    rows: NDArray[np.bool_]
    labels: tuple[int, ...]


def compare(
    examples: Sequence[Example],
    champion: Sequence[Suggestion],
    candidate: Sequence[Suggestion],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Comparison:
    """Return how two models' suggestions for the same labelled texts differ; a refusal to suggest counts as wrong.

    What guards: each category, each language and all texts together. A single channel is told of but does not guard; the
    channels of a language and all channels together do.
    """
    differences: list[Difference] = []
    for target in TARGETS:
        truth = _indices(target, [getattr(example, target) for example in examples])
        predicted = [
            _indices(target, [None if (p := getattr(s, target)) is None else p.label for s in suggestions])
            for suggestions in (champion, candidate)
        ]
        parts = _parts(target, truth, examples)
        differences += _differences(parts, truth, predicted[0], predicted[1], seed, resamples)
    guarding = [found for found in differences if found.guards]
    others = [found for found in differences if not found.guards]
    return Comparison(len(examples), tuple(judge(guarding) + judge(others)))


def judge(differences: Sequence[Difference]) -> list[Difference]:
    """Return the differences with their outcome, those that were judged together being one family."""
    tested = sorted((found.p_value, place) for place, found in enumerate(differences) if found.p_value is not None)
    called = 0
    for rank, (p_value, _) in enumerate(tested, start=1):
        if p_value <= FALSE_SHARE * rank / len(tested):
            called = rank
    real = {place for _, place in tested[:called]}
    return [_with_outcome(found, place in real) for place, found in enumerate(differences)]


def _with_outcome(found: Difference, real: bool) -> Difference:
    if found.difference is None:
        return found
    outcome: Outcome = "same"
    if real:
        outcome = "better" if found.difference.value > 0 else "worse"
    return replace(found, outcome=outcome)


def _indices(target: Target, labels: Sequence[str | None]) -> NDArray[np.intp]:
    """Return each label's place among the target's, and one past the last for none."""
    import numpy as np

    index = {label: place for place, label in enumerate(LABELS[target])}
    return np.array([index.get(label or "", len(index)) for label in labels], dtype=np.intp)


def _parts(target: Target, truth: NDArray[np.intp], examples: Sequence[Example]) -> list[_Part]:
    import numpy as np

    every = np.ones(len(truth), dtype=bool)
    parts = [_part("overall", target, "", every, truth, guards=True)]
    for place, label in enumerate(LABELS[target]):
        count = int(np.sum(truth == place))
        if count:
            parts.append(_Part(Difference("label", target, label, count, guards=target == "category"), every, (place,)))
    for language in sorted({example.language for example in examples}):
        rows = np.array([example.language == language for example in examples])
        parts.append(_part("language", target, language, rows, truth, guards=True))
    return parts


def _part(kind: Kind, target: Target, name: str, rows: NDArray[np.bool_], truth: NDArray[np.intp], *, guards: bool) -> _Part:
    import numpy as np

    labels = tuple(int(label) for label in np.unique(truth[rows]))
    return _Part(Difference(kind, target, name, int(rows.sum()), guards), rows, labels)


def _differences(
    parts: Sequence[_Part],
    truth: NDArray[np.intp],
    champion: NDArray[np.intp],
    candidate: NDArray[np.intp],
    seed: int,
    resamples: int,
) -> list[Difference]:
    import numpy as np

    random = np.random.default_rng(seed)
    count = len(truth)
    drawn = [
        random.multinomial(count, np.full(count, 1 / count), size=min(_RESAMPLES_AT_ONCE, resamples - first)).astype(float)
        for first in range(0, resamples, _RESAMPLES_AT_ONCE)
    ]
    once = np.ones((1, count))
    found = []
    for part in parts:
        if part.empty.count < FEWEST:
            found.append(part.empty)
            continue
        before, after = (float(_figure(part, once, truth, predicted)[0]) for predicted in (champion, candidate))
        values = np.concatenate(
            [_figure(part, weights, truth, candidate) - _figure(part, weights, truth, champion) for weights in drawn]
        )
        tail = (1 - INTERVAL) / 2
        low, high = (float(end) for end in np.quantile(values, [tail, 1 - tail]))
        sides = (int(np.sum(values <= 0)), int(np.sum(values >= 0)))
        p_value = min(1.0, 2 * (1 + min(sides)) / (1 + len(values)))
        found.append(
            replace(
                part.empty,
                champion=before,
                candidate=after,
                difference=Estimate(after - before, low, high),
                p_value=p_value,
            )
        )
    return found


def _figure(
    part: _Part, weights: NDArray[np.float64], truth: NDArray[np.intp], predicted: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the mean F1 of the part's labels for each row of `weights`, which says how often each text was drawn.

    A label that was not drawn counts as 0 for both models, and so makes no difference.
    """
    import numpy as np

    drawn = weights[:, part.rows]
    there, proposed = truth[part.rows], predicted[part.rows]
    total = np.zeros(len(weights))
    for label in part.labels:
        is_there, is_proposed = there == label, proposed == label
        hits = drawn[:, is_there & is_proposed].sum(axis=1)
        both = drawn[:, is_there].sum(axis=1) + drawn[:, is_proposed].sum(axis=1)
        total += np.divide(2 * hits, both, out=np.zeros(len(weights)), where=both > 0)
    mean: NDArray[np.float64] = total / max(1, len(part.labels))
    return mean
