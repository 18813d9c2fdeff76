"""Why a report deserves a second look: small pure rules on probabilities and labels.

Every rule takes arrays with a row a report and returns each report's strength, from 0 to 1, or NaN where it has nothing to say.
Labels are places among the taxonomy's, `NO_LABEL` where a report has none that the taxonomy holds; a row of probabilities
is NaN where the model proposed nothing. The manner is that of doubtlab's `from_proba`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NO_LABEL = -1

MARGIN_BELOW = 0.2
"""Two labels whose probabilities lie closer than this are a toss-up."""

UNKNOWN_FROM = 0.35
"""A text with a larger share of words that training never saw is unlike anything in it; few reports of new writers are."""

RARE_BELOW = 0.1
"""A pair of labels is unusual if it occurs less than this times as often as its two labels would meet by chance."""

_PHYSICAL = ("fysisk_angrep_person", "haerverk")
_REMOTE = ("telefon", "epost", "sms", "saksbehandlingssystem", "internett", "sosiale_medier")
_IMPLAUSIBLE = 0.9
"""How strongly a physical act by a remote channel stands out, however many were labelled so."""


def disagreement(probabilities: NDArray[np.float64], given: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return by how much the model's best label is likelier than the one given, where they differ.

    >>> import numpy as np
    >>> disagreement(np.array([[0.75, 0.25], [0.75, 0.25], [0.75, 0.25]]), np.array([1, 0, NO_LABEL]))
    array([0.5, nan, nan])
    """
    import numpy as np

    differ = (given != NO_LABEL) & (probabilities.argmax(axis=1) != given) & ~np.isnan(probabilities[:, 0])
    return np.where(differ, probabilities.max(axis=1) - of_label(probabilities, given), np.nan)


def small_margin(probabilities: NDArray[np.float64], below: float = MARGIN_BELOW) -> NDArray[np.float64]:
    """Return 1 minus the distance between the two likeliest labels, where it is less than `below`.

    >>> import numpy as np
    >>> small_margin(np.array([[0.5, 0.375, 0.125], [0.75, 0.125, 0.125]]))
    array([0.875,   nan])
    """
    import numpy as np

    two = np.sort(probabilities, axis=1)[:, -2:]
    margin = two[:, 1] - two[:, 0]
    return np.where(margin < below, 1 - margin, np.nan)


def unheeded_warning(
    probabilities: NDArray[np.float64], warned: NDArray[np.bool_], given: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the probability of the likeliest category that the model warned of, where another one was given.

    `warned` has the shape of `probabilities`: which categories a warning names.

    >>> import numpy as np
    >>> warned = np.array([[True, False], [True, False], [False, False]])
    >>> unheeded_warning(np.array([[0.25, 0.75]] * 3), warned, np.array([1, 0, 1]))
    array([0.25,  nan,  nan])
    """
    import numpy as np

    others = warned & (np.arange(warned.shape[1]) != given[:, np.newaxis]) & (given != NO_LABEL)[:, np.newaxis]
    strongest = np.where(others, probabilities, -np.inf).max(axis=1)
    return np.where(np.isfinite(strongest), strongest, np.nan)


def unusual_pair(
    category: NDArray[np.intp], channel: NDArray[np.intp], counts: NDArray[np.float64], below: float = RARE_BELOW
) -> NDArray[np.float64]:
    """Return how unusual the given category is by the given channel, where it is.

    `counts`, categories by channels, says how often each pair was labelled, here and in the corpus. A physical act by a remote
    channel is always unusual: the guide's channel is where the act took place.

    >>> import numpy as np
    >>> from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
    >>> attack, telephone, room = CATEGORY_IDS.index("fysisk_angrep_person"), CHANNEL_IDS.index("telefon"), 2
    >>> unusual_pair(np.array([attack, attack]), np.array([telephone, room]), np.ones((7, 11)))
    array([0.9, nan])
    """
    import numpy as np

    lift = pair_lift(category, channel, counts)
    strength = np.where(lift < below, 1 - lift, np.nan)
    labelled = (category != NO_LABEL) & (channel != NO_LABEL)
    implausible = labelled & _implausible()[category, channel]
    return np.where(implausible, np.fmax(strength, _IMPLAUSIBLE), strength)


def pair_lift(category: NDArray[np.intp], channel: NDArray[np.intp], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how often each report's pair of labels was given, in times of what chance would make of the two; 1 without a pair.

    >>> import numpy as np
    >>> counts = np.array([[9.5, 0.0], [0.0, 9.5]])
    >>> pair_lift(np.array([0, 0, 0]), np.array([0, 1, NO_LABEL]), counts).round(2)
    array([1.9, 0.1, 1. ])
    """
    import numpy as np

    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / max(counts.sum(), 1)
    # Half an occurrence more on both sides, so that a pair of rare labels is not unusual for want of reports.
    lift = (counts + 0.5) / (expected + 0.5)
    labelled = (category != NO_LABEL) & (channel != NO_LABEL)
    return np.where(labelled, lift[category, channel], 1.0)


def unlike_training(
    readable: NDArray[np.bool_], unknown_share: NDArray[np.float64], above: float = UNKNOWN_FROM
) -> NDArray[np.float64]:
    """Return 1 for a text that the model could not read, else the share of its words unknown to it, where that is large.

    >>> import numpy as np
    >>> unlike_training(np.array([False, True, True]), np.array([np.nan, 0.5, 0.1]))
    array([1. , 0.5, nan])
    """
    import numpy as np

    return np.where(~readable, 1.0, np.where(unknown_share > above, unknown_share, np.nan))


def stale_label(unknown: NDArray[np.bool_], older: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return 1 where the label given is none of today's, and a half where it is but was given by an older taxonomy.

    >>> import numpy as np
    >>> stale_label(np.array([True, False, False]), np.array([True, True, False]))
    array([1. , 0.5, nan])
    """
    import numpy as np

    return np.where(unknown, 1.0, np.where(older, 0.5, np.nan))


def of_label(probabilities: NDArray[np.float64], given: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the probability of each row's given label; NaN without one."""
    import numpy as np

    found = probabilities[np.arange(len(given)), np.maximum(given, 0)]
    return np.where(given == NO_LABEL, np.nan, found)


@cache
def _implausible() -> NDArray[np.bool_]:
    import numpy as np

    return np.array([[act in _PHYSICAL and channel in _REMOTE for channel in CHANNEL_IDS] for act in CATEGORY_IDS])
