"""A lexicon of cues: words and phrases by what they are about — a blow, a broken thing, a counter, a hang-up.

`data/cues/*.txt`, compiled for this project from general knowledge of Norwegian and the labelling guide, without a look at the
corpus, holds sections `[concept]` with an entry a line; `*` at the end of a word stands for any ending. A concept is not a
label: the model learns what each says about categories and channels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from classifier.word_forms import plain_form

_TOKEN = re.compile(r"[^\W_]+(?:[-'.][^\W_]+)*\*?|[^\w\s]")
_KEY_LETTERS = 3


@dataclass(frozen=True)
class Cue:
    """An entry's concept and where it stands: words `[first, last)` of those searched."""

    concept: str
    first: int
    last: int


def concepts() -> tuple[str, ...]:
    """Return the concepts of the lexicon in the order of the files."""
    return tuple(_sections())


def find_cues(plain_forms: Sequence[str]) -> Iterator[Cue]:
    """Yield every cue among the words, given in plain form, in their order; cues may overlap."""
    index = _index()
    for first, word in enumerate(plain_forms):
        found: set[tuple[str, int]] = set()
        for key in (word, *(f"{word[:length]}*" for length in range(1, _KEY_LETTERS + 1))):
            for concept, line in index.get(key, ()):
                words = _words_of(line)
                last = first + len(words)
                if last <= len(plain_forms) and all(
                    _fits(plain_forms[first + place], form, open_ended) for place, (form, open_ended) in enumerate(words)
                ):
                    found.add((concept, last))
        for concept, last in sorted(found):
            yield Cue(concept, first, last)


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
                word = match[0]
                index.setdefault(f"{word[:-1][:_KEY_LETTERS]}*" if word[-1] == "*" else word, []).append((concept, line))
    return index


@cache
def _words_of(line: str) -> tuple[tuple[str, bool], ...]:
    """Return the words of an entry in plain form, each with whether any ending may follow."""
    return tuple((token.removesuffix("*"), token.endswith("*")) for token in _TOKEN.findall(line))


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
