import pytest

from classifier.column_names import map_fields
from classifier.errors import InputError

FIELDS = ("text", "date", "unit")


def test_columns_are_guessed_by_the_names_people_give_them() -> None:
    columns = ("Hendelsesdato", "NAV-kontor", "Beskrivelse", "Fakta")
    assert map_fields(columns, FIELDS, {}, required=("text",), source="a.csv") == {
        "text": "Beskrivelse",
        "date": "Hendelsesdato",
        "unit": "NAV-kontor",
    }


def test_what_is_chosen_comes_first_and_is_guessed_for_nothing_else() -> None:
    mapping = map_fields(("Tekst", "Hendelse"), ("text", "date"), {"date": "tekst"}, required=(), source="a.csv")
    assert mapping == {"text": "Hendelse", "date": "Tekst"}


def test_a_required_column_that_is_missing_names_the_option_and_the_columns() -> None:
    with pytest.raises(InputError, match=r"no column that looks like the unit_kind; expected --unit-kind with one of 'Tekst'"):
        map_fields(("Tekst",), ("unit_kind",), {"unit_kind": None}, required=("unit_kind",), source="a.csv")


def test_where_no_option_names_a_column_the_names_that_are_understood_are_told() -> None:
    with pytest.raises(InputError) as caught:
        map_fields(("Tekst", "X"), ("unit_kind",), {"text": None}, required=("unit_kind",), source="a.csv")
    understood = "unit_kind, enhetstype, type enhet, resultatområde, kind"
    found = "a.csv, line 1: found no column that looks like the unit_kind"
    assert str(caught.value) == f"{found}; expected one named {understood}; it has 'Tekst', 'X'"


def test_a_chosen_column_that_is_missing_is_named() -> None:
    with pytest.raises(InputError, match="no column 'Kode'"):
        map_fields(("Tekst",), ("text",), {"text": "Kode"}, required=(), source="a.csv")
