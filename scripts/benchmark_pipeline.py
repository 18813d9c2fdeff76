"""Measure how many words a second the Norwegian pipeline reads on one core, for each combination of parts.

    python -m scripts.benchmark_pipeline [--pipeline NAME] [--texts FILE.tsv]

The machine may be shared and noisy, so the combinations take turns for several rounds; the table shows the median rate and
the ratio to the tokenizer alone in the same round, which holds when the speed of the machine drifts.
"""

from __future__ import annotations

import os

# One core: set before any numerical library starts its threads.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import argparse
import statistics
import time
from itertools import combinations
from pathlib import Path

from classifier.language import ALL_PARTS, LoadedPipeline, Part, analyse, load_pipeline
from scripts.measure_privacy import read_annotated

ROUNDS = 5
WORDS_PER_ROUND = 20_000


def read_texts(path: Path) -> list[str]:
    """Return the texts of an annotated file, repeated to about WORDS_PER_ROUND words."""
    texts = [sentence.text for sentence in read_annotated(path)]
    words = sum(len(text.split()) for text in texts)
    return texts * max(1, WORDS_PER_ROUND // words)


def words_per_second(texts: list[str], pipeline: LoadedPipeline, parts: frozenset[Part]) -> float:
    """Return how many words a second are read, `parts` asked for."""
    started = time.perf_counter()
    words = sum(len(analysed.words) for analysed in analyse(texts, pipeline=pipeline, parts=parts))
    return words / (time.perf_counter() - started)


def main() -> None:
    """Parse the command line, take turns, and print a Markdown table."""
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pipeline", help="spaCy pipeline: a name or a folder; the shipped one by default")
    parser.add_argument("--texts", type=Path, default=root / "tests" / "data" / "privacy_dev.tsv")
    given = parser.parse_args()
    texts = read_texts(given.texts)
    pipeline = load_pipeline(given.pipeline)
    choices = [frozenset(choice) for size in range(len(ALL_PARTS) + 1) for choice in combinations(sorted(ALL_PARTS), size)]
    rates: dict[frozenset[Part], list[float]] = {choice: [] for choice in choices}
    words_per_second(texts, pipeline, ALL_PARTS)
    for _ in range(ROUNDS):
        for choice in choices:
            rates[choice].append(words_per_second(texts, pipeline, choice))
    print(f"{len(texts)} texts, {ROUNDS} rounds, one core, {pipeline.name} {pipeline.version}")
    print("| parts | words a second (median) | against words and offsets alone |")
    print("|---|---|---|")
    for choice in sorted(choices, key=lambda choice: -statistics.median(rates[choice])):
        ratio = statistics.median(rate / bare for rate, bare in zip(rates[choice], rates[frozenset()], strict=True))
        print(f"| {', '.join(sorted(choice)) or 'words and offsets'} | {statistics.median(rates[choice]):,.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
