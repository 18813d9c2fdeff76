"""The blind share: a fixed, random subset of reports that people label without a suggestion.

What people do unswayed on a random subset is the one unbiased measure of the model in use. A report's place in it is decided by
its name alone, so that it cannot depend on what the model or anybody thought of the report, and never changes.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

_SCALE = 2**64


def is_blind(source: str, external_id: str, share: float, salt: str) -> bool:
    """Return whether a report belongs to the blind share, by a hash of its source and external id keyed with `salt`.

    A report in a share is also in every larger one. Without the salt nobody can tell which reports are in it.

    >>> is_blind("asys", "2021-0417", 1.0, "salt"), is_blind("asys", "2021-0417", 0.0, "salt")
    (True, False)
    >>> sum(is_blind("asys", str(number), 0.1, "salt") for number in range(10_000))
    1015
    """
    return place_in_draw(source, external_id, salt) < share


def place_in_draw(source: str, external_id: str, salt: str) -> float:
    """Return where in [0, 1) a report falls when lots are drawn by `salt`: its own place, and as good as random."""
    name = json.dumps([source, external_id]).encode()
    return int.from_bytes(hashlib.blake2b(name, key=_key(salt), digest_size=8).digest(), "big") / _SCALE


@lru_cache
def _key(salt: str) -> bytes:
    return hashlib.sha256(salt.encode("utf-8", "surrogatepass")).digest()
