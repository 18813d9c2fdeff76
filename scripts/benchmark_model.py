"""Time the shipped model against the language pipeline alone, on the corpus's texts and one core, side by side in one process.

    OMP_NUM_THREADS=1 python -m scripts.benchmark_model [--rounds 5]

Prints Markdown: a single suggestion against one `nlp(text)`, a batch against the pipeline reading the same texts, and a cold
`classifier suggest`. Rounds alternate, and medians are compared, for the machines are shared.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from classifier import load_model
from classifier.corpus import read_corpus, shipped_corpus
from classifier.language import ALL_PARTS, analyse
from scripts.baseline import refuse

SINGLES = 100
COLD = [
    sys.executable,
    "-c",
    "from classifier.cli import main; main()",
    "suggest",
    "Bruker ringte og sa at han visste hvor jeg bor.",
]


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Parse the command line, time, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    texts = [located.example.text for located in read_corpus(shipped_corpus(), refuse, split="test")]
    model = load_model()
    nlp = model.pipeline.nlp
    works: dict[str, Callable[[], object]] = {
        "single suggestion": lambda: [model.suggest([text]) for text in texts[:SINGLES]],
        "single nlp(text)": lambda: [nlp(text) for text in texts[:SINGLES]],
        "batch of suggestions": lambda: model.suggest(texts),
        "batch without evidence": lambda: list(model.suggest_each(texts, explain=False)),
        "batch, pipeline with all parts": lambda: list(analyse(texts, pipeline=model.pipeline, parts=ALL_PARTS)),
        "batch, pipeline with the parts the model uses": lambda: list(
            analyse(texts, pipeline=model.pipeline, parts=frozenset())
        ),
        "cold `classifier suggest`": lambda: subprocess.run(COLD, check=True, capture_output=True),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(given.rounds + 1):
        for name, work in works.items():
            taken[name].append(seconds(work))
    print("| | median |\n|---|---|")
    for name, measured in taken.items():
        # The first round warms caches and is not counted.
        median = statistics.median(measured[1:])
        if name.startswith("single"):
            print(f"| {name} | {median / SINGLES * 1000:.1f} ms |")
        elif name.startswith("batch"):
            print(f"| {name} | {len(texts) / median:,.0f} texts/s |")
        else:
            print(f"| {name} | {median:.1f} s |")


if __name__ == "__main__":
    main()
