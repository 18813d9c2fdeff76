"""How a history is written: CSV, JSON Lines, Parquet or Excel, each first as one part a partition, then joined into one file.

Cells of the input stay as they are. Text is never a formula in a workbook. In CSV an input cell that begins with = + - @ keeps
its characters too, for a changed cell would be a loss; cells that this program writes itself cannot begin so.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from classifier.batch.answers import ADDED, Cell
from classifier.batch.sources import ABSENT, ParquetSource, Source, TableSource
from classifier.errors import InputError, MissingExtraError
from classifier.tabular import cell_text

if TYPE_CHECKING:
    import pyarrow as pa

OUTPUT_SUFFIXES = (".csv", ".tsv", ".xlsx", ".parquet", ".jsonl")
EXCEL_ROWS = 1_048_576
"""Rows of a sheet, the header one of them."""

EXCEL_COLUMNS = 16_384
_EXCEL_CHARACTERS = 32_767
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_SHOWN_CHARACTERS = 40
_COPIED_BYTES = 1 << 20
_SURROGATE = re.compile("[\ud800-\udfff]")
_PROPERTIES = "docProps/core.xml"
_WRITTEN_AT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_BOOLEANS = frozenset(
    ("confident", "category_confident", "channel_confident", "changed", "category_changed", "channel_changed")
)


class Form(Protocol):
    """One way of writing rows, at most `most_rows` of them where there is a limit."""

    most_rows: int | None

    def problem(self, values: Sequence[object]) -> str:
        """Return why an input row cannot be written so, or nothing."""

    def part(self, rows: Sequence[tuple[Sequence[object], Sequence[Cell]]]) -> bytes:
        """Return a partition's rows, each the input's values and the cells added to them."""

    def join(self, parts: Iterable[Path], target: Path) -> None:
        """Write one file from the header and the parts, in order."""

    def count(self, path: Path) -> int:
        """Return how many rows a joined file holds, read back from it."""


def form_of(output: Path, source: Source, prefix: str) -> Form:
    """Return the form that an output's name asks for; raises InputError for another, or one that cannot hold the columns."""
    suffix = output.suffix.lower()
    header = (*source.columns, *(f"{prefix}{name}" for name in ADDED))
    _check_names(header, source.name, suffix)
    if suffix in (".csv", ".tsv"):
        delimiter = "\t" if suffix == ".tsv" else source.delimiter if isinstance(source, TableSource) else ";"
        return CsvTable(header, delimiter)
    if suffix == ".jsonl":
        return JsonLines(header)
    if suffix == ".xlsx":
        if len(header) > EXCEL_COLUMNS:
            raise InputError(str(output), f"{len(header):,} columns", f"at most {EXCEL_COLUMNS:,} in Excel; name a .csv file")
        return Workbook(header)
    if suffix == ".parquet":
        return Parquet(header, source)
    raise InputError(str(output), f"a file name ending in {suffix or 'nothing'!r}", f"one of {', '.join(OUTPUT_SUFFIXES)}")


def _check_names(header: Sequence[str], source: str, suffix: str) -> None:
    """Raise InputError for a column name that the form cannot hold, before a long run finds it out at its end."""
    for place, name in enumerate(header, start=1):
        shown = f"column {place:,}, {name[:_SHOWN_CHARACTERS]!r}"
        if suffix != ".jsonl" and _SURROGATE.search(name):
            raise InputError(source, f"half a character in the name of {shown}", "whole ones; or name a .jsonl file")
        if suffix == ".xlsx" and (problem := _not_for_excel(name)):
            raise InputError(source, f"{problem} in the name of {shown}", "a name that Excel can hold; or name a .csv file")
    if suffix in (".jsonl", ".parquet") and len(set(header)) < len(header):
        twice = next(name for name, times in Counter(header).items() if times > 1)
        found = f"the column name {twice[:_SHOWN_CHARACTERS]!r} more than once"
        raise InputError(source, found, f"a name of its own a column in {suffix}; or name a .csv file")


def _not_for_excel(text: str) -> str:
    """Return what of a text Excel cannot hold, or nothing."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if len(text) > _EXCEL_CHARACTERS:
        return f"{len(text):,} characters, where Excel holds {_EXCEL_CHARACTERS:,},"
    return "a control character, which Excel cannot hold," if ILLEGAL_CHARACTERS_RE.search(text) else ""


def guarded(cell: str) -> str:
    """Return a cell of our own making so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def added_text(cell: Cell) -> str:
    """Return an added cell as text: booleans as true and false, nothing for None."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else guarded(cell) if isinstance(cell, str) else repr(cell)


def input_text(value: object) -> str:
    """Return an input value as text: what is nested as JSON."""
    if isinstance(value, str):
        return value
    if value is ABSENT:
        return ""
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list | bool) else cell_text(value)


class CsvTable:
    """CSV in UTF-8 with a mark, by which Excel knows it; the delimiter is the input's where that has one."""

    most_rows: int | None = None

    def __init__(self, header: Sequence[str], delimiter: str) -> None:
        """Take the column names and the delimiter."""
        self._header = header
        self._delimiter = delimiter

    def problem(self, values: Sequence[object]) -> str:
        """Return what text cannot be UTF-8."""
        return _lone_surrogate(values)

    def part(self, rows: Sequence[tuple[Sequence[object], Sequence[Cell]]]) -> bytes:
        """Return the rows as CSV without a header."""
        return self._lines([*map(input_text, values), *map(added_text, added)] for values, added in rows)

    def join(self, parts: Iterable[Path], target: Path) -> None:
        """Write a mark, the header and the parts."""
        with target.open("wb") as file:
            file.write(b"\xef\xbb\xbf" + self._lines([list(self._header)]))
            _append(parts, file)

    def count(self, path: Path) -> int:
        """Return the rows below the header."""
        # The csv module would refuse a cell above its limit, which other columns of JSON and Parquet may hold.
        ends, marks = 0, 0
        with path.open("rb") as file:
            for line in file:
                marks += line.count(b'"')
                ends += marks % 2 == 0 and line.endswith(b"\r\n")
        return ends - 1

    def _lines(self, rows: Iterable[list[str]]) -> bytes:
        written = io.StringIO()
        csv.writer(written, delimiter=self._delimiter, lineterminator="\r\n").writerows(rows)
        return written.getvalue().encode()


class JsonLines:
    """An object a line; a key that an input object did not have stays away, and values keep their types."""

    most_rows: int | None = None

    def __init__(self, header: Sequence[str]) -> None:
        """Take the keys."""
        self._header = header

    def problem(self, values: Sequence[object]) -> str:  # noqa: ARG002
        """Return nothing: JSON holds any value that was read."""
        return ""

    def part(self, rows: Sequence[tuple[Sequence[object], Sequence[Cell]]]) -> bytes:
        """Return an object a line."""
        lines: list[str] = []
        for values, added in rows:
            pairs = zip(self._header, (*values, *added), strict=True)
            item = {key: value for key, value in pairs if value is not ABSENT}
            try:
                line = json.dumps(item, ensure_ascii=False, default=_as_json, allow_nan=False)
            except ValueError:
                line = json.dumps(_finite(item), ensure_ascii=False, default=_as_json)
            lines.append(f"{line}\n")
        return "".join(lines).encode("utf-8", "backslashreplace")

    def join(self, parts: Iterable[Path], target: Path) -> None:
        """Write the parts one after the other."""
        with target.open("wb") as file:
            _append(parts, file)

    def count(self, path: Path) -> int:
        """Return the lines."""
        with path.open("rb") as file:
            return sum(1 for _ in file)


def _finite(value: object) -> object:
    """Return a value with null for the numbers that JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def _as_json(value: object) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)


class Parquet:
    """Parquet, with the input's types where that is Parquet too, else text; a row group a partition."""

    most_rows: int | None = None

    def __init__(self, header: Sequence[str], source: Source) -> None:
        """Take the column names and the source, whose schema counts; raises MissingExtraError without pyarrow."""
        try:
            import pyarrow as pa
        except ImportError:
            raise MissingExtraError("pyarrow", "batch") from None
        given = (
            list(source.schema)
            if isinstance(source, ParquetSource)
            else [pa.field(name, pa.string()) for name in source.columns]
        )
        self._typed = isinstance(source, ParquetSource)
        kinds = [pa.bool_() if n in _BOOLEANS else pa.float64() if _is_number(n) else pa.string() for n in ADDED]
        names = header[len(source.columns) :]
        self._schema: pa.Schema = pa.schema([*given, *(pa.field(n, kind) for n, kind in zip(names, kinds, strict=True))])

    def problem(self, values: Sequence[object]) -> str:
        """Return what text cannot be UTF-8."""
        return _lone_surrogate(values)

    def part(self, rows: Sequence[tuple[Sequence[object], Sequence[Cell]]]) -> bytes:
        """Return a Parquet file of the rows."""
        import pyarrow as pa
        from pyarrow.parquet import write_table

        given = [values if self._typed else [input_text(value) for value in values] for values, _ in rows]
        columns = list(zip(*((*values, *added) for values, (_, added) in zip(given, rows, strict=True)), strict=True))
        columns = columns or [()] * len(self._schema)
        arrays = [pa.array(column, type=field.type) for column, field in zip(columns, self._schema, strict=True)]
        written = io.BytesIO()
        write_table(pa.Table.from_arrays(arrays, schema=self._schema), written, compression="zstd")
        return written.getvalue()

    def join(self, parts: Iterable[Path], target: Path) -> None:
        """Write the parts as row groups."""
        from pyarrow.parquet import ParquetWriter, read_table

        with ParquetWriter(target, self._schema, compression="zstd") as writer:
            for part in parts:
                table = read_table(part)
                if table.num_rows:
                    writer.write_table(table)

    def count(self, path: Path) -> int:
        """Return the rows that the file says it holds."""
        from pyarrow.parquet import ParquetFile

        return int(ParquetFile(path).metadata.num_rows)


def _is_number(name: str) -> bool:
    return name.startswith("p_") or name.endswith("_probability")


class Workbook:
    """One sheet of a workbook; text is written as text, never as a formula."""

    most_rows: int | None = EXCEL_ROWS - 1

    def __init__(self, header: Sequence[str]) -> None:
        """Take the column names."""
        self._header = header

    def problem(self, values: Sequence[object]) -> str:
        """Return what Excel cannot hold."""
        for name, value in zip(self._header, values, strict=False):
            if isinstance(value, str) and (problem := _not_for_excel(value)):
                return f"{problem} in column {name!r}"
        return _lone_surrogate(values)

    def part(self, rows: Sequence[tuple[Sequence[object], Sequence[Cell]]]) -> bytes:
        """Return the rows as JSON that remembers dates."""
        lines = (json.dumps([_packed(value) for value in (*values, *added)], ensure_ascii=False) for values, added in rows)
        return "".join(f"{line}\n" for line in lines).encode()

    def join(self, parts: Iterable[Path], target: Path) -> None:
        """Write the sheet row by row."""
        from openpyxl import Workbook as Book
        from openpyxl.cell import WriteOnlyCell

        book = Book(write_only=True)
        sheet = book.create_sheet("asys")

        def cell(value: Any) -> object:
            if not isinstance(value, str):
                return value
            made = WriteOnlyCell(sheet, value)
            made.data_type = "s"
            return made

        try:
            sheet.append([cell(name) for name in self._header])
            for part in parts:
                with part.open(encoding="utf-8") as file:
                    for line in file:
                        sheet.append([cell(_unpacked(value)) for value in json.loads(line)])
        except BaseException:
            # Left open, the sheet would be ended when it is collected, after the file that its rows are in.
            with suppress(Exception):
                sheet.close()
            raise
        book.save(target)
        _without_times(target)

    def count(self, path: Path) -> int:
        """Return the rows below the header."""
        from openpyxl import load_workbook

        book = load_workbook(path, read_only=True)
        try:
            return sum(1 for _ in book.worksheets[0].iter_rows(values_only=True)) - 1
        finally:
            book.close()


def _packed(value: object) -> object:
    if isinstance(value, datetime | time) and value.tzinfo is not None:
        # Excel has no time zones: as text, the time keeps its own.
        return value.isoformat()
    for kind, name in ((datetime, "datetime"), (date, "date"), (time, "time")):
        if isinstance(value, kind):
            return {name: value.isoformat()}
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    return value if value is None or isinstance(value, str | int | float | bool) else input_text(value)


def _unpacked(value: Any) -> object:
    if not isinstance(value, dict):
        return value
    ((name, written),) = value.items()
    if name == "seconds":
        return timedelta(seconds=written)
    kinds: dict[str, type[datetime | date | time]] = {"datetime": datetime, "date": date, "time": time}
    return kinds[name].fromisoformat(written)


def _without_times(path: Path) -> None:
    """Write a workbook's archive anew without the time of writing, so that the same rows are the same bytes."""
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

    plain = path.with_suffix(".zip")
    with ZipFile(path) as written, ZipFile(plain, "w", ZIP_DEFLATED) as anew:
        for item in written.infolist():
            entry = ZipInfo(item.filename)
            entry.compress_type = ZIP_DEFLATED
            if item.filename == _PROPERTIES:
                anew.writestr(entry, _WRITTEN_AT.sub(rb"\g<1>2000-01-01T00:00:00Z", written.read(item)))
                continue
            with written.open(item) as content, anew.open(entry, "w", force_zip64=True) as copy:
                while block := content.read(_COPIED_BYTES):
                    copy.write(block)
    plain.replace(path)


def _lone_surrogate(values: Sequence[object]) -> str:
    """Return that there is half a character among the values, as JSON can hold and UTF-8 cannot, or nothing."""
    for value in values:
        text = input_text(value) if isinstance(value, dict | list) else value
        if isinstance(text, str) and not text.isascii() and _SURROGATE.search(text):
            return "half a character (a lone surrogate), which only JSON Lines can hold"
    return ""


def _append(parts: Iterable[Path], file: io.BufferedWriter) -> None:
    for part in parts:
        with part.open("rb") as content:
            while block := content.read(_COPIED_BYTES):
                file.write(block)
