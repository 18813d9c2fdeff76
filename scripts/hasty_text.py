"""A report as a hasty writer types it: typing errors, no capitals, no Norwegian letters, a time put in front."""

from __future__ import annotations

import random

_WITHOUT_NORWEGIAN_LETTERS = (
    str.maketrans({"æ": "ae", "ø": "o", "å": "a", "Æ": "Ae", "Ø": "O", "Å": "A"}),
    str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"}),
)
_OPENINGS = ("Kl. {time}: ", "Kl {time}. ", "Ca. kl. {time}. ", "Hendelse kl. {time}. ", "{time} ")
_TIMED = 0.4
"""The share of reports that open with the time; an assumption, as all shares here are."""
_WORDS_PER_ERROR = 40
_SHORTEST = 4


def varied(text: str, rng: random.Random, *, noise: float, errors: int = 0) -> str:
    """Return the text with a time in front now and then, and in a share `noise` of the cases as a hasty writer types it.

    `errors` typing errors are made in any case.
    """
    if rng.random() < _TIMED:
        time = f"{rng.randrange(8, 17):02d}{rng.choice('.:')}{rng.randrange(60):02d}"
        text = rng.choice(_OPENINGS).format(time=time) + text
    if rng.random() < noise:
        draw = rng.random()
        if draw < 0.20:
            text = text.lower()
        elif draw < 0.23:
            text = text.upper()
        elif draw < 0.40:
            text = text.translate(rng.choice(_WITHOUT_NORWEGIAN_LETTERS))
        elif draw < 0.50:
            text = text.rstrip(" .!?")
        else:
            errors += 1 + len(text.split()) // _WORDS_PER_ERROR
    for _ in range(errors):
        text = _mistyped(text, rng)
    return text


def _mistyped(text: str, rng: random.Random) -> str:
    """Return the text with one letter of a longer word doubled, lost, or swapped with its neighbour."""
    words = text.split(" ")
    places = [place for place, word in enumerate(words) if len(word) >= _SHORTEST]
    if not places:
        return text + " "
    place = rng.choice(places)
    word = words[place]
    at = rng.randrange(1, len(word) - 1)
    slip = rng.randrange(3)
    if slip == 0:
        words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif slip == 1:
        words[place] = word[:at] + word[at + 1 :]
    else:
        words[place] = word[: at + 1] + word[at:]
    return " ".join(words)
