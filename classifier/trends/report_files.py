"""A report as files: one page, figures as SVG and PNG, a CSV file and an Excel sheet for each table."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path

from classifier.errors import InputError
from classifier.figures import save_figure
from classifier.trends.report_figures import draw_all, figure_for_page
from classifier.trends.report_page import as_html
from classifier.trends.report_parts import Cell, Report, ReportTable

PAGE, WORKBOOK, TABLES, FIGURES = "rapport.html", "rapport.xlsx", "tabeller", "figurer"

_OWN_NAME = re.compile(
    r"(registrerte|maaned_[a-z0-9_]+|(type|kanal|kanalgruppe|enhetstype|enhet)(_prosent|_korrigert)?)", re.ASCII
)
"""What `make_report` calls its tables and charts."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_DRAWN = (".svg", ".png")
_LONGEST_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_DECIMALS = "0.0"


def write_report(report: Report, folder: Path) -> Path:
    """Write a report into a folder, which is made if need be, in the place of an earlier report; returns the page's path.

    Tables and figures that only the earlier one had are removed once all of the new report's are written.

    Raises InputError for a place that cannot be written to, MissingExtraError without matplotlib.
    """
    figures = draw_all(report)
    with _told(folder):
        for part in (folder, folder / TABLES, folder / FIGURES):
            part.mkdir(parents=True, exist_ok=True)
    tables = tables_of(report)
    with _told(folder / TABLES):
        for table in tables:
            (folder / TABLES / f"{table.name}.csv").write_bytes(table_as_csv(table))
    for name, figure in figures.items():
        for suffix in _DRAWN:
            save_figure(figure, folder / FIGURES / f"{name}{suffix}")
    with _told(folder / WORKBOOK):
        (folder / WORKBOOK).write_bytes(tables_as_workbook(tables))
    _remove_others(folder / TABLES, {f"{table.name}.csv" for table in tables}, (".csv",))
    _remove_others(folder / FIGURES, {f"{name}{suffix}" for name in figures for suffix in _DRAWN}, _DRAWN)
    page = as_html(report, {name: figure_for_page(figure) for name, figure in figures.items()})
    with _told(folder / PAGE):
        (folder / PAGE).write_text(page, encoding="utf-8")
    return folder / PAGE


def tables_of(report: Report) -> list[ReportTable]:
    """Return the tables that belong in files."""
    return [table for section in report.sections for table in section.tables if table.in_files]


def table_as_csv(table: ReportTable) -> bytes:
    """Return a table as Norwegian Excel reads it: semicolons, decimal commas, UTF-8 with a mark."""
    written = StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow([_written(column) for column in table.columns])
    writer.writerows([_written(cell) for cell in row] for row in table.rows)
    return written.getvalue().encode("utf-8-sig")


def tables_as_workbook(tables: Sequence[ReportTable]) -> bytes:
    """Return an Excel workbook with a sheet for each table."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        sheet = book.create_sheet(_sheet_name(table.name, book.sheetnames))
        for line, row in enumerate(((table.title,), table.columns, *table.rows), start=1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(line, column)
                if isinstance(value, str):
                    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
                    cell.data_type = "s"
                elif value is not None:
                    cell.value = value
                    if isinstance(value, float):
                        cell.number_format = _DECIMALS
                if line <= 2:
                    cell.font = Font(bold=True)
        for column in range(1, len(table.columns) + 1):
            longest = max(len(str(row[column - 1])) for row in (table.columns, *table.rows))
            sheet.column_dimensions[get_column_letter(column)].width = min(60, max(10, longest + 2))
        sheet.freeze_panes = "B3"
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _remove_others(folder: Path, kept: set[str], suffixes: tuple[str, ...]) -> None:
    """Remove an earlier report's files from a folder; files that no report writes stay."""
    with _told(folder):
        for path in folder.iterdir():
            if path.name not in kept and path.suffix in suffixes and _OWN_NAME.fullmatch(path.stem) and path.is_file():
                path.unlink()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(str(path), error.strerror or "a place that cannot be written to", "a writable folder") from error


def _written(cell: Cell) -> str:
    if isinstance(cell, str):
        # A spreadsheet would take such a text, as the name of a unit could be, for a formula and run it.
        return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
    if isinstance(cell, float):
        return f"{cell:.1f}".replace(".", ",")
    return "" if cell is None else str(cell)


def _sheet_name(name: str, taken: list[str]) -> str:
    """Return a name for a sheet that Excel accepts and no other sheet has."""
    plain = name.translate(_NOT_IN_SHEET_NAMES).strip()[:_LONGEST_SHEET_NAME]
    number = 2
    found = plain
    while found.casefold() in (other.casefold() for other in taken):
        ending = f" {number}"
        found, number = plain[: _LONGEST_SHEET_NAME - len(ending)] + ending, number + 1
    return found
