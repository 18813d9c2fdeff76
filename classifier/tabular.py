"""Read a table as people have it: CSV of any common delimiter and encoding, as Excel saves it too, or an Excel workbook.

Rows come one at a time, so that a large file needs no large memory.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from classifier.errors import InputError

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
EXCEL_SUFFIXES = (".xlsx", ".xlsm")

_DELIMITERS = ";,\t|"
_SAMPLE_CHARACTERS = 64_000


@dataclass(frozen=True)
class CsvForm:
    """How a CSV file is written: its character encoding and its delimiter."""

    encoding: str
    delimiter: str


@dataclass(frozen=True)
class Row:
    """One row under its header: cells as text, by column name, and the line of the file (or row of the sheet) it begins on."""

    line: int
    cells: dict[str, str]


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV or Excel file that has a header; blank rows are passed over.

    Raises InputError for another kind of file, one that cannot be read, a header with a name twice, or a row with more cells
    than the header.
    """
    suffix = path.suffix.lower()
    if suffix in EXCEL_SUFFIXES:
        lines = excel_lines(path)
    elif suffix in CSV_SUFFIXES:
        lines = _csv_lines(path)
    else:
        expected = f"one of {', '.join((*CSV_SUFFIXES, *EXCEL_SUFFIXES))}"
        raise InputError(str(path), f"a file name ending in {suffix or 'nothing'!r}", expected)
    header: list[str] | None = None
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = header_of(cells, path, line)
            continue
        extra = [cell for cell in cells[len(header) :] if cell.strip()]
        if extra:
            expected = f"{len(header)}, as in the header (is a delimiter or a quotation mark inside a text left unquoted?)"
            raise InputError(str(path), f"{len(cells)} cells", expected, line=line)
        yield Row(line, dict(zip(header, [*cells, *[""] * len(header)], strict=False)))
    if header is None:
        raise InputError(str(path), "no rows", "a header and a row for each report")


def column_names(path: Path) -> tuple[str, ...]:
    """Return the column names of a CSV or Excel file with at least one row under its header; raises as `read_rows` does."""
    for row in read_rows(path):
        return tuple(row.cells)
    raise InputError(str(path), "a header and no rows", "a row for each report")


def header_of(cells: list[str], path: Path, line: int) -> list[str]:
    """Return the column names of a header row, without empty ones at its end; raises InputError if a name stands twice."""
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(str(path), f"the column name {repeated[0]!r} more than once", "a name of its own a column", line=line)
    return names


def csv_form(path: Path) -> CsvForm:
    """Return how a CSV file is written; UTF-8 if all of it is, or all but a few damaged lines, else Windows-1252.

    Raises InputError if the file cannot be read.
    """
    encoding = _encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        sample = file.read(_SAMPLE_CHARACTERS)
    # The header decides: texts below it are full of commas and semicolons of their own.
    header = sample.splitlines()[0] if sample.strip() else ""
    counts = {delimiter: header.count(delimiter) for delimiter in _DELIMITERS}
    delimiter = max(_DELIMITERS, key=lambda candidate: counts[candidate])
    with suppress(csv.Error):
        if not counts[delimiter]:
            delimiter = csv.Sniffer().sniff(sample, _DELIMITERS).delimiter
    return CsvForm(encoding, delimiter)


def _encoding(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        with path.open(encoding="utf-8", newline="") as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "utf-8-sig" if _mostly_utf8(path) else "cp1252"
    except OSError as error:
        raise InputError(str(path), error.strerror or "an unreadable file", "a readable file") from error
    return "utf-8-sig"


def _mostly_utf8(path: Path) -> bool:
    """Return whether more lines hold letters in UTF-8 than hold bytes that are none: a damaged file, not an older encoding."""
    valid = invalid = 0
    with path.open("rb") as file:
        for line in file:
            if not line.isascii():
                try:
                    line.decode("utf-8")
                    valid += 1
                except UnicodeDecodeError:
                    invalid += 1
    return valid > invalid


def _csv_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    form = csv_form(path)
    # Windows-1252 leaves five bytes without a meaning; they become U+FFFD, which the checks of a text report.
    with path.open(encoding=form.encoding, errors="replace", newline="") as file:
        reader = csv.reader(file, delimiter=form.delimiter)
        begins = 1
        try:
            for cells in reader:
                yield begins, cells
                begins = reader.line_num + 1
        except csv.Error as error:
            raise InputError(str(path), f"broken CSV ({error})", "one row a report", line=begins) from None


def excel_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a workbook's first sheet with their numbers, cells as text; raises InputError if it is no workbook."""
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except OSError as error:
        raise InputError(str(path), error.strerror or "an unreadable file", "a readable file") from error
    except (BadZipFile, InvalidFileException, KeyError, ValueError):
        raise InputError(str(path), "no Excel workbook", "an .xlsx file that Excel can open") from None
    try:
        for line, values in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield line, ["" if value is None else _excel_text(value) for value in values]
    finally:
        book.close()


def _excel_text(value: object) -> str:
    """Return a cell as a person reads it: whole numbers without decimals, dates as ISO 8601."""
    from datetime import datetime

    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    return str(value)
