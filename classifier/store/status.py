"""What a database holds and which version its tables are of, found out without changing anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from classifier.errors import StoreError
from classifier.store.database import engine_of, newest_revision, parse_url, revision_of
from classifier.store.tables import Base, Report


@dataclass(frozen=True)
class DatabaseStatus:
    """A database's place, without a password, the version of its tables, None if it has none, this program's, and counts.

    `rows` counts what is in each table, `erased` the reports whose text was erased.
    """

    place: str
    dialect: str
    revision: str | None
    newest: str
    rows: dict[str, int]
    erased: int

    @property
    def current(self) -> bool:
        """Whether this program can use it as it is."""
        return self.revision == self.newest


def database_status(url: str) -> DatabaseStatus:
    """Return what is known of the database at `url`; raises StoreError if there is none or it cannot be opened."""
    parsed = parse_url(url)
    place = parsed.render_as_string()
    if parsed.get_backend_name() == "sqlite" and not (parsed.database and Path(parsed.database).is_file()):
        raise StoreError(place, "is not there; `classifier import` or `classifier database upgrade` makes it")
    engine = engine_of(parsed)
    try:
        with engine.connect() as connection:
            there = set(inspect(connection).get_table_names())
            tables = [table for table in Base.metadata.sorted_tables if table.name in there]
            rows = {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
            erased = select(func.count()).select_from(Report.__table__).where(Report.erased_at.is_not(None))
            count = connection.scalar(erased) or 0 if "reports" in there else 0
            revision = revision_of(connection)
    except SQLAlchemyError as error:
        raise StoreError(place, f"cannot be opened ({type(error).__name__})") from None
    finally:
        engine.dispose()
    return DatabaseStatus(place, parsed.get_backend_name(), revision, newest_revision(), rows, count)
