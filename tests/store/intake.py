"""Import a file into a database, as tests of the intake need it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from classifier.column_names import map_fields
from classifier.row_scan import scan_rows
from classifier.store.database import Database
from classifier.store.importing import ImportCounts, import_rows
from classifier.store.incoming import FIELDS, ImportGiven, RowReader

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Done:
    """What an import did: its counts, rejections as (line, reason), and labels kept as they stood."""

    counts: ImportCounts
    rejected: list[tuple[int, str]]
    unknown: dict[tuple[str, str], int]


def import_file(
    database: Database,
    path: Path,
    chosen: dict[str, str | None] | None = None,
    *,
    source: str = "arkiv",
    taxonomy: str | None = None,
    dry_run: bool = False,
    batch_rows: int = 1000,
) -> Done:
    """Import a file as the command does, and return what became of it."""
    scan = scan_rows(path)
    mapping = {} if scan.own else map_fields(scan.columns, FIELDS, chosen or {}, required=("text",), source=str(path))
    reader = RowReader(ImportGiven(source, NOW.date(), mapping, taxonomy, scan.own))
    rejected: list[tuple[int, str]] = []
    counts = import_rows(
        database,
        scan.rows,
        reader,
        lambda row, reason: rejected.append((row.line, reason)),
        file=path.name,
        who="ola",
        now=NOW,
        dry_run=dry_run,
        batch_rows=batch_rows,
    )
    return Done(counts, rejected, dict(reader.unknown))
