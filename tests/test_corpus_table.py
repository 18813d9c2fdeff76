from pathlib import Path

import pytest
from openpyxl import Workbook

from classifier.corpus import Located
from classifier.corpus_table import map_columns, read_examples
from classifier.errors import InputError

HEADER = ["Saksnummer", "Beskrivelse", "Hendelsestype", "Kanal"]
ROWS = [
    ["17", "Han ropte og slo i skranken så glasset sprakk.", "Hærverk", "Publikumsmottak"],
    ["18", "Ho ringde og sa at eg skulle få svi.", "trussel", ""],
]


def write_csv(path: Path, header: list[str], rows: list[list[str]], encoding: str = "cp1252") -> Path:
    path.write_text("\n".join(";".join(row) for row in [header, *rows]) + "\n", encoding=encoding)
    return path


def read(path: Path, **chosen: str) -> tuple[list[Located], list[str]]:
    errors: list[str] = []
    return list(read_examples(path, lambda error: errors.append(str(error)), chosen)), errors


def test_a_history_from_excel_is_read_with_guessed_columns_and_named_labels(tmp_path: Path) -> None:
    book = Workbook()
    for row in [HEADER, *ROWS]:
        book.worksheets[0].append(row)
    book.save(tmp_path / "historikk.xlsx")
    for path in (write_csv(tmp_path / "historikk.csv", HEADER, ROWS), tmp_path / "historikk.xlsx"):
        located, errors = read(path)
        assert errors == []
        first, second = (one.example for one in located)
        assert (first.id, first.category, first.channel, first.acts) == ("17", "haerverk", "publikumsmottak", None)
        assert (first.language, first.source, first.split, first.group) == ("nb", "historikk", "train", "17")
        assert (second.channel, second.language) == ("ukjent", "nn")
        assert [one.has_channel for one in located] == [True, False]


def test_columns_are_mapped_by_option_and_acts_may_be_listed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ["x", "y", "acts"], [["Ropte og slo.", "fysisk angrep", "utskjelling, fysisk angrep"]])
    (located,), errors = read(path, text="X", category="y")
    assert errors == []
    assert located.example.id == "a-2"
    assert not located.has_channel
    assert located.example.acts == ("fysisk_angrep_person", "verbal_utskjelling")


def test_a_column_that_is_missing_or_cannot_be_guessed_is_named_with_those_there_are() -> None:
    with pytest.raises(
        InputError, match=r"no column that looks like the category; expected --category with one of 'tekst', 'x'"
    ):
        map_columns(("tekst", "x"), {"category": None}, "a.csv")
    with pytest.raises(InputError, match="no column 'kode'; expected one of 'tekst', 'x'"):
        map_columns(("tekst", "x"), {"category": "kode"}, "a.csv")


def test_a_bad_row_is_rejected_with_its_line_and_the_rest_is_kept(tmp_path: Path) -> None:
    secret = "Kari Nordmann ble truet av naboen sin i går."
    rows = [
        ROWS[0],
        ["19", "Noe skjedde.", "mobbing", ""],
        ["20", "Noe annet.", secret, ""],
        ["21", "", "trussel", ""],
        ROWS[1],
    ]
    located, errors = read(write_csv(tmp_path / "a.csv", HEADER, rows))
    assert [one.line for one in located] == [2, 6]
    assert [error.split(": ")[0] for error in errors] == [f"{tmp_path / 'a.csv'}, line {line}" for line in (3, 4, 5)]
    assert "the category 'mobbing'; expected one of fysisk_angrep_person" in errors[0]
    assert "of 44 characters" in errors[1]
    assert "Nordmann" not in "".join(errors)
