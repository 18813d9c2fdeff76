"""A lexicon of cues: words and phrases by what they are about — a blow, a broken thing, a counter, a hang-up.

`data/cues/*.txt`, compiled for this project from general knowledge of Norwegian and the labelling guide, without a look at the
corpus, holds sections `[concept]` with an entry a line; `*` at the end of a word stands for any ending. A concept is not a
label: the model learns what each says about categories and channels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from classifier.word_forms import plain_form

_TOKEN = re.compile(r"[^\W_]+(?:[-'.][^\W_]+)*\*?|[^\w\s]")
_KEY_LETTERS = 3
_WORDS_REMEMBERED = 50_000


@dataclass(frozen=True)
class Cue:
    """An entry's concept and where it stands: words `[first, last)` of those searched."""

    concept: str
    first: int
    last: int


@dataclass(frozen=True)
class _Entry:
    concept: str
    words: tuple[tuple[str, bool], ...]
    """Plain form of each word, and whether any ending may follow."""


def concepts() -> tuple[str, ...]:
    """Return the concepts of the lexicon in the order of the files."""
    return tuple(_sections())


def find_cues(plain_forms: Sequence[str]) -> Iterator[Cue]:
    """Yield every cue among the words, given in plain form, in their order; cues may overlap."""
    for first, word in enumerate(plain_forms):
        found: set[tuple[str, int]] = set()
        for entry in _beginning_with(word):
            last = first + len(entry.words)
            if last <= len(plain_forms) and all(
                _fits(plain_forms[first + place], *entry.words[place]) for place in range(1, len(entry.words))
            ):
                found.add((entry.concept, last))
        for concept, last in sorted(found):
            yield Cue(concept, first, last)


@lru_cache(maxsize=_WORDS_REMEMBERED)
def _beginning_with(word: str) -> tuple[_Entry, ...]:
    """Return the entries whose first word this is; texts share most of their words."""
    index = _index()
    keys = (word, *(f"{word[:length]}*" for length in range(1, _KEY_LETTERS + 1)))
    return tuple(entry for key in dict.fromkeys(keys) for entry in index.get(key, ()) if _fits(word, *entry.words[0]))


@cache
def _index() -> dict[str, tuple[_Entry, ...]]:
    """Return the entries by their first word, or by its first letters and `*` where its ending is open."""
    index: dict[str, list[_Entry]] = {}
    for concept, lines in _sections().items():
        for line in lines:
            words = tuple((plain_form(token.removesuffix("*")), token.endswith("*")) for token in _TOKEN.findall(line))
            form, open_ended = words[0]
            index.setdefault(f"{form[:_KEY_LETTERS]}*" if open_ended else form, []).append(_Entry(concept, words))
    return {key: tuple(entries) for key, entries in index.items()}


def _fits(word: str, form: str, open_ended: bool) -> bool:
    if not open_ended:
        return word == form
    # In plain form an ending that begins with e swallows an a before it: "kamera", "kameraet".
    return word.startswith(form) or (form.endswith("a") and word.startswith(f"{form[:-1]}e"))


@cache
def _sections() -> dict[str, tuple[str, ...]]:
    sections: dict[str, list[str]] = {}
    folder = files("classifier") / "data" / "cues"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        concept: list[str] = []
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                concept = sections.setdefault(line.strip("[]"), [])
            elif line:
                concept.append(line)
    return {concept: tuple(lines) for concept, lines in sections.items()}
