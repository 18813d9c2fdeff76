"""Who runs the partitions: this process, or processes on this machine of which any may die.

An engine takes partitions no faster than results are taken from it, and yields the results in the order of the partitions.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from typing import Protocol

from classifier.batch.partition import Partition, PartitionResult, learn_common_words, reclassify_partition
from classifier.batch.worker import ModelReference, work
from classifier.errors import EngineError
from classifier.model.incident_model import IncidentModel

ATTEMPTS = 4
"""How often a partition is tried when its worker dies, before the run gives up."""

_AHEAD = 2
"""Partitions that each worker has under way or waiting."""


class Engine(Protocol):
    """Something that answers partitions."""

    def run(self, partitions: Iterable[Partition]) -> Iterator[PartitionResult]:
        """Yield the result of each partition, in order; raises EngineError when that cannot be done."""


class InProcess:
    """The partitions one after the other, here."""

    def __init__(self, model: IncidentModel) -> None:
        """Take the model."""
        self._model = model

    def run(self, partitions: Iterable[Partition]) -> Iterator[PartitionResult]:
        """Yield the result of each partition."""
        learned = False
        for partition in partitions:
            if not learned and partition.texts:
                learn_common_words(partition, self._model)
                learned = True
            yield reclassify_partition(partition, self._model)


@dataclass
class _Task:
    """A partition on its way: who has it, how often it was tried, and its result."""

    partition: Partition
    worker: int
    future: Future[PartitionResult] | None
    attempts: int = 1
    result: PartitionResult | None = None


class LocalWorkers:
    """Fresh processes on this machine, each with the model; one that dies is replaced, and costs only what it was at."""

    def __init__(self, reference: ModelReference, workers: int, *, attempts: int = ATTEMPTS) -> None:
        """Take the model's reference, the number of processes, and how often a partition is tried."""
        self._reference = reference
        self._attempts = attempts
        # A pool breaks as a whole when one of its processes dies; a pool for each process keeps the others at work.
        self._pools = [_pool() for _ in range(workers)]

    def run(self, partitions: Iterable[Partition]) -> Iterator[PartitionResult]:
        """Yield the result of each partition, in order; raises EngineError if one fails at its last attempt."""
        source = iter(partitions)
        tasks: deque[_Task] = deque()
        exhausted = finished = False
        try:
            while True:
                while not exhausted and len(tasks) < 2 * _AHEAD * len(self._pools) and (free := self._free(tasks)) is not None:
                    partition = next(source, None)
                    if partition is None:
                        exhausted = True
                        break
                    tasks.append(self._begun(_Task(partition, free, None)))
                while tasks and tasks[0].result is not None:
                    yield tasks.popleft().result  # type: ignore[misc]
                if not tasks:
                    if exhausted:
                        finished = True
                        return
                    continue
                self._collect(tasks)
        finally:
            for pool in self._pools:
                pool.shutdown(wait=finished, cancel_futures=True)

    def _free(self, tasks: Iterable[_Task]) -> int | None:
        """Return the worker with the fewest partitions waiting, None if all have enough."""
        waiting = [0] * len(self._pools)
        for task in tasks:
            if task.result is None:
                waiting[task.worker] += 1
        least = min(range(len(waiting)), key=waiting.__getitem__)
        return least if waiting[least] < _AHEAD else None

    def _begun(self, task: _Task) -> _Task:
        task.future = self._pools[task.worker].submit(work, self._reference, None, task.partition)
        return task

    def _collect(self, tasks: deque[_Task]) -> None:
        """Wait until something is done; take results, and begin anew what a dead worker had."""
        under_way = [task for task in tasks if task.result is None]
        wait([task.future for task in under_way if task.future is not None], return_when=FIRST_COMPLETED)
        for task in under_way:
            if task.future is None or not task.future.done():
                continue
            try:
                task.result = task.future.result()
                # Texts that are answered need no memory while an earlier partition is waited for.
                task.partition = Partition(task.partition.number, ())
            except BrokenProcessPool:
                self._replace(task.worker, under_way)

    def _replace(self, worker: int, under_way: list[_Task]) -> None:
        """Put a fresh process in a dead one's place and give it what the dead one had."""
        lost = [task for task in under_way if task.worker == worker and task.result is None]
        # The first was being read when the process died; those behind it were only waiting.
        lost[0].attempts += 1
        if lost[0].attempts > self._attempts:
            raise EngineError(
                f"a worker process died {self._attempts} times at partition {lost[0].partition.number}; is there enough "
                "memory? What is finished is kept, and the same command goes on"
            )
        self._pools[worker].shutdown(wait=False, cancel_futures=True)
        self._pools[worker] = _pool()
        for task in lost:
            self._begun(task)


def _pool() -> ProcessPoolExecutor:
    # Not forked: a numerical library's threads do not survive that.
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_start)


def _start() -> None:
    """Leave Ctrl-C to the parent, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent(leave: Callable[[int], None] = os._exit) -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        leave(1)
