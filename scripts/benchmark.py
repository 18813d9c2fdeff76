"""Run this model and its peers on the same split, side by side: quality, speed, size, memory.

    python -m scripts.benchmark [--only NAME …] [--without-annif] [--figure FILE] [--work FOLDER]

Every system learns from `train` and is scored on `test`. Then each is loaded by a fresh process of its own, one after the
other on one core, which measures the seconds from start to the first suggestion, single suggestions, all of `test` at once,
and peak memory. Annif gets an environment of its own, made on first use, for it pins other versions. Prints a Markdown table,
and draws quality against speed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.corpus import Example, read_corpus, shipped_corpus
from classifier.figures import new_figure, save_figure
from classifier.model.estimator import LABELS, TARGETS
from classifier.model.evaluation import Estimate, bootstrap, macro_f1
from classifier.model.registry import default_models, find_artifact
from classifier.model.training import fold_groups, label_array, truth_of
from scripts.baseline import refuse
from scripts.peers import PEERS
from scripts.serving import Answer, serve

OURS = "this model"
ANNIF_BACKENDS = ("svc", "fasttext")
ANNIF_REQUIREMENT = "annif[fasttext]>=1.4,<1.5"
SINGLES = 100
GROUPS = 5


@dataclass(frozen=True)
class Served:
    """What a system answered, and what that took: seconds, bytes, and KiB of memory at the peak."""

    predicted: NDArray[np.str_]
    first: float
    singles: tuple[float, ...]
    batch: float
    peak_kib: int
    size: int


def answerer(name: str, folder: Path) -> Answer:
    """Load a system in this process, and return what answers texts."""
    if name == OURS:
        from classifier import load_model

        model = load_model()

        def answer(texts: list[str]) -> list[list[str]]:
            rows = []
            for found in model.suggest_each(texts, explain=False):
                row = [proposal.label if proposal else "" for proposal in (found.category, found.channel)]
                # A refusal is scored as the mildest category and an unknown channel, as the peers answer such texts.
                rows.append([row[0] or "verbal_utskjelling", row[1] or "ukjent"])
            return rows

        return answer
    peer = next(kind for kind in PEERS if kind.name == name)()
    peer.load(folder)

    def predict(texts: list[str]) -> list[list[str]]:
        rows: list[list[str]] = peer.predict(texts).tolist()
        return rows

    return predict


def served(name: str, folder: Path, texts: Sequence[str], command: Sequence[str]) -> Served:
    """Run `command`, which serves a system by `scripts.serving`, and return what it said."""
    given = json.dumps({"texts": list(texts), "singles": SINGLES, "started": time.time()})
    one_core = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=one_core)
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr[-2000:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    answers = np.array(said["predicted"])
    return Served(answers, said["first"], tuple(said["singles"]), said["batch"], said["peak_kib"], size)


def run_peer(kind: Any, train: Sequence[Example], texts: Sequence[str], folder: Path) -> Served:
    """Fit a peer and save it, unless an earlier run did, and serve it."""
    if not folder.exists():
        peer = kind()
        peer.fit([example.text for example in train], label_array(train), fold_groups(train, GROUPS))
        folder.mkdir(parents=True)
        peer.save(folder)
    return served(kind.name, folder, texts, [sys.executable, "-m", "scripts.benchmark", "--serve", kind.name, str(folder)])


def run_annif(backend: str, train: Sequence[Example], texts: Sequence[str], folder: Path, environment: Path) -> Served:
    """Train an Annif project in Annif's environment, made here if it is not there yet, and serve it."""
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", ANNIF_REQUIREMENT], check=True)
    script = ["-m", "scripts.annif_peer"]
    if folder.exists():
        return served(f"Annif {backend}", folder, texts, [str(python), *script, "serve", backend, str(folder)])
    folder.mkdir(parents=True)
    rows = {"texts": [example.text for example in train], "labels": label_array(train).tolist()}
    done = subprocess.run(
        [str(python), *script, "train", backend, str(folder)], input=json.dumps(rows), capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"annif {backend} failed: {done.stderr[-2000:]}")
    return served(f"Annif {backend}", folder, texts, [str(python), *script, "serve", backend, str(folder)])


def scores_of(found: Served, test: Sequence[Example]) -> list[Estimate]:
    """Return macro-F1 for category and channel with intervals."""
    labels = label_array(test)
    scores = []
    for target in TARGETS:
        truth, predicted = truth_of(labels, target), truth_of(found.predicted, target)
        count = len(LABELS[target])
        scores.append(bootstrap(lambda p, t=truth, a=predicted, n=count: macro_f1(t[p], a[p], n), len(truth)))  # type: ignore[misc]
    return scores


def row_of(name: str, found: Served, scores: Sequence[Estimate]) -> str:
    """Return a system's row of the table."""
    p50, p95 = np.quantile(found.singles, [0.5, 0.95]) * 1000
    cells = [
        name,
        *(f"{score.value:.3f} ({score.low:.3f}-{score.high:.3f})" for score in scores),
        f"{found.first:.1f}",
        f"{p50:.1f}",
        f"{p95:.1f}",
        f"{len(found.predicted) / found.batch:,.0f}",
        f"{found.size / 1e6:.1f}",
        f"{found.peak_kib / 1024:,.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def draw(results: dict[str, tuple[Served, list[Estimate]]], path: Path) -> None:
    """Draw quality against speed."""
    figure = new_figure(11, 5)
    panels = figure.subplots(1, len(TARGETS))
    for place, (axes, target) in enumerate(zip(panels, TARGETS, strict=True)):
        for (name, (found, scores)), marker in zip(results.items(), cycle("osD^v<>Pp*X"), strict=False):
            speed = len(found.predicted) / found.batch
            colour = "#e22948" if name == OURS else None
            axes.scatter([speed], [scores[place].value], s=60, color=colour, marker=marker, label=name)
        axes.set_xscale("log")
        axes.set_xlabel("texts a second, one core")
        axes.set_ylabel(f"macro-F1, {target}")
        axes.grid(alpha=0.3)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center", fontsize=8, frameon=False)
    save_figure(figure, path)


def main() -> None:
    """Parse the command line, run every system, print and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--serve", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--only", nargs="*", help="systems by name")
    parser.add_argument("--without-annif", action="store_true")
    parser.add_argument("--annif-environment", type=Path, default=Path(".venv-annif"))
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--work", type=Path, help="keep what the peers learn here, or serve what an earlier run left here")
    given = parser.parse_args()
    if given.serve:
        serve(lambda: answerer(given.serve[0], Path(given.serve[1])))
        return
    train = [located.example for located in read_corpus(shipped_corpus(), refuse, split="train")]
    test = [located.example for located in read_corpus(shipped_corpus(), refuse, split="test")]
    texts = [example.text for example in test]
    work = given.work or Path(tempfile.mkdtemp(prefix="benchmark-"))
    print("| system | category | channel | first, s | p50, ms | p95, ms | texts/s | MB | peak, MiB |")
    print("|---|---|---|---|---|---|---|---|---|")
    results: dict[str, tuple[Served, list[Estimate]]] = {}
    names = [OURS, *(kind.name for kind in PEERS), *(() if given.without_annif else (f"Annif {b}" for b in ANNIF_BACKENDS))]
    for number, name in enumerate(names):
        if given.only and name not in given.only:
            continue
        folder = work / str(number)
        if name == OURS:
            artefact = find_artifact(None, default_models()).folder
            found = served(OURS, artefact, texts, [sys.executable, "-m", "scripts.benchmark", "--serve", OURS, str(artefact)])
        elif name.startswith("Annif"):
            found = run_annif(name.split()[1], train, texts, folder, given.annif_environment.absolute())
        else:
            found = run_peer(next(kind for kind in PEERS if kind.name == name), train, texts, folder)
        results[name] = (found, scores_of(found, test))
        print(row_of(name, *results[name]), flush=True)
    if given.figure:
        draw(results, given.figure)


if __name__ == "__main__":
    main()
