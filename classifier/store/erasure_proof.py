"""Make sure that what was erased is gone: from every column of every table, and in SQLite from the bytes of the file."""

from __future__ import annotations

import json
import mmap
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import String, cast, func, or_, select, text
from sqlalchemy.exc import OperationalError

from classifier.store.database import Database
from classifier.store.erasure import Erasure
from classifier.store.tables import Base, Decision, Report, SnapshotExample, StoredSuggestion

_WORDS_A_QUERY = 20
_PIECE_BYTES = 300
_SHORTEST_SEARCHED = 12
"""Characters; a shorter text ("Truet.") stands in others too, and finding it would prove nothing."""


@dataclass(frozen=True)
class Place:
    """A column in which a piece of an erased text was found, and in how many rows."""

    table: str
    column: str
    rows: int


@dataclass
class Proof:
    """What was looked at after an erasure, and what was found; `clean` if nothing was.

    `not_emptied` counts rows of erased reports that still hold something that should be empty. `file_checked` says that the
    bytes of a SQLite database were searched; `file_problem` why they were not, or what was found there.
    """

    searched_words: int = 0
    searched_columns: int = 0
    not_emptied: int = 0
    found: list[Place] = field(default_factory=list)
    file_checked: bool = False
    file_problem: str | None = None

    @property
    def clean(self) -> bool:
        """Whether nothing of what was erased is left in the database."""
        return not (self.not_emptied or self.found or self.file_problem)


def sweep(database: Database) -> str | None:
    """Take deleted rows out of the database's storage as far as it can be asked to; returns what was in the way, if anything.

    SQLite: overwrites what is deleted, empties the write-ahead log, and writes the file anew. PostgreSQL: VACUUM.
    """
    try:
        with database.engine.connect() as connection:
            raw = connection.connection.driver_connection
            if database.dialect == "postgresql":
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM"))
                return None
            # VACUUM cannot run inside a transaction, which every SQLAlchemy connection here begins.
            assert raw is not None
            raw.execute("PRAGMA secure_delete = ON").close()
            raw.execute("VACUUM").close()
            busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return "the write-ahead log is in use by another program" if busy else None
    except (OperationalError, sqlite3.OperationalError) as error:
        return f"the database is in use by another program ({type(error).__name__})"


def prove(database: Database, erasure: Erasure, swept: str | None) -> Proof:
    """Look for what was erased, and return what was looked at and found.

    Words that a report which was not to be erased has just so, a copy's text or a common reason, are not searched for; that
    all columns that should be empty are so is looked at for every erased report.
    """
    proof = Proof(file_problem=swept)
    words = _searchable(database, erasure)
    proof.searched_words = len(words)
    with database.reading() as session:
        erased = Report.erased_at.is_not(None)
        ids = select(Report.id).where(erased)
        for query in (
            select(func.count(Report.id)).where(
                erased, or_(Report.text.is_not(None), Report.text_digest.is_not(None), cast(Report.extra, String) != "{}")
            ),
            select(func.count(Decision.id)).where(Decision.report_id.in_(ids), Decision.reason.is_not(None)),
            select(func.count(SnapshotExample.id)).where(SnapshotExample.report_id.in_(ids)),
            select(func.count(StoredSuggestion.id)).where(
                StoredSuggestion.report_id.in_(ids),
                or_(
                    cast(StoredSuggestion.evidence, String) != "[]",
                    cast(StoredSuggestion.category_proba, String) != "{}",
                    cast(StoredSuggestion.channel_proba, String) != "{}",
                ),
            ),
        ):
            proof.not_emptied += session.scalar(query) or 0
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                proof.searched_columns += 1
                rows = 0
                for some in _some(words):
                    holds = [func.instr(cast(column, String), word) > 0 for word in some]
                    if database.dialect == "postgresql":
                        holds = [func.strpos(cast(column, String), word) > 0 for word in some]
                    rows += session.scalar(select(func.count()).select_from(table).where(or_(*holds))) or 0
                if rows:
                    proof.found.append(Place(table.name, column.name, rows))
    if database.dialect == "sqlite" and swept is None:
        _search_file(database, words, proof)
    return proof


def _searchable(database: Database, erasure: Erasure) -> list[str]:
    words = {word for word in erasure.words if len(word) >= _SHORTEST_SEARCHED}
    kept: set[str] = set()
    with database.reading() as session:
        for some in _some(sorted(words)):
            kept |= set(session.scalars(select(Report.text).where(Report.text.in_(some))))
            kept |= set(session.scalars(select(Report.text_digest).where(Report.text_digest.in_(some))))
            for column, report_id in ((Decision.reason, Decision.report_id), (SnapshotExample.text, SnapshotExample.report_id)):
                others = report_id.in_(select(Report.id).where(Report.erased_at.is_(None)))
                kept |= set(session.scalars(select(column).where(column.in_(some), others)))
    plain = words - kept
    # JSON columns hold letters beyond ASCII as escapes, too.
    return sorted(plain | {json.dumps(word)[1:-1] for word in plain})


def _some(words: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(words), _WORDS_A_QUERY):
        yield words[start : start + _WORDS_A_QUERY]


def _search_file(database: Database, words: Sequence[str], proof: Proof) -> None:
    place = database.engine.url.database
    if not place or place == ":memory:":
        return
    hits = 0
    for path in (Path(place), Path(f"{place}-wal")):
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                hits += sum(content.find(piece) >= 0 for word in words for piece in _pieces(word))
    proof.file_checked = True
    if hits:
        proof.file_problem = f"{hits} pieces of erased text are still in the bytes of the file"


def _pieces(word: str) -> list[bytes]:
    """Return a long text in pieces: the pages of a file may have it cut where nobody knows."""
    content = word.encode()
    return [content[start : start + _PIECE_BYTES] for start in range(0, max(1, len(content) - _PIECE_BYTES + 1), _PIECE_BYTES)]
