"""A trained model as one folder: written to a temporary name and renamed, and read only if it is what its manifest says.

`estimator.joblib` is a pickle, which runs code when it is read: not a byte of it is until its digest has been found right, and
the manifest's own digest is one that the registry vouches for (see `classifier.model.registry`). joblib compresses it, but what
it holds is the standard library's pickle of the estimator, as bytes: joblib's own reader is written in Python and takes four
times as long for a vocabulary of words, which a command that suggests for one text would wait for.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from classifier.errors import ArtifactError
from classifier.language import LoadedPipeline
from classifier.model.calibration import Calibration
from classifier.model.estimator import LABELS, TARGETS, Target
from classifier.model.features import tables_digest
from classifier.model.held_out import HeldOutAnswers, from_bytes
from classifier.model.training import TargetCalibration, TrainedModel, TrainingSettings
from classifier.taxonomy import TAXONOMY_VERSION

FORMAT_VERSION = 4
MANIFEST, ESTIMATOR, EVALUATION = "manifest.json", "estimator.joblib", "evaluation.html"
HELD_OUT = "held_out.npy"

_COMPRESSION = 3


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PipelineIdentity(_Strict):
    """The spaCy pipeline that a model was trained with."""

    name: str
    version: str
    digest: str


class TargetManifest(_Strict):
    """A target's labels and what turns their scores into proposals, each list in the order of `labels`."""

    labels: list[str]
    slopes: list[float]
    offsets: list[float]
    beta: tuple[float, float, float]
    prior: list[float]
    confident_from: dict[str, float | None]


class Libraries(_Strict):
    """Versions of the libraries whose objects are in the estimator."""

    scikit_learn: str
    numpy: str
    scipy: str
    joblib: str


class TargetManifests(_Strict):
    """Both targets."""

    category: TargetManifest
    channel: TargetManifest


class HeldOutIdentity(_Strict):
    """The file with the model's answers to labelled texts it had not seen: its digest, and how much it holds."""

    sha256: str
    texts: int
    writers: int


class Manifest(_Strict):
    """Everything about an artefact but its coefficients; `held_out` is None in an artefact that was written without."""

    format_version: int
    version: str
    created: str
    taxonomy_version: str
    estimator_sha256: str
    estimator_bytes: int
    evaluation_sha256: str
    libraries: Libraries
    pipeline: PipelineIdentity
    tables_digest: str
    training_data_digest: str
    examples: int
    settings: TrainingSettings
    targets: TargetManifests
    warn_from: dict[str, float]
    never_confident: dict[str, list[str]]
    metrics: dict[str, Any]
    held_out: HeldOutIdentity | None = None


@dataclass(frozen=True)
class Artifact:
    """A manifest, the folder it was read from, and the digest of its bytes."""

    folder: Path
    manifest: Manifest
    digest: str


def write_artifact(
    folder: Path,
    trained: TrainedModel,
    *,
    version_: str,
    created: str,
    pipeline: LoadedPipeline,
    training_data_digest: str,
    metrics: dict[str, Any],
    evaluation_html: str,
    held_out: HeldOutAnswers | None = None,
) -> Artifact:
    """Write a trained model to `folder`, which must not exist yet, all of it or nothing; `created` is an ISO 8601 time.

    `held_out` is what statistics need to correct counts for the model's errors.

    Raises ArtifactError if the folder exists or cannot be written.
    """
    import joblib

    if folder.exists():
        raise ArtifactError(str(folder), "exists already; a version is never overwritten")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise ArtifactError(str(folder), f"cannot be written: {error.strerror}") from error
    try:
        whole = pickle.dumps(trained.estimator, protocol=pickle.HIGHEST_PROTOCOL)
        joblib.dump(whole, temporary / ESTIMATOR, compress=_COMPRESSION)
        (temporary / EVALUATION).write_text(evaluation_html, encoding="utf-8")
        content = (temporary / ESTIMATOR).read_bytes()
        manifest = Manifest(
            format_version=FORMAT_VERSION,
            version=version_,
            created=created,
            taxonomy_version=TAXONOMY_VERSION,
            estimator_sha256=hashlib.sha256(content).hexdigest(),
            estimator_bytes=len(content),
            evaluation_sha256=hashlib.sha256(evaluation_html.encode()).hexdigest(),
            libraries=Libraries(
                scikit_learn=version("scikit-learn"), numpy=version("numpy"), scipy=version("scipy"), joblib=version("joblib")
            ),
            pipeline=PipelineIdentity(name=pipeline.name, version=pipeline.version, digest=pipeline.digest),
            tables_digest=tables_digest(),
            training_data_digest=training_data_digest,
            examples=trained.examples,
            settings=trained.settings,
            targets=TargetManifests(
                category=_target_manifest(trained, "category"), channel=_target_manifest(trained, "channel")
            ),
            warn_from=trained.warn_from,
            never_confident={
                target: [label for label, start in trained.targets[target].confident_from.items() if start is None]
                for target in TARGETS
            },
            metrics=metrics,
            held_out=None if held_out is None else _write_held_out(temporary / HELD_OUT, held_out),
        )
        (temporary / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        temporary.chmod(0o755)
        temporary.rename(folder)
    except OSError as error:
        raise ArtifactError(str(folder), f"cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return read_manifest(folder)


def read_manifest(folder: Path) -> Artifact:
    """Return an artefact's manifest without touching its estimator; raises ArtifactError if there is none it can read."""
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError:
        raise ArtifactError(
            str(folder), f"has no readable {MANIFEST}; expected a folder that `classifier train` wrote"
        ) from None
    try:
        fields = json.loads(content)
        if isinstance(fields, dict) and fields.get("format_version") != FORMAT_VERSION:
            found = fields.get("format_version")
            raise ArtifactError(str(folder), f"has format version {found!r}; this program reads {FORMAT_VERSION}")
        manifest = Manifest.model_validate(fields)
    except (ValueError, RecursionError):
        raise ArtifactError(str(folder), f"has a damaged {MANIFEST}") from None
    return Artifact(folder, manifest, hashlib.sha256(content).hexdigest())


def read_evaluation(artifact: Artifact) -> str:
    """Return the evaluation page that was written with a model; raises ArtifactError if it is missing or another."""
    try:
        content = (artifact.folder / EVALUATION).read_bytes()
    except OSError:
        raise ArtifactError(str(artifact.folder), f"has no readable {EVALUATION}") from None
    if hashlib.sha256(content).hexdigest() != artifact.manifest.evaluation_sha256:
        raise ArtifactError(
            str(artifact.folder), f"{EVALUATION} is not the file its manifest describes; it was damaged or altered"
        )
    return content.decode()


def load_estimator(artifact: Artifact, pipeline: LoadedPipeline, *, other_pipeline: bool = False) -> TrainedModel:
    """Return an artefact's trained model, having checked that it is whole and fits what is installed.

    Raises ArtifactError for an estimator whose bytes are not those the manifest vouches for, another major version of
    scikit-learn, another taxonomy, other tables of words and cues, or another spaCy pipeline than it was trained with (unless
    `other_pipeline`).
    """
    import joblib

    manifest, place = artifact.manifest, str(artifact.folder)
    _check_fit(manifest, place, pipeline, other_pipeline)
    try:
        content = (artifact.folder / ESTIMATOR).read_bytes()
    except OSError:
        raise ArtifactError(place, f"has no readable {ESTIMATOR}") from None
    if hashlib.sha256(content).hexdigest() != manifest.estimator_sha256:
        raise ArtifactError(place, f"{ESTIMATOR} is not the file its manifest describes; it was damaged or altered")
    targets: dict[Target, TargetCalibration] = {
        target: TargetCalibration(
            Calibration(tuple(found.slopes), tuple(found.offsets), found.beta), tuple(found.prior), found.confident_from
        )
        for target, found in _both(manifest)
    }
    # The bytes that were checked, not the file, which may have been replaced since.
    estimator = pickle.loads(joblib.load(io.BytesIO(content)))
    return TrainedModel(estimator, targets, manifest.warn_from, manifest.examples, manifest.settings)


def load_held_out(artifact: Artifact) -> HeldOutAnswers | None:
    """Return the model's answers to texts it had not seen, None if the artefact was written without.

    Raises ArtifactError if they are missing or not what the manifest vouches for.
    """
    if artifact.manifest.held_out is None:
        return None
    try:
        content = (artifact.folder / HELD_OUT).read_bytes()
    except OSError:
        raise ArtifactError(str(artifact.folder), f"has no readable {HELD_OUT}") from None
    if hashlib.sha256(content).hexdigest() != artifact.manifest.held_out.sha256:
        raise ArtifactError(str(artifact.folder), f"{HELD_OUT} is not the file its manifest describes")
    try:
        return from_bytes(content)
    except ValueError as error:
        raise ArtifactError(str(artifact.folder), f"{HELD_OUT} cannot be used: {error}") from None


def _write_held_out(path: Path, held_out: HeldOutAnswers) -> HeldOutIdentity:
    content = held_out.as_bytes()
    path.write_bytes(content)
    return HeldOutIdentity(
        sha256=hashlib.sha256(content).hexdigest(), texts=len(held_out.writers), writers=len(set(held_out.writers.tolist()))
    )


def _check_fit(manifest: Manifest, place: str, pipeline: LoadedPipeline, other_pipeline: bool) -> None:
    trained_with, installed = manifest.libraries.scikit_learn, version("scikit-learn")
    if trained_with.split(".")[0] != installed.split(".")[0]:
        raise ArtifactError(place, f"was trained with scikit-learn {trained_with}; {installed} is installed; train it anew")
    if manifest.taxonomy_version != TAXONOMY_VERSION:
        raise ArtifactError(place, f"knows taxonomy {manifest.taxonomy_version}; this program's is {TAXONOMY_VERSION}")
    if manifest.tables_digest != tables_digest():
        raise ArtifactError(place, "was trained with other tables of words and cues than this program's; train it anew")
    for target, found in _both(manifest):
        labels = list(LABELS[target])
        if found.labels != labels or set(found.confident_from) != set(labels):
            raise ArtifactError(place, f"has other {target} labels than the taxonomy")
        if not len(found.slopes) == len(found.offsets) == len(found.prior) == len(labels):
            raise ArtifactError(place, f"has a {target} calibration that does not fit its labels")
    if manifest.pipeline.digest != pipeline.digest and not other_pipeline:
        was, now = f"{manifest.pipeline.name} {manifest.pipeline.version}", f"{pipeline.name} {pipeline.version}"
        if was == now:
            now += " with other files"
        raise ArtifactError(
            place, f"was trained with the spaCy pipeline {was}; found {now}. Name it with --other-pipeline to use it"
        )


def _both(manifest: Manifest) -> tuple[tuple[Target, TargetManifest], ...]:
    return ("category", manifest.targets.category), ("channel", manifest.targets.channel)


def _target_manifest(trained: TrainedModel, target: Target) -> TargetManifest:
    found = trained.targets[target]
    return TargetManifest(
        labels=list(LABELS[target]),
        slopes=list(found.calibration.slopes),
        offsets=list(found.calibration.offsets),
        beta=found.calibration.beta,
        prior=list(found.prior),
        confident_from=found.confident_from,
    )
