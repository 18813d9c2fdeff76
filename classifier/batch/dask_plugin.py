"""The part of the Dask engine that Dask keeps on every worker: the artefact, for those that do not have it."""

from __future__ import annotations

from distributed import Worker, WorkerPlugin

from classifier.batch.partition import Partition, PartitionResult
from classifier.batch.worker import ModelReference, ShippedArtifact, work

_shipped: dict[str, ShippedArtifact] = {}
"""What was shipped to this worker's process, by digest: it is the same whatever prior a run asks for."""


class ArtifactPlugin(WorkerPlugin):
    """Brings an artefact to every worker there is and every one that joins or is restarted later."""

    def __init__(self, reference: ModelReference, shipped: ShippedArtifact) -> None:
        """Take the reference and the artefact's bytes."""
        self.name = f"asys-{reference.digest[:12]}"
        self._digest = reference.digest
        self._artifact = shipped

    def setup(self, worker: Worker) -> None:  # noqa: ARG002
        """Keep the artefact; called by Dask on the worker."""
        _shipped[self._digest] = self._artifact


def work_here(reference: ModelReference, partition: Partition) -> PartitionResult:
    """Read a partition on a Dask worker."""
    return work(reference, _shipped.get(reference.digest), partition)
