"""A retraining that runs beside the service, in a process of its own, and tells how far it is in a file beside the models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from classifier.errors import ClassifierError, ConflictError, SettingsError, TrainingError
from classifier.settings import Settings

STATUS = ".retrain-status.json"

_SECRET = "ASYS_OIDC_CLIENT_SECRET"
"""Of no use to the job, so it does not get it."""


@dataclass(frozen=True)
class JobStatus:
    """A retraining as its file tells it: times are ISO 8601; `stage` is one of `review.retraining.Stage`, "" before the first.

    `problem` names the kind of error it ended with, "" if it ended well; `verdict` is Bokmål.
    """

    pid: int
    who: str
    started_at: str
    stage: str = ""
    done: int = 0
    total: int = 0
    finished_at: str = ""
    version: str = ""
    verdict: str = ""
    promote: bool = False
    problem: str = ""

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return not self.finished_at


def status_of(models: Path) -> JobStatus | None:
    """Return the last retraining that was started in a folder of models, None if there was none or its file is damaged.

    One whose process is gone without a word has ended, with the problem "died".
    """
    try:
        status = JobStatus(**json.loads((models / STATUS).read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    if status.running and not _alive(status.pid):
        return replace(status, finished_at=status.started_at, problem="died")
    return status


def start(models: Path, settings: Settings, who: str, now: datetime) -> JobStatus:
    """Start a retraining by the service's settings, and return its status; raises ConflictError if one runs."""
    found = status_of(models)
    if found is not None and found.running:
        raise ConflictError(f"{found.who} started a retraining at {found.started_at}; wait for it")
    started_at = now.isoformat()
    told = {
        "ASYS_DATABASE": settings.database,
        "ASYS_MODELS": str(models),
        "ASYS_PIPELINE": settings.pipeline,
        "ASYS_PRIOR": settings.prior,
        "ASYS_BLIND_SHARE": str(settings.blind_share),
        "ASYS_BLIND_SALT": settings.blind_salt,
    }
    environment = {key: value for key, value in os.environ.items() if key != _SECRET} | told
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "classifier.web.retrain_job", who, started_at],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise SettingsError("ASYS_MODELS", str(models), f"a machine that can start a process ({error.strerror})") from None
    status = JobStatus(process.pid, who, started_at)
    if status_of(models) != status:
        write_status(models, status)
    # Whoever started a process must hear of its end, or it stays as a zombie that looks alive.
    threading.Thread(target=process.wait, name="retraining", daemon=True).start()
    return status


def run(settings: Settings, models: Path, status: JobStatus, clock: Callable[[], datetime]) -> JobStatus:
    """Retrain by the settings, writing down how far it is, and return how it ended."""
    from classifier.corpus import shipped_corpus
    from classifier.corpus_table import read_examples
    from classifier.language import load_pipeline
    from classifier.model.own_prior import prior_called
    from classifier.review.retraining import RetrainSettings, Stage, retrain
    from classifier.store.database import open_database

    def progress(stage: Stage, done: int, total: int) -> None:
        nonlocal status
        # A status a stage and a percent is enough to watch.
        if stage != status.stage or not total or done * 100 // total != status.done * 100 // total:
            status = replace(status, stage=stage, done=done, total=total)
            write_status(models, status)

    def refuse(error: ClassifierError) -> None:
        raise error

    corpus = shipped_corpus()
    database = open_database(settings.database)
    try:
        done = retrain(
            database,
            models,
            [found.example for found in read_examples(corpus, refuse, {}, split="train")],
            [found.example for found in read_examples(corpus, refuse, {}, split="test")],
            pipeline=load_pipeline(settings.pipeline),
            settings=RetrainSettings(share=settings.blind_share, salt=settings.blind_salt, prior=prior_called(settings.prior)),
            who=status.who,
            clock=clock,
            progress=progress,
        )
    finally:
        database.close()
    return replace(status, version=done.version, verdict=done.verdict.words, promote=done.verdict.promote)


def write_status(models: Path, status: JobStatus) -> None:
    """Replace the file that tells how far a retraining is."""
    models.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f"{STATUS}.", dir=models)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(status), file)
        Path(temporary).replace(models / STATUS)
    finally:
        Path(temporary).unlink(missing_ok=True)


def main(who: str, started_at: str) -> None:
    """Run the job in this process, by the settings of its environment; what goes wrong is told by its kind alone."""
    settings = Settings.from_env(os.environ)
    models = Path(settings.models)
    status = JobStatus(os.getpid(), who, started_at)
    write_status(models, status)
    try:
        status = run(settings, models, status, lambda: datetime.now(UTC))
    except TrainingError:
        status = replace(status, problem="nothing_to_learn")
    except ConflictError:
        status = replace(status, problem="busy")
    except Exception as error:  # the page must tell that it ended, and an error's words may hold incident text
        status = replace(status, problem=type(error).__name__)
    write_status(models, replace(status, finished_at=datetime.now(UTC).isoformat()))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    main(*sys.argv[1:3])
