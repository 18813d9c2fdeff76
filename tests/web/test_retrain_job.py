"""A retraining beside the service tells how far it is, and is not thought to run once its process is gone."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.errors import ConflictError
from classifier.settings import Settings
from classifier.web.retrain_job import STATUS, JobStatus, start, status_of, write_status

AT = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)
RUNNING = JobStatus(os.getpid(), "kari", AT.isoformat(), stage="folds", done=3, total=11)


def test_the_status_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert status_of(tmp_path) is None
    write_status(tmp_path / "models", RUNNING)
    assert status_of(tmp_path / "models") == RUNNING
    assert RUNNING.running


def test_a_process_that_is_gone_has_ended(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    write_status(tmp_path, replace(RUNNING, pid=process.pid))
    found = status_of(tmp_path)
    assert found is not None
    assert (found.running, found.problem) == (False, "died")


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"pid": 1})])
def test_a_damaged_file_is_no_status(content: str, tmp_path: Path) -> None:
    (tmp_path / STATUS).write_text(content, encoding="utf-8")
    assert status_of(tmp_path) is None


def test_a_second_retraining_waits_for_the_first(tmp_path: Path) -> None:
    write_status(tmp_path, RUNNING)
    with pytest.raises(ConflictError, match="kari"):
        start(tmp_path, Settings(), "ola", AT)


def test_one_that_has_nothing_to_learn_from_says_so_in_a_process_of_its_own(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    started = start(models, Settings(database=str(tmp_path / "asys.db")), "kari", AT)
    assert started.who == "kari"
    found = started
    for _ in range(600):
        found = status_of(models) or found
        if not found.running:
            break
        time.sleep(0.2)
    assert (found.problem, found.version) == ("nothing_to_learn", "")
    assert found.started_at == AT.isoformat()
