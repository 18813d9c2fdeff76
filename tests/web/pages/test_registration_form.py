"""The form says what is wrong, where, and what to do."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from classifier.model.incident_model import LONGEST_TEXT
from classifier.web.pages.registration_form import RegistrationForm, errors, is_number, new_number

NOW = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
GOOD = RegistrationForm(
    number="R260303-0a1b2c3d", text="Han truet meg.", date="2026-03-04", unit="Vest", category="trussel", channel="telefon"
)


def test_a_complete_form_is_kept() -> None:
    assert errors(GOOD, NOW) == ()
    assert errors(replace(GOOD, date="", unit="", reason=""), NOW) == ()


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("text", " \n", "tekst"),
        ("text", "a" * (LONGEST_TEXT + 1), "tekst"),
        ("date", "31.12.2021", "dato"),
        ("date", "2026-03-05", "dato"),
        ("date", "1066-10-14", "dato"),
        ("unit", "x" * 201, "enhet"),
        ("category", "", "kategori"),
        ("category", "trusel", "kategori"),
        ("channel", "", "kanal"),
        ("reason", "x" * 2001, "begrunnelse"),
    ],
)
def test_each_fault_is_told_at_its_field(field: str, value: str, place: str) -> None:
    (found,) = errors(replace(GOOD, **{field: value}), NOW)
    assert found.field == place
    assert found.text.endswith(".")
    assert "Han truet" not in found.text


def test_today_is_todays_date_in_norway() -> None:
    assert errors(replace(GOOD, date="2026-03-04"), NOW) == ()


def test_a_number_tells_the_day_and_cannot_be_guessed() -> None:
    number = new_number(NOW, lambda size: "ab" * size)
    assert number == "R260304-abababab"
    assert is_number(number)
    assert not is_number("R260304-abababab'; DROP TABLE reports")
