"""The answers to every text of a run, on disk by the text's digest, so that no text is read twice and memory stays as it is."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from classifier.batch.answers import Answer

_AT_ONCE = 500
_DIGEST_BYTES = 16


def text_digest(text: str) -> bytes:
    """Return what a text is remembered under: 16 bytes, so that two of a hundred million texts meet by a chance of 1e-23."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()


class Remembered:
    """Answers by digest in one SQLite file, which is only a cache: a damaged one is begun anew."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; raises OSError if that cannot be done."""
        self._path = path
        try:
            self._connection = self._opened()
        except sqlite3.DatabaseError:
            self._drop()
            try:
                self._connection = self._opened()
            except sqlite3.DatabaseError as error:
                raise OSError(str(error)) from error

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("CREATE TABLE IF NOT EXISTS answers (digest BLOB PRIMARY KEY, answer TEXT NOT NULL)")
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    def known(self, digests: Sequence[bytes]) -> set[bytes]:
        """Return which of the digests have an answer; raises OSError for a damaged file, which is gone then."""
        return {digest for digest, _ in self._rows("digest, ''", digests)}

    def get(self, digests: Sequence[bytes]) -> dict[bytes, Answer]:
        """Return the answers there are for the digests; raises OSError as `known` does."""
        return {digest: Answer.unpacked(packed) for digest, packed in self._rows("digest, answer", digests)}

    def put(self, answers: Mapping[bytes, Answer]) -> None:
        """Remember answers, all or none; raises OSError if they cannot be written."""
        try:
            self._connection.execute("BEGIN")
            self._connection.executemany(
                "INSERT OR IGNORE INTO answers VALUES (?, ?)", ((digest, answer.packed()) for digest, answer in answers.items())
            )
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _rows(self, columns: str, digests: Sequence[bytes]) -> list[tuple[bytes, str]]:
        rows: list[tuple[bytes, str]] = []
        try:
            for first in range(0, len(digests), _AT_ONCE):
                some = digests[first : first + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows += self._connection.execute(f"SELECT {columns} FROM answers WHERE digest IN ({marks})", some)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            self._drop()
            raise OSError(f"the answers kept were damaged and have been dropped ({error})") from error
        return rows

    def _drop(self) -> None:
        for file in self._path.parent.glob(f"{self._path.name}*"):
            file.unlink()
