"""What a model said of labelled texts it had not seen: kept with it, so that statistics can be corrected for its errors.

Neither texts nor names: probabilities, labels, and a number for whoever wrote the text.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.errors import InputError
from classifier.model.estimator import LABELS, TARGETS, Target, columns_of
from classifier.model.training import OutOfFold, TrainedModel, truth_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_STEPS = 65_535
"""A probability is kept in so many steps: two bytes, and finer than calibration can vouch for."""


@dataclass(frozen=True)
class HeldOutAnswers:
    """Probabilities of texts under the corpus's prior, texts by labels, the index of each right label, and who wrote each text.

    `writers` numbers those who wrote, from 0; where nobody said who did, those whose texts tell one story.
    """

    probabilities: dict[Target, NDArray[np.float64]]
    truth: dict[Target, NDArray[np.intp]]
    writers: NDArray[np.intp]

    def as_bytes(self) -> bytes:
        """Return the answers as an array file of numpy, a row a text; the same answers are the same bytes."""
        import numpy as np

        shares = [np.rint(self.probabilities[target] * _STEPS) for target in TARGETS]
        labels = [self.truth[target][:, np.newaxis] for target in TARGETS]
        written = io.BytesIO()
        np.save(written, np.hstack([*shares, *labels, self.writers[:, np.newaxis]]).astype("<u2"), allow_pickle=False)
        return written.getvalue()


def held_out_answers(trained: TrainedModel, unseen: OutOfFold, groups: Sequence[str]) -> HeldOutAnswers:
    """Return what the cross-validation that `train` returned says; `groups` names who wrote each text, as `fold_groups` does.

    Raises InputError for more writers than the file can number.
    """
    import numpy as np

    _, writers = np.unique(np.array(groups), return_inverse=True)
    if writers.max() > _STEPS:
        raise InputError("examples", f"{writers.max() + 1:,} writers", f"at most {_STEPS + 1:,}")
    return HeldOutAnswers(
        {t: trained.targets[t].calibration.predict_proba(unseen.scores[:, columns_of(t)]) for t in TARGETS},
        {t: truth_of(unseen.labels, t) for t in TARGETS},
        writers.astype(np.intp),
    )


def from_bytes(content: bytes) -> HeldOutAnswers:
    """Return what `as_bytes` wrote; raises ValueError for anything else."""
    import numpy as np

    table = np.load(io.BytesIO(content), allow_pickle=False)
    sizes = [len(LABELS[target]) for target in TARGETS]
    if table.dtype != np.dtype("<u2") or table.ndim != 2 or table.shape[1] != sum(sizes) + len(TARGETS) + 1 or not len(table):
        raise ValueError("not the answers to held-out texts")
    probabilities: dict[Target, NDArray[np.float64]] = {}
    truth: dict[Target, NDArray[np.intp]] = {}
    start = 0
    for place, (target, size) in enumerate(zip(TARGETS, sizes, strict=True)):
        probabilities[target] = table[:, start : start + size] / _STEPS
        truth[target] = table[:, sum(sizes) + place].astype(np.intp)
        if truth[target].max() >= size:
            raise ValueError(f"a {target} that the taxonomy does not hold")
        start += size
    return HeldOutAnswers(probabilities, truth, table[:, -1].astype(np.intp))
