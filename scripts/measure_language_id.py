"""Measure the language check, and what the model makes of texts in other languages.

    python -m scripts.measure_language_id tests/data/languages_test.tsv [--norne ../shared/norne] [--model 2026.11.5]

Each line of the file is a language code, a tab, and a text. With `--norne`, the sentences of the two NorNE test splits are
counted too, by length: they are edited prose, the file's texts are reports. For each language the table says how many texts the
check takes for Bokmål, Nynorsk or another language, and which share of them the model refuses, as too short or as no Norwegian,
makes a suggestion for, and is confident about in category, channel or both.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from classifier import load_model
from classifier.language_id import identify
from classifier.suggestion import Suggestion
from scripts.norne import read_sentences

ANSWERS = ("nb", "nn", "other")
FATES = ("refused", "ok", "confident")
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


def fates(suggestion: Suggestion) -> tuple[str, ...]:
    """Return which of `FATES` a text with this suggestion met."""
    if suggestion.category is None or suggestion.channel is None:
        return ("refused",)
    return ("ok", "confident") if suggestion.category.confident or suggestion.channel.confident else ("ok",)


def main() -> None:
    """Parse the command line, count, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--norne", type=Path, help="folder of the NorNE files")
    parser.add_argument("--model", help="version or folder of the model; the champion if left out")
    given = parser.parse_args()
    texts = list(labelled_texts(given.file))
    if given.norne:
        texts += norne_texts(given.norne)
    taken: Counter[tuple[str, str]] = Counter((language, identify(text).standard) for language, text in texts)
    met: Counter[tuple[str, str]] = Counter()
    suggestions = load_model(given.model).suggest_each((text for _, text in texts), explain=False)
    for (language, _), suggestion in zip(texts, suggestions, strict=True):
        met.update((language, fate) for fate in fates(suggestion))
    print("| language | texts | as nb | as nn | as other | refused | suggestion | confident |")
    print("|---|---|---|---|---|---|---|---|")
    for language in dict.fromkeys(language for language, _ in texts):
        answers = [taken[language, answer] for answer in ANSWERS]
        shares = [f"{met[language, fate] / sum(answers):.1%}" for fate in FATES]
        print(f"| {language} | {sum(answers)} | " + " | ".join([*map(str, answers), *shares]) + " |")


if __name__ == "__main__":
    main()
