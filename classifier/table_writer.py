"""Write a table row by row, CSV as Norwegian Excel opens it or an Excel workbook, complete under its name or not at all."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from classifier.cell_text import for_workbook, guarded
from classifier.errors import InputError

LONGEST_WORKBOOK_CELL = 32_767
MOST_WORKBOOK_ROWS = 1_048_576
"""The limits of Excel (its "specifications and limits" page)."""

WriteRow = Callable[[Sequence[str | None]], None]


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield the path of a file to write beside `path`, readable by its owner only, which takes its name if all goes well.

    Raises InputError if there can be no such file.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    except OSError as error:
        raise InputError(str(path), error.strerror or "a place that cannot be written to", "a writable file") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def csv_writer(file: IO[str], columns: Sequence[str]) -> WriteRow:
    """Write the header of a CSV file, and return what writes a row; cells are guarded (see `cell_text`)."""
    writer = csv.writer(file, delimiter=";")
    writer.writerow(columns)
    return lambda values: writer.writerow([guarded(value) for value in values])


@contextmanager
def workbook_writer(path: Path, columns: Sequence[str]) -> Iterator[WriteRow]:
    """Yield what writes a row of a workbook, cells guarded; raises InputError for what Excel cannot hold."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("asys")
    sheet.append(list(columns))
    written = 1

    def write(values: Sequence[str | None]) -> None:
        nonlocal written
        cells = [for_workbook(guarded(value)) for value in values]
        written += 1
        longest = max(map(len, cells), default=0)
        if longest > LONGEST_WORKBOOK_CELL or written > MOST_WORKBOOK_ROWS:
            found = (
                f"a cell of {longest:,} characters" if longest > LONGEST_WORKBOOK_CELL else f"more than {written - 1:,} rows"
            )
            raise InputError("Excel workbook", f"{found} in row {written}", "less; write .csv or .jsonl instead")
        sheet.append([cell or None for cell in cells])

    try:
        yield write
    except BaseException:
        # Left open, the sheet would be ended when it is collected, after the file that its rows are in; what led here is told.
        with suppress(Exception):
            sheet.close()
        raise
    book.save(path)
