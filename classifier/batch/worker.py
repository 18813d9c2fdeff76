"""What a worker does, whoever started it: find the model that was asked for, prove that it is the one, and read partitions."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock

from classifier.batch.partition import Partition, PartitionResult, learn_common_words, reclassify_partition
from classifier.errors import ArtifactError, ClassifierError, EngineError, PipelineError
from classifier.language import LoadedPipeline, load_pipeline
from classifier.model.artifact import ESTIMATOR, MANIFEST, Artifact, load_estimator, read_manifest
from classifier.model.incident_model import IncidentModel
from classifier.model.own_prior import Prior
from classifier.model.registry import default_models, find_artifact
from classifier.settings import Settings


@dataclass(frozen=True)
class ModelReference:
    """A model that another process is to load: where it was found, and the digests that prove it to be the same.

    `folder` and `pipeline` are looked at first; where they are not there, the worker's own models are searched for `digest`. A
    prior of one's own goes along with its numbers: no worker estimates it again.
    """

    folder: str
    version: str
    digest: str
    pipeline: str
    pipeline_digest: str
    other_pipeline: bool
    prior: Prior
    package: str


@dataclass(frozen=True)
class ShippedArtifact:
    """The bytes of an artefact, for workers that do not have it."""

    manifest: bytes = field(repr=False)
    estimator: bytes = field(repr=False)


def refer_to(
    name: str | None, models: Path, pipeline: LoadedPipeline, pipeline_name: str, *, other_pipeline: bool, prior: Prior
) -> ModelReference:
    """Return the reference to a model that the registry vouches for; raises ArtifactError if it does not."""
    artifact = find_artifact(name, models)
    return ModelReference(
        folder=str(artifact.folder.resolve()),
        version=artifact.manifest.version,
        digest=artifact.digest,
        pipeline=str(Path(pipeline_name).resolve()) if Path(pipeline_name).is_dir() else pipeline_name,
        pipeline_digest=pipeline.digest,
        other_pipeline=other_pipeline,
        prior=prior,
        package=package_identity(),
    )


def ship(reference: ModelReference) -> ShippedArtifact:
    """Return the bytes of the artefact that a reference names."""
    folder = Path(reference.folder)
    return ShippedArtifact((folder / MANIFEST).read_bytes(), (folder / ESTIMATOR).read_bytes())


@cache
def package_identity() -> str:
    """Return the package's version and a digest of its code and word lists: what decides how a text is read."""
    package = Path(__file__).parent.parent
    files = [*package.rglob("*.py"), *(package / "data").rglob("*")]
    digest = hashlib.sha256()
    for path in sorted(file for file in files if file.is_file() and "shipped" not in file.relative_to(package).parts):
        digest.update(f"{path.relative_to(package).as_posix()}\0".encode() + path.read_bytes())
    return f"{version('asys-classifier')}+{digest.hexdigest()[:12]}"


def load(
    reference: ModelReference,
    shipped: ShippedArtifact | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    pipeline: LoadedPipeline | None = None,
) -> IncidentModel:
    """Return the model that a reference names, with `pipeline` if that is loaded already.

    Raises EngineError if this process runs another version of the package, PipelineError or ArtifactError if it has no pipeline
    or no artefact with the right digest.
    """
    if package_identity() != reference.package:
        raise EngineError(
            f"this worker has asys-classifier {package_identity()}; the run was started with {reference.package}. Install the "
            "same on every worker"
        )
    loaded = pipeline or load_pipeline(reference.pipeline)
    if loaded.digest != reference.pipeline_digest:
        raise PipelineError(reference.pipeline, "has other files on this worker than where the run was started")
    artifact = _found(reference, environ)
    if artifact is not None:
        trained = load_estimator(artifact, loaded, other_pipeline=reference.other_pipeline)
    elif shipped is not None:
        with tempfile.TemporaryDirectory(prefix="asys-") as folder:
            (Path(folder) / MANIFEST).write_bytes(shipped.manifest)
            (Path(folder) / ESTIMATOR).write_bytes(shipped.estimator)
            artifact = read_manifest(Path(folder))
            if artifact.digest != reference.digest:
                raise ArtifactError(reference.version, "what was shipped is not what the run was started with")
            trained = load_estimator(artifact, loaded, other_pipeline=reference.other_pipeline)
    else:
        raise ArtifactError(reference.version, f"no artefact with digest {reference.digest[:12]}… on this worker")
    return IncidentModel(trained, loaded, version=reference.version, prior=reference.prior)


def _found(reference: ModelReference, environ: Mapping[str, str]) -> Artifact | None:
    """Return the artefact with the right digest among the places where one may be."""
    configured = Settings.from_env(environ).models
    for models in (Path(reference.folder).parent, *([Path(configured)] if configured else []), default_models()):
        folder = models / Path(reference.folder).name
        try:
            artifact = read_manifest(folder)
        except ArtifactError:
            continue
        if artifact.digest == reference.digest:
            return artifact
    return None


_models: dict[ModelReference, IncidentModel] = {}
"""The models that this process has loaded; stays empty in a process that is no worker."""

_learned: set[ModelReference] = set()
"""Those of them whose pipeline knows common words already."""

_lock = Lock()
"""A worker with several threads reads one partition at a time; the interpreter would not run two at once anyhow."""


def work(reference: ModelReference, shipped: ShippedArtifact | None, partition: Partition) -> PartitionResult:
    """Read a partition with the model that a reference names, which is loaded once a process.

    Raises EngineError, whose message crosses the border between processes, for whatever is wrong with the model.
    """
    with _lock:
        try:
            if reference not in _models:
                _models[reference] = load(reference, shipped)
        except ClassifierError as error:
            raise EngineError(str(error)) from None
        if reference not in _learned and partition.texts:
            learn_common_words(partition, _models[reference])
            _learned.add(reference)
        return reclassify_partition(partition, _models[reference])
