"""Simulate years whose true counts are known, count them by the model, correct the counts, and see how often that helps.

    python -m scripts.simulate_counts [--rounds 40] [--draws 100] [--years-of 1400] [--seed 0] [--prior corpus] [--scores FILE]
        [--peers]

A round simulates the years 2014-2021 under a shifting mix of labels (`scripts/history_mix.py`, and chance beside it). Errors
are never learned from writers whose texts the years are made of:

- *other writers*: the writers of `train` fall into two halves by lot; errors are learned from the model's answers out of fold
  to one half, and the years are made of texts by the other, with the answers out of fold to them;
- *ten writers*: the same, but the years are made of texts by ten writers only, and errors are learned from all others;
- *test split*: errors are learned from all answers out of fold, and the years are made of the texts of `test`.

The mixes: *both* moves categories and channels as the memo tells; *category* draws a mix of categories around the agency's of
2020 and leaves the channels to go with them; *few* is *both* with a tenth of the incidents, as for one contact centre.

Prints Markdown: in how many years the corrected counts lie nearer the truth than the raw ones (sum of absolute differences),
how many incidents in a hundred are counted under a wrong label on balance, how far the counts went from the raw ones (0) to
what the texts speak for (1), and how many true counts lie in their 95 % interval.
`--prior` is what the model answers under, and its raw counts with it. `--peers` adds QuaPy's estimators, label by label;
`--scores` keeps the answers out of fold, which take minutes where the shipped artefact does not hold them.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.corpus import Example, read_corpus, shipped_corpus
from classifier.language import analyse, load_pipeline
from classifier.model.artifact import load_held_out
from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.held_out import HeldOutAnswers, from_bytes, held_out_answers
from classifier.model.priors import CORPUS, adjust, named_prior
from classifier.model.registry import default_models, find_artifact, load_model
from classifier.model.training import TrainingSettings, fold_groups, label_array, read_for_training, train, truth_of
from classifier.trends.error_model import CATEGORIES, CHANNELS, learn_errors
from classifier.trends.quantification import Answers, correct
from scripts.baseline import refuse
from scripts.history_mix import label_shares

YEARS = range(2014, 2022)
_STEADINESS = 200
"""The parameter of the Dirichlet distribution that a year's mix is drawn from around the memo's."""
_STEADINESS_OF_CATEGORIES = 15
_FEW = 10
_WRITERS = 10
"""As many as the test split has."""


@dataclass(frozen=True)
class Population:
    """Texts that years are made of, and the model's answers to them."""

    answers: HeldOutAnswers

    def places(self) -> dict[tuple[int, int], NDArray[np.intp]]:
        """Return the texts of each pair of category and channel."""
        found = defaultdict(list)
        truth = self.answers.truth
        for place, pair in enumerate(zip(truth["category"].tolist(), truth["channel"].tolist(), strict=True)):
            found[pair].append(place)
        return {pair: np.array(places) for pair, places in found.items()}


@dataclass
class Score:
    """What is added up over simulated years."""

    years: int = 0
    nearer: int = 0
    raw: float = 0.0
    corrected: float = 0.0
    way: float = 0.0
    inside: int = 0
    counts: int = 0


def out_of_fold_answers(scores: Path | None) -> HeldOutAnswers:
    """Return the shipped model's answers out of fold: from its artefact, from a file that an earlier run kept, or anew."""
    kept = load_held_out(find_artifact(None, default_models()))
    if kept is not None:
        return kept
    if scores is not None and scores.exists():
        return from_bytes(scores.read_bytes())
    examples = [located.example for located in read_corpus(shipped_corpus(), refuse, split="train")]
    settings = TrainingSettings()
    texts = read_for_training(examples, load_pipeline(), lambda: None)
    trained, unseen = train(texts, examples, settings, lambda: None)
    found = held_out_answers(trained, unseen, fold_groups(examples, settings.folds))
    if scores is not None:
        scores.write_bytes(found.as_bytes())
    return found


def test_answers() -> HeldOutAnswers:
    """Return the shipped model's answers to the test split."""
    examples = [e.example for e in read_corpus(shipped_corpus(), refuse) if e.example.split == "test"]
    pipeline = load_pipeline()
    texts = list(analyse([example.text for example in examples], pipeline=pipeline, parts=frozenset()))
    labels = label_array(examples)
    return HeldOutAnswers(
        load_model(pipeline=pipeline).predict_proba(texts).by_target,
        {target: truth_of(labels, target) for target in TARGETS},
        _writers(examples),
    )


def _writers(examples: Sequence[Example]) -> NDArray[np.intp]:
    return np.unique([example.source for example in examples], return_inverse=True)[1]


def part_of(answers: HeldOutAnswers, chosen: NDArray[np.bool_]) -> HeldOutAnswers:
    """Return the answers to some texts, their writers numbered anew."""
    return HeldOutAnswers(
        {target: shares[chosen] for target, shares in answers.probabilities.items()},
        {target: labels[chosen] for target, labels in answers.truth.items()},
        np.unique(answers.writers[chosen], return_inverse=True)[1],
    )


def apart(answers: HeldOutAnswers, writers: int, rng: np.random.Generator) -> tuple[HeldOutAnswers, HeldOutAnswers]:
    """Return the answers to texts by all writers but some drawn by lot, and to texts by those."""
    drawn = np.isin(answers.writers, rng.permutation(int(answers.writers.max()) + 1)[:writers])
    return part_of(answers, ~drawn), part_of(answers, drawn)


def mix_of_both(year: int, counts: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a year's shares of pairs, moved as the memo tells, and by chance."""
    shares = label_shares(year, counts).ravel()
    drawn = np.zeros(len(shares))
    drawn[shares > 0] = rng.dirichlet(shares[shares > 0] * _STEADINESS)
    return drawn


def mix_of_categories(year: int, counts: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:  # noqa: ARG001
    """Return shares of pairs with categories drawn around the agency's of 2020, and the texts' own channels for each."""
    categories = rng.dirichlet(named_prior("asys-2020", "category", np.empty(0)) * _STEADINESS_OF_CATEGORIES + 0.3)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True) * categories[:, np.newaxis]).ravel()


Mix = Callable[[int, NDArray[np.float64], np.random.Generator], NDArray[np.float64]]


def simulated_years(population: Population, mix: Mix, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """Yield the texts of each year, with repeats."""
    places = population.places()
    counts = np.zeros((CATEGORIES, CHANNELS))
    for pair, found in places.items():
        counts[pair] = len(found)
    for year in YEARS:
        drawn = rng.multinomial(size, mix(year, counts, rng)).reshape(counts.shape)
        yield np.concatenate([rng.choice(found, drawn[pair]) for pair, found in places.items()])


def score_round(
    learned_from: HeldOutAnswers,
    population: Population,
    mix: Mix,
    size: int,
    rng: np.random.Generator,
    scores: dict[tuple[str, Target], Score],
    *,
    draws: int,
    prior: str,
    peers: bool,
) -> None:
    """Simulate eight years and add up how the corrected counts did, under the name of each method."""
    years = list(simulated_years(population, mix, size, rng))
    shares = population.answers.probabilities
    said, said_held_out = said_under(prior, population.answers), said_under(prior, learned_from)
    given = [
        Answers(shares["category"][year], shares["channel"][year], {target: said[target][year] for target in TARGETS})
        for year in years
    ]
    seed = int(rng.integers(1 << 32))
    correction = correct(learn_errors(learned_from), given, said_held_out, seed=seed, draws=draws)
    for target in TARGETS:
        labels = len(LABELS[target])
        intervals = correction.of_labels(target)
        estimators = peer_estimators(learned_from, target) if peers else {}
        for place, year in enumerate(years):
            truth = np.bincount(population.answers.truth[target][year], minlength=labels)
            raw = np.bincount(said[target][year], minlength=labels)
            estimates = {"corrected": np.array([row[place].value for row in intervals])}
            estimates |= {name: size * estimate(shares[target][year]) for name, estimate in estimators.items()}
            for name, estimate in estimates.items():
                score = scores.setdefault((name, target), Score())
                before, after = (float(np.abs(found - truth).sum()) for found in (raw, estimate))
                score.years += 1
                score.nearer += after < before
                score.raw += before / 2 / size
                score.corrected += after / 2 / size
            score = scores["corrected", target]
            score.way += correction.ways[target]
            for label in range(labels):
                interval = intervals[label][place]
                # A count is whole: an interval from 3.2 to 7.9 speaks of 3 to 8.
                score.inside += bool(np.floor(interval.low) <= truth[label] <= np.ceil(interval.high))
                score.counts += 1


def said_under(prior: str, answers: HeldOutAnswers) -> dict[Target, NDArray[np.intp]]:
    """Return the labels that the model gives under a prior; the answers are under the shares of labels in `train`."""
    corpus = {target: train_shares(target) for target in TARGETS}
    return {
        target: adjust(answers.probabilities[target], corpus[target], named_prior(prior, target, corpus[target])).argmax(axis=1)
        for target in TARGETS
    }


@cache
def train_shares(target: Target) -> NDArray[np.float64]:
    """Return how common each label is in `train`."""
    examples = [located.example for located in read_corpus(shipped_corpus(), refuse, split="train")]
    return np.bincount(truth_of(label_array(examples), target), minlength=len(LABELS[target])) / len(examples)


def peer_estimators(
    learned_from: HeldOutAnswers, target: Target
) -> dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]]:
    """Return QuaPy's estimators of the labels' shares by name, each from texts' probabilities."""
    from quapy.functional import normalize_prevalence
    from quapy.method.aggregative import ACC, EMQ

    shares, truth = learned_from.probabilities[target], learned_from.truth[target]
    labels = len(LABELS[target])
    said = np.eye(labels)[shares.argmax(axis=1)]
    hard, soft = (np.stack([found[truth == label].mean(axis=0) for label in range(labels)], axis=1) for found in (said, shares))
    prior = np.bincount(truth, minlength=labels) / len(truth)

    def adjusted(rates: NDArray[np.float64], counted: NDArray[np.float64]) -> NDArray[np.float64]:
        solved = ACC.solve_adjustment(rates, counted, method="inversion", solver="minimize")
        return np.asarray(normalize_prevalence(solved, method="clip"))

    return {
        "ACC (QuaPy)": lambda found: adjusted(hard, np.eye(labels)[found.argmax(axis=1)].mean(axis=0)),
        "PCC (QuaPy)": lambda found: found.mean(axis=0),
        "PACC (QuaPy)": lambda found: adjusted(soft, found.mean(axis=0)),
        "EMQ (QuaPy)": lambda found: np.asarray(EMQ.EM(prior, found)[0]),
    }


def main() -> None:
    """Parse the command line, simulate, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40, help="rounds of eight years for each row")
    parser.add_argument("--years-of", type=int, default=1400, help="incidents a year")
    parser.add_argument("--draws", type=int, default=100, help="made-up periods that an interval is drawn from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scores", type=Path, help="keep the answers out of fold in this file, or take them from it")
    parser.add_argument("--prior", default=CORPUS, help="what the raw counts are made under: corpus, uniform or asys-2020")
    parser.add_argument("--peers", action="store_true", help="also QuaPy's estimators (extra `benchmark`)")
    given = parser.parse_args()
    out_of_fold, test = out_of_fold_answers(given.scores), test_answers()
    columns = (
        "years of",
        "mix",
        "incidents",
        "method",
        "target",
        "years",
        "nearer",
        "misplaced raw",
        "misplaced",
        "way",
        "coverage",
    )
    print(f"| {' | '.join(columns)} |")
    print(f"|{'---|' * len(columns)}")
    half = (int(out_of_fold.writers.max()) + 1) // 2
    for population, writers in (("other writers", half), ("ten writers", _WRITERS), ("test split", None)):
        for mix_name, mix, size in (
            ("both", mix_of_both, given.years_of),
            ("category", mix_of_categories, given.years_of),
            ("few", mix_of_both, given.years_of // _FEW),
        ):
            rng = np.random.default_rng(given.seed)
            scores: dict[tuple[str, Target], Score] = {}
            for _ in range(given.rounds):
                learned_from, made_of = (out_of_fold, test) if writers is None else apart(out_of_fold, writers, rng)
                score_round(
                    learned_from,
                    Population(made_of),
                    mix,
                    size,
                    rng,
                    scores,
                    draws=given.draws,
                    prior=given.prior,
                    peers=given.peers,
                )
            for (name, target), score in scores.items():
                of_ours = f"{score.way / score.years:.2f} | {score.inside / score.counts:.1%}" if score.counts else " | "
                figures = (score.nearer / score.years, score.raw / score.years, score.corrected / score.years)
                shown = " | ".join(f"{figure:.1%}" for figure in figures)
                print(
                    f"| {population} | {mix_name} | {size:,} | {name} | {target} | {score.years} | {shown} | {of_ours} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
