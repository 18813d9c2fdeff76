"""What a run has finished, in a folder beside its output, so that the same command goes on wherever it was stopped.

`.<output>.partial/` holds `job.json`, which says what is being done, and two files for each finished partition: its rows as
they will stand in the output, and a record of them. The record is written last and renamed into place: a partition is finished
when its record is there. Once the output is in place the folder is renamed to `.<output>.finished/` and removed, so that no run
goes on from one that is half removed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.errors import JobError

_JOB, _LOCK, _REMEMBERED = "job.json", "lock", "answers.sqlite"
_FOLDER_SIZE = 1_000


@dataclass(frozen=True)
class JobKey:
    """All that decides what an output holds, by name; two runs with the same key give the same bytes."""

    parts: dict[str, str]

    @property
    def digest(self) -> str:
        """A SHA-256 of all parts, in hexadecimal."""
        return hashlib.sha256(json.dumps(self.parts, sort_keys=True).encode()).hexdigest()

    def differences(self, other: dict[str, str]) -> list[str]:
        """Return the names of what differs."""
        return sorted(name for name in self.parts.keys() | other.keys() if self.parts.get(name) != other.get(name))


class Journal:
    """The finished partitions of one run; made by `open_journal`."""

    def __init__(self, folder: Path) -> None:
        """Count what is finished, without gaps from the first."""
        self.folder = folder
        self.finished = 0
        while self._record(self.finished).exists():
            self.finished += 1

    @property
    def remembered(self) -> Path:
        """The place for the answers that the run remembers."""
        return self.folder / _REMEMBERED

    def commit(self, content: bytes, record: dict[str, Any]) -> None:
        """Add the next partition: first its rows, then its record; raises OSError, and keeps what was finished before."""
        number = self.finished
        self._part(number).parent.mkdir(exist_ok=True)
        _write(self._part(number), content)
        record = {**record, "sha256": hashlib.sha256(content).hexdigest()}
        _write(self._record(number), json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        self.finished += 1

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the records of the finished partitions, in order."""
        for number in range(self.finished):
            yield json.loads(self._record(number).read_bytes())

    def parts(self) -> Iterator[Path]:
        """Yield the finished partitions' rows, in order; raises JobError for one that was altered, damaged or lost."""
        for number, record in enumerate(self.records()):
            part = self._part(number)
            try:
                with part.open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            except FileNotFoundError:
                raise JobError(str(part), "is there no more; begin anew with --restart") from None
            if found != record["sha256"]:
                raise JobError(str(part), "is not what was written there; begin anew with --restart")
            yield part

    def _part(self, number: int) -> Path:
        return self.folder / f"{number // _FOLDER_SIZE:06}" / f"{number:09}.part"

    def _record(self, number: int) -> Path:
        return self._part(number).with_suffix(".json")


def journal_folder(output: Path) -> Path:
    """Return where the journal of an output is."""
    return output.parent / f".{output.name}.partial"


def _put_aside(output: Path) -> Path:
    return output.parent / f".{output.name}.finished"


@contextmanager
def open_journal(output: Path, key: JobKey, *, restart: bool) -> Iterator[Journal]:
    """Open the journal of an output, or begin one; nobody else can work on it meanwhile.

    Raises JobError if another run is under way, if what was begun is another job (unless `restart`, which drops it), or if the
    folder cannot be written.
    """
    folder = journal_folder(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("w")
    except OSError as error:
        raise JobError(str(output), f"cannot be written: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JobError(str(output), "another run is writing it") from None
        if restart:
            _empty(folder)
        begun = begun_as(output)
        if begun is not None and (differences := key.differences(begun)):
            raise JobError(
                str(output),
                f"was begun with another {', another '.join(differences)}; finish it as it was begun, or drop it with "
                "--restart",
            )
        if begun is None:
            _empty(folder)
            try:
                _write(folder / _JOB, json.dumps(key.parts, indent=2).encode())
            except OSError as error:
                raise JobError(str(output), f"cannot be written: {error.strerror}") from error
        yield Journal(folder)


def remove_journal(output: Path) -> None:
    """Remove the journal of a finished output; what cannot be removed now is left to the next run."""
    remove_left_over(output)
    with suppress(OSError):
        journal_folder(output).rename(_put_aside(output))
    remove_left_over(output)


def remove_left_over(output: Path) -> None:
    """Remove what a run that was stopped while it removed its journal left of it."""
    shutil.rmtree(_put_aside(output), ignore_errors=True)


def begun_as(output: Path) -> dict[str, str] | None:
    """Return the parts of the key that an output was begun with, None if none was begun."""
    try:
        found = json.loads((journal_folder(output) / _JOB).read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _empty(folder: Path) -> None:
    # First, so that nobody goes on from what is left if this is cut short.
    (folder / _JOB).unlink(missing_ok=True)
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


def _write(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, see it onto the disk, and rename it."""
    temporary = path.with_name(f"{path.name}.new")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
