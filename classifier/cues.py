"""A lexicon of cues: words and phrases by what they are about — a blow, a broken thing, a counter, a hang-up.

`data/cues/*.txt`, compiled for this project from general knowledge of Norwegian and the labelling guide, holds sections
`[concept]` with an entry a line; `*` at the end of a word stands for any ending. A concept is not a label: the model learns
what each says about categories and channels. Four fifths of the entries were written without a look at the corpus, the others
after reading 960 texts of `train` that the model had got wrong, so that cross-validation on `train` flatters them; nobody
looked at `test`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from classifier.word_forms import WORDS_REMEMBERED, plain_form

_TOKEN = re.compile(r"[^\W_]+(?:[-'.][^\W_]+)*\*?|[^\w\s]")
_KEY_LETTERS = 3
_ALONE = ""
"""Key of an entry of one word."""


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
        beginning = _beginning_with(word)
        if not beginning:
            continue
        found: set[tuple[str, int]] = set()
        following = _keys(plain_forms[first + 1]) if first + 1 < len(plain_forms) else ()
        for key in (_ALONE, *following):
            for entry in beginning.get(key, ()):
                last = first + len(entry.words)
                if last <= len(plain_forms) and all(
                    _fits(plain_forms[first + place], *entry.words[place]) for place in range(1, len(entry.words))
                ):
                    found.add((entry.concept, last))
        for concept, last in sorted(found):
            yield Cue(concept, first, last)


@lru_cache(maxsize=WORDS_REMEMBERED)
def _beginning_with(word: str) -> dict[str, tuple[_Entry, ...]]:
    """Return the entries whose first word `word` fits, by the key of their second."""
    found: dict[str, list[_Entry]] = {}
    for concept, line in (pair for key in _keys(word) for pair in _index().get(key, ())):
        entry = _entry(concept, line)
        if _fits(word, *entry.words[0]):
            found.setdefault(_key(*entry.words[1]) if len(entry.words) > 1 else _ALONE, []).append(entry)
    return {key: tuple(entries) for key, entries in found.items()}


@lru_cache(maxsize=WORDS_REMEMBERED)
def _keys(word: str) -> tuple[str, ...]:
    """Return the keys under which an entry's word that `word` fits may stand."""
    return (word, *(f"{word[:length]}*" for length in range(1, _KEY_LETTERS + 1)))


def _key(form: str, open_ended: bool) -> str:
    """Return a word of an entry, or its first letters and `*` where its ending is open."""
    return f"{form[:_KEY_LETTERS]}*" if open_ended else form


@cache
def _index() -> dict[str, list[tuple[str, str]]]:
    """Return concept and entry, in plain form, by the entry's first word, or by its first letters and `*` if it is open-ended.

    A command that suggests for one text waits for this: entries are taken apart only when a text has their first word.
    """
    index: dict[str, list[tuple[str, str]]] = {}
    for concept, lines in _sections().items():
        for line in plain_form("\n".join(lines)).split("\n"):
            match = _TOKEN.search(line)
            if match is not None:
                key = _key(match[0].removesuffix("*"), match[0].endswith("*"))
                index.setdefault(key, []).append((concept, line))
    return index


def _entry(concept: str, line: str) -> _Entry:
    words = tuple((token.removesuffix("*"), token.endswith("*")) for token in _TOKEN.findall(line))
    return _Entry(concept, words)


def _fits(word: str, form: str, open_ended: bool) -> bool:
    if not open_ended:
        return word == form
    # In plain form an ending that begins with e swallows an a before it: "kamera", "kameraet".
    return word.startswith(form) or (form.endswith("a") and word.startswith(f"{form[:-1]}e"))


def lexicon_files() -> tuple[Traversable, ...]:
    """Return the files of the lexicon, in one order everywhere."""
    folder = files("classifier") / "data" / "cues"
    return tuple(sorted(folder.iterdir(), key=lambda file: file.name))


@cache
def _sections() -> dict[str, tuple[str, ...]]:
    sections: dict[str, list[str]] = {}
    for file in lexicon_files():
        concept: list[str] = []
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                concept = sections.setdefault(line.strip("[]"), [])
            elif line:
                concept.append(line)
    return {concept: tuple(lines) for concept, lines in sections.items()}
