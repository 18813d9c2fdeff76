"""An existing Dask cluster as an engine: Dask hands out the partitions, and hands them out again when a worker dies."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

from classifier.batch.partition import Partition, PartitionResult
from classifier.batch.worker import ModelReference, ship
from classifier.errors import EngineError, MissingExtraError

if TYPE_CHECKING:
    from distributed import Client, Future

_AHEAD = 2
_CONNECT_SECONDS = 10
_WORKER_SECONDS = 60


class DaskCluster:
    """The workers of a scheduler; each needs this package in the same version and the same spaCy pipeline."""

    def __init__(self, reference: ModelReference, scheduler: str) -> None:
        """Take the model's reference and the scheduler's address, such as tcp://10.0.0.1:8786."""
        self._reference = reference
        self._scheduler = scheduler

    def run(self, partitions: Iterable[Partition]) -> Iterator[PartitionResult]:
        """Yield the result of each partition, in order.

        Raises MissingExtraError without distributed, EngineError if there is no scheduler or no worker, if a worker lacks what
        it needs, or if Dask has seen too many workers die at one partition.
        """
        try:
            from distributed import Client, KilledWorker
        except ImportError:
            raise MissingExtraError("distributed", "batch") from None
        try:
            client = Client(self._scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise EngineError(
                f"no Dask scheduler at {self._scheduler} ({error}); expected one such as tcp://host:8786"
            ) from None
        with client:
            self._check(client)
            try:
                yield from self._results(client, partitions)
            except KilledWorker as error:
                raise EngineError(
                    f"Dask gave a partition up after its worker died too often ({error.task}); is there enough memory? What is "
                    "finished is kept, and the same command goes on"
                ) from None
            except (OSError, TimeoutError, CancelledError) as error:
                raise EngineError(
                    f"lost the Dask scheduler at {self._scheduler} ({type(error).__name__}). What is finished is kept, and "
                    "the same command goes on"
                ) from None

    def _check(self, client: Client) -> None:
        """Ask every worker what it has, and bring the artefact."""
        try:
            client.wait_for_workers(1, timeout=_WORKER_SECONDS)
        except TimeoutError:
            raise EngineError(f"the scheduler at {self._scheduler} has no worker; start some with `dask worker`") from None
        for address, found in client.run(_probe()).items():
            if found != self._reference.package:
                raise EngineError(
                    f"worker {address} has {found}; expected asys-classifier {self._reference.package}. Install the same "
                    "package on every worker: pip install 'asys-classifier[batch]'"
                )
        from classifier.batch.dask_plugin import ArtifactPlugin

        client.register_plugin(ArtifactPlugin(self._reference, ship(self._reference)))

    def _results(self, client: Client, partitions: Iterable[Partition]) -> Iterator[PartitionResult]:
        from classifier.batch.dask_plugin import work_here

        source = iter(partitions)
        under_way: deque[Future[PartitionResult]] = deque()
        exhausted = False
        while under_way or not exhausted:
            # Workers may come and go while the run lasts.
            while not exhausted and len(under_way) < max(2, _AHEAD * len(client.scheduler_info(n_workers=-1)["workers"])):
                partition = next(source, None)
                if partition is None:
                    exhausted = True
                else:
                    under_way.append(client.submit(work_here, self._reference, partition, pure=False))
            if under_way:
                yield under_way.popleft().result()


def _probe() -> Callable[[], str]:
    """Return a function that says which package a worker has; it goes there whole, so that it runs where there is none."""

    def probe() -> str:
        try:
            from classifier.batch.worker import package_identity
        except ImportError as error:
            return f"no asys-classifier ({error})"
        return package_identity()

    return probe
