"""Make a synthetic history of incidents, of any size, as an agency's table: dates, units, hasty texts, repeats, wrong labels.

    python -m scripts.make_history --rows 100000 --seed 1 --out historikk.csv --truth fasit.csv

Texts come from the corpus's `train` split, varied so that no two fresh reports are the same text; how they are spread over
days, labels and units is told in `scripts/history_mix.py`. A repeat has the very text, unit and true labels of an earlier
report and a case number of its own. Wrong labels are drawn from how the corpus's two readers disagreed. Rows come in the order
of their dates and are written as they are made: memory does not grow with the history. The same arguments give the same file.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from pathlib import Path

import numpy as np

from classifier.corpus import Example, read_corpus, shipped_corpus
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS, category, channel
from scripts.baseline import refuse
from scripts.describe_corpus import read_annotations
from scripts.hasty_text import varied
from scripts.history_mix import KINDS, Unit, days_between, incidents_per_day, kind_shares, label_shares, units_of

COLUMNS = ("Saksnummer", "Dato", "Enhet", "Enhetstype", "Beskrivelse", "Kategori", "Kanal")
TRUTH_COLUMNS = ("Saksnummer", "Dato", "Enhet", "Enhetstype", "Kategori", "Kanal", "Gjentar", "Kilde")
SUFFIXES = (".csv", ".jsonl", ".parquet")

_REMEMBERED = 5_000
"""A repeat copies one of so many latest fresh reports."""
_FEWEST_REMEMBERED = 20
"""There are no repeats before there are so many to choose from, else the very first report would come again and again."""
_FILTER_BITS = 1 << 27
_FILTER_HASHES = 4
_ROWS_PER_GROUP = 10_000


@dataclass(frozen=True)
class HistorySettings:
    """What a history is to be like.

    `repeats` is the share of reports whose text was there before, `wrong` the share of registered categories, and of
    registered channels, that are not the true ones, `noise` the share of fresh reports typed in haste.
    """

    rows: int
    seed: int = 0
    first_year: int = 2014
    last_year: int = 2021
    repeats: float = 0.3
    wrong: float = 0.08
    noise: float = 0.5


@dataclass(frozen=True)
class Incident:
    """One row: what happened, and what was registered. `repeats` is the case number of the report it copies, if it does."""

    number: str
    day: date
    unit: Unit
    text: str
    true_category: str
    true_channel: str
    category: str
    channel: str
    example: str
    repeats: str = ""


class Draw:
    """Draws one of some values, each as often as its weight says."""

    def __init__(self, values: Sequence[str], weights: Sequence[float]) -> None:
        """Take the values and their weights, which need not add up to 1; what weighs nothing is never drawn."""
        kept = [(value, weight) for value, weight in zip(values, weights, strict=True) if weight > 0]
        self._values = [value for value, _ in kept]
        self._weights = list(accumulate(weight for _, weight in kept))

    def __call__(self, rng: random.Random) -> str:
        """Return one value."""
        return rng.choices(self._values, cum_weights=self._weights)[0]


class Seen:
    """Remembers texts in 16 MiB, however many: a Bloom filter, which may take a new text for a known one, never the reverse."""

    def __init__(self) -> None:
        """Start with none."""
        self._bits = bytearray(_FILTER_BITS // 8)

    def add(self, text: str) -> bool:
        """Remember a text, and return whether it is new."""
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4 * _FILTER_HASHES).digest()
        new = False
        for start in range(0, len(digest), 4):
            place = int.from_bytes(digest[start : start + 4], "little") % _FILTER_BITS
            bit = 1 << (place & 7)
            if not self._bits[place >> 3] & bit:
                new = True
                self._bits[place >> 3] |= bit
        return new


def make_history(examples: Sequence[Example], mistakes: dict[str, Draw], settings: HistorySettings) -> Iterator[Incident]:
    """Yield a history's incidents in the order of their dates; `mistakes` draws a wrong label for a right one."""
    rng = random.Random(settings.seed)
    days = days_between(settings.first_year, settings.last_year)
    per_day = incidents_per_day(days, settings.rows, np.random.default_rng(settings.seed))
    pools: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        pools.setdefault((example.category, example.channel), []).append(example)
    units = {kind: units_of(kind) for kind in KINDS}
    kinds = {label: Draw(KINDS, kind_shares(label)) for label in CHANNEL_IDS}
    seen = Seen()
    latest: list[Incident] = []
    fresh = number = 0
    pairs: list[tuple[str, str]] = []
    pair_weights: list[float] = []
    year = None
    for day, count in zip(days, per_day.tolist(), strict=True):
        if day.year != year:
            year, number = day.year, 0
            pairs, pair_weights = _pairs_of(year, pools)
        for _ in range(count):
            number += 1
            case = f"{day.year}-{number:06d}"
            if len(latest) >= _FEWEST_REMEMBERED and rng.random() < settings.repeats:
                yield _repeated(rng.choice(latest), case, day, mistakes, settings, rng)
                continue
            pair = rng.choices(pairs, cum_weights=pair_weights)[0]
            example = rng.choice(pools[pair])
            kind = kinds[pair[1]](rng)
            unit = rng.choices(units[kind][0], weights=units[kind][1])[0]
            text = _fresh(example.text, seen, settings.noise, rng)
            registered = _registered(pair, mistakes, settings, rng)
            incident = Incident(case, day, unit, text, *pair, *registered, example.id)
            yield incident
            if len(latest) < _REMEMBERED:
                latest.append(incident)
            else:
                latest[fresh % _REMEMBERED] = incident
            fresh += 1


def _pairs_of(year: int, pools: dict[tuple[str, str], list[Example]]) -> tuple[list[tuple[str, str]], list[float]]:
    """Return the pairs of category and channel, and their cumulated shares in a year."""
    counts = np.array([[len(pools.get((c, k), ())) for k in CHANNEL_IDS] for c in CATEGORY_IDS], dtype=float)
    shares = label_shares(year, counts)
    pairs = [(c, k) for c in CATEGORY_IDS for k in CHANNEL_IDS if (c, k) in pools]
    return pairs, list(accumulate(shares[CATEGORY_IDS.index(c), CHANNEL_IDS.index(k)] for c, k in pairs))


def _fresh(text: str, seen: Seen, noise: float, rng: random.Random) -> str:
    """Return the text varied until it is one that was not there before; each try may add a typing error."""
    errors = 0
    while not seen.add(found := varied(text, rng, noise=noise, errors=errors)):
        errors += 1
    return found


def _registered(
    true: tuple[str, str], mistakes: dict[str, Draw], settings: HistorySettings, rng: random.Random
) -> tuple[str, str]:
    category_, channel_ = (mistakes[label](rng) if rng.random() < settings.wrong else label for label in true)
    return category_, channel_


def _repeated(
    first: Incident, case: str, day: date, mistakes: dict[str, Draw], settings: HistorySettings, rng: random.Random
) -> Incident:
    true = (first.true_category, first.true_channel)
    return Incident(
        case, day, first.unit, first.text, *true, *_registered(true, mistakes, settings, rng), first.example, first.number
    )


def mistakes_of_readers(corpus: Path, examples: Sequence[Example]) -> dict[str, Draw]:
    """Return, for each label, a draw of wrong ones as often as the corpus's readers gave them where they were overruled.

    Every other label of the same kind counts half a time more, so that each can occur.
    """
    annotations = read_annotations(corpus / "annotations.tsv")
    found: dict[str, Draw] = {}
    for target, labels in (("category", CATEGORY_IDS), ("channel", CHANNEL_IDS)):
        counts = {label: {other: 0.5 * (other != label) for other in labels} for label in labels}
        for example in examples:
            settled = getattr(example, target)
            for reader in (1, 2):
                given = annotations[example.id][f"{target}_{reader}"]
                if given != settled and given in counts:
                    counts[settled][given] += 1
        found |= {label: Draw(list(row), list(row.values())) for label, row in counts.items()}
    return found


Write = Callable[[Sequence[str]], None]


@contextmanager
def table_writer(path: Path, columns: Sequence[str], encoding: str) -> Iterator[Write]:
    """Yield what writes a row of a table: CSV with semicolons, JSON Lines or Parquet, as the file name ends."""
    if path.suffix == ".parquet":
        with _parquet_writer(path, columns) as write:
            yield write
        return
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        if path.suffix == ".jsonl":
            yield lambda row: print(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False), file=file)
        else:
            writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
            writer.writerow(columns)
            yield writer.writerow


@contextmanager
def _parquet_writer(path: Path, columns: Sequence[str]) -> Iterator[Write]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(column, pa.string()) for column in columns])
    with pq.ParquetWriter(path, schema) as writer:
        waiting: list[Sequence[str]] = []

        def flush() -> None:
            writer.write_table(pa.table([list(cells) for cells in zip(*waiting, strict=True)], schema=schema))
            waiting.clear()

        def write(row: Sequence[str]) -> None:
            waiting.append(row)
            if len(waiting) == _ROWS_PER_GROUP:
                flush()

        yield write
        if waiting:
            flush()


def _row(incident: Incident) -> tuple[str, ...]:
    return (
        incident.number,
        f"{incident.day:%d.%m.%Y}",
        incident.unit.name,
        incident.unit.kind,
        incident.text,
        category(incident.category).name,
        channel(incident.channel).name,
    )


def _truth_row(incident: Incident) -> tuple[str, ...]:
    return (
        incident.number,
        f"{incident.day:%d.%m.%Y}",
        incident.unit.name,
        incident.unit.kind,
        category(incident.true_category).name,
        channel(incident.true_channel).name,
        incident.repeats,
        incident.example,
    )


def _share(given: str) -> float:
    share = float(given)
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(f"found {given}; expected a share of at least 0 and below 1")
    return share


def _whole(given: str) -> int:
    number = int(given)
    if number < 1:
        raise argparse.ArgumentTypeError(f"found {given}; expected a whole number of at least 1")
    return number


def _output(given: str) -> Path:
    path = Path(given)
    if path.suffix not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"found a name ending in {path.suffix!r}; expected one of {', '.join(SUFFIXES)}")
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, make the history, and say what was written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=_whole, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=_output, required=True, help=f"a file ending in one of {', '.join(SUFFIXES)}")
    parser.add_argument("--truth", type=_output, help="write the true labels here, row for row")
    parser.add_argument(
        "--repeats", type=_share, default=HistorySettings.repeats, help="share with a text that was there before"
    )
    parser.add_argument("--wrong", type=_share, default=HistorySettings.wrong, help="share of registered labels that are wrong")
    parser.add_argument("--noise", type=_share, default=HistorySettings.noise, help="share of fresh texts typed in haste")
    parser.add_argument("--from", dest="first_year", type=_whole, default=HistorySettings.first_year)
    parser.add_argument("--to", dest="last_year", type=_whole, default=HistorySettings.last_year)
    parser.add_argument("--encoding", choices=("utf-8", "utf-8-sig", "cp1252"), default="utf-8", help="of CSV and JSON Lines")
    given = parser.parse_args(arguments)
    if given.first_year > given.last_year:
        parser.error(f"--from {given.first_year} is after --to {given.last_year}")
    settings = HistorySettings(
        given.rows, given.seed, given.first_year, given.last_year, given.repeats, given.wrong, given.noise
    )
    corpus = shipped_corpus()
    examples = [located.example for located in read_corpus(corpus, refuse, split="train")]
    with ExitStack() as files:
        write = files.enter_context(table_writer(given.out, COLUMNS, given.encoding))
        write_truth = files.enter_context(table_writer(given.truth, TRUTH_COLUMNS, given.encoding)) if given.truth else None
        for incident in make_history(examples, mistakes_of_readers(corpus, examples), settings):
            write(_row(incident))
            if write_truth is not None:
                write_truth(_truth_row(incident))
    print(f"{settings.rows:,} incidents, {settings.first_year}-{settings.last_year}: {given.out}")


if __name__ == "__main__":
    main()
