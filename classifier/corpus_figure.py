"""What a corpus holds, drawn: category by channel as a heat map, and the length of its texts by split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from classifier.corpus import Example
from classifier.corpus_stats import channel_counts, length_shares
from classifier.figures import new_figure, save_figure
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS


def draw_corpus(examples: Sequence[Example], path: Path) -> None:
    """Write the figure to `path` (.svg, .png or .pdf).

    Raises InputError for another ending, MissingExtraError without matplotlib.
    """
    figure = new_figure(12, 8)
    heat, bars = figure.subplots(2, 1, height_ratios=(2, 1))
    counts = channel_counts(examples)
    grid = [[counts[category, channel] for channel in CHANNEL_IDS] for category in CATEGORY_IDS]
    most = max((max(row) for row in grid), default=0)
    # The square root keeps small cells apart from empty ones beside the large.
    heat.imshow([[count**0.5 for count in row] for row in grid], cmap="Blues", aspect="auto")
    heat.set_xticks(range(len(CHANNEL_IDS)), CHANNEL_IDS, rotation=30, ha="right")
    heat.set_yticks(range(len(CATEGORY_IDS)), CATEGORY_IDS)
    for y, row in enumerate(grid):
        for x, count in enumerate(row):
            heat.text(x, y, str(count), ha="center", va="center", color="white" if count > most / 2 else "black")
    heat.set_title(f"{len(examples)} examples: category by channel")
    for place, (split, shares) in enumerate(length_shares(examples).items()):
        positions = [index + 0.4 * place for index in range(len(shares))]
        bars.bar(positions, list(shares.values()), width=0.38, label=split)
        bars.set_xticks([index + 0.2 for index in range(len(shares))], list(shares))
    bars.set_ylabel("share of the split")
    bars.set_title("Length of the texts")
    bars.legend()
    save_figure(figure, path)
