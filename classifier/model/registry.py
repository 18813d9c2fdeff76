"""Which models there are, which of them serves, and who made it so when and why.

`registry.json` beside the artefact folders holds the digest of every manifest and every promotion, the last being the
champion. It is replaced whole, under a lock, so that a reader sees the old or the new one and two writers do not undo each
other.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from classifier.errors import ArtifactError, InputError
from classifier.language import LoadedPipeline, shipped_models
from classifier.model.artifact import Artifact, load_estimator, read_manifest
from classifier.model.incident_model import IncidentModel
from classifier.model.own_prior import Prior
from classifier.model.priors import CORPUS

REGISTRY = "registry.json"
LONGEST_VERSION = 100


class Promotion(BaseModel):
    """One change of champion: to which version, by whom, when (ISO 8601), why, and the figures it was compared by."""

    model_config = ConfigDict(extra="forbid")

    version: str
    who: str
    when: str
    why: str
    comparison: dict[str, Any] = {}
    rollback: bool = False


class _Registry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    manifests: dict[str, str] = {}
    promotions: list[Promotion] = []


@dataclass(frozen=True)
class Registered:
    """A version that the registry knows; without its artefact, and with the problem in words, if that is damaged or missing."""

    version: str
    artifact: Artifact | None
    champion: bool
    problem: str = ""


def default_models() -> Path:
    """Return the folder of the models that travel with the package."""
    return shipped_models() / "asys"


def register(artifact: Artifact) -> None:
    """Vouch for an artefact that was just written, in the registry beside it; it becomes champion only by `promote`."""
    models = artifact.folder.parent
    with _locked(models):
        registry = _read(models)
        name = artifact.folder.name
        if registry.manifests.setdefault(name, artifact.digest) != artifact.digest:
            raise ArtifactError(str(artifact.folder), "another model was registered under this version before")
        _write(models, registry)


def registered(models: Path) -> list[Registered]:
    """Return the versions that the registry knows, oldest first, the damaged and missing ones among them."""
    registry = _read(models)
    champion = champion_version(models)
    found = []
    for name in registry.manifests:
        try:
            found.append(Registered(name, _vouched(models / name, registry), name == champion))
        except ArtifactError as error:
            found.append(Registered(name, None, name == champion, str(error)))
    return found


def promotions(models: Path) -> list[Promotion]:
    """Return every promotion there was, oldest first."""
    return _read(models).promotions


def champion_version(models: Path) -> str | None:
    """Return the version that serves, or None if none was promoted yet."""
    history = _read(models).promotions
    return history[-1].version if history else None


def promote(models: Path, promotion: Promotion) -> None:
    """Make a registered version the champion.

    Raises ArtifactError if the registry does not know it, it is damaged, or it serves already: going back from a promotion that
    changed nothing would change nothing either.
    """
    with _locked(models):
        registry = _read(models)
        if promotion.version not in registry.manifests:
            raise ArtifactError(str(models / promotion.version), f"is no version in {REGISTRY}; nobody vouches for it")
        _vouched(models / promotion.version, registry)
        if registry.promotions and registry.promotions[-1].version == promotion.version:
            raise ArtifactError(str(models / promotion.version), "serves already; nothing was promoted")
        registry.promotions.append(promotion)
        _write(models, registry)


def earlier_champion(models: Path) -> str:
    """Return the version that `roll_back` would promote; raises ArtifactError if there is none."""
    return _earlier(models, _read(models))


def roll_back(
    models: Path, *, who: str, when: str, why: str, comparison: Mapping[str, Any] | None = None, expected: str | None = None
) -> str:
    """Promote the champion before the present one again, and return its version.

    `expected` is the version that `comparison` is about. Raises ArtifactError if there was no champion before, it is damaged,
    or it is not the one expected, as somebody changed the champion meanwhile.
    """
    with _locked(models):
        registry = _read(models)
        version = _earlier(models, registry)
        if expected is not None and version != expected:
            raise ArtifactError(str(models), f"would go back to {version}, not {expected}; the champion was changed meanwhile")
        _vouched(models / version, registry)
        registry.promotions.append(
            Promotion(version=version, who=who, when=when, why=why, comparison=dict(comparison or {}), rollback=True)
        )
        _write(models, registry)
    return version


def next_version(models: Path, year: int, month: int, taken: Collection[str] = ()) -> str:
    """Return the version of a month, year.month.number, after the last one used in the folder or `taken` elsewhere."""
    of_month = f"{year}.{month}."
    folders = (folder.name for folder in models.iterdir()) if models.is_dir() else ()
    used = (name.removeprefix(of_month) for name in (*_read(models).manifests, *taken, *folders) if name.startswith(of_month))
    return f"{of_month}{max((int(number) for number in used if number.isdecimal()), default=0) + 1}"


def check_room(models: Path, version: str | None = None) -> None:
    """Make sure, before long work, that a model can be written to the folder, which is made, as `version` if that is known.

    Raises InputError for a version that is no name of a folder in it, ArtifactError for one that there is or was, and for a
    folder that cannot be written to.
    """
    if version is not None:
        if not _is_version(version):
            expected = f"a name of at most {LONGEST_VERSION} characters, without separators and a dot in front"
            raise InputError("--version", repr(version), expected)
        if version in _read(models).manifests or (models / version).exists():
            raise ArtifactError(str(models / version), "exists already; a version is never overwritten")
    try:
        models.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=models):
            pass
    except OSError as error:
        raise ArtifactError(str(models), f"cannot be written: {error.strerror}") from error
    _read(models)


def find_artifact(name: str | None, models: Path) -> Artifact:
    """Return the artefact of the champion (None), of a version, or in a folder, if the registry beside it vouches for it.

    Raises ArtifactError, saying what there is, if there is no such artefact or its manifest is not the one registered.
    """
    if name is None:
        name = champion_version(models)
        if name is None:
            raise ArtifactError(str(models), _without_champion(models))
    # A version has no separator; anything with one is a folder.
    folder = Path(name) if os.sep in name else models / name
    if not folder.is_dir():
        known = ", ".join(_read(models).manifests) or "none"
        raise ArtifactError(name, f"not found; versions in {models}: {known}")
    return _vouched(folder, _read(folder.parent))


def load_model(
    name: str | None = None,
    *,
    models: Path | None = None,
    pipeline: LoadedPipeline | None = None,
    other_pipeline: bool = False,
    prior: Prior = CORPUS,
) -> IncidentModel:
    """Load the champion, or the version or folder `name`, with the shipped pipeline or the one given.

    `prior` says how common the labels are where the model works: "corpus", "uniform", "asys-2020", or an `OwnPrior`. Raises
    ArtifactError for a model that cannot be trusted or does not fit, PipelineError for a missing pipeline, InputError for an
    unknown prior.
    """
    from classifier.language import load_pipeline

    artifact = find_artifact(name, models or default_models())
    pipeline = pipeline or load_pipeline()
    trained = load_estimator(artifact, pipeline, other_pipeline=other_pipeline)
    return IncidentModel(trained, pipeline, version=artifact.manifest.version, prior=prior)


def _is_version(name: str) -> bool:
    if not name.strip() or len(name) > LONGEST_VERSION or name == REGISTRY or name.startswith("."):
        return False
    return name.isprintable() and not any(separator in name for separator in "/\\")


def _earlier(models: Path, registry: _Registry) -> str:
    # A rollback undoes the last promotion that no rollback has undone yet; doing it twice goes back two.
    stack: list[str] = []
    for entry in registry.promotions:
        if entry.rollback:
            stack = stack[:-1]
        else:
            stack.append(entry.version)
    if len(stack) < 2:
        raise ArtifactError(str(models), "has no earlier champion to roll back to")
    return stack[-2]


def _without_champion(models: Path) -> str:
    """Return why there is no champion in a folder, and what to do."""
    if not models.is_dir():
        return "has no champion, as there is no such folder"
    candidates = ", ".join(_read(models).manifests)
    if candidates:
        return f"has no champion; promote one of its versions: {candidates}"
    return "has no champion; train a model and promote it"


def _vouched(folder: Path, registry: _Registry) -> Artifact:
    expected = registry.manifests.get(folder.name)
    if expected is None:
        raise ArtifactError(str(folder), f"is not in {REGISTRY} beside it; nobody vouches for it")
    artifact = read_manifest(folder)
    if artifact.digest != expected:
        raise ArtifactError(str(folder), "its manifest is not the one registered; it was damaged or altered")
    return artifact


def _read(models: Path) -> _Registry:
    try:
        content = (models / REGISTRY).read_bytes()
    except FileNotFoundError:
        return _Registry()
    except OSError as error:
        raise ArtifactError(str(models), f"has an unreadable {REGISTRY}: {error.strerror}") from error
    try:
        return _Registry.model_validate(json.loads(content))
    except (ValueError, RecursionError):
        raise ArtifactError(str(models), f"has a damaged {REGISTRY}") from None


def _write(models: Path, registry: _Registry) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{REGISTRY}.", dir=models)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(registry.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(models / REGISTRY)
    finally:
        Path(temporary).unlink(missing_ok=True)


@contextmanager
def _locked(models: Path) -> Iterator[None]:
    try:
        lock_file = (models / f".{REGISTRY}.lock").open("w")
    except OSError as error:
        raise ArtifactError(str(models), f"cannot be written: {error.strerror}") from error
    with lock_file as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
