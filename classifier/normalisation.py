"""Clean text for reading, with the way back: every offset of the clean text maps to one of the original."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_UNTIDY = re.compile(r"[^\S\n ]|[ \n]{2,}|[^\x20-\x7e\xa1-\xff\n\u2013\u2014\u2018-\u201e\u2026]|\xad|^\s|\s$")
"""Anything but single spaces, single line breaks and the characters of everyday Norwegian text."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_ZERO_WIDTH_JOINER = "\N{ZERO WIDTH JOINER}"


@dataclass(frozen=True)
class NormalisedText:
    """A cleaned text and where its characters stand in the original.

    `starts[i]` and `ends[i]` delimit, in Python characters of the original, what character i of `text` was made from; both
    are None where nothing had to change.
    """

    text: str
    starts: tuple[int, ...] | None
    ends: tuple[int, ...] | None

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original's span behind text[start:end], which must not be empty."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def normalise(original: str) -> NormalisedText:
    """Return `original` in Unicode form NFC with tidy white space and without invisible characters.

    A run of white space becomes one line break if it holds one, else one space; white space at either end goes; control and
    format characters go, but for the joiner inside emoji; a lone surrogate becomes U+FFFD.
    """
    if not _UNTIDY.search(original):
        return NormalisedText(original, None, None)
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    while position < len(original):
        stop = position + 1
        if original[position].isspace():
            while stop < len(original) and original[stop].isspace():
                stop += 1
            run = original[position:stop]
            clean = "\n" if any(character in "\n\r\u2028\u2029" for character in run) else " "
            # A space beside one that an invisible character separated would be a double space after all.
            if characters and characters[-1] in " \n":
                if clean == "\n":
                    characters[-1] = clean
                ends[-1] = stop
                clean = ""
        else:
            while stop < len(original) and unicodedata.combining(original[stop]):
                stop += 1
            clean = _clean(original[position:stop])
        characters.extend(clean)
        starts.extend([position] * len(clean))
        ends.extend([stop] * len(clean))
        position = stop
    first, last = 0, len(characters)
    while first < last and characters[first] in " \n":
        first += 1
    while last > first and characters[last - 1] in " \n":
        last -= 1
    return NormalisedText("".join(characters[first:last]), tuple(starts[first:last]), tuple(ends[first:last]))


def _clean(cluster: str) -> str:
    """Return one base character and its combining marks in NFC, without what cannot be seen."""
    kept: list[str] = []
    for character in cluster:
        kind = unicodedata.category(character)
        if kind == "Cs":
            kept.append(_REPLACEMENT)
        elif kind not in {"Cc", "Cf"} or character == _ZERO_WIDTH_JOINER:
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))
