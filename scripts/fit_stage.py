"""Fit one half of the Norwegian pipeline — the syntax components, or the entity recogniser — resumably.

The halves share nothing: the entity recogniser owns its token vectors, so whoever only tags pays nothing for it, and each
half trains on a core of its own. A checkpoint holds weights, optimiser state and history at the end of a round; every
round draws its data and its randomness from the seed and the round's number, so a resumed run equals an uninterrupted one.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.language import Language
from spacy.training import Example
from thinc.api import Adam, Model, Optimizer, fix_random_seed

from scripts.norne import Sentence, grouped, noisy, randomly_grouped, read_sentences, to_example

DEV_SENTENCES_PER_DOC = 10
"""As `spacy convert -n 10` groups them, and so as the published scores were measured."""
EMBEDDING_ROWS = [5000, 500, 2500, 500]
"""Rows for the hashed norm, prefix, suffix and shape of a word: Norwegian has few prefixes and shapes, and size counts."""

SCORES = {"syntax": ("pos_acc", "morph_acc", "lemma_acc", "sents_f"), "ner": ("ents_f",)}
"""What decides which round's weights are the best of a stage: the mean over both standards."""

WARMUP_STEPS = 250
PEAK_LEARN_RATE = 0.001


@dataclass(frozen=True)
class Plan:
    """Everything that decides what a fit gives, besides the data.

    `nynorsk_weight` says how often a Nynorsk sentence is shown for each time a Bokmål one is. The first `noisy_share` of the
    rounds show hasty writers' noise, the rest clean text: the noise teaches robustness, but also that a capital may start a
    sentence anywhere, and a clean end mends that. With `patience`, the fit ends after so many rounds without a better score.
    """

    stage: str
    steps: int
    steps_per_round: int
    words_per_batch: int
    width: int
    depth: int
    dropout: float
    seed: int
    nynorsk_weight: float = 1.0
    noisy_share: float = 0.75
    patience: int | None = None


@dataclass
class Progress:
    """How far a fit has come: rounds done, the score of each, and the best of them."""

    rounds: int = 0
    best_score: float = -1.0
    history: list[dict[str, float]] = field(default_factory=list)

    def is_stale(self, patience: int | None) -> bool:
        """Return whether the last `patience` rounds all stayed below the best one before them."""
        if patience is None or self.rounds <= patience:
            return False
        return max(scores["score"] for scores in self.history[-patience:]) < self.best_score


def build(stage: str, width: int, depth: int) -> Language:
    """Return an untrained pipeline holding the components of `stage`: "syntax" or "ner"."""
    nlp = spacy.blank("nb")
    tok2vec = {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": width,
            "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
            "rows": EMBEDDING_ROWS,
            "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy.MaxoutWindowEncoder.v2",
            "width": width,
            "window_size": 1,
            "maxout_pieces": 3,
            "depth": depth,
        },
    }
    if stage == "ner":
        nlp.add_pipe(
            "ner",
            config={
                "model": {
                    "@architectures": "spacy.TransitionBasedParser.v2",
                    "state_type": "ner",
                    "extra_state_tokens": False,
                    "hidden_width": 64,
                    "maxout_pieces": 2,
                    "use_upper": True,
                    "tok2vec": tok2vec,
                }
            },
        )
        return nlp
    nlp.add_pipe("tok2vec", config={"model": tok2vec})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": width, "upstream": "tok2vec"}
    tagger = {"@architectures": "spacy.Tagger.v2", "tok2vec": listener, "nO": None, "normalize": False}
    nlp.add_pipe("morphologizer", config={"model": tagger})
    nlp.add_pipe("trainable_lemmatizer", config={"model": tagger, "min_tree_freq": 3, "top_k": 3})
    nlp.add_pipe("senter", config={"model": tagger})
    return nlp


def fit(plan: Plan, data: Path, work: Path) -> Path:
    """Fit the stage of `plan` on NorNE's train files under `data`; return the folder of the best pipeline.

    Continues from the last checkpoint under `work` if one was written with the same plan, and refuses one with another.
    """
    folder = work / plan.stage
    folder.mkdir(parents=True, exist_ok=True)
    train = [list(read_sentences(data / f"{standard}-train.conllu.gz")) for standard in ("nob", "nno")]
    dev = [list(read_sentences(data / f"{standard}-dev.conllu.gz")) for standard in ("nob", "nno")]

    fix_random_seed(plan.seed)
    nlp = build(plan.stage, plan.width, plan.depth)
    first_look = [to_example(group, nlp) for part in train for group in grouped(part, DEV_SENTENCES_PER_DOC)]
    nlp.initialize(lambda: first_look)
    first_look.clear()
    optimizer = Adam(learn_rate=PEAK_LEARN_RATE, L2=0.01, L2_is_weight_decay=True, grad_clip=1.0, use_averages=True)
    progress = Progress()
    checkpoint = folder / "checkpoint"
    if checkpoint.exists():
        progress = load_checkpoint(checkpoint, plan, nlp, optimizer)

    rounds = -(-plan.steps // plan.steps_per_round)
    while progress.rounds < rounds and not progress.is_stale(plan.patience):
        started = time.monotonic()
        words = _one_round(plan, progress.rounds, train, nlp, optimizer)
        elapsed = time.monotonic() - started
        progress.rounds += 1
        scores = _scores(plan.stage, dev, nlp, optimizer)
        progress.history.append(scores)
        step = progress.rounds * plan.steps_per_round
        shown = "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
        print(
            f"[{plan.stage}] step {step}/{plan.steps}  {words / elapsed:,.0f} words/s  {shown}",
            file=sys.stderr,
            flush=True,
        )
        if scores["score"] > progress.best_score:
            progress.best_score = scores["score"]
            with nlp.use_params(optimizer.averages):
                _replace_folder(nlp, folder / "best")
        save_checkpoint(checkpoint, plan, nlp, optimizer, progress)
    return folder / "best"


def _one_round(plan: Plan, number: int, train: Sequence[Sequence[Sentence]], nlp: Language, optimizer: Optimizer) -> int:
    """Train `steps_per_round` steps and return how many words were read."""
    fix_random_seed(plan.seed * 1000 + number)
    rng = random.Random(f"{plan.seed}-{number}")
    noise = number < plan.noisy_share * (plan.steps / plan.steps_per_round)
    examples = _endless_examples(train, (1.0, plan.nynorsk_weight), nlp, rng, noise=noise)
    words = 0
    for index in range(plan.steps_per_round):
        step = number * plan.steps_per_round + index
        optimizer.learn_rate = learn_rate(step, plan.steps)
        # Small batches first: noisy early gradients find a good region sooner than few large steps do.
        wanted = min(plan.words_per_batch, 200 + step)
        batch: list[Example] = []
        size = 0
        while size < wanted:
            example = next(examples)
            batch.append(example)
            size += len(example.reference)
        nlp.update(batch, sgd=optimizer, drop=plan.dropout)
        words += size
    return words


def learn_rate(step: int, steps: int) -> float:
    """Return the learning rate of a step: linear warm-up, then linear decay to a twentieth of the peak."""
    if step < WARMUP_STEPS:
        return PEAK_LEARN_RATE * (step + 1) / WARMUP_STEPS
    left = max(0.0, 1.0 - (step - WARMUP_STEPS) / max(1, steps - WARMUP_STEPS))
    return PEAK_LEARN_RATE * max(0.05, left)


def _endless_examples(
    train: Sequence[Sequence[Sentence]], weights: Sequence[float], nlp: Language, rng: random.Random, *, noise: bool
) -> Iterator[Example]:
    while True:
        groups: list[Sequence[Sentence]] = []
        for part, weight in zip(train, weights, strict=True):
            whole = int(weight)
            for _ in range(whole):
                groups.extend(randomly_grouped(part, rng))
            if weight > whole:
                groups.extend(group for group in randomly_grouped(part, rng) if rng.random() < weight - whole)
        rng.shuffle(groups)
        for group in groups:
            yield to_example(noisy(group, rng) if noise else group, nlp)


def _scores(stage: str, dev: Sequence[Sequence[Sentence]], nlp: Language, optimizer: Optimizer) -> dict[str, float]:
    """Return the dev scores of the averaged weights, Bokmål first, and their mean as `score`."""
    scores: dict[str, float] = {}
    with nlp.use_params(optimizer.averages):
        for standard, part in zip(("nob", "nno"), dev, strict=True):
            result = nlp.evaluate([to_example(group, nlp) for group in grouped(part, DEV_SENTENCES_PER_DOC)])
            scores.update({f"{standard}_{name}": float(result[name]) for name in SCORES[stage]})
            if stage == "ner":
                scores[f"{standard}_per_f"] = float(result["ents_per_type"].get("PER", {}).get("f", 0.0))
    scores["score"] = sum(scores.values()) / len(scores)
    return scores


def save_checkpoint(folder: Path, plan: Plan, nlp: Language, optimizer: Optimizer, progress: Progress) -> None:
    """Write weights, optimiser state and progress, so that a kill at any moment leaves the old or the new checkpoint."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    nlp.to_disk(fresh / "pipeline")
    arrays: dict[str, Any] = {}
    for key, name in _parameter_names(nlp).items():
        for kind, store in _optimizer_stores(optimizer).items():
            if key in store:
                arrays[f"{kind}:{name}"] = np.asarray(store[key])
    np.savez(fresh / "optimizer.npz", **arrays)
    state = {"plan": asdict(plan), "progress": asdict(progress)}
    (fresh / "progress.json").write_text(json.dumps(state, indent=1), encoding="utf-8")
    swap(fresh, folder)


def load_checkpoint(folder: Path, plan: Plan, nlp: Language, optimizer: Optimizer) -> Progress:
    """Restore what `save_checkpoint` wrote into `nlp` and `optimizer`, and return the progress.

    Raises SystemExit if the checkpoint belongs to another plan.
    """
    state = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    if state["plan"] != asdict(plan):
        raise SystemExit(f"{folder}: written with {state['plan']}; expected {asdict(plan)}. Remove it or name another --work.")
    nlp.from_disk(folder / "pipeline")
    with np.load(folder / "optimizer.npz") as arrays:
        for key, name in _parameter_names(nlp).items():
            for kind, store in _optimizer_stores(optimizer).items():
                entry = f"{kind}:{name}"
                if entry in arrays:
                    value = arrays[entry]
                    store[key] = int(value) if kind == "nr_update" else value.copy()
    return Progress(**state["progress"])


def _optimizer_stores(optimizer: Optimizer) -> Mapping[str, dict[Any, Any]]:
    return {
        "mom1": optimizer.mom1,
        "mom2": optimizer.mom2,
        "averages": optimizer.averages or {},
        "nr_update": optimizer.nr_update,
    }


def _parameter_names(nlp: Language) -> dict[tuple[int, str], str]:
    """Map the optimiser's keys, which count up within a process, to names that are the same in the next one."""
    names: dict[tuple[int, str], str] = {}
    for pipe_name, pipe in nlp.pipeline:
        model: Model[Any, Any] = getattr(pipe, "model")  # noqa: B009  (spaCy types pipes as plain callables)
        for index, node in enumerate(model.walk()):
            for parameter in node.param_names:
                names.setdefault((node.id, parameter), f"{pipe_name}/{index}/{parameter}")
    return names


def _replace_folder(nlp: Language, folder: Path) -> None:
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    nlp.to_disk(fresh)
    swap(fresh, folder)


def swap(fresh: Path, folder: Path) -> None:
    """Put the finished folder `fresh` in the place of `folder`."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
