"""Measure how well personal data is found: recall and precision per type and written standard.

    python -m scripts.measure_privacy tests/data/privacy_test.tsv

Each line of the file is `nb` or `nn`, a tab, and a sentence with `[TYPE|text]` around each piece of personal data.
A piece counts as found when finds of its type cover all of its characters (recall: nothing leaks); a find counts as right
when it overlaps a piece of its type (precision). `--show` prints misses and false finds: the sentences are invented.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from classifier.language import analyse, load_pipeline
from classifier.privacy import find_personal_data
from classifier.spans import PERSONAL_DATA_TYPES, PersonalData

_MARKUP = re.compile(r"\[([A-Z_]+)\|([^\]]*)\]")


@dataclass(frozen=True)
class Annotated:
    """A sentence, its written standard, and the personal data in it."""

    standard: str
    text: str
    spans: tuple[PersonalData, ...]


def read_annotated(path: Path) -> Iterator[Annotated]:
    """Yield the sentences of a marked-up file; raises ValueError, with the line, for an unknown type or standard."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        standard, _, marked = line.partition("\t")
        if standard not in ("nb", "nn"):
            raise ValueError(f"{path}:{number}: found standard {standard!r}; expected 'nb' or 'nn'")
        text = ""
        position = 0
        spans = []
        for match in _MARKUP.finditer(marked):
            if match[1] not in PERSONAL_DATA_TYPES:
                raise ValueError(f"{path}:{number}: found type {match[1]!r}; expected one of {PERSONAL_DATA_TYPES}")
            text += marked[position : match.start()]
            spans.append(PersonalData(len(text), len(text) + len(match[2]), match[1]))
            text += match[2]
            position = match.end()
        yield Annotated(standard, text + marked[position:], tuple(spans))


@dataclass(frozen=True)
class Outcome:
    """Counts for one type and standard: pieces, pieces found, finds, finds that are right."""

    pieces: int
    found: int
    finds: int
    right: int

    @property
    def recall(self) -> float:
        """Return the share of pieces that were found; 1 if there were none."""
        return self.found / self.pieces if self.pieces else 1.0

    @property
    def precision(self) -> float:
        """Return the share of finds that are right; 1 if there were none."""
        return self.right / self.finds if self.finds else 1.0


def measure(sentences: list[Annotated], pipeline_name: str | None, *, show: bool) -> dict[tuple[str, str], Outcome]:
    """Return the outcome for each type and standard ("nb", "nn" or "both")."""
    counts: Counter[tuple[str, str, str]] = Counter()
    analysed = analyse(
        (sentence.text for sentence in sentences),
        pipeline=load_pipeline(pipeline_name),
        parts=frozenset({"entities"}),
    )
    for sentence, read in zip(sentences, analysed, strict=True):
        finds = find_personal_data(read)
        for piece in sentence.spans:
            covering = [find for find in finds if find.type == piece.type and find.overlaps(piece)]
            covered = {place for find in covering for place in range(find.start, find.end)}
            found = set(range(piece.start, piece.end)) <= covered
            counts[piece.type, sentence.standard, "pieces"] += 1
            counts[piece.type, sentence.standard, "found"] += found
            if show and not found:
                print(f"missed {piece.type} {sentence.text[piece.start : piece.end]!r} in: {sentence.text}")
        for find in finds:
            right = any(find.type == piece.type and find.overlaps(piece) for piece in sentence.spans)
            counts[find.type, sentence.standard, "finds"] += 1
            counts[find.type, sentence.standard, "right"] += right
            if show and not right:
                print(f"wrong {find.type} {sentence.text[find.start : find.end]!r} in: {sentence.text}")
    outcomes: dict[tuple[str, str], Outcome] = {}
    for kind in PERSONAL_DATA_TYPES:
        for standard, members in (("nb", ("nb",)), ("nn", ("nn",)), ("both", ("nb", "nn"))):
            numbers = {
                what: sum(counts[kind, member, what] for member in members) for what in ("pieces", "found", "finds", "right")
            }
            outcomes[kind, standard] = Outcome(**numbers)
    return outcomes


def main() -> None:
    """Parse the command line, measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--pipeline", help="spaCy pipeline: a name or a folder; the shipped one by default")
    parser.add_argument("--show", action="store_true", help="print misses and false finds")
    given = parser.parse_args()
    sentences = list(read_annotated(given.file))
    outcomes = measure(sentences, given.pipeline, show=given.show)
    print(f"{len(sentences)} sentences")
    print("| type | pieces | recall | precision | recall nb | recall nn | precision nb | precision nn |")
    print("|---|---|---|---|---|---|---|---|")
    for kind in PERSONAL_DATA_TYPES:
        both, nb, nn = (outcomes[kind, standard] for standard in ("both", "nb", "nn"))
        figures = (both.recall, both.precision, nb.recall, nn.recall, nb.precision, nn.precision)
        print(f"| {kind} | {both.pieces} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |")


if __name__ == "__main__":
    main()
