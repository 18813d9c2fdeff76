import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import pytest

from classifier.batch.engines import ATTEMPTS, InProcess, LocalWorkers
from classifier.batch.partition import Partition, PartitionResult
from classifier.batch.worker import ModelReference, ShippedArtifact, load, refer_to, work
from classifier.errors import EngineError
from classifier.language import LoadedPipeline
from classifier.model.registry import default_models
from classifier.settings import DEFAULT_PIPELINE
from tests import small_model

TEXTS = tuple(dict.fromkeys(example.text for example in small_model.unseen()))


def partitions(size: int = 40) -> Iterator[Partition]:
    for number, first in enumerate(range(0, len(TEXTS), size)):
        yield Partition(number, TEXTS[first : first + size])


@pytest.fixture(scope="module")
def reference(pipeline: LoadedPipeline) -> ModelReference:
    return refer_to(None, default_models(), pipeline, DEFAULT_PIPELINE, other_pipeline=False, prior="corpus")


HELD = 3
"""The partition whose first worker is held at it until it is killed."""


def held_once(reference: ModelReference, shipped: ShippedArtifact | None, partition: Partition) -> PartitionResult:
    """Work as a worker does, but note who begins the held partition, and let the first to begin it never finish."""
    if partition.number == HELD:
        begun = Path(os.environ["BEGUN"])
        with begun.open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
        if len(begun.read_text(encoding="utf-8").split()) == 1:
            threading.Event().wait()
    return work(reference, shipped, partition)


def killed_at_work(_: ModelReference, __: ShippedArtifact | None, ___: Partition) -> PartitionResult:
    """End as a worker does that the system kills while it reads."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def kill_the_holder(begun: Path, exit_codes: list[int]) -> None:
    """Wait until a worker has begun the held partition, kill it, and note how it ended."""
    while not (begun.exists() and begun.read_text(encoding="utf-8").endswith("\n")):
        time.sleep(0.01)
    pid = int(begun.read_text(encoding="utf-8"))
    (worker,) = (child for child in active_children() if child.pid == pid)
    os.kill(pid, signal.SIGKILL)
    while worker.exitcode is None:
        time.sleep(0.01)
    exit_codes.append(worker.exitcode)


def test_local_workers_answer_as_this_process_does_though_one_is_killed_at_a_partition(
    reference: ModelReference, pipeline: LoadedPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = list(InProcess(load(reference, environ={}, pipeline=pipeline)).run(partitions()))
    begun = tmp_path / "begun"
    monkeypatch.setenv("BEGUN", str(begun))
    monkeypatch.setattr("classifier.batch.engines.work", held_once)
    exit_codes: list[int] = []
    killer = threading.Thread(target=kill_the_holder, args=(begun, exit_codes), daemon=True)
    killer.start()
    found = list(LocalWorkers(reference, 2).run(partitions()))
    killer.join()
    assert exit_codes == [-signal.SIGKILL]
    killed, successor = begun.read_text(encoding="utf-8").split()
    assert successor != killed
    assert found == expected


def test_a_partition_that_kills_every_worker_ends_the_run(reference: ModelReference, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.batch.engines.work", killed_at_work)
    with pytest.raises(EngineError, match="died 2 times at partition 0"):
        list(LocalWorkers(reference, 1, attempts=2).run(partitions()))
    assert ATTEMPTS > 2


def test_partitions_are_taken_no_faster_than_results(reference: ModelReference) -> None:
    taken: list[int] = []

    def counted() -> Iterator[Partition]:
        for number in range(100):
            taken.append(number)
            yield Partition(number, TEXTS[number : number + 1])

    results = LocalWorkers(reference, 1).run(counted())
    next(results)
    assert len(taken) <= 5
    results.close()  # type: ignore[attr-defined]


def test_a_worker_that_cannot_load_the_model_says_why(reference: ModelReference) -> None:
    with pytest.raises(EngineError, match="the run was started with 9"):
        list(LocalWorkers(replace(reference, package="9.9+0"), 1).run(partitions()))
