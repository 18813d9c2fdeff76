from pathlib import Path

import pytest
from openpyxl import Workbook

from classifier.errors import InputError
from classifier.row_scan import ScannedRow, scan_rows


def scanned(path: Path) -> list[ScannedRow]:
    return list(scan_rows(path).rows)


def test_a_quotation_mark_left_open_costs_its_own_line_only(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id;tekst\n1;Han ropte.\n2;"Han slo\n3;Ho ringde.\n4;"Sa ""hei""\nog gikk."\n', encoding="utf-8")
    first, broken, third, fourth = scanned(path)
    assert first.values == {"id": "1", "tekst": "Han ropte."}
    assert (broken.line, broken.rest) == (3, '2;"Han slo')
    assert "a quotation mark" in (broken.problem or "")
    assert (third.line, third.values["tekst"]) == (4, "Ho ringde.")
    assert (fourth.line, fourth.values["tekst"]) == (5, 'Sa "hei"\nog gikk.')


def test_a_quotation_mark_left_open_in_the_last_line_is_called_open(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id;tekst\n1;"Han slo\n', encoding="utf-8")
    (broken,) = scanned(path)
    assert (broken.problem or "").startswith("found a quotation mark that is not closed; expected it doubled")


def test_a_row_with_too_many_cells_is_told_with_what_was_too_much(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id;tekst\n1;Han ropte; slo; og gikk.\n2\n", encoding="utf-8")
    wide, narrow = scanned(path)
    assert "4 cells; expected 2" in (wide.problem or "")
    assert wide.rest == " slo  og gikk."
    assert narrow == ScannedRow(3, {"id": "2", "tekst": ""})


def test_a_byte_that_is_no_utf8_damages_its_own_line_only(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        "id;tekst\n1;Han slo på døra.\n".encode() + b"2;Han ropte h\xf8yt p\xc3\xa5 meg.\n" + "3;Ho gjekk på sjå.\n".encode()
    )
    assert [row.values["tekst"] for row in scanned(path)] == [
        "Han slo på døra.",
        "Han ropte h\ufffdyt på meg.",
        "Ho gjekk på sjå.",
    ]


def test_a_line_in_the_older_encoding_is_read_as_that_beside_others_in_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    older = ["Han ropte høyt på meg.", "«Kom Å» ropte han, «FØ» ropte ho på døra."]
    lines = "".join(f"{number};{text}\n" for number, text in enumerate(older, start=2))
    path.write_bytes("id;tekst\n1;Han slo på døra.\n".encode() + lines.encode("cp1252"))
    assert [row.values["tekst"] for row in scanned(path)] == ["Han slo på døra.", *older]


def test_json_lines_keep_what_json_has_and_tell_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = ['\ufeff{"id": 7, "text": "Han ropte.", "vedlegg": [1, null]}', "", "{", "[1]", '{"text": NaN}', '{"a": 1, "a": 2}']
    path.write_bytes("\n".join(lines).encode() + b'\n{"text": "\xe5"}\n')
    first, *broken = scanned(path)
    assert first.values == {"id": 7, "text": "Han ropte.", "vedlegg": [1, None]}
    assert [row.line for row in broken] == [3, 4, 5, 6, 7]
    for row, words in zip(broken, ("no valid JSON", "type list", "NaN", "more than once", "not UTF-8"), strict=True):
        assert words in (row.problem or "")


def test_a_line_longer_than_any_report_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n{"text": "' + "a" * 2_500_000 + '"}\n{"text": "b"}\n', encoding="utf-8")
    assert [(row.line, row.problem is None) for row in scanned(path)] == [(1, True), (2, False), (3, True)]


def test_a_workbook_is_read_as_people_see_it(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["id", "tekst"], [17, "Han ropte."], [None, None], [18.5, True]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "a.xlsx")
    rows = scanned(tmp_path / "a.xlsx")
    assert [row.values for row in rows] == [{"id": "17", "tekst": "Han ropte."}, {"id": "18.5", "tekst": "True"}]


@pytest.mark.parametrize(("name", "content"), [("a.csv", ""), ("a.jsonl", "[]\n"), ("a.pdf", "x"), ("a.csv", "a;a\n1;2\n")])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=name):
        scanned(tmp_path / name)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name in ("a.csv", "a.jsonl", "a.xlsx"):
        with pytest.raises(InputError, match="No such file"):
            scan_rows(tmp_path / name)
