"""The part of a report that a list of findings shows: around the first word that was looked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

LENGTH = 160


def excerpt(text: str, terms: Sequence[Sequence[str]], length: int = LENGTH) -> str:
    """Return about `length` characters of a text on one line, with "…" where something was left out.

    >>> excerpt("Bruker ringte og sa at han visste hvor jeg bor.", [["visste"]], 24)
    '… sa at han visste hvor…'
    """
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    place = _first(line, terms)
    start = max(0, min(place - length // 3, len(line) - length + 1))
    if start:
        # A word is not cut in two.
        start = line.find(" ", start, place) + 1 or start
    end = min(len(line), start + length - 2)
    if end < len(line):
        end = max(line.rfind(" ", start, end), place + 1)
    return ("… " if start else "") + line[start:end] + ("…" if end < len(line) else "")


def _first(line: str, terms: Sequence[Sequence[str]]) -> int:
    patterns = (r"\W+".join(re.escape(word) for word in term) for term in terms)
    places = [found.start() for pattern in patterns if (found := re.search(rf"(?<!\w){pattern}", line, re.IGNORECASE))]
    return min(places, default=0)
