"""Open a database, SQLite or PostgreSQL, and bring its tables to the version this program speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from classifier.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import URL
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 30
_MIGRATION_LOCK = 7_245_011
"""An arbitrary number that PostgreSQL knows this program's migrations by."""


class Database:
    """A database whose tables are of this program's version; made by `open_database`."""

    def __init__(self, engine: Engine) -> None:
        """Take an engine."""
        self.engine = engine

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self.engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one state of the database; what it would change is not kept."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session whose changes are kept, all or none, when the block ends without an error.

        In SQLite it waits its turn to write before it reads, so that what it decides on cannot change under it.
        """
        engine = self.engine.execution_options(asys_writes=True)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str, *, upgrade: bool | None = None) -> Database:
    """Open the database at `url`, a SQLAlchemy URL or the path of a SQLite file, which is made if there is none.

    An empty database gets its tables. An older one is upgraded if `upgrade`; by default that is done in SQLite, and refused in
    PostgreSQL, where others may be using it. Raises StoreError for a URL that cannot be read, a database that cannot be
    reached, or one of a version that this program does not speak; never with a password in it.
    """
    engine = engine_of(parse_url(url))
    try:
        _make_current(engine, upgrade)
    except BaseException:
        engine.dispose()
        raise
    return Database(engine)


def _make_current(engine: Engine, upgrade: bool | None) -> None:
    place = engine.url.render_as_string()
    try:
        with engine.connect() as connection:
            found = revision_of(connection)
            filled = bool(inspect(connection).get_table_names())
    except SQLAlchemyError as error:
        raise StoreError(place, f"cannot be opened ({type(error).__name__})") from None
    head = newest_revision()
    if found == head:
        return
    if found is None and filled:
        raise StoreError(place, "holds tables that are not this program's; expected an empty database or one of its own")
    known = {script.revision for script in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(place, f"has version {found!r}, of a newer program; this one reads up to {head!r}")
    allowed = upgrade if upgrade is not None else engine.dialect.name == "sqlite"
    if found is not None and not allowed:
        raise StoreError(place, f"has version {found!r}, expected {head!r}; run: classifier database upgrade")
    migrate(engine, "head")


def parse_url(url: str) -> URL:
    """Return a database's address from a SQLAlchemy URL or the path of a SQLite file; raises StoreError."""
    if "://" not in url:
        if not url.strip():
            raise StoreError("''", "is no database; expected a path or a URL such as postgresql://host/name")
        return make_url(f"sqlite:///{Path(url).expanduser()}")
    # The driver that the extra installs; people write the plain name.
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise StoreError(parsed.render_as_string(), "is neither SQLite nor PostgreSQL")
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise StoreError("the URL", "cannot be read; expected sqlite:///path or postgresql://user@host/name") from None
    return parsed


def migrate(engine: Engine, revision: str) -> None:
    """Bring the tables to `revision`, upwards or downwards, all of it or nothing."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.execution_options(asys_writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        scripts = ScriptDirectory(str(_MIGRATIONS))
        present = revision_of(connection)
        target = scripts.as_revision_number(revision)
        ancestors = {script.revision for script in scripts.iterate_revisions(present, "base")} if present else set()
        downwards = target is None or (target in ancestors and target != present)
        (command.downgrade if downwards else command.upgrade)(config, revision)


def newest_revision() -> str:
    """Return the version of the tables that this program speaks."""
    return str(ScriptDirectory(str(_MIGRATIONS)).get_current_head())


def present_revision(database: Database) -> str | None:
    """Return the version of a database's tables."""
    with database.engine.connect() as connection:
        return revision_of(connection)


def revision_of(connection: Connection) -> str | None:
    """Return the version of the tables that a connection reaches, None if there are none of this program's."""
    return MigrationContext.configure(connection).get_current_revision()


def engine_of(url: URL) -> Engine:
    """Return an engine for a database, its tables not looked at; raises StoreError if there can be none."""
    if url.get_backend_name() != "sqlite":
        try:
            return create_engine(url, pool_pre_ping=True)
        except ModuleNotFoundError:
            raise StoreError(url.render_as_string(), "needs psycopg; run: pip install 'asys-classifier[postgresql]'") from None
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(url.database, f"cannot be made: {error.strerror}") from None
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver would begin transactions on its own and late; `_begin_sqlite` begins them.
    raw: Any = connection
    raw.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",
        "recursive_triggers=ON",
        f"busy_timeout={_BUSY_SECONDS * 1000}",
    ):
        raw.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later can be refused half-way; one that will write says so at once.
    writes = connection.get_execution_options().get("asys_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
