"""A plain baseline on the corpus: TF-IDF and logistic regression, trained on ever more of `train`, scored on `test`.

    python -m scripts.baseline [--corpus training_data]

Prints macro-F1 for category and channel at each size, the mean over five random draws, and per written standard at full size. A
curve that is flat and high from the start would mean that the corpus is too easy or too uniform.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline

from classifier.corpus import Example, read_corpus
from classifier.errors import InputError

SIZES = (250, 500, 1000, 2000)
DRAWS = 5


def refuse(error: InputError) -> None:
    """Stop at the first bad line: a baseline on half a corpus would mislead."""
    raise error


def macro_f1(train: Sequence[Example], test: Sequence[Example], target: str) -> float:
    """Return the macro-F1 on `test` of a model of `target`, "category" or "channel", trained on `train`."""
    model = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2),
        LogisticRegression(C=10, class_weight="balanced", max_iter=2000),
    )
    model.fit([example.text for example in train], [getattr(example, target) for example in train])
    truth = [getattr(example, target) for example in test]
    return float(f1_score(truth, model.predict([example.text for example in test]), average="macro", labels=sorted(set(truth))))


def main() -> None:
    """Parse the command line, train, and print Markdown tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).resolve().parent.parent / "training_data")
    given = parser.parse_args()
    examples = [located.example for located in read_corpus(given.corpus, refuse)]
    train = [example for example in examples if example.split == "train"]
    test = [example for example in examples if example.split == "test"]
    print("| examples | category | channel |")
    print("|---|---|---|")
    for size in (*(size for size in SIZES if size < len(train)), len(train)):
        draws = [random.Random(seed).sample(train, size) for seed in range(DRAWS if size < len(train) else 1)]
        means = (statistics.mean(macro_f1(draw, test, target) for draw in draws) for target in ("category", "channel"))
        print(f"| {size:,} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")
    print("\n| all examples, scored on | texts | category | channel |")
    print("|---|---|---|---|")
    for language in ("nb", "nn"):
        part = [example for example in test if example.language == language]
        scores = (macro_f1(train, part, target) for target in ("category", "channel"))
        print(f"| {language} | {len(part)} | " + " | ".join(f"{score:.3f}" for score in scores) + " |")


if __name__ == "__main__":
    main()
