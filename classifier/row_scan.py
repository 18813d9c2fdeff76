"""Read every row of a CSV, Excel or JSON Lines file that can be read, and say what is wrong with each of the others.

Rows come one at a time, and a broken row costs no other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from classifier.cell_text import from_workbook, unguarded
from classifier.errors import InputError
from classifier.tabular import CSV_SUFFIXES, EXCEL_SUFFIXES, cell_text, header_of, read_lines

JSON_LINES_SUFFIXES = (".jsonl", ".ndjson")

RECORD_COLUMN = "asys_record"
"""The column, or key, by which this program's own exports are known: `report` or `decision`."""

REJECTED_LINE, REJECTED_REASON, REJECTED_REST = "rejected_line", "rejected_reason", "rejected_rest"
"""What a file of rejected rows has beside its source's columns."""

_LONGEST_LINE = 1_000_000
_KEYS_FROM_LINES = 200


@dataclass(frozen=True)
class ScannedRow:
    """One row: its values by column, and if it cannot be used as it is, the problem, and what stood outside the columns."""

    line: int
    values: dict[str, Any]
    problem: str | None = None
    rest: str = ""


@dataclass(frozen=True)
class Scan:
    """A file's columns, whether this program wrote it, about how many lines it has, and its rows, to be read once."""

    columns: tuple[str, ...]
    own: bool
    lines: int
    rows: Iterator[ScannedRow] = field(compare=False)


def scan_rows(path: Path) -> Scan:
    """Open a table or JSON Lines file; its kind is told by its name.

    Values of a table are text, those of JSON Lines what JSON has. Raises InputError for another kind of file, one that cannot
    be read, or one without a header and a row.
    """
    suffix = path.suffix.lower()
    if suffix in JSON_LINES_SUFFIXES:
        return _scan_json_lines(path)
    if suffix in CSV_SUFFIXES:
        return _scan_table(path, _table_rows(path), _line_count(path), lambda cell: cell)
    if suffix in EXCEL_SUFFIXES:
        return _scan_table(path, _table_rows(path), 0, from_workbook)
    expected = ", ".join((*CSV_SUFFIXES, *EXCEL_SUFFIXES, *JSON_LINES_SUFFIXES))
    raise InputError(str(path), f"a file name ending in {suffix or 'nothing'!r}", f"one of {expected}")


@dataclass(frozen=True)
class _Cells:
    line: int
    cells: list[str]
    problem: str


def _scan_table(path: Path, rows: Iterator[_Cells], lines: int, decoded: Callable[[str], str]) -> Scan:
    first = next(rows, None)
    if first is None or first.problem:
        found = "no rows" if first is None else f"a header with {first.problem}"
        raise InputError(str(path), found, "a header and a row for each report")
    header = header_of(first.cells, path, first.line)
    own = RECORD_COLUMN in header
    # Tables that this program wrote have their cells guarded; in others an apostrophe is an apostrophe.
    guarded = own or REJECTED_LINE in header

    def plain(cell: str) -> str | None:
        value = unguarded(decoded(cell))
        # Only an export tells an empty text from none.
        return value if own else value or ""

    def scanned() -> Iterator[ScannedRow]:
        width = len(first.cells)
        for number, row in enumerate(rows):
            if row.problem:
                yield ScannedRow(row.line, {}, f"found {row.problem}", " ".join(row.cells))
            else:
                if number == 0 and not any(cell.strip() for cell in row.cells[width:]):
                    # Some programs end every row but the header with a delimiter.
                    width = max(width, len(row.cells))
                yield _scanned(row, header, width, plain if guarded else None)

    rejected = (REJECTED_LINE, REJECTED_REASON, REJECTED_REST)
    return Scan(tuple(name for name in header if name not in rejected), own, lines, scanned())


def _scanned(row: _Cells, header: list[str], width: int, plain: Callable[[str], str | None] | None) -> ScannedRow:
    padded = [*row.cells, *[""] * (len(header) - len(row.cells))]
    values: dict[str, Any] = dict(zip(header, padded, strict=False))
    if plain is not None:
        values = {name: plain(cell) for name, cell in values.items()}
        for name in (REJECTED_LINE, REJECTED_REASON, REJECTED_REST):
            values.pop(name, None)
    surplus = [cell for cell in row.cells[len(header) :] if cell.strip()]
    # Empty ones count too: a delimiter inside a text has then moved every cell after it.
    if surplus or len(row.cells) > width:
        found = f"found {len(row.cells)} cells; expected {len(header)}, as in the header"
        hint = "is a delimiter or a quotation mark inside a text left unquoted?"
        return ScannedRow(row.line, values, f"{found} ({hint})", " ".join(surplus))
    return ScannedRow(row.line, values)


def _table_rows(path: Path) -> Iterator[_Cells]:
    for line in read_lines(path):
        yield _Cells(line.number, [cell_text(cell) for cell in line.cells], line.problem)


def _line_count(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    except OSError as error:
        raise InputError(str(path), error.strerror or "an unreadable file", "a readable file") from error


def _scan_json_lines(path: Path) -> Scan:
    lines = _line_count(path)
    with path.open("rb") as file:
        first = list(islice(_json_rows(file), _KEYS_FROM_LINES))
    columns = tuple(dict.fromkeys(key for row in first for key in row.values))
    if not columns:
        raise InputError(str(path), "no JSON object", 'an object a line, such as {"text": "…"}')
    return Scan(columns, RECORD_COLUMN in columns, lines, _opened(path))


def _opened(path: Path) -> Iterator[ScannedRow]:
    with path.open("rb") as file:
        yield from _json_rows(file)


def _json_rows(file: BinaryIO) -> Iterator[ScannedRow]:
    for number, raw in enumerate(_bounded_lines(file), start=1):
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if raw.strip():
            yield _json_row(raw, number)


def _bounded_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines, of a longer one than can be meant only so much as shows that it is."""
    while line := file.readline(_LONGEST_LINE + 1):
        rest = line
        while len(rest) > _LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(_LONGEST_LINE + 1)
        yield line


def _json_row(raw: bytes, number: int) -> ScannedRow:
    expected = 'expected an object a line, such as {"text": "…"}'
    shown = raw.decode("utf-8", "replace").rstrip("\r\n")
    if len(raw) > _LONGEST_LINE:
        return ScannedRow(number, {}, f"found a line above {_LONGEST_LINE:,} bytes; {expected}")
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_without_repeats)
    except UnicodeDecodeError as error:
        return ScannedRow(number, {}, f"found a byte that is not UTF-8 (0x{raw[error.start]:02x}); expected UTF-8", shown)
    except _NotJsonError as error:
        return ScannedRow(number, {}, f"found {error}; {expected}", shown)
    except (ValueError, RecursionError):
        return ScannedRow(number, {}, f"found no valid JSON; {expected}", shown)
    if not isinstance(value, dict):
        return ScannedRow(number, {}, f"found JSON of type {type(value).__name__}; {expected}", shown)
    return ScannedRow(number, value)


class _NotJsonError(Exception):
    """What Python would read and JSON does not have, or does not mean."""


def _refuse_constant(name: str) -> float:
    raise _NotJsonError(f"{name}, which is no JSON")


def _without_repeats(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotJsonError("a key more than once")
    return found
