"""Time how a system answers in a process of its own; standard library only, so that any environment can run it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

Answer = Callable[[list[str]], list[list[str]]]
"""From texts to a row of category and channel each."""


def serve(load: Callable[[], Answer]) -> None:
    """Load a system, answer the texts on standard input one at a time and all together, and print answers and times as JSON.

    The input says in `started` when the process was started, in seconds of the clock, so that imports count; `singles` is how
    many texts to time one at a time.
    """
    given = json.load(sys.stdin)
    texts = given["texts"]
    answer = load()
    answer(texts[:1])
    first = time.time() - given["started"]
    singles = []
    for text in texts[: given["singles"]]:
        start = time.perf_counter()
        answer([text])
        singles.append(time.perf_counter() - start)
    start = time.perf_counter()
    predicted = answer(texts)
    batch = time.perf_counter() - start
    print(json.dumps({"predicted": predicted, "first": first, "singles": singles, "batch": batch, "peak_kib": peak_kib()}))


def peak_kib() -> int:
    """Return this process's peak memory; `getrusage` would count what its parent held when it was started."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
