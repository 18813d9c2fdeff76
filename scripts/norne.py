"""Read NorNE's CoNLL-U files into sentences, and sentences into spaCy documents, clean or with the noise hasty writers make."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab

COLUMNS = 10
CLEAN_SHARE = 0.70
WITHOUT_DIACRITICS = (
    str.maketrans({"æ": "ae", "ø": "o", "å": "a", "Æ": "Ae", "Ø": "O", "Å": "A"}),
    str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"}),
    str.maketrans({"æ": "e", "ø": "o", "å": "a", "Æ": "E", "Ø": "O", "Å": "A"}),
)


class NorneFormatError(ValueError):
    """A line that is not what the NorNE files promise; says file, line, what was found and what was expected."""


@dataclass(frozen=True)
class Sentence:
    """One annotated sentence: parallel tuples, one entry a token."""

    words: tuple[str, ...]
    spaces: tuple[bool, ...]
    lemmas: tuple[str, ...]
    pos: tuple[str, ...]
    morphs: tuple[str, ...]
    ents: tuple[str, ...]


def read_sentences(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a CoNLL-U file, gzipped or plain, in file order.

    Raises NorneFormatError for a line without ten columns or without a `name=` entry in its last one.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    rows: list[list[str]] = []
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            line = line.rstrip("\n")
            if not line:
                if rows:
                    yield _sentence(rows)
                rows = []
            elif not line.startswith("#"):
                columns = line.split("\t")
                if len(columns) != COLUMNS or "name=" not in columns[-1]:
                    raise NorneFormatError(
                        f"{path}:{number}: found {len(columns)} columns; expected {COLUMNS}, the last with name=IOB"
                    )
                rows.append(columns)
    if rows:
        yield _sentence(rows)


def _sentence(rows: Sequence[Sequence[str]]) -> Sentence:
    misc = [dict(part.split("=", 1) for part in row[9].split("|")) for row in rows]
    return Sentence(
        words=tuple(row[1] for row in rows),
        spaces=tuple(entry.get("SpaceAfter") != "No" for entry in misc),
        lemmas=tuple(row[2] for row in rows),
        pos=tuple(row[3] for row in rows),
        morphs=tuple("" if row[5] == "_" else row[5] for row in rows),
        ents=tuple(entry["name"] for entry in misc),
    )


def grouped(sentences: Sequence[Sentence], size: int) -> Iterator[Sequence[Sentence]]:
    """Yield runs of `size` consecutive sentences, as `spacy convert -n` makes its documents."""
    for start in range(0, len(sentences), size):
        yield sentences[start : start + size]


def randomly_grouped(sentences: Sequence[Sentence], rng: random.Random) -> Iterator[Sequence[Sentence]]:
    """Yield runs of one to ten consecutive sentences: reports are short, and sentence ends must be learned in context."""
    start = 0
    while start < len(sentences):
        size = rng.choice((1, 1, 2, 3, 4, 6, 8, 10))
        yield sentences[start : start + size]
        start += size


def to_doc(sentences: Sequence[Sentence], vocab: Vocab) -> Doc:
    """Return one gold document holding the sentences in order."""
    return Doc(
        vocab,
        words=[word for sentence in sentences for word in sentence.words],
        spaces=[space for sentence in sentences for space in sentence.spaces],
        lemmas=[lemma for sentence in sentences for lemma in sentence.lemmas],
        pos=[pos for sentence in sentences for pos in sentence.pos],
        morphs=[morph for sentence in sentences for morph in sentence.morphs],
        ents=[ent for sentence in sentences for ent in sentence.ents],
        sent_starts=[index == 0 for sentence in sentences for index in range(len(sentence.words))],
    )


def to_example(sentences: Sequence[Sentence], nlp: Language) -> Example:
    """Return gold and blank document as one example, the blank one cut by the pipeline's own tokenizer."""
    gold = to_doc(sentences, nlp.vocab)
    return Example(nlp.make_doc(gold.text), gold)


def noisy(sentences: Sequence[Sentence], rng: random.Random) -> Sequence[Sentence]:
    """Return the sentences unchanged seven times in ten, else as a hasty writer might have typed them."""
    draw = rng.random()
    return sentences if draw < CLEAN_SHARE else _noisy(sentences, draw, rng)


def always_noisy(sentences: Sequence[Sentence], rng: random.Random) -> Sequence[Sentence]:
    """Return the sentences as a hasty writer might have typed them."""
    return _noisy(sentences, rng.uniform(CLEAN_SHARE, 1.0), rng)


def _noisy(sentences: Sequence[Sentence], draw: float, rng: random.Random) -> Sequence[Sentence]:
    """Return the sentences with the noise that `draw`, between CLEAN_SHARE and 1, stands for.

    Lower case throughout, no capital after a full stop, all capitals, no Norwegian letters, typing errors, or no final
    punctuation: what reports from a reception look like. Labels stay, so the pipeline learns to read through the noise.
    """
    if draw < 0.80:
        return [_rewritten(sentence, [word.lower() for word in sentence.words]) for sentence in sentences]
    if draw < 0.84:
        return [_rewritten(s, [s.words[0].lower(), *s.words[1:]]) for s in sentences]
    if draw < 0.86:
        return [_rewritten(sentence, [word.upper() for word in sentence.words]) for sentence in sentences]
    if draw < 0.90:
        table = rng.choice(WITHOUT_DIACRITICS)
        return [_rewritten(sentence, [word.translate(table) for word in sentence.words]) for sentence in sentences]
    if draw < 0.96:
        return [_rewritten(s, [_mistyped(word, rng) for word in s.words]) for s in sentences]
    return [_without_final_punctuation(sentence) for sentence in sentences]


def _rewritten(sentence: Sentence, words: Sequence[str]) -> Sentence:
    return replace(sentence, words=tuple(words))


def _mistyped(word: str, rng: random.Random) -> str:
    if len(word) < 4 or not word.isalpha() or rng.random() > 0.15:
        return word
    at = rng.randrange(1, len(word) - 1)
    slip = rng.randrange(3)
    if slip == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if slip == 1:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]


def _without_final_punctuation(sentence: Sentence) -> Sentence:
    if len(sentence.words) < 2 or sentence.pos[-1] != "PUNCT":
        return sentence
    spaces = (*sentence.spaces[:-2], True)
    return Sentence(
        words=sentence.words[:-1],
        spaces=spaces,
        lemmas=sentence.lemmas[:-1],
        pos=sentence.pos[:-1],
        morphs=sentence.morphs[:-1],
        ents=sentence.ents[:-1],
    )
