"""One form for the many ways a word is written: letters folded, and Nynorsk and dialect carried over to Bokmål.

Hasty writers leave out æ, ø and å, or write ae, oe and aa; both standards and a dozen dialects have words of their own for the
same thing. A model that is to learn from a few thousand texts must see that "ringde", "ringte" and "RINGTE" are one word.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

_FOLDED = str.maketrans(
    {"æ": "e", "ä": "e", "é": "e", "è": "e", "ê": "e", "ø": "o", "ö": "o", "ó": "o", "ò": "o", "ô": "o", "å": "a"}
)
_SPELT_OUT = (("aa", "a"), ("ae", "e"), ("oe", "o"))
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
WORDS_REMEMBERED = 24_000
"""How many different words each table of what is known about a word holds; those not met for longest go first. Hasty texts
never run out of new spellings, so this bounds what a batch over years of reports keeps in memory: some 1.5 KB a word in all."""


@lru_cache(maxsize=WORDS_REMEMBERED)
def plain_form(word: str) -> str:
    """Return `word` in lower case without the Norwegian letters' marks, and with letters held down too long let go."""
    plain = _DRAWN_OUT.sub(r"\1\1", word.lower()).translate(_FOLDED)
    for spelt, letter in _SPELT_OUT:
        plain = plain.replace(spelt, letter)
    return plain


@lru_cache(maxsize=WORDS_REMEMBERED)
def shared_form(word: str) -> str:
    """Return the plain form of the Bokmål word for one of Nynorsk or dialect, and of any other word its own."""
    as_spelt, without_marks = _to_bokmaal()
    spelt = _DRAWN_OUT.sub(r"\1\1", word.lower())
    if spelt in as_spelt:
        return as_spelt[spelt]
    plain = plain_form(word)
    return without_marks.get(plain, plain)


def word_table() -> Traversable:
    """Return the file with the Bokmål of Nynorsk words."""
    return files("classifier") / "data" / "nynorsk_bokmal.tsv"


@cache
def _to_bokmaal() -> tuple[dict[str, str], dict[str, str]]:
    """Return the table of `data/nynorsk_bokmal.tsv`, compiled for this project, by spelling and by plain form.

    By plain form it lacks the words that look like another Bokmål word once the marks are gone, as Nynorsk "no" (nå) does like
    Bokmål "noe".
    """
    lines = word_table().read_text(encoding="utf-8").splitlines()
    pairs = [tuple(line.split("\t")) for line in lines]
    as_spelt = {nynorsk: plain_form(bokmaal) for nynorsk, bokmaal in pairs}
    bokmaal_forms = set(as_spelt.values())
    without_marks: dict[str, str] = {}
    for nynorsk, bokmaal in pairs:
        plain = plain_form(nynorsk)
        if plain not in bokmaal_forms:
            without_marks.setdefault(plain, plain_form(bokmaal))
    return as_spelt, without_marks
