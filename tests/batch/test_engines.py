import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import psutil
import pytest

from classifier.batch.engines import ATTEMPTS, InProcess, LocalWorkers
from classifier.batch.partition import Partition
from classifier.batch.worker import ModelReference, load, refer_to
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


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    found = []
    for child in process.children():
        # One that has just ended has no command line any more.
        with suppress(psutil.Error):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def kill_workers(stop: threading.Event, wanted: int) -> None:
    """Kill a worker process each time there is one that has had time to load its model, `wanted` times."""
    here = psutil.Process()
    killed: set[int] = set()
    while not stop.is_set() and len(killed) < wanted:
        for worker in workers_of(here):
            if worker.pid not in killed and time.time() - worker.create_time() > 0.5:
                os.kill(worker.pid, signal.SIGKILL)
                killed.add(worker.pid)
                break
        time.sleep(0.05)


def test_local_workers_answer_as_this_process_does_though_one_is_killed(
    reference: ModelReference, pipeline: LoadedPipeline
) -> None:
    expected = list(InProcess(load(reference, environ={}, pipeline=pipeline)).run(partitions()))
    stop = threading.Event()
    killer = threading.Thread(target=kill_workers, args=(stop, 2))
    killer.start()
    found = list(LocalWorkers(reference, 2).run(partitions()))
    stop.set()
    killer.join()
    assert found == expected


def test_a_partition_that_kills_every_worker_ends_the_run(reference: ModelReference) -> None:
    stop = threading.Event()
    killer = threading.Thread(target=kill_workers, args=(stop, 100))
    killer.start()
    try:
        with pytest.raises(EngineError, match="died 2 times at partition 0"):
            list(LocalWorkers(reference, 1, attempts=2).run(partitions()))
    finally:
        stop.set()
        killer.join()
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
