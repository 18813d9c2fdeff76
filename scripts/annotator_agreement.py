"""Measure how far the corpus's two blind readers agree: percent and Cohen's kappa for category and channel.

python -m scripts.annotator_agreement [--annotations training_data/annotations.tsv]
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from sklearn.metrics import cohen_kappa_score


def main() -> None:
    """Parse the command line, measure, and print a Markdown table."""
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--annotations", type=Path, default=root / "training_data" / "annotations.tsv")
    given = parser.parse_args()
    with given.annotations.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    print(f"{len(rows)} texts, {sum(row['adjudicated'] == 'yes' for row in rows)} adjudicated")
    print("| | agreement | Cohen's kappa |")
    print("|---|---|---|")
    for target in ("category", "channel"):
        first, second = ([row[f"{target}_{reader}"] for row in rows] for reader in (1, 2))
        same = sum(a == b for a, b in zip(first, second, strict=True)) / len(rows)
        print(f"| {target} | {same:.3f} | {cohen_kappa_score(first, second):.3f} |")
    unsure = sum("unsure" in (row["certainty_1"], row["certainty_2"]) for row in rows) / len(rows)
    print(f"\nAt least one reader was unsure about {unsure:.0%}.")


if __name__ == "__main__":
    main()
