"""Find names of persons: the entity recogniser's finds, backed by name lists and by the frames names stand in.

The recogniser knows names by context but misses hasty ones; lists know names but not whether "bjørn" is an animal. So a listed
name counts however it is written unless it is an everyday word too, and an unlisted word counts where a frame announces a
name: "heter …" and "mvh …" announce whatever follows, "saksbehandler …" and "hei …" only what has a capital.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from classifier.language import AnalysedText
from classifier.spans import PersonalData
from classifier.word_forms import WORDS_REMEMBERED
from classifier.word_lists import word_list

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_PARTICLES = frozenset({"van", "von", "de", "del", "al", "el", "bin", "ibn", "da", "af", "der"})

_STRONG_FRAME = re.compile(
    r"\b(?:heter|heiter|hette|heitte|ved na[vm]n|na[vm]n:|kaller seg|kallar seg|kalla seg|mvh|m\.v\.h|hilsen|hilsing|helsing|"
    r"vh|signert)\.?[,:]?\s+(?:fra\s+|frå\s+)?[«\"']?$",
    re.IGNORECASE,
)
_WEAK_FRAME = re.compile(
    r"\b(?:he[it]te[rt]?|het|na[vm]n(?:et)?(?: er| var)?|jeg er|eg er|dette er|det er|her er|hei|heisann|hallo|kjære|halla|"
    r"hello|hils(?:e|er|en|a|ar)?(?: til| på)?|takk)[,:!]?\s+[«\"']?$",
    re.IGNORECASE,
)
_GREETING = re.compile(r"(?:^|[\s«\"“(:])(?:hei|hallo|kjære|halla)\s$", re.IGNORECASE)
_FRAME_CHARACTERS = 24

_INITIAL_AND_LAST = re.compile(r"(?<![\w.])(?:[A-ZÆØÅ]\.\s?){1,2}[A-ZÆØÅ][^\W\d_]{2,}")
_HUMAN_ACT = re.compile(
    r"^\s(?:sa|seier|sier|ring(?:te|de|er)|svar(?:te|a)|rop(?:te|a|ar|er)|gikk|gjekk|skrev|skreiv|fortal(?:te|de)|spur(?:te|de)|"
    r"sat|satt|mener|meiner|tok|prøv(?:er|de|a)|måtte|ville|fikk|fekk|forklar(?:te|a)|snakk(?:et|a))\b"
)
_LONGEST_ACT = 14
_POSSESSIVES = frozenset({"hans"})
"""First names that after "kona" or "sjefen" are a pronoun."""

_SHORTEST_UNLISTED = 3


@dataclass(frozen=True)
class _Word:
    """One word of the text, with its place."""

    start: int
    end: int
    text: str
    lower: str

    @property
    def is_titled(self) -> bool:
        """Whether it starts with a capital and goes on in lower case, as names do; "O'Brien" and "McCoy" pass too."""
        return self.text[0].isupper() and not self.text.isupper()


def find_person_names(analysed: AnalysedText) -> Iterator[PersonalData]:
    """Yield the names of persons in `analysed.text`, the longest reading of a place first; finds may overlap."""
    words = [_Word(*match.span(), match.group(), match.group().lower()) for match in _WORD.finditer(analysed.text)]
    finds = [
        *_recognised(analysed),
        *_announced(analysed.text, words),
        *_listed(analysed.text, words),
        *(PersonalData(*match.span(), "PERSON") for match in _INITIAL_AND_LAST.finditer(analysed.text)),
    ]
    yield from sorted(finds, key=lambda find: (find.start - find.end, find.start))


@lru_cache(maxsize=WORDS_REMEMBERED)
def is_listed_name(word: str) -> bool:
    """Return whether a list of first or last names holds a word, or it is a lone capital as initials are, whatever its context.

    A name that is an everyday word too counts with a capital, also at the beginning of a sentence: better one word too many.
    """
    lower = word.lower()
    if len(word.rstrip(".")) == 1:
        return word[0].isupper()
    if not _is_listed(lower) or lower in word_list("not_persons"):
        return False
    return word[0].isupper() or _base(lower, word_list("first_names")) not in word_list("ambiguous_names")


def _recognised(analysed: AnalysedText) -> Iterator[PersonalData]:
    """Yield the recogniser's persons, without the titles, common words and systems it takes along."""
    for entity in analysed.entities:
        if entity.label != "PER":
            continue
        found = [
            _Word(*match.span(), match.group(), match.group().lower())
            for match in _WORD.finditer(analysed.text, entity.start, entity.end)
        ]
        while found and _is_no_name(found[0]):
            found.pop(0)
        while found and _is_no_name(found[-1]):
            found.pop()
        if len(found) == 1 and _only_looks_like_a_name(analysed.text, found[0]):
            continue
        if any(len(word.text) > 1 for word in found):
            yield PersonalData(found[0].start, found[-1].end, "PERSON")


def _only_looks_like_a_name(text: str, word: _Word) -> bool:
    """Return whether a lone find is an everyday word, or owes its capital to the sentence and does nothing a person would."""
    if _is_a_word_here(text, word):
        return True
    acts = _HUMAN_ACT.match(text[word.end : word.end + _LONGEST_ACT]) is not None
    return _starts_sentence(text, word.start) and not _is_listed(word.lower) and not acts


def _is_no_name(word: _Word) -> bool:
    if word.lower in word_list("not_persons") or word.lower in word_list("titles"):
        return True
    if word.text[0].isupper() or word.lower in _PARTICLES:
        return False
    return word.lower in word_list("ambiguous_names") or not _is_listed(word.lower)


def _announced(text: str, words: Sequence[_Word]) -> Iterator[PersonalData]:
    """Yield the names that a frame announces."""
    titles = word_list("titles")
    for index, word in enumerate(words):
        before = text[max(0, word.start - _FRAME_CHARACTERS) : word.start]
        strong = _STRONG_FRAME.search(before) is not None
        greeted = _GREETING.search(before) is not None and text[word.end : word.end + 1] in tuple(",!.")
        after_title = index > 0 and words[index - 1].lower in titles and _gap(text, words, index) in (" ", ". ", ": ")
        weak = after_title or _WEAK_FRAME.search(before) is not None
        if strong or greeted:
            wanted = word.lower not in word_list("not_announced") or (word.is_titled and _is_listed(word.lower))
            wanted = wanted and (len(word.text) >= _SHORTEST_UNLISTED or word.is_titled)
        else:
            known = word.lower in word_list("distinct_last_names")
            wanted = weak and (
                word.is_titled or known or (after_title and _is_first_name(word.lower) and word.lower not in _POSSESSIVES)
            )
        if wanted and word.lower not in word_list("not_persons") and word.lower not in titles:
            yield _name(text, words, index, _length(text, words, index))


def _listed(text: str, words: Sequence[_Word]) -> Iterator[PersonalData]:
    """Yield the runs that start with a listed first name, and last names of a kind that only persons have."""
    for index, word in enumerate(words):
        if not _is_first_name(word.lower):
            base = _base(word.lower, word_list("last_names"))
            parts = base.split("-")
            known = all(part in word_list("last_names") for part in parts)
            sure = len(parts) > 1 or base.endswith(("sen", "sson")) or base in word_list("distinct_last_names")
            if word.is_titled and known and sure:
                yield PersonalData(word.start, word.end, "PERSON")
            continue
        length = _length(text, words, index)
        if length == 1 and _is_a_word_here(text, word):
            continue
        yield _name(text, words, index, length)


def _name(text: str, words: Sequence[_Word], first: int, length: int) -> PersonalData:
    """Return the name of `length` words from `first` on, with the full stop of a last initial."""
    last = words[first + length - 1]
    initial = length > 1 and len(last.text) == 1 and text[last.end : last.end + 1] == "."
    return PersonalData(words[first].start, last.end + initial, "PERSON")


def _is_a_word_here(text: str, word: _Word) -> bool:
    """Return whether a name that is an everyday word too, such as "bjørn", stands alone without looking like a name."""
    if _base(word.lower, word_list("first_names")) not in word_list("ambiguous_names"):
        return False
    if _starts_sentence(text, word.start):
        # A capital says nothing here, but bears do not ring and oddities do not answer.
        return _HUMAN_ACT.match(text[word.end : word.end + _LONGEST_ACT]) is None
    return not word.is_titled


def _length(text: str, words: Sequence[_Word], first: int) -> int:
    """Return how many words from `first` on belong to one name."""
    stop = first + 1
    while stop < len(words) and _continues(text, words, stop):
        stop += 1
    while stop > first + 1 and words[stop - 1].lower in _PARTICLES:
        stop -= 1
    return stop - first


def _continues(text: str, words: Sequence[_Word], index: int) -> bool:
    """Return whether words[index] goes on with the name that the word before it belongs to."""
    word, previous = words[index], words[index - 1]
    gap = _gap(text, words, index)
    after_initial = gap == ". " and len(previous.text) == 1
    if not (gap in (" ", "\u00a0") or after_initial) or word.lower in word_list("not_persons"):
        return False
    if word.lower in _PARTICLES:
        return index + 1 < len(words) and words[index + 1].text[0].isupper() and previous.text[0].isupper()
    surely_named = _base(word.lower, word_list("last_names")) in word_list("last_names") or (
        _is_first_name(word.lower) and _base(word.lower, word_list("first_names")) not in word_list("ambiguous_names")
    )
    if previous.text[0].isupper():
        return word.is_titled or surely_named or (len(word.text) == 1 and word.text.isupper() and text[word.end :][:1] == ".")
    return surely_named and word.lower not in word_list("not_announced")


def _gap(text: str, words: Sequence[_Word], index: int) -> str:
    return text[words[index - 1].end : words[index].start]


def _is_first_name(lower: str) -> bool:
    base = _base(lower, word_list("first_names"))
    return all(part in word_list("first_names") for part in re.split(r"[-'’]", base))


def _is_listed(lower: str) -> bool:
    return _is_first_name(lower) or _base(lower, word_list("last_names")) in word_list("last_names")


def _base(lower: str, names: frozenset[str]) -> str:
    """Return the word without the s of the genitive, unless it is a name as it stands."""
    if lower in names or not lower.endswith("s"):
        return lower
    return lower.removesuffix("s").rstrip("'’")


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \u00a0«\"'“(–-")
    return not before or before[-1] in ".!?:\n"
