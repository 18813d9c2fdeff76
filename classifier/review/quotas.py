"""How the rules share the turns of the queue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from classifier.errors import SettingsError
from classifier.review.reasons import RULES

DEFAULT_QUOTAS: Mapping[str, float] = MappingProxyType(
    {
        "mislabelled": 150,
        "disagreement": 2,
        "unheeded_warning": 2,
        "unusual_pair": 2,
        "stale_label": 2,
        "small_margin": 6,
        "unlike_training": 0.5,
        "random": 3,
    }
)
"""Chosen on simulations out of `train`. In a history nearly nine turns of ten go to likely errors. Of reports without a label
most are those that the model hesitates on, and a third random ones; strange ones alone taught it little."""


def read_quotas(text: str) -> Mapping[str, float]:
    """Return the quotas that a setting such as "mislabelled=8,random=1" names, those measured to be good if it is empty.

    A rule that is not named gets no turn of its own. Raises SettingsError.

    >>> read_quotas("mislabelled=3, random=1")
    {'mislabelled': 3.0, 'random': 1.0}
    """
    if not text.strip():
        return DEFAULT_QUOTAS
    quotas = {}
    for part in text.split(","):
        rule, _, number = part.partition("=")
        quotas[rule.strip()] = _number(number)
    if not set(quotas) <= set(RULES) or min(quotas.values()) < 0 or not 0 < sum(quotas.values()) < math.inf:
        expected = (
            f"quotas of at least 0, not all of them 0, of rules among {', '.join(RULES)}, such as 'mislabelled=8,random=1'"
        )
        raise SettingsError("ASYS_QUEUE_QUOTAS", text, expected)
    return quotas


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return -1.0
    return -1.0 if math.isnan(number) else number
