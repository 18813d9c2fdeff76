"""What a corpus holds, counted: category by channel, language, length, split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from classifier.corpus import Example
from classifier.table import Table
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS

LENGTH_BANDS = ((1, 11), (12, 40), (41, 110), (111, None))
"""Words in a text, first and last; the last band is open."""


def count_tables(examples: Sequence[Example]) -> tuple[Table, ...]:
    """Return the counts of category by channel, and of language, length and number of acts, by split."""
    return _by_channel(examples), _by_split(examples)


def channel_counts(examples: Sequence[Example]) -> Counter[tuple[str, str]]:
    """Return how many examples each (category, channel) has."""
    return Counter((example.category, example.channel) for example in examples)


def length_shares(examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    """Return, for each split that has examples, the share of them in each length band, by the band's name."""
    shares: dict[str, dict[str, float]] = {}
    for split in ("train", "test"):
        lengths = [len(example.text.split()) for example in examples if example.split == split]
        if lengths:
            shares[split] = {
                band_name(first, last): sum(first <= length <= (last or length) for length in lengths) / len(lengths)
                for first, last in LENGTH_BANDS
            }
    return shares


def band_name(first: int, last: int | None) -> str:
    """Return what a length band is called."""
    return f"{first} to {last} words" if last else f"{first} words or more"


def _by_channel(examples: Sequence[Example]) -> Table:
    cells = channel_counts(examples)
    rows = [
        (
            category,
            *(str(cells[category, channel]) for channel in CHANNEL_IDS),
            str(sum(e.category == category for e in examples)),
        )
        for category in CATEGORY_IDS
    ]
    rows.append(("all", *(str(sum(e.channel == channel for e in examples)) for channel in CHANNEL_IDS), str(len(examples))))
    return Table(f"{len(examples)} examples: category by channel", ("category", *CHANNEL_IDS, "all"), tuple(rows))


def _by_split(examples: Sequence[Example]) -> Table:
    splits = [[e for e in examples if e.split == split] for split in ("train", "test")]
    rows: list[tuple[str, ...]] = [("examples", *(str(len(part)) for part in splits))]
    rows.append(("sources", *(str(len({e.source for e in part})) for part in splits)))
    for category in CATEGORY_IDS:
        rows.append((category, *(_share(sum(e.category == category for e in part), len(part)) for part in splits)))
    for language in ("nb", "nn"):
        rows.append((language, *(_share(sum(e.language == language for e in part), len(part)) for part in splits)))
    for first, last in LENGTH_BANDS:
        counts = (sum(first <= len(e.text.split()) <= (last or 10**9) for e in part) for part in splits)
        rows.append((band_name(first, last), *(_share(n, len(part)) for n, part in zip(counts, splits, strict=True))))
    several = (sum(e.acts is not None and len(e.acts) > 1 for e in part) for part in splits)
    rows.append(("several acts", *(_share(count, len(part)) for count, part in zip(several, splits, strict=True))))
    return Table("By split", ("", "train", "test"), tuple(rows))


def _share(count: int, of: int) -> str:
    return f"{count} ({count / of:.0%})" if of else "0"
