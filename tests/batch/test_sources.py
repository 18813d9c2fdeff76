import json
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from openpyxl import Workbook
from pyarrow.parquet import write_table

from classifier.batch.sources import ABSENT, Record, Refusal, Source, open_source, slices
from classifier.errors import InputError


def values(source: Source) -> list[tuple[object, ...]]:
    return [row.values for row in source.rows() if isinstance(row, Record)]


def refusals(source: Source) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in source.rows() if isinstance(row, Refusal)]


def written(path: Path, content: bytes) -> Source:
    path.write_bytes(content)
    return open_source(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_csv_file_is_read_whatever_its_encoding_and_line_ends(tmp_path: Path, encoding: str, end: str) -> None:
    lines = ["id;tekst", "1;Ho sparka døra åtte gonger", '2;"To linjer, ""sitat""; og æ"', "3"]
    source = written(tmp_path / "a.csv", (end.join(lines) + end).encode(encoding))
    assert source.columns == ("id", "tekst")
    assert values(source) == [("1", "Ho sparka døra åtte gonger"), ("2", 'To linjer, "sitat"; og æ'), ("3", "")]


def test_two_encodings_in_one_file_are_both_read(tmp_path: Path) -> None:
    source = written(
        tmp_path / "a.csv", "tekst;år\nDøra ble sparket;2020\n".encode() + "Døra ble sparket;2021\n".encode("cp1252")
    )
    assert values(source) == [("Døra ble sparket", "2020"), ("Døra ble sparket", "2021")]


def test_a_lone_carriage_return_within_a_text_ends_no_row(tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", b'id;tekst\r\n1;Han slo\rog gikk\r\n2;"Ho ropte\r\nog\rgjekk"\r\n')
    assert values(source) == [("1", "Han slo\rog gikk"), ("2", "Ho ropte\r\nog\rgjekk")]


def test_a_quotation_mark_that_is_never_closed_swallows_no_row_silently(tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", b'id;tekst\n1;Han slo\n2;"Ho ropte\n3;Han spytta\n')
    assert values(source) == [("1", "Han slo"), ("3", "Han spytta")]
    assert refusals(source) == [
        (3, 'broken CSV (a quotation mark that is not closed; expected it doubled, as in "sa ""hei""")'),
    ]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_two_stray_quotation_marks_cost_their_own_rows_and_merge_none(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [[str(number), "Ho ropte på meg"] for number in range(60)]
    rows[9][1], rows[40][1] = '"Hold kjeft, sa han på døra', '"Gå vekk, sa ho'
    rows[50][1] = '"Han slo\nog sa ""hei"""'
    lines = [delimiter.join(row) for row in [["id", "tekst"], *rows]]
    source = written(tmp_path / "a.csv", ("\r\n".join(lines) + "\r\n").encode(encoding))
    assert [line for line, _ in refusals(source)] == [11, 42]
    read = values(source)
    assert [row[0] for row in read] == [str(number) for number in range(60) if number not in {9, 40}]
    assert ("50", 'Han slo\nog sa "hei"') in read
    assert [row.line for row in source.rows()][49:53] == [51, 52, 54, 55]


def test_a_stray_quotation_mark_in_a_long_file_costs_one_row(tmp_path: Path) -> None:
    rows = [f"{number};Ho ropte på meg i gangen utafor kontoret" for number in range(5_000)]
    rows[9] = '9;"Hold kjeft, sa han'
    source = written(tmp_path / "a.csv", "\n".join(["id;tekst", *rows]).encode())
    assert len(values(source)) == 4_999
    assert [line for line, _ in refusals(source)] == [11]


def test_a_cell_longer_than_any_is_refused_as_that(tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", b"id;tekst\n1;" + b"a" * 140_000 + b"\n2;Ho ropte\n")
    assert values(source) == [("2", "Ho ropte")]
    assert refusals(source) == [(2, "broken CSV (a cell of more than 131,072 characters; expected fewer)")]


def test_a_row_with_more_cells_than_columns_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", b"id;tekst\n1;Han slo;og;spyttet\n2;Ho ropte;;\n")
    assert values(source) == [("2", "Ho ropte")]
    assert refusals(source)[0][0] == 2


def test_a_thousand_columns_and_names_that_are_there_twice_are_kept_in_order(tmp_path: Path) -> None:
    names = [f"kolonne {number % 990}" for number in range(999)]
    source = written(tmp_path / "a.csv", f"{';'.join([*names, 'tekst'])}\n{';'.join(map(str, range(1000)))}\n".encode())
    assert source.columns == (*names, "tekst")
    assert values(source) == [tuple(map(str, range(1000)))]


def test_a_header_without_rows_is_a_source_of_none(tmp_path: Path) -> None:
    assert list(written(tmp_path / "a.csv", b"id;tekst\n").rows()) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "no rows"),
        ("a.jsonl", b"\n", "no JSON object"),
        ("a.parquet", b"PAR1", "no Parquet file"),
        ("a.xlsx", b"PK", "no Excel workbook"),
        ("a.docx", b"", "ending in '.docx'"),
        ("a.csv", b"a" * (17 << 20), "a line of more than 16 MiB"),
    ],
)
def test_what_is_no_table_is_said(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        written(tmp_path / name, content)


def test_json_lines_have_the_columns_of_all_objects_and_bad_lines_are_refused(tmp_path: Path) -> None:
    lines = ['{"tekst": "Han slo", "n": 1.50}', "{", "[]", '{"tekst": null, "til": {"a": [1]}}', ""]
    source = written(tmp_path / "a.jsonl", "\n".join(lines).encode() + b'\n{"tekst": "\xff"}\n')
    assert source.columns == ("tekst", "n", "til")
    assert values(source) == [("Han slo", 1.5, ABSENT), (None, ABSENT, {"a": [1]})]
    assert [line for line, _ in refusals(source)] == [2, 3, 6]
    assert refusals(source)[2][1] == "a byte that is not UTF-8 (0xff)"


def test_parquet_and_workbooks_keep_types(tmp_path: Path) -> None:
    table = pa.table({"tekst": ["Han slo", None], "dag": [date(2020, 1, 2), None], "n": pa.array([1, 2], pa.int8())})
    write_table(table, tmp_path / "a.parquet")
    assert values(open_source(tmp_path / "a.parquet")) == [("Han slo", date(2020, 1, 2), 1), (None, None, 2)]
    book = Workbook()
    book.worksheets[0].append(["tekst", "dag", "n"])
    book.worksheets[0].append(["=1+1", datetime(2020, 1, 2), 1.5])
    book.worksheets[0].cell(2, 1).data_type = "s"
    book.save(tmp_path / "a.xlsx")
    assert values(open_source(tmp_path / "a.xlsx")) == [("=1+1", datetime(2020, 1, 2), 1.5)]


def test_a_damaged_parquet_page_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_table(pa.table({"tekst": [f"Han slo {number}" for number in range(2_000)]}), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[200:1_000] = b"\xff" * 800
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.parquet: found damage below row 0; expected a Parquet file"):
        list(open_source(path).rows())


def test_a_folder_is_read_in_the_order_of_its_names_if_all_have_the_same_columns(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_bytes(b"id,tekst\n2,To\n")
    (tmp_path / "a.csv").write_bytes(b"id;tekst\n1;En\n")
    (tmp_path / "c.jsonl").write_text(json.dumps({"id": 3, "tekst": "Tre"}), encoding="utf-8")
    (tmp_path / "les.meg").write_text("noe annet", encoding="utf-8")
    source = open_source(tmp_path)
    assert values(source) == [("1", "En"), ("2", "To"), (3, "Tre")]
    digest = source.digest()
    (tmp_path / "d.csv").write_bytes(b"id;fritekst\n4;Fire\n")
    with pytest.raises(InputError, match=r"d\.csv: found other columns than in .*a\.csv: 'fritekst', 'tekst'"):
        open_source(tmp_path)
    (tmp_path / "d.csv").write_bytes(b"id;tekst\n4;Fire\n")
    assert open_source(tmp_path).digest() != digest


def test_slices_hold_every_row_once_and_in_order(tmp_path: Path) -> None:
    source = written(tmp_path / "a.csv", b"tekst\n" + b"".join(b"%d\n" % number for number in range(10)))
    parts = list(slices(source, 4))
    assert [len(part.rows) for part in parts] == [4, 4, 2]
    assert [row for part in parts for row in part.rows] == list(source.rows())


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found no table"):
        open_source(tmp_path)
