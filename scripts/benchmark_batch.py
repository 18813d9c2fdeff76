"""Measure `classifier reclassify`: speed, memory of all its processes, scaling, repeats, what it costs, where time goes.

    OMP_NUM_THREADS=1 python -m scripts.benchmark_batch --rows 10000 100000 --price 1.0

Every case runs in a fresh process tree, round by round in turn, for the machines are shared; medians are printed as Markdown.
A run's rate leaves out loading the model here; "steady" leaves out the first partition too, in which workers start. Rows a CPU
second are of all processes together, and the figure to trust where others use the machine. Beside the engines, in the same
harness: the language pipeline alone, and TF-IDF with a calibrated linear SVM. Histories come from `scripts.make_history` and
are kept in `--histories`.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

from classifier.batch.answers import Answer
from classifier.batch.dask_engine import DaskCluster
from classifier.batch.engines import Engine, InProcess, LocalWorkers
from classifier.batch.mapping import map_history
from classifier.batch.partition import Partition, PartitionResult
from classifier.batch.run import Outcome, RunSettings, reclassify
from classifier.batch.sources import open_source
from classifier.batch.summary import summarise
from classifier.batch.summary_report import write_summary
from classifier.batch.worker import load, refer_to
from classifier.corpus import read_corpus, shipped_corpus
from classifier.language import LoadedPipeline, analyse, load_pipeline
from classifier.model.registry import default_models
from classifier.settings import DEFAULT_PIPELINE
from scripts.baseline import refuse

ROOT = Path(__file__).resolve().parent.parent
ENGINES = ("in-process", "workers:1", "workers:2", "dask:2", "pipeline", "svm")
_SAMPLED_EVERY = 0.2
_PROFILE_SECONDS = 0.002


@dataclass(frozen=True)
class Measured:
    """One run: rows, different texts, seconds from the first row read to the output in place, of the clock and of all
    processors, the steady rate, and MiB at most.
    """

    rows: int
    texts: int
    seconds: float
    cpu: float
    steady: float
    peak: float


class PipelineAlone:
    """Tokenizes each text as the model would have it, and answers nothing."""

    def __init__(self, pipeline: LoadedPipeline) -> None:
        """Take the pipeline."""
        self._pipeline = pipeline

    def run(self, partitions: Iterable[Partition]) -> Iterator[PartitionResult]:
        """Yield empty answers."""
        for partition in partitions:
            with self._pipeline.nlp.memory_zone():
                read = sum(1 for _ in analyse(partition.texts, pipeline=self._pipeline, parts=frozenset()))
            yield PartitionResult(partition.number, (Answer("too_short"),) * read)


class PlainSvm:
    """TF-IDF of words and pairs with a linear SVM and Platt's calibration, for category and channel each."""

    def __init__(self) -> None:
        """Train on the seed corpus."""
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import LinearSVC

        examples = [e.example for e in read_corpus(shipped_corpus(), refuse, split="train")]
        texts = [example.text for example in examples]
        self._models: list[Any] = []
        for labels in ([e.category for e in examples], [e.channel for e in examples]):
            machine = CalibratedClassifierCV(LinearSVC(C=0.3), ensemble=False)
            self._models.append(
                make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), machine).fit(texts, labels)
            )

    def run(self, partitions: Iterable[Partition]) -> Iterator[PartitionResult]:
        """Yield the likeliest labels with all probabilities."""
        for partition in partitions:
            if not partition.texts:
                yield PartitionResult(partition.number, ())
                continue
            found = [(model.classes_, model.predict_proba(partition.texts)) for model in self._models]
            answers = []
            for category, channel in zip(found[0][1].tolist(), found[1][1].tolist(), strict=True):
                best = [max(range(len(row)), key=row.__getitem__) for row in (category, channel)]
                labels = [str(found[place][0][best[place]]) for place in range(2)]
                probabilities = tuple(round(value, 6) for value in (*category, *channel))
                chances = category[best[0]], channel[best[1]]
                answers.append(
                    Answer("ok", labels[0], chances[0], False, "", labels[1], chances[1], False, "", "", "", probabilities)
                )
            yield PartitionResult(partition.number, tuple(answers))


def run_once(history: Path, engine: str, *, evidence: bool, folder: Path, profile: bool) -> dict[str, Any]:
    """Reclassify a history here, and return the times; with `profile`, also in which module's code time went."""
    source = open_source(history)
    pipeline = load_pipeline()
    reference = refer_to(None, default_models(), pipeline, DEFAULT_PIPELINE, other_pipeline=False, prior="corpus")
    kind, _, number = engine.partition(":")
    moments: list[float] = []
    done: list[int] = []

    def advance(rows: int) -> None:
        moments.append(time.perf_counter())
        done.append(rows)

    def summary(outcome: Outcome, names: Any) -> None:
        write_summary(summarise(outcome, reference, source.name), names)

    with ExitStack() as stack:
        made: Engine
        if kind == "in-process":
            made = InProcess(load(reference, environ={}, pipeline=pipeline))
        elif kind == "workers":
            made = LocalWorkers(reference, int(number))
        elif kind == "dask":
            made = DaskCluster(reference, stack.enter_context(dask_cluster(int(number), folder)))
        else:
            made = PipelineAlone(pipeline) if kind == "pipeline" else PlainSvm()
        seen = stack.enter_context(where_time_goes()) if profile else Counter[str]()
        started, used = time.perf_counter(), cpu_seconds()
        outcome = reclassify(
            source,
            folder / "out.csv",
            map_history(source.columns, {}, source.name),
            made,
            reference,
            RunSettings(evidence=evidence),
            write_summary=summary,
            advance=advance,
        )
        seconds = time.perf_counter() - started
    # Workers count once they have ended.
    cpu = cpu_seconds() - used
    steady = sum(done[1:]) / (moments[-1] - moments[0]) if len(done) > 1 else outcome.read / seconds
    return {"rows": outcome.read, "texts": outcome.texts, "seconds": seconds, "cpu": cpu, "steady": steady, "profile": seen}


@contextmanager
def where_time_goes() -> Iterator[Counter[str]]:
    """Count, at every tick of this process's clock, the module of this package whose code is running or waited for."""
    seen: Counter[str] = Counter()

    def tick(_: int, frame: FrameType | None) -> None:
        while frame is not None and not frame.f_globals.get("__name__", "").startswith("classifier."):
            frame = frame.f_back
        seen[frame.f_globals["__name__"] if frame else "elsewhere"] += 1

    signal.signal(signal.SIGPROF, tick)
    signal.setitimer(signal.ITIMER_PROF, _PROFILE_SECONDS, _PROFILE_SECONDS)
    try:
        yield seen
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@contextmanager
def dask_cluster(workers: int, folder: Path) -> Iterator[str]:
    """Start a scheduler and single-threaded workers on loopback; yields the scheduler's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = ["worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder)]
    with ExitStack() as stack:
        for arguments in (scheduler, *[worker] * workers):
            command = [sys.executable, "-m", f"distributed.cli.dask_{arguments[0]}", *arguments[1:]]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        yield address


def measure(history: Path, engine: str, *, evidence: bool = True) -> Measured:
    """Run a case in a process of its own, and watch the memory of that and all below it."""
    with tempfile.TemporaryDirectory(prefix="asys-benchmark-") as folder:
        command = [
            sys.executable,
            "-m",
            "scripts.benchmark_batch",
            "--one",
            str(history),
            "--engines",
            engine,
            "--folder",
            folder,
        ]
        command += [] if evidence else ["--no-evidence"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            peak = 0
            while process.poll() is None:
                peak = max(peak, tree_bytes(process.pid))
                time.sleep(_SAMPLED_EVERY)
            assert process.stdout is not None
            said = process.stdout.read()
    if process.returncode:
        raise SystemExit(f"{engine} on {history.name} ended with {process.returncode}")
    found = json.loads(said)
    return Measured(found["rows"], found["texts"], found["seconds"], found["cpu"], found["steady"], peak / 2**20)


def cpu_seconds() -> float:
    """Return the processor time of this process and its ended children."""
    return sum(
        usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def tree_bytes(pid: int) -> int:
    """Return the memory of a process and all below it; what they share is counted once for each, but little is shared."""
    total = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error):
                total += process.memory_info().rss
    return total


def history_of(rows: int, repeats: float, folder: Path) -> Path:
    """Return a history of so many rows with that share of repeated texts, made now if it is not there."""
    path = folder / f"h{rows}-{repeats:g}.csv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "scripts.make_history", "--rows", str(rows), "--repeats", str(repeats), "--seed", "1"]
        subprocess.run([*command, "--out", str(path)], cwd=ROOT, check=True)
    return path


def main() -> None:
    """Parse the command line, measure, and print Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--repeats", type=float, nargs="+", default=[0.0, 0.3], help="shares of repeated texts")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), help=", ".join(ENGINES))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--price", type=float, default=1.0, help="of a machine of two cores for an hour, in any currency")
    parser.add_argument("--histories", type=Path, default=Path(tempfile.gettempdir()) / "asys-histories")
    parser.add_argument("--no-evidence", action="store_true", help="without the words that weighed")
    parser.add_argument("--profile", action="store_true", help="only show where time goes, in process, on the first history")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    evidence = not given.no_evidence
    if given.one is not None:
        print(json.dumps(run_once(given.one, given.engines[0], evidence=evidence, folder=given.folder, profile=False)))
        return
    if given.profile:
        history = history_of(given.rows[0], given.repeats[0], given.histories)
        with tempfile.TemporaryDirectory() as folder:
            found = run_once(history, "in-process", evidence=evidence, folder=Path(folder), profile=True)
        ticks: Counter[str] = found["profile"]
        print("| module | share of time |\n|---|---|")
        for module, count in ticks.most_common(16):
            print(f"| `{module.removeprefix('classifier.')}` | {count / ticks.total():.1%} |")
        return
    cases = [(rows, repeats, engine) for rows in given.rows for repeats in given.repeats for engine in given.engines]
    measured: dict[tuple[int, float, str], list[Measured]] = {case: [] for case in cases}
    for _ in range(given.rounds):
        for case in cases:
            rows, repeats, engine = case
            measured[case].append(measure(history_of(rows, repeats, given.histories), engine, evidence=evidence))
            print(case, json.dumps(asdict(measured[case][-1])), file=sys.stderr, flush=True)
    print("| engine | rows | repeats | texts read | rows/s | steady rows/s | rows/CPU s | peak, MiB | cost of a million |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (rows, repeats, engine), runs in measured.items():
        rate = statistics.median(run.rows / run.seconds for run in runs)
        steady = statistics.median(run.steady for run in runs)
        peak = max(run.peak for run in runs)
        cost = 1e6 / rate / 3600 * given.price
        work = statistics.median(run.rows / run.cpu for run in runs)
        first = f"| {engine} | {rows:,} | {repeats:.0%} | {runs[0].texts:,} |"
        print(f"{first} {rate:,.0f} | {steady:,.0f} | {work:,.0f} | {peak:,.0f} | {cost:.2f} |")


if __name__ == "__main__":
    main()
