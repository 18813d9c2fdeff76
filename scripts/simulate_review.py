"""Show that the review loop works, on the shipped corpus with a simulated reviewer.

    python -m scripts.simulate_review [--quick] [--seeds 5] [--error-rate 0.05] [--processes 2] [--cache DIR] [--figures DIR]

(a) learning: 200 examples to begin with, 1,000 reviews in rounds, dealt by the queue, at random, or by uncertainty alone;
    macro-F1 on the test split. (b) finding errors: 2,000 historical incidents of which 8 % have a wrong label; how many are
    found in the first part reviewed. (c) measuring: what the blind share says of the model's accuracy, and what the rest of the
    queue would say.

Models in (b) and (c) never saw a text by the writer of an incident. The ranking was chosen on the texts of half of `train`'s
writers (`--half 0`); the figures are of the other half. Prints Markdown tables and draws two figures. Texts as they were read
and scores are kept in the cache folder, so that a second run takes a minute for (b) and (c).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from classifier.corpus import Example, read_corpus, shipped_corpus
from classifier.figures import new_figure, save_figure
from classifier.review.queue import QueueSettings
from classifier.review.quotas import read_quotas
from classifier.settings import Settings
from scripts.baseline import refuse
from scripts.simulated_history import KINDS, History, Measured, found_within, measure_accuracy, plant, review_orders
from scripts.simulated_learning import STRATEGIES, LearningSettings, Point, learn, make_pool
from scripts.simulated_material import cross_fit, excerpt, history_of, read, writers_half

REVIEWED = (0.05, 0.10, 0.15, 0.20)
PLANTED = 0.08
INCIDENTS = 2000
MEASURING_REVIEWS = (200, 500, 1000)


@dataclass(frozen=True)
class Size:
    """How much of everything: for figures, or to see that it runs."""

    examples: int | None
    test_examples: int | None
    incidents: int
    folds: int
    learning: LearningSettings


FULL = Size(None, None, INCIDENTS, 5, LearningSettings())
QUICK = Size(240, 80, 120, 2, LearningSettings(start=60, reviews=60, a_round=30, folds=2))


@dataclass(frozen=True)
class Band:
    """A mean over seeds, with the standard deviation between them."""

    mean: float
    spread: float

    def __str__(self) -> str:
        """Return it for a table."""
        return f"{self.mean:.3f} ± {self.spread:.3f}"


def band(values: Sequence[float]) -> Band:
    """Return the mean and the standard deviation of figures of several seeds."""
    return Band(float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0)


def learning_curves(
    train: Sequence[Example], test: Sequence[Example], queue: QueueSettings, size: Size, seeds: int, cache: Path, processes: int
) -> dict[str, list[tuple[int, Band]]]:
    """Return (a): by strategy, the macro-F1 after each round's reviews."""
    pool = make_pool(train, read(train, cache), test, read(test, cache))
    tasks = [(strategy, seed) for strategy in STRATEGIES for seed in range(seeds)]
    curves = Parallel(n_jobs=processes)(delayed(learn)(pool, strategy, queue, size.learning, seed) for strategy, seed in tasks)
    runs: dict[str, list[list[Point]]] = {strategy: [] for strategy in STRATEGIES}
    for (strategy, _), points in zip(tasks, curves, strict=True):
        runs[strategy].append(points)
    return {
        strategy: [(points[0].reviews, band([point.macro_f1 for point in points])) for points in zip(*found, strict=True)]
        for strategy, found in runs.items()
    }


def errors_found(history: History, queue: QueueSettings, size: Size, seeds: int) -> dict[str, dict[str, list[Band]]]:
    """Return (b): by kind of error and way of reviewing, which part is found in each part of REVIEWED."""
    found: dict[str, dict[str, list[Band]]] = {}
    for kind in KINDS:
        runs: dict[str, list[list[float]]] = {}
        for seed in range(seeds):
            planted = plant(_drawn(history, size.incidents, seed), PLANTED, kind, seed)
            for way, order in review_orders(planted, _salted(queue, seed), seed).items():
                runs.setdefault(way, []).append(found_within(order, planted.wrong, REVIEWED))
        found[kind] = {way: [band(column) for column in zip(*rows, strict=True)] for way, rows in runs.items()}
    return found


def accuracies(history: History, queue: QueueSettings, size: Size, seeds: int) -> dict[int, list[Measured]]:
    """Return (c): by number of reviews, what each seed's reviews say of the model's accuracy."""
    numbers = [number for number in MEASURING_REVIEWS if number <= size.incidents // 2] or [size.incidents // 2]
    found: dict[int, list[Measured]] = {number: [] for number in numbers}
    for seed in range(seeds):
        planted = plant(_drawn(history, size.incidents, seed), PLANTED, KINDS[1], seed)
        for number in numbers:
            found[number].append(measure_accuracy(planted, _salted(queue, seed), number))
    return found


def _drawn(history: History, count: int, seed: int) -> History:
    places: NDArray[np.intp] = np.random.default_rng([seed, 2]).permutation(len(history.names))[:count]
    return excerpt(history, places)


def _salted(queue: QueueSettings, seed: int) -> QueueSettings:
    return QueueSettings(queue.blind_share, f"{queue.blind_salt} {seed}", queue.quotas)


def learning_table(curves: dict[str, list[tuple[int, Band]]]) -> str:
    """Return (a) in Markdown."""
    lines = [f"| reviews | {' | '.join(curves)} |", f"|---|{'---|' * len(curves)}"]
    for row in zip(*curves.values(), strict=True):
        lines.append(f"| {row[0][0]:,} | {' | '.join(str(value) for _, value in row)} |")
    return "\n".join(lines)


def errors_table(found: dict[str, dict[str, list[Band]]]) -> str:
    """Return (b) in Markdown."""
    heads = " | ".join(f"{share:.0%}".replace("%", " %") for share in REVIEWED)
    lines = [f"| wrong labels | reviewed by | {heads} |", f"|---|---|{'---|' * len(REVIEWED)}"]
    for kind, ways in found.items():
        lines += [f"| {kind} | {way} | {' | '.join(map(str, bands))} |" for way, bands in ways.items()]
    return "\n".join(lines)


def accuracy_table(found: dict[int, list[Measured]]) -> str:
    """Return (c) in Markdown."""
    lines = ["| reviews | true accuracy | by the blind share | by the rest of the queue |", "|---|---|---|---|"]
    for number, runs in found.items():
        cells = [band([getattr(run, field) for run in runs]) for field in ("true", "blind", "queue")]
        lines.append(f"| {number:,} | {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def draw(curves: dict[str, list[tuple[int, Band]]] | None, found: dict[str, dict[str, list[Band]]], folder: Path) -> None:
    """Draw (a), if there is one, and (b)."""
    folder.mkdir(parents=True, exist_ok=True)
    if curves is not None:
        figure = new_figure(6, 4)
        axes = figure.subplots()
        for strategy, points in curves.items():
            reviews = [number for number, _ in points]
            means = np.array([value.mean for _, value in points])
            spread = np.array([value.spread for _, value in points])
            axes.plot(reviews, means, label=strategy)
            axes.fill_between(reviews, means - spread, means + spread, alpha=0.2)
        axes.set(xlabel="reviews done", ylabel="macro-F1 on the test split")
        axes.legend()
        save_figure(figure, folder / "review_learning.svg")
    if not found:
        return
    figure = new_figure(9, 3.5)
    for axes, (kind, ways) in zip(figure.subplots(1, len(found), sharey=True), found.items(), strict=True):
        for way, bands in ways.items():
            axes.plot([0, *(share * 100 for share in REVIEWED)], [0, *(value.mean * 100 for value in bands)], label=way)
        axes.set(title=kind, xlabel="% reviewed")
    figure.axes[0].set_ylabel("% of the wrong labels found")
    figure.axes[-1].legend(fontsize="small")
    save_figure(figure, folder / "review_errors.svg")


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, simulate, print, and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small slice, to see that it runs; its figures say nothing")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--error-rate", type=float, default=0.05, help="how often the reviewer of (a) errs in each label")
    parser.add_argument("--processes", type=int, default=2, help="how many share the learning of (a)")
    parser.add_argument("--half", type=int, choices=(0, 1), default=1, help="whose texts (b) and (c) are about")
    parser.add_argument("--only", choices=("a", "bc"), help="one part alone")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "asys-simulate-review")
    parser.add_argument("--figures", type=Path, default=Path("build"))
    given = parser.parse_args(arguments)
    size = QUICK if given.quick else FULL
    settings = Settings.from_env(os.environ)
    queue = QueueSettings(settings.blind_share, settings.blind_salt, read_quotas(settings.queue_quotas))
    train = _slice([e.example for e in read_corpus(shipped_corpus(), refuse, split="train")], size.examples)
    curves = None
    if given.only != "bc":
        test = _slice([e.example for e in read_corpus(shipped_corpus(), refuse, split="test")], size.test_examples)
        learning = LearningSettings(
            size.learning.start, size.learning.reviews, size.learning.a_round, given.error_rate, size.learning.folds
        )
        sized = Size(size.examples, size.test_examples, size.incidents, size.folds, learning)
        curves = learning_curves(train, test, queue, sized, given.seeds, given.cache, given.processes)
        print(f"(a) macro-F1 after so many reviews\n\n{learning_table(curves)}\n", flush=True)
        if given.only == "a":
            draw(curves, {}, given.figures)
            return
    whole = history_of(train, cross_fit(train, read(train, given.cache), given.cache, size.folds))
    history = excerpt(whole, writers_half(train, given.half))
    found = errors_found(history, queue, size, given.seeds)
    print(f"(b) wrong labels found in the first part reviewed\n\n{errors_table(found)}\n", flush=True)
    print(f"(c) the model's accuracy, category\n\n{accuracy_table(accuracies(history, queue, size, 4 * given.seeds))}")
    draw(curves, found, given.figures)


def _slice(examples: list[Example], count: int | None) -> list[Example]:
    return examples if count is None else examples[:: max(len(examples) // count, 1)][:count]


if __name__ == "__main__":
    main()
