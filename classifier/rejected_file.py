"""The rows that an import refused, in a CSV file beside their source: what stood in them, on which line, and why."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from classifier.errors import InputError
from classifier.row_scan import REJECTED_LINE, REJECTED_REASON, REJECTED_REST, ScannedRow
from classifier.table_writer import WriteRow, csv_writer

_ENDING = ".rejected"


def rejected_path(path: Path) -> Path:
    """Return where rejected rows of a file go: a name that is not taken, since the rows in an older one may be being mended."""
    base = f"{source_name(path)}{_ENDING}"
    names = (f"{base}{'' if number == 1 else f'-{number}'}.csv" for number in range(1, 1000))
    for name in names:
        if not (path.parent / name).exists():
            return path.parent / name
    raise InputError(str(path.parent / f"{base}.csv"), "a thousand files of rejected rows", "a folder with fewer")


def source_name(path: Path) -> str:
    """Return what reports of a file come from unless something else is said: its name, also for its mended rejected rows."""
    name = path.stem
    return name[: name.rindex(_ENDING)] if _ENDING in name else name


class RejectedFile:
    """Writes rejected rows, and makes the file when there is one; a context manager."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        """Take the place of the file and the columns of the source."""
        self.path = path
        self._columns = columns
        self._stack = ExitStack()
        self._write: WriteRow | None = None

    def __enter__(self) -> RejectedFile:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._stack.close()

    def add(self, row: ScannedRow, reason: str) -> None:
        """Write a row; raises InputError if the file cannot be made."""
        if self._write is None:
            columns = (REJECTED_LINE, REJECTED_REASON, *self._columns, REJECTED_REST)
            try:
                file = self._stack.enter_context(self.path.open("x", encoding="utf-8-sig", errors="replace", newline=""))
                # It holds incident texts, as its source does.
                self.path.chmod(0o600)
            except OSError as error:
                raise InputError(str(self.path), error.strerror or "no place for a file", "a writable folder") from error
            self._write = csv_writer(file, columns)
        cells = [_cell(row.values.get(column)) or None for column in self._columns]
        beside = {name: value for name, value in row.values.items() if name not in self._columns}
        rest = " ".join(part for part in (row.rest, _cell(beside) if beside else "") if part)
        self._write([str(row.line), reason, *cells, rest or None])


def _cell(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
