import json
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from classifier.batch.sources import open_source
from classifier.errors import InputError
from classifier.trends.incident_table import map_incidents, probability_columns, read_incidents
from classifier.trends.incidents import NO_UNIT, Incident
from tests.trends.made_up import reclassified, write_table

HEADER = ["Saksnummer", "Dato", "Enhet", "Beskrivelse", "Kategori", "Kanal"]
SECRET = "Kari Nordmann ble truet av naboen sin i går."


def read(path: Path, **chosen: str) -> tuple[list[Incident], list[str]]:
    errors: list[str] = []
    source = open_source(path)
    mapping = map_incidents(source.columns, chosen, source.name)
    return list(read_incidents(source, mapping, lambda error: errors.append(str(error)))), errors


def test_an_agencys_table_is_read_with_guessed_columns_and_dates_in_several_forms(tmp_path: Path) -> None:
    rows = [
        ["1", "31.12.2021", "Nav Ytrevik", SECRET, "Hærverk", "Publikumsmottak"],
        ["2", "2021-12-31", "NAV Kontaktsenter Nord", SECRET, "trussel", "Tlf"],
        ["3", "31/12-21", "", SECRET, "", ""],
        ["4", "44561", "Nav Elvemo", SECRET, "Sjikane eller trakassering", "Ikke oppgitt"],
    ]
    found, errors = read(write_table(tmp_path / "a.csv", HEADER, rows, encoding="cp1252"))
    assert errors == []
    assert {incident.day for incident in found} == {date(2021, 12, 31)}
    assert [incident.category for incident in found] == ["haerverk", "trussel", None, "sjikane_trakassering"]
    assert [incident.channel for incident in found] == ["publikumsmottak", "telefon", None, "ukjent"]
    assert [incident.kind for incident in found] == ["Nav-kontor", "Kontaktsenter", NO_UNIT, "Nav-kontor"]


def test_dates_that_excel_holds_as_dates_are_read(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].append(["Dato", "Kategori"])
    book.worksheets[0].append([date(2021, 12, 31), "trussel"])
    book.save(tmp_path / "a.xlsx")
    (found,), errors = read(tmp_path / "a.xlsx")
    assert (found.day, errors) == (date(2021, 12, 31), [])


def test_a_row_without_a_date_is_left_out_and_one_with_an_unknown_label_is_counted_without_it(tmp_path: Path) -> None:
    rows = [
        ["1", "i fjor", "Nav Ytrevik", SECRET, "trussel", "Telefon"],
        ["2", "", "Nav Ytrevik", SECRET, "trussel", "Telefon"],
        ["3", "01.02.2021", "Nav Ytrevik", SECRET, "mobbing", "Telefon"],
        ["4", SECRET, "Nav Ytrevik", SECRET, "trussel", "Telefon"],
    ]
    path = write_table(tmp_path / "a.csv", HEADER, rows)
    found, errors = read(path)
    assert [(incident.category, incident.channel) for incident in found] == [(None, "telefon")]
    assert [error.split(": ")[0] for error in errors] == [f"{path}, line {line}" for line in (2, 3, 4, 5)]
    assert "the date 'i fjor'; expected a date such as 31.12.2021" in errors[0]
    assert "found no date" in errors[1]
    assert "the category 'mobbing'; expected one of fysisk_angrep_person" in errors[2]
    assert "of 44 characters" in errors[3]
    assert "Nordmann" not in "".join(errors)


def test_what_reclassify_wrote_is_read_with_the_models_labels_and_probabilities(tmp_path: Path) -> None:
    path = reclassified(tmp_path / "a.csv", incidents=20)
    found, errors = read(path)
    assert errors == []
    assert all(len(incident.probabilities) == len(probability_columns()) for incident in found)
    assert all(sum(incident.probabilities) == pytest.approx(2, abs=1e-4) for incident in found)
    registered, _ = read(path, category="Kategori", channel="Kanal")
    assert not any(incident.probabilities for incident in registered)
    assert [one.category for one in registered] != [one.category for one in found]


def test_a_row_that_the_model_had_no_answer_to_has_no_label(tmp_path: Path) -> None:
    header = ["Dato", "asys_category", "asys_channel", *probability_columns()]
    path = write_table(tmp_path / "a.csv", header, [["01.02.2021", "", "", *[""] * 18]])
    (found,), errors = read(path)
    assert (found.category, found.channel, found.probabilities, errors) == (None, None, (), [])


def test_probabilities_that_are_none_are_told_of(tmp_path: Path) -> None:
    header = ["Dato", "asys_category", "asys_channel", *probability_columns()]
    for wrong in ("mye", "1,5", "nan"):
        path = write_table(tmp_path / "a.csv", header, [["01.02.2021", "trussel", "telefon", wrong, *["0,1"] * 17]])
        (found,), (error,) = read(path)
        assert (found.category, found.probabilities) == ("trussel", ())
        assert "line 2: found probabilities that are none; expected numbers from 0 to 1" in error


def test_a_table_without_a_date_or_with_a_wrong_column_is_told_what_there_is() -> None:
    with pytest.raises(InputError, match="no column that looks like the date; expected --date with one of 'tekst', 'x'"):
        map_incidents(("tekst", "x"), {}, "a.csv")
    with pytest.raises(InputError, match="no column 'når'; expected one of 'Dato'"):
        map_incidents(("Dato",), {"date": "når"}, "a.csv")
    with pytest.raises(InputError, match="no columns 'asys_category' and 'asys_channel'"):
        map_incidents(("Dato",), {}, "a.csv", labels="model")


def test_json_lines_parquet_and_a_folder_are_read_as_a_csv_file_is(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    rows = [{"Dato": date(2021, 12, day), "Kategori": "trussel", "Kanal": None, "asys": 1} for day in (1, 2, 3)]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    lines = [json.dumps({**row, "Dato": str(row["Dato"])}) for row in rows]
    (tmp_path / "mappe").mkdir()
    (tmp_path / "mappe" / "b.jsonl").write_text("\n".join([*lines, "{"]), encoding="utf-8")
    (tmp_path / "mappe" / "c.jsonl").write_text("\n".join(lines), encoding="utf-8")
    from_parquet, errors = read(tmp_path / "a.parquet")
    assert [(one.day.day, one.category, one.channel) for one in from_parquet] == [(day, "trussel", None) for day in (1, 2, 3)]
    assert errors == []
    from_folder, errors = read(tmp_path / "mappe")
    assert from_folder == from_parquet * 2
    assert errors == [f"{tmp_path / 'mappe' / 'b.jsonl'}, line 4: found no valid JSON; expected a row that can be read"]


def test_columns_that_reclassify_added_under_another_prefix_are_found_and_those_of_two_models_refused(tmp_path: Path) -> None:
    added = ["ny_category", "ny_channel", "ny_model_version", *probability_columns("ny_")]
    row = ["01.02.2021", "trussel", "telefon", "2026.1", *["0,1"] * 18]
    found, _ = read(write_table(tmp_path / "a.csv", ["Dato", *added], [row]))
    assert (found[0].category, len(found[0].probabilities)) == ("trussel", 18)
    both = write_table(tmp_path / "b.csv", ["Dato", *added, "asys_category", "asys_channel"], [[*row, "trussel", "telefon"]])
    with pytest.raises(InputError, match=r"labels of several models \(asys_category, ny_category\)"):
        read(both)
    found, _ = read(both, category="asys_category", channel="asys_channel")
    assert found[0].category == "trussel"


def test_names_of_columns_are_compared_without_case_and_the_blanks_around_them(tmp_path: Path) -> None:
    added = [name.upper() for name in ("asys_category", "asys_channel", "asys_model_version", *probability_columns())]
    row = ["01.02.2021", "trussel", "telefon", "2026.1", *["0,1"] * 18]
    found, errors = read(write_table(tmp_path / "a.csv", [" Dato ", *added], [row]))
    assert errors == []
    assert (found[0].category, len(found[0].probabilities)) == ("trussel", 18)


def test_a_value_that_holds_others_is_refused_and_not_shown(tmp_path: Path) -> None:
    lines = [{"Dato": "01.02.2021", "Kategori": "trussel"}, {"Dato": {"a": "Kari drept"}, "Kategori": "trussel"}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    found, errors = read(tmp_path / "a.jsonl")
    assert len(found) == 1
    assert errors == [f"{tmp_path / 'a.jsonl'}, line 2: found a value of type dict; expected text, a number or a date"]


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.csv", ["Dato", "Kategori", "Dato"], [["01.02.2021", "trussel", ""]])
    with pytest.raises(InputError, match="more than one column 'Dato'; expected one for the date"):
        read(path)
