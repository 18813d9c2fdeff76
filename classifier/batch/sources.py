"""Where a history's rows come from: a CSV file, a workbook, Parquet, JSON Lines, or a folder of them, a partition at a time.

Whatever has `columns`, `digest`, `rows` and the rest of `Source` can be reclassified; a reader of the store fits in here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from classifier.errors import InputError, MissingExtraError
from classifier.tabular import CSV_SUFFIXES, EXCEL_SUFFIXES, cell_text, csv_form, expected_cells, read_lines

if TYPE_CHECKING:
    import pyarrow as pa

PARQUET_SUFFIXES = (".parquet",)
JSON_SUFFIXES = (".jsonl", ".ndjson")
SUFFIXES = (*CSV_SUFFIXES, *EXCEL_SUFFIXES, *PARQUET_SUFFIXES, *JSON_SUFFIXES)

_MOST_COLUMNS = 20_000
_ARROW_ROWS = 1_000


class Absent:
    """The value of a key that a JSON object does not have, which is not the same as null."""

    def __repr__(self) -> str:
        """Return a name for error messages."""
        return "ABSENT"


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Record:
    """One row that could be read, its values in the order of the source's columns; `line` counts from the top of `file`."""

    file: str
    line: int
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that could not be read, or not be worked on, and why."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class Slice:
    """One partition of a source: at most so many rows, those that could not be read among them, in order."""

    number: int
    rows: tuple[Record | Refusal, ...]


class Source(Protocol):
    """Rows under named columns, the same each time they are read."""

    name: str
    columns: tuple[str, ...]

    def digest(self) -> str:
        """Return a SHA-256 of all that is read."""

    def rows(self) -> Iterator[Record | Refusal]:
        """Yield the rows from the first."""


def slices(source: Source, size: int) -> Iterator[Slice]:
    """Yield a source's rows in partitions of `size`, the last of which may be smaller."""
    rows = source.rows()
    number = 0
    while taken := tuple(islice(rows, size)):
        yield Slice(number, taken)
        number += 1


def open_source(path: Path) -> Source:
    """Return the source in a file or folder; raises InputError if it cannot be read or has no header."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and not file.name.startswith("."))
        if not files:
            raise InputError(str(path), "no table", f"files ending in {', '.join(SUFFIXES)}")
        return FolderSource(path, [open_source(file) for file in files])
    suffix = path.suffix.lower()
    if suffix in PARQUET_SUFFIXES:
        return ParquetSource(path)
    if suffix in JSON_SUFFIXES:
        return JsonSource(path)
    if suffix in (*CSV_SUFFIXES, *EXCEL_SUFFIXES):
        return TableSource(path)
    raise InputError(str(path), f"a file name ending in {suffix or 'nothing'!r}", f"one of {', '.join(SUFFIXES)}")


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal; raises InputError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(str(path), error.strerror or "an unreadable file", "a readable file") from error


class TableSource:
    """A CSV file, or a workbook's first sheet; a workbook's cells keep their types."""

    def __init__(self, path: Path) -> None:
        """Read the header; raises InputError if there is none."""
        self.name = str(path)
        self.path = path
        header = next(read_lines(path), None)
        if header is None:
            raise InputError(self.name, "no rows", "a header and a row for each report")
        if header.problem:
            raise InputError(self.name, f"broken CSV ({header.problem})", "a header", line=header.number)
        columns = [cell_text(cell) for cell in header.cells]
        while not columns[-1].strip():
            columns.pop()
        self.columns = tuple(columns)
        self.delimiter = csv_form(path).delimiter if path.suffix.lower() in CSV_SUFFIXES else ";"

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest(self.path)

    def rows(self) -> Iterator[Record | Refusal]:
        """Yield the rows below the header; one with more cells than columns is refused, one with fewer gets empty ones."""
        width, file = len(self.columns), self.path.name
        empty: object = "" if self.path.suffix.lower() in CSV_SUFFIXES else None
        for line in islice(read_lines(self.path), 1, None):
            cells = line.cells
            if line.problem:
                yield Refusal(file, line.number, f"broken CSV ({line.problem})")
            elif len(cells) > width and any(cell_text(cell).strip() for cell in cells[width:]):
                yield Refusal(file, line.number, f"{len(cells)} cells; expected {expected_cells(width)}")
            else:
                yield Record(file, line.number, tuple(cells[:width]) + (empty,) * (width - len(cells)))


class JsonSource:
    """JSON Lines: an object a line; the columns are the keys of all of them, in the order they are met."""

    def __init__(self, path: Path) -> None:
        """Read through the file for its keys; raises InputError if there is no object in it."""
        self.name = str(path)
        self.path = path
        columns: dict[str, None] = {}
        for _, found in self._objects():
            if isinstance(found, dict):
                columns.update(dict.fromkeys(found))
                if len(columns) > _MOST_COLUMNS:
                    raise InputError(self.name, f"more than {_MOST_COLUMNS:,} different keys", "the same keys in each object")
        if not columns:
            raise InputError(self.name, "no JSON object", "an object a line")
        self.columns = tuple(columns)

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest(self.path)

    def rows(self) -> Iterator[Record | Refusal]:
        """Yield the objects; a line that is none is refused."""
        for number, found in self._objects():
            if isinstance(found, dict):
                yield Record(self.path.name, number, tuple(found.get(column, ABSENT) for column in self.columns))
            else:
                yield Refusal(self.path.name, number, found)

    def _objects(self) -> Iterator[tuple[int, dict[str, object] | str]]:
        """Yield each line's object, or what is wrong with the line."""
        try:
            with self.path.open("rb") as file:
                for number, raw in enumerate(file, start=1):
                    if number == 1:
                        raw = raw.removeprefix(b"\xef\xbb\xbf")
                    if raw.strip():
                        yield number, _object(raw)
        except OSError as error:
            raise InputError(self.name, error.strerror or "an unreadable file", "a readable file") from error


def _object(raw: bytes) -> dict[str, object] | str:
    try:
        value = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        return f"a byte that is not UTF-8 (0x{raw[error.start]:02x})"
    except (ValueError, RecursionError):
        return "no valid JSON"
    return value if isinstance(value, dict) else f"JSON of type {type(value).__name__}; expected an object"


class ParquetSource:
    """A Parquet file; values keep their types."""

    def __init__(self, path: Path) -> None:
        """Read the schema; raises InputError if it is no Parquet file, MissingExtraError without pyarrow."""
        self.name = str(path)
        self.path = path
        self.schema = self._open().schema_arrow
        self.columns = tuple(self.schema.names)

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest(self.path)

    def rows(self) -> Iterator[Record | Refusal]:
        """Yield the rows, numbered from 1; raises InputError where the file is damaged."""
        opened = self._open()
        import pyarrow as pa

        number = 0
        try:
            for batch in opened.iter_batches(batch_size=_ARROW_ROWS):
                columns = [batch.column(place).to_pylist() for place in range(batch.num_columns)]
                for values in zip(*columns, strict=True):
                    number += 1
                    yield Record(self.path.name, number, values)
        except (OSError, UnicodeDecodeError, pa.ArrowException):
            # What pyarrow says may quote a cell.
            raise InputError(self.name, f"damage below row {number:,}", "a Parquet file that pyarrow can read") from None

    def _open(self) -> pa.parquet.ParquetFile:
        try:
            import pyarrow as pa
            from pyarrow.parquet import ParquetFile
        except ImportError:
            raise MissingExtraError("pyarrow", "batch") from None
        try:
            return ParquetFile(self.path)
        except pa.ArrowInvalid:
            raise InputError(self.name, "no Parquet file", "one that pyarrow can open") from None
        except OSError as error:
            raise InputError(self.name, error.strerror or "an unreadable file", "a readable file") from error


class FolderSource:
    """The tables of a folder, one after the other in the order of their names; all must have the same columns."""

    def __init__(self, path: Path, parts: list[Source]) -> None:
        """Take the tables; raises InputError, naming the first that differs, if their columns are not the same."""
        self.name = str(path)
        self.parts = parts
        self.columns = parts[0].columns
        for part in parts[1:]:
            if part.columns != self.columns:
                other = sorted(set(part.columns) ^ set(self.columns))
                found = f"other columns than in {parts[0].name}" + (f": {', '.join(map(repr, other[:5]))}" if other else "")
                raise InputError(part.name, found, "the same in each file; or name a folder as the output")

    def digest(self) -> str:
        """Return a SHA-256 of the names and contents of the tables."""
        return _joined((Path(part.name).name, part.digest()) for part in self.parts)

    def rows(self) -> Iterator[Record | Refusal]:
        """Yield the rows of each table in turn."""
        for part in self.parts:
            yield from part.rows()


def _joined(parts: Iterable[tuple[str, str]]) -> str:
    return hashlib.sha256("".join(f"{name}\0{digest}\n" for name, digest in parts).encode()).hexdigest()
