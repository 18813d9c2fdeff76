"""Measure the language check: how many texts of each language it takes for Bokmål, Nynorsk or another language.

    python -m scripts.measure_language_id tests/data/languages.tsv [--norne ../shared/norne]

Each line of the file is a language code, a tab, and a text. With `--norne`, the sentences of the two NorNE test splits are
counted too, by length: they are edited prose, the file's texts are reports.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from classifier.language_id import identify
from scripts.norne import read_sentences

ANSWERS = ("nb", "nn", "other")
SHORT_WORDS = 6


def labelled_texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield language code and text of each line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        language, _, text = line.partition("\t")
        yield language, text


def norne_texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield a code with a length band, and the text, of each sentence of NorNE's test splits."""
    for split, language in (("nob-test", "nb"), ("nno-test", "nn")):
        for sentence in read_sentences(folder / f"{split}.conllu.gz"):
            pairs = zip(sentence.words, sentence.spaces, strict=True)
            band = f"< {SHORT_WORDS} words" if len(sentence.words) < SHORT_WORDS else f"{SHORT_WORDS} words or more"
            yield f"{language} (NorNE, {band})", "".join(word + " " * space for word, space in pairs)


def main() -> None:
    """Parse the command line, count, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--norne", type=Path, help="folder of the NorNE files")
    given = parser.parse_args()
    texts = list(labelled_texts(given.file))
    if given.norne:
        texts += norne_texts(given.norne)
    counts: Counter[tuple[str, str]] = Counter((language, identify(text).standard) for language, text in texts)
    print("| language | texts | as nb | as nn | as other |")
    print("|---|---|---|---|---|")
    for language in dict.fromkeys(language for language, _ in texts):
        answers = [counts[language, answer] for answer in ANSWERS]
        print(f"| {language} | {sum(answers)} | " + " | ".join(map(str, answers)) + " |")


if __name__ == "__main__":
    main()
