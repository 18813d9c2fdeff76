"""Fifty and more ways for a row to be broken: each costs its own row only, and is told by its reason, never by its text."""

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook

from classifier.store.database import Database, open_database
from tests.store.intake import Done, import_file

HEADER = "id;text;category;channel;date;unit;unit_kind;labelled_by;language"
SECRET = "Kari Nordmann ble truet"
SENTENCE = f"{SECRET} av naboen sin i går kveld, og gikk hjem etter det."

CSV_ROWS: tuple[tuple[bytes, str], ...] = (
    (b"1;;trussel;;;;;;", "no text"),
    (b"1;   ;trussel;;;;;;", "white space only"),
    (b"1;" + b"a" * 20_001 + b";;;;;;;", "20,001 characters"),
    (b"1;Han \x00 sa det.;;;;;;;", "NUL byte"),
    (b"1;Han ropte.\x00;;;;;;;", "NUL byte"),
    ("1;Han slo pÃ¥ dÃ¸ra.;;;;;;;".encode(), "encoding damage"),
    (b"1;Han ropte h\xf8yt p\xc3\xa5 meg.;;;;;;;", "encoding damage"),
    ("1;Han ropte h\ufffdyt.;;;;;;;".encode(), "encoding damage"),
    ("1;Han sa â€œneiâ€ til meg.;;;;;;;".encode(), "encoding damage"),
    (b"1;#REF!;;;;;;;", "error of a spreadsheet in place of the text"),
    (b"1;#VERDI!;;;;;;;", "error of a spreadsheet in place of the text"),
    (b"1;########;;;;;;;", "error of a spreadsheet in place of the text"),
    (b";Han ropte.;;;;;;;", "no id"),
    (b"   ;Han ropte.;;;;;;;", "no id"),
    (b"1,23E+11;Han ropte.;;;;;;;", "rounded number"),
    (b"x" * 201 + b";Han ropte.;;;;;;;", "201 characters in the id"),
    (b'"1\n2";Han ropte.;;;;;;;', "line break in the id"),
    (b"#N/A;Han ropte.;;;;;;;", "error of a spreadsheet in the id"),
    (f"1;Han ropte.;{SENTENCE};;;;;;".encode(), "74 characters that are no label in the category"),
    (b"1;Han ropte.;Han ropte.;;;;;;", "10 characters that are no label in the category"),
    (b"1;Han ropte.;a b c d e f g h i;;;;;;", "that are no label"),
    (b'1;Han ropte.;"trussel\nog mer";;;;;;', "that are no label"),
    (b"1;Han ropte.;" + b"x" * 61 + b";;;;;;", "61 characters that are no label in the category"),
    (b"1;Han ropte.;#REF!;;;;;;", "error of a spreadsheet in the category"),
    ("1;Han ropte.;HÃ¦rverk;;;;;;".encode(), "encoding damage in the category"),
    (f"1;Han ropte.;;{SENTENCE};;;;;".encode(), "74 characters that are no label in the channel"),
    (b"1;Han ropte.;;" + b"x" * 61 + b";;;;;", "61 characters that are no label in the channel"),
    (b"1;Han ropte.;;;32.12.2021;;;;", "date that cannot be read"),
    (b"1;Han ropte.;;;31.02.2021;;;;", "date that cannot be read"),
    (b"1;Han ropte.;;;12/31/2021;;;;", "date that cannot be read"),
    ("1;Han ropte.;;;i går;;;;".encode(), "date that cannot be read"),
    (b"1;Han ropte.;;;2021;;;;", "date that cannot be read"),
    (b"1;Han ropte.;;;31.12.1821;;;;", "date that cannot be read"),
    (b"1;Han ropte.;;;#####;;;;", "error of a spreadsheet in the date"),
    (b"1;Han ropte.;;;31.12.2031;;;;", "still to come"),
    (b"1;Han ropte.;;;;" + b"x" * 201 + b";;;", "201 characters in the unit"),
    (b'1;Han ropte.;;;;"Nav\nVik";;;', "line break in the unit"),
    ("1;Han ropte.;;;;Nav VÃ¥gÃ¥;;;".encode(), "encoding damage in the unit"),
    (b"1;Han ropte.;;;;;" + b"x" * 101 + b";;", "101 characters in the unit_kind"),
    (b"1;Han ropte.;;;;;;" + b"x" * 201 + b";", "201 characters in the labelled_by"),
    (b"1;Han ropte.;;;;;;;tysk", "unknown language"),
    (b"1;Han ropte.;;;;;;;norsk nynorsk", "13 characters in the language"),
    (b"1;Han ropte; slo; og gikk.;;;;;;;", "11 cells; expected 9"),
    (b'1;"Han ropte.;;;;;;;', "a quotation mark"),
    (b'1;"Han ropte "hei" til meg.";;;;;;;', "a quotation mark inside a quoted cell"),
    (b"2;Noe annet.;;;;;;;", "there already, with another text"),
    ("2;Et godt råd.;trussel;;;;;;".encode(), "there already, with another category"),
)
JSON_ROWS: tuple[tuple[bytes, str], ...] = (
    (b"{", "no valid JSON"),
    (b"[1, 2]", "JSON of type list"),
    (b'"Han ropte."', "JSON of type str"),
    (b'{"id": "1"}', "no text"),
    (b'{"id": "1", "text": 17}', "text of type int"),
    (b'{"id": "1", "text": null}', "no text"),
    (b'{"id": ["1"], "text": "Han ropte."}', "type list in the id"),
    (b'{"id": true, "text": "Han ropte."}', "type bool in the id"),
    (b'{"id": "1", "text": "Han \\u0000 ropte."}', "NUL byte"),
    (b'{"id": "1", "text": "Han ropte.", "x": {"y": ["\\u0000"]}}', "NUL byte"),
    (b'{"id": "1", "text": "Han \\ud83d ropte."}', "half a character"),
    (b'{"id": "1", "text": "Han ropte.", "x": NaN}', "NaN"),
    (b'{"id": "1", "text": "Han ropte.", "x": 1e999}', "beyond all bounds"),
    (b'{"id": "1", "text": "Han ropte.", "text": "Og slo."}', "a key more than once"),
    (b'{"id": "1", "text": "Han ropte h\xf8yt."}', "not UTF-8 (0xf8)"),
    (b'{"id": "1", "text": "Han ropte.", "category": {"id": "trussel"}}', "type dict in the category"),
    (b'{"id": "1", "text": "' + b"a" * 1_000_000 + b'"}', "above 1,000,000 bytes"),
)
GOOD = "Et godt råd."


def check(database: Database, path: Path, rows: Sequence[tuple[bytes, str]], good: Sequence[bytes], start: list[bytes]) -> Done:
    """Import each broken row between two good ones, and compare reasons in order."""
    lines = [*start, good[0]]
    for number, (row, _) in enumerate(rows):
        lines += [row, good[1].replace(b"NUMBER", str(number).encode())]
    path.write_bytes(b"\n".join(lines) + b"\n")
    done = import_file(database, path)
    assert len(done.rejected) == len(rows)
    for (row, expected), (_, reason) in zip(rows, done.rejected, strict=True):
        assert expected in reason, (row[:60], reason)
        assert reason.startswith("found ")
        assert "; expected " in reason
        assert SECRET not in reason
    assert done.counts.reports == len(rows) + 1
    return done


def test_every_kind_of_broken_row_is_told_and_costs_no_other(tmp_path: Path) -> None:
    assert len({row for row, _ in (*CSV_ROWS, *JSON_ROWS)}) >= 50
    database = open_database(str(tmp_path / "csv.db"))
    check(
        database,
        tmp_path / "a.csv",
        CSV_ROWS,
        [f"2;{GOOD};;;;;;;".encode(), f"b-NUMBER;{GOOD};;;;;;;".encode()],
        [HEADER.encode()],
    )
    database.close()
    database = open_database(str(tmp_path / "json.db"))
    good = [b'{"id": "2", "text": "Et godt ord.", "category": null}', b'{"id": "b-NUMBER", "text": "Et godt ord."}']
    check(database, tmp_path / "a.jsonl", JSON_ROWS, good, [])
    database.close()


def test_a_workbooks_broken_rows_are_told_too(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["id", "text"], ["1", "Han ropte."], ["2", "Han slo.", "for mye"], ["3", "#DIV/0!"], [None, "Han gikk."]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "a.xlsx")
    database = open_database(str(tmp_path / "asys.db"))
    done = import_file(database, tmp_path / "a.xlsx")
    database.close()
    assert done.counts.reports == 1
    assert [(line, reason[:30]) for line, reason in done.rejected] == [
        (3, "found 3 cells; expected 2, as "),
        (4, "found an error of a spreadshee"),
        (5, "found no id; expected one, by "),
    ]
