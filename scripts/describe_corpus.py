"""Count what makes the corpus hard and what masking meets in it, and list the items its readers found hardest.

    python -m scripts.describe_corpus [--corpus training_data]

Prints Markdown. What a word list decides ("channel only implied", "misleading words", "background") is an estimate.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from classifier.corpus import Example, read_corpus, shipped_corpus
from classifier.language import analyse, load_pipeline
from classifier.privacy import find_personal_data
from scripts.baseline import refuse

NAMED_CHANNEL = re.compile(
    r"telefon|\btlf|\bring(?:te|de|er|t|e)\b|\bringd|opprin|anrop|skrank|mottak|vente(?:rom|hall|sal)|\bkø|møterom|samtalerom|"
    r"\bmøte|kontoret mitt|e-?post|mail|\bsms|\bmms|tekstmelding|melding|dialog|modia|aktivitetsplan|søknad|klage|meldekort|"
    r"skriv til oss|nav\.no|chat|kommentarfelt|facebook|insta|snap|tiktok|messenger|\bx\b|brev|konvolutt|posten|lapp|pakke|"
    r"utenfor|utanfor|parkering|hjemmebesøk|heimebesøk|video|teams",
    re.IGNORECASE,
)
GRAVE_WORD = re.compile(
    r"\b(?:kniv|drep|drap|slo|slå|slår|bombe|true[rt]?|truet|truga|trussel|trugsmål|våpen|hagle|gevær|blod|brenne|skyte|kverk|"
    r"dø|død|hev[dn]|angrep|knus|spark)\w*",
    re.IGNORECASE,
)
GRAVE_ACTS = {"fysisk_angrep_person", "haerverk", "trussel", "trussel_selvskading"}
BACKGROUND = re.compile(
    r"forrige gang|førre gong|tidligere|tidlegare|\bi fjor|\bsist\b|for \w+ år (?:siden|sidan)|\bi 20[012]\d",
    re.IGNORECASE,
)
HARDEST = 20


def read_annotations(path: Path) -> dict[str, Mapping[str, str]]:
    """Return the two readers' labels by example id."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}


def difficulties(example: Example, row: Mapping[str, str]) -> set[str]:
    """Return the ways in which an example is hard."""
    acts = set(example.acts or (example.category,))
    checks = {
        "several acts": len(acts) > 1,
        "channel not said": example.channel == "ukjent",
        "channel only implied": example.channel != "ukjent" and not NAMED_CHANNEL.search(example.text),
        "misleading words": not acts & GRAVE_ACTS and bool(GRAVE_WORD.search(example.text)),
        "an earlier incident as background": bool(BACKGROUND.search(example.text)),
        "readers disagreed": row["adjudicated"] == "yes",
        "a reader was unsure": "unsure" in (row["certainty_1"], row["certainty_2"]),
    }
    return {name for name, holds in checks.items() if holds}


def doubt(example: Example, row: Mapping[str, str]) -> int:
    """Return how hard the readers found an item: disagreement counts most, then a third label in the end, then doubt."""
    different = sum(row[f"{target}_1"] != row[f"{target}_2"] for target in ("category", "channel"))
    third = example.category not in (row["category_1"], row["category_2"])
    unsure = sum(row[f"certainty_{reader}"] in ("unsure", "none") for reader in (1, 2))
    return 4 * different + 2 * third + unsure


def main() -> None:
    """Parse the command line, count, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=shipped_corpus())
    given = parser.parse_args()
    examples = [located.example for located in read_corpus(given.corpus, refuse)]
    annotations = read_annotations(given.corpus / "annotations.tsv")
    print_difficulties(examples, annotations)
    print_personal_data(examples)
    hardest = sorted(examples, key=lambda example: (-doubt(example, annotations[example.id]), example.id))[:HARDEST]
    print(f"\nThe {HARDEST} hardest items, by the readers' disagreement and doubt:\n")
    print("| id | first reader | second reader | settled as | note |")
    print("|---|---|---|---|---|")
    for example in hardest:
        row = annotations[example.id]
        readings = (f"{row[f'category_{reader}']}, {row[f'channel_{reader}']}" for reader in (1, 2))
        print(f"| {example.id} | {' | '.join(readings)} | {example.category}, {example.channel} | {example.note} |")


def print_difficulties(examples: Sequence[Example], annotations: Mapping[str, Mapping[str, str]]) -> None:
    """Print how many examples are hard in each way, and in any."""
    splits = {split: [example for example in examples if example.split == split] for split in ("train", "test")}
    counts = {split: Counter[str]() for split in splits}
    for split, part in splits.items():
        for example in part:
            found = difficulties(example, annotations[example.id])
            counts[split].update(found)
            counts[split]["any of these"] += bool(found)
    print("| hard because | train | test |\n|---|---|---|")
    for name, _ in counts["train"].most_common():
        print(f"| {name} | " + " | ".join(f"{counts[split][name] / len(part):.1%}" for split, part in splits.items()) + " |")


def print_personal_data(examples: Sequence[Example]) -> None:
    """Print the share of examples in which masking finds personal data, and how often each type."""
    types: Counter[str] = Counter()
    holding = 0
    texts = [example.text for example in examples]
    for analysed in analyse(texts, pipeline=load_pipeline(), parts=frozenset({"entities"})):
        found = {span.type for span in find_personal_data(analysed)}
        holding += bool(found)
        types.update(found)
    print(f"\nMasking finds personal data in {holding / len(examples):.1%} of the texts: ", end="")
    print(", ".join(f"{name} in {count}" for name, count in types.most_common()) + ".")


if __name__ == "__main__":
    main()
