import doctest

from hypothesis import given
from hypothesis import strategies as st

from classifier import cell_text
from classifier.cell_text import for_workbook, from_workbook, guarded, unguarded


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(cell_text).failed == 0


@given(st.one_of(st.none(), st.text(alphabet="'=+-@\t\r\n a")))
def test_every_value_comes_back_from_its_cell(value: str | None) -> None:
    assert unguarded(guarded(value)) == value


@given(st.text(alphabet="=+-@\t\r\n 'æ1", min_size=1))
def test_no_cell_begins_as_a_formula(value: str) -> None:
    assert guarded(value)[0] not in "=+-@\t\r\n"


@given(st.text(alphabet="_x0DAd\r\x07\n "))
def test_what_xml_cannot_hold_comes_back_from_a_workbook(value: str) -> None:
    written = for_workbook(value)
    assert not any(sign in written for sign in "\r\x07")
    assert from_workbook(written) == value
