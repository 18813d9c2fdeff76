import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from openpyxl import Workbook as Book
from openpyxl import load_workbook
from pyarrow.parquet import read_table, write_table

from classifier.batch.answers import ADDED, added_cells
from classifier.batch.forms import OUTPUT_SUFFIXES, form_of, guarded
from classifier.batch.sources import Record, Source, open_source
from classifier.errors import InputError
from tests.batch.fakes import answer_to

CELLS = added_cells(answer_to("Han slo i bordet"), True, None, "1")
FORMULAS = ["=1+1", "+47 400", "-5", "@navn", '=HYPERLINK("http://a")']


def joined(source: Source, output: Path, parts: int = 2) -> Path:
    """Write the source's rows, each with CELLS, in that many parts."""
    form = form_of(output, source, "asys_")
    rows = [(row.values, CELLS) for row in source.rows() if isinstance(row, Record)]
    paths = []
    for number in range(parts):
        path = output.with_name(f"{number}.part")
        path.write_bytes(form.part(rows[number::parts]))
        paths.append(path)
    form.join(paths, output)
    assert form.count(output) == len(rows)
    return output


@pytest.fixture
def formulas(tmp_path: Path) -> Source:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["tekst", "id"], *([cell, "1"] for cell in FORMULAS)])
    return open_source(path)


def test_csv_keeps_cells_that_look_like_formulas_as_they_are(tmp_path: Path, formulas: Source) -> None:
    with joined(formulas, tmp_path / "ny.csv", 1).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[0] == ["tekst", "id", *(f"asys_{name}" for name in ADDED)]
    assert [row[0] for row in rows[1:]] == FORMULAS


def test_a_workbook_holds_text_and_no_formula(tmp_path: Path, formulas: Source) -> None:
    book = load_workbook(joined(formulas, tmp_path / "ny.xlsx", 1))
    cells = [row[0] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == FORMULAS
    assert {cell.data_type for cell in cells} == {"s"}


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_a_cell_of_our_own_can_be_no_formula(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert guarded("slo i bordet") == "slo i bordet"


def test_a_workbook_keeps_numbers_and_dates(tmp_path: Path) -> None:
    book = Book()
    book.worksheets[0].append(["tekst", "dag", "n", "tom"])
    book.worksheets[0].append(["Han slo", datetime(2020, 1, 2), 1.5, None])
    book.save(tmp_path / "a.xlsx")
    written = load_workbook(joined(open_source(tmp_path / "a.xlsx"), tmp_path / "ny.xlsx"))
    rows = list(written.worksheets[0].iter_rows(values_only=True))
    assert rows[1][:4] == ("Han slo", datetime(2020, 1, 2), 1.5, None)
    assert rows[1][4:] == tuple(cell if cell != "" else rows[1][4 + place] for place, cell in enumerate(CELLS))


def test_parquet_keeps_its_schema_and_adds_numbers_and_booleans(tmp_path: Path) -> None:
    days = [date(2020, 1, 2), None, None]
    schema = pa.schema([("tekst", pa.string()), ("dag", pa.date32()), ("n", pa.int16()), ("l", pa.list_(pa.int8()))])
    write_table(pa.table([["a b", "c d", "e f"], days, [1, 2, None], [[1], [], None]], schema=schema), tmp_path / "a.parquet")
    table = read_table(joined(open_source(tmp_path / "a.parquet"), tmp_path / "ny.parquet", 1))
    assert table.schema.field("n").type == pa.int16()
    assert table.select(["dag", "l"]).to_pydict() == {"dag": days, "l": [[1], [], None]}
    assert table.schema.field("asys_p_trussel").type == pa.float64()
    assert table.column("asys_category_changed").to_pylist() == [True, True, True]


def test_json_lines_leave_out_what_was_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"tekst": "Han slo", "x": null}\n{"tekst": "Ho ropte", "y": [1]}\n', encoding="utf-8")
    rows = list(open_source(joined(open_source(tmp_path / "a.jsonl"), tmp_path / "ny.jsonl", 1)).rows())
    lines = (tmp_path / "ny.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 2
    assert lines[0].startswith('{"tekst": "Han slo", "x": null, "asys_category"')
    assert lines[1].startswith('{"tekst": "Ho ropte", "y": [1], "asys_category"')


def test_what_excel_cannot_hold_is_said(tmp_path: Path, formulas: Source) -> None:
    form = form_of(tmp_path / "ny.xlsx", formulas, "asys_")
    assert "Excel holds 32,767" in form.problem(("a" * 32_768, ""))
    assert "control character" in form.problem(("a\x00", ""))
    assert not form.problem(("Han slo\n", ""))
    (tmp_path / "wide.csv").write_text(";".join(f"k{n}" for n in range(16_360)), encoding="utf-8")
    with pytest.raises(InputError, match="at most 16,384 in Excel"):
        form_of(tmp_path / "ny.xlsx", open_source(tmp_path / "wide.csv"), "asys_")
    with pytest.raises(InputError, match=", ".join(OUTPUT_SUFFIXES)):
        form_of(tmp_path / "ny.doc", formulas, "asys_")


def test_a_cell_longer_than_the_csv_module_reads_is_written_and_counted(tmp_path: Path) -> None:
    row = {"tekst": "Han slo", "logg": 'Ho sa "nei"\r\n' * 20_000}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({"tekst": "x", "logg": ""}), encoding="utf-8")
    output = joined(open_source(tmp_path / "a.jsonl"), tmp_path / "ny.csv", 1)
    assert output.stat().st_size > 260_000


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_a_name_twice_is_refused_where_one_of_the_columns_would_be_lost(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "a.csv").write_text("tekst;til;til\nHan slo;1;2\n", encoding="utf-8")
    source = open_source(tmp_path / "a.csv")
    with pytest.raises(InputError, match="the column name 'til' more than once"):
        form_of(tmp_path / f"ny{suffix}", source, "asys_")
    joined(source, tmp_path / "ny.csv", 1)
    joined(source, tmp_path / "ny.xlsx", 1)


def test_a_name_that_excel_cannot_hold_is_refused_before_a_row_is_read(tmp_path: Path) -> None:
    for name, words in (("til\x01", "a control character"), ("a" * 32_768, "32,768 characters")):
        (tmp_path / "a.csv").write_text(f"tekst;{name}\nHan slo;1\n", encoding="utf-8")
        with pytest.raises(InputError, match=f"{words}.* in the name of column 2"):
            form_of(tmp_path / "ny.xlsx", open_source(tmp_path / "a.csv"), "asys_")
        joined(open_source(tmp_path / "a.csv"), tmp_path / "ny.csv", 1)


def test_half_a_character_in_a_name_is_refused_but_for_json_lines(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"tekst": "Han slo", "\\ud83d": 1}\n', encoding="utf-8")
    source = open_source(tmp_path / "a.jsonl")
    for suffix in (".csv", ".tsv", ".xlsx", ".parquet"):
        with pytest.raises(InputError, match=r"half a character .* column 2, '\\ud83d'"):
            form_of(tmp_path / f"ny{suffix}", source, "asys_")
    assert open_source(joined(source, tmp_path / "ny.jsonl", 1)).columns[:2] == source.columns


def test_a_time_with_a_zone_keeps_it_in_a_workbook(tmp_path: Path) -> None:
    at = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    table = pa.table({"tekst": ["Han slo"], "tid": pa.array([at], pa.timestamp("us", "Europe/Oslo"))})
    write_table(table, tmp_path / "a.parquet")
    sheet = load_workbook(joined(open_source(tmp_path / "a.parquet"), tmp_path / "ny.xlsx", 1)).worksheets[0]
    assert sheet.cell(2, 2).value == "2020-01-02T04:04:05+01:00"


def test_numbers_that_json_does_not_have_become_null(tmp_path: Path) -> None:
    table = pa.table({"tekst": ["Han slo"], "n": [float("nan")], "l": [[1.5, float("inf")]], "o": [{"x": float("-inf")}]})
    write_table(table, tmp_path / "a.parquet")
    output = joined(open_source(tmp_path / "a.parquet"), tmp_path / "ny.jsonl", 1)
    read = json.loads(output.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert (read["tekst"], read["n"], read["l"], read["o"]) == ("Han slo", None, [1.5, None], {"x": None})
