"""How many requests a caller may send: a bucket of tokens each, that fills again as time passes."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from classifier.web.problems import ProblemError

_CALLERS = 10_000
"""Callers that are remembered; who comes back after so many others starts anew."""

_BURST_SECONDS = 10


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class RateLimiter:
    """Lets each caller send `per_minute` requests a minute on average, and ten seconds' worth at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        """Take the rate, and a clock that counts seconds and never goes back."""
        self._per_second = per_minute / 60
        self._most = max(1.0, self._per_second * _BURST_SECONDS)
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count a request; raises ProblemError, saying when to come back, for one too many."""
        now = self._clock()
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = _Bucket(self._most, now)
            if len(self._buckets) > _CALLERS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(caller)
        bucket.tokens = min(self._most, bucket.tokens + (now - bucket.filled_at) * self._per_second)
        bucket.filled_at = now
        if bucket.tokens < 1:
            seconds = max(1, math.ceil((1 - bucket.tokens) / self._per_second))
            detail = f"Prøv igjen om {seconds} {'sekund' if seconds == 1 else 'sekunder'}."
            raise ProblemError("too-many-requests", detail, headers={"Retry-After": str(seconds)})
        bucket.tokens -= 1
