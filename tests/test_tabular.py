from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from classifier.errors import InputError
from classifier.tabular import CsvForm, column_names, csv_form, read_rows

CELLS = [["Tekst", "Dato"], ["Ropte «æøå»; kastet", "31.12.2021"], ["To\nlinjer", ""]]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_file_is_read_whatever_its_delimiter_and_encoding(tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in CELLS]
    path.write_text("\r\n".join(lines) + "\r\n", encoding=encoding, newline="")
    rows = list(read_rows(path))
    assert [list(row.cells.values()) for row in rows] == CELLS[1:]
    assert [row.line for row in rows] == [2, 3]
    assert csv_form(path).delimiter == delimiter


def test_the_header_decides_the_delimiter_not_the_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("tekst;kategori\nja, nei, kanskje, ja, ja;trussel\n", encoding="utf-8")
    assert csv_form(path) == CsvForm("utf-8-sig", ";")
    assert column_names(path) == ("tekst", "kategori")


def test_an_excel_workbook_is_read_with_dates_and_whole_numbers_as_people_read_them(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["id", "dato", "tid", "tekst"], [7.0, date(2021, 12, 31), datetime(2021, 1, 2, 3, 4), "Hei"], [None] * 4):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    (read,) = read_rows(tmp_path / "a.xlsx")
    assert read.cells == {"id": "7", "dato": "2021-12-31", "tid": "2021-01-02 03:04:00", "tekst": "Hei"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "no rows"),
        ("a.csv", b"tekst;kategori\n", "a header and no rows"),
        ("a.csv", b"tekst;tekst\na;b\n", "line 1: found the column name 'tekst' more than once"),
        ("a.csv", b"tekst;kategori\na;b;c\n", "line 2: found 3 cells"),
        (
            "a.csv",
            b'tekst;kategori\n"Han slo;trussel\nHo ropte;trussel\n',
            "line 2: found broken CSV .a quotation mark that is not",
        ),
        ("a.docx", b"", "ending in '.docx'"),
        ("a.xlsx", b"not a zip", "no Excel workbook"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        column_names(tmp_path / name)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    for name in ("a.csv", "a.xlsx"):
        with pytest.raises(InputError, match=name):
            list(read_rows(tmp_path / name))
