"""Artefacts for tests of publishing: copies of one that was written once, each of its own version."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from classifier.model.artifact import MANIFEST, Artifact, read_manifest, write_artifact
from classifier.review.publication import alone, finish_interrupted, promote_version, publish_candidate
from classifier.store.database import Database, open_database

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def write_template(folder: Path) -> Path:
    """Write an artefact to copy from, and return its folder."""
    from tests import small_model

    return write_artifact(
        folder / "template",
        small_model.trained()[0],
        version_="template",
        created=AT.isoformat(),
        pipeline=small_model.pipeline(),
        training_data_digest="d" * 64,
        metrics={},
        evaluation_html="",
    ).folder


def copy(template: Path, folder: Path) -> Artifact:
    """Make an artefact of another version, the way that writing one does: under a temporary name first."""
    temporary = folder.parent / f".{folder.name}.copy"
    shutil.copytree(template, temporary)
    manifest = json.loads((temporary / MANIFEST).read_text(encoding="utf-8"))
    (temporary / MANIFEST).write_text(json.dumps(manifest | {"version": folder.name}), encoding="utf-8")
    temporary.rename(folder)
    return read_manifest(folder)


def publish_and_promote(database: Database, models: Path, template: Path, version: str) -> str | None:
    """Do what the end of a retraining does, and return what it found left over."""
    with alone(models):
        recovered = finish_interrupted(database, models)
        publish_candidate(
            database,
            models,
            version,
            lambda folder: copy(template, folder),
            snapshot_number=None,
            used=0,
            comparison={"verdict": "likt"},
            who="kari",
            at=AT,
        )
        promote_version(database, models, version, who="kari", at=AT, why="likt")
    return recovered


def publish_and_die(place: str, when: str, url: str, models: Path, template: Path) -> None:
    """Publish version 2 in a process of its own that is killed "before" or "after" the function at `place` has run."""
    processes = get_context("forkserver")
    # The server imports this module once, and each process is a copy of it.
    processes.set_forkserver_preload([__name__, "classifier.model.registry"])
    child = processes.Process(target=_publish_until, args=(place, when, url, models, template))
    child.start()
    child.join(timeout=120)
    assert child.exitcode == -signal.SIGKILL


def _publish_until(place: str, when: str, url: str, models: Path, template: Path) -> None:
    module, name = place.rsplit(".", 1)
    owner = importlib.import_module(module)
    plain = getattr(owner, name)

    def killed(*arguments: Any, **named: Any) -> None:
        if when == "after":
            plain(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, killed)
    publish_and_promote(open_database(url), models, template, "2")
