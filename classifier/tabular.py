"""Read a table as people have it: CSV of any common delimiter and encoding, as Excel saves it too, or an Excel workbook.

Rows come one at a time, so that a large file needs no large memory.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from classifier.errors import InputError

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
EXCEL_SUFFIXES = (".xlsx", ".xlsm")

_DELIMITERS = ";,\t|"
_SAMPLE_BYTES = 64_000
_READ_BYTES = 1 << 20
_LONGEST_LINE = 16 << 20
"""Bytes; a longer line is no table's, and would have to be held in memory."""

_LETTERS = frozenset("æøåÆØÅéèêëóòôöäüÉÈÖÄÜ")
"""Letters beyond ASCII that Norwegian texts hold."""

_LONE_RETURN = "\ue00d"
"""Stands for a carriage return that ends no line while the csv module, which would end the row there, has it."""


@dataclass(frozen=True)
class CsvForm:
    """How a CSV file is written: its character encoding and its delimiter.

    "utf-8-sig" stands for UTF-8 with or without a mark, in which lines that are not valid UTF-8 are Windows-1252: both occur in
    one file where somebody has pasted two together.
    """

    encoding: str
    delimiter: str


@dataclass(frozen=True)
class Line:
    """One line of a table as it stands, the header being the first: where it begins, its cells, and what is wrong with it.

    A cell of a CSV file is text; one of a workbook is what Excel holds, None if empty. A line with a problem is one cell.
    """

    number: int
    cells: list[object]
    problem: str = ""


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
    header: list[str] | None = None
    for line in read_lines(path):
        if line.problem:
            raise InputError(str(path), f"broken CSV ({line.problem})", "one row a report", line=line.number)
        cells = [cell_text(cell) for cell in line.cells]
        if header is None:
            header = header_of(cells, path, line.number)
            continue
        extra = [cell for cell in cells[len(header) :] if cell.strip()]
        if extra:
            raise InputError(str(path), f"{len(cells)} cells", expected_cells(len(header)), line=line.number)
        yield Row(line.number, dict(zip(header, [*cells, *[""] * len(header)], strict=False)))
    if header is None:
        raise InputError(str(path), "no rows", "a header and a row for each report")


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a CSV file or a workbook's first sheet, without the blank ones; one that cannot be read has a problem.

    Raises InputError for another kind of file, or one that cannot be read at all.
    """
    suffix = path.suffix.lower()
    if suffix in EXCEL_SUFFIXES:
        lines = _excel_lines(path)
    elif suffix in CSV_SUFFIXES:
        lines = _csv_lines(path)
    else:
        expected = f"one of {', '.join((*CSV_SUFFIXES, *EXCEL_SUFFIXES))}"
        raise InputError(str(path), f"a file name ending in {suffix or 'nothing'!r}", expected)
    for line in lines:
        if line.problem or any(cell is not None and (not isinstance(cell, str) or cell.strip()) for cell in line.cells):
            yield line


def expected_cells(count: int) -> str:
    """Return what an error says a row with more cells than the header should have had."""
    return f"{count}, as in the header (is a delimiter or a quotation mark inside a text left unquoted?)"


def column_names(path: Path) -> tuple[str, ...]:
    """Return the column names of a CSV or Excel file with at least one row under its header; raises as `read_rows` does."""
    for row in read_rows(path):
        return tuple(row.cells)
    raise InputError(str(path), "a header and no rows", "a row for each report")


def cell_text(value: object) -> str:
    """Return a cell as a person reads it: whole numbers without decimals, dates as ISO 8601, nothing for None."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    from datetime import datetime

    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    return str(value)


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
    """Return how a CSV file is written, as its beginning shows; raises InputError if the file cannot be read."""
    sample = _sample(path)
    encoding = _encoding(sample)
    text = sample.decode(encoding, errors="replace").removeprefix("\ufeff")
    # The header decides: texts below it are full of commas and semicolons of their own.
    header = text.splitlines()[0] if text.strip() else ""
    counts = {delimiter: header.count(delimiter) for delimiter in _DELIMITERS}
    delimiter = max(_DELIMITERS, key=lambda candidate: counts[candidate])
    with suppress(csv.Error):
        if not counts[delimiter]:
            delimiter = csv.Sniffer().sniff(text, _DELIMITERS).delimiter
    return CsvForm(encoding, delimiter)


def _sample(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_SAMPLE_BYTES)
    except OSError as error:
        raise InputError(str(path), error.strerror or "an unreadable file", "a readable file") from error


def _encoding(sample: bytes) -> str:
    for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")):
        if sample.startswith(mark):
            return encoding
    # Without a mark, UTF-16 shows by its zero bytes: every second one in a header of Latin letters.
    head = sample[:64]
    for encoding, zeros, others in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if len(zeros) > 1 and zeros.count(0) > len(zeros) / 2 and not others.count(0):
            return encoding
    return "utf-8-sig"


def _csv_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a CSV file; where a quotation mark is left open, its line is given up, and the next is read anew."""
    form = csv_form(path)
    begins, of_row, again = 1, list[str](), deque[str]()
    with closing(_text_lines(path, form.encoding)) as lines:
        while True:
            # Strictly: read otherwise, a text with loose quotation marks would lose them without a word, or take in the rows
            # after it.
            reader = csv.reader(_noted(lines, again, of_row), delimiter=form.delimiter, strict=True)
            before = begins
            try:
                for cells in reader:
                    yield Line(begins, [cell.replace(_LONE_RETURN, "\r") if _LONE_RETURN in cell else cell for cell in cells])
                    of_row.clear()
                    begins = before + reader.line_num
                return
            except csv.Error as error:
                yield Line(begins, [of_row[0].rstrip("\r\n").replace(_LONE_RETURN, "\r")], _broken(of_row, error))
                again.extendleft(reversed(of_row[1:]))
                of_row.clear()
                begins += 1


def _noted(lines: Iterator[str], again: deque[str], of_row: list[str]) -> Iterator[str]:
    """Yield the lines to be read again, then the others, each noted as one of the row that is being read."""
    while again:
        of_row.append(again.popleft())
        yield of_row[-1]
    for line in lines:
        of_row.append(line)
        yield line


def _broken(of_row: list[str], error: csv.Error) -> str:
    """Return what is wrong with lines that the csv module cannot read as a row."""
    if len(of_row) == 1 and "field limit" in str(error):
        return f"a cell of more than {csv.field_size_limit():,} characters; expected fewer"
    is_open = len(of_row) > 1 or "end of data" in str(error)
    found = "a quotation mark that is not closed" if is_open else "a quotation mark inside a quoted cell"
    return f'{found}; expected it doubled, as in "sa ""hei"""'


def _text_lines(path: Path, encoding: str) -> Generator[str]:
    """Yield the lines of a CSV file with their ends, a lone carriage return among them replaced."""
    for number, raw in enumerate(_byte_lines(path, encoding)):
        if encoding == "utf-8-sig":
            raw = raw.removeprefix(b"\xef\xbb\xbf") if number == 0 else raw
            line = _of_unknown_bytes(raw)
        else:
            line = raw.decode(encoding, errors="replace").removeprefix("\ufeff")
        body = line.rstrip("\r\n")
        yield body.replace("\r", _LONE_RETURN) + line[len(body) :] if "\r" in body else line


def _of_unknown_bytes(raw: bytes) -> str:
    """Return a line as UTF-8, else as Windows-1252; what has no meaning becomes U+FFFD, which the checks of a text report."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        # Norwegian letters in UTF-8 beside bytes that are none: a line that was damaged, not one in an older encoding, in which
        # "Ø»" happens to be a letter too, but none that a Norwegian writes.
        damaged = not _LETTERS.isdisjoint(raw.decode("utf-8", errors="ignore"))
        return raw.decode("utf-8" if damaged else "cp1252", errors="replace")


def _byte_lines(path: Path, encoding: str) -> Iterator[bytes]:
    """Yield the lines of a file with their ends: after each line feed, or after each carriage return if there is no other."""
    sample = _sample(path)
    codec = "utf-8" if encoding == "utf-8-sig" else encoding
    end = "\n".encode(codec)
    if end not in sample:
        end = "\r".encode(codec)
    width = len(end)
    number, rest = 1, b""
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            rest += block
            start = 0
            while (stop := _find_aligned(rest, end, start, width)) >= 0:
                yield rest[start : stop + width]
                start, number = stop + width, number + 1
            rest = rest[start:]
            if len(rest) > _LONGEST_LINE:
                raise InputError(str(path), "a line of more than 16 MiB", "a table of text", line=number)
    if rest:
        yield rest


def _find_aligned(content: bytes, end: bytes, start: int, width: int) -> int:
    """Return where `end` stands next, at a whole number of characters of `width` bytes from `start`."""
    found = content.find(end, start)
    while found >= 0 and (found - start) % width:
        found = content.find(end, found + 1)
    return found


def _excel_lines(path: Path) -> Iterator[Line]:
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
        for number, values in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield Line(number, list(values))
    finally:
        book.close()
