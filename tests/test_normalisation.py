import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from classifier.normalisation import normalise

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)


def test_ordinary_text_is_left_alone() -> None:
    text = "Hun sa «nå er det nok» – og gikk.\nDøra smalt."
    assert normalise(text).text is text
    assert normalise(text).starts is None


def test_white_space_is_tidied_and_offsets_lead_back() -> None:
    original = "  Ringte\u00a0\u00a0kl.\t9\r\n\r\nLa på.  "
    clean = normalise(original)
    assert clean.text == "Ringte kl. 9\nLa på."
    start, end = clean.original_span(clean.text.index("La"), clean.text.index("La") + 2)
    assert original[start:end] == "La"


def test_combining_letters_become_one_and_lead_back_to_both() -> None:
    original = "Na\u030a gikk han"
    clean = normalise(original)
    assert clean.text == "Nå gikk han"
    assert original[slice(*clean.original_span(0, 2))] == "Na\u030a"
    assert original[slice(*clean.original_span(3, 7))] == "gikk"


def test_invisible_characters_go_and_emoji_stay_whole() -> None:
    assert normalise("\ufeffha\u00adn\u200b sa 👩‍👧 \x00nei").text == "han sa 👩‍👧 nei"


def test_an_invisible_character_between_spaces_leaves_one_space() -> None:
    assert normalise("a \u200b b").text == "a b"
    assert normalise("a \u200b\n b").text == "a\nb"


@given(ANY_TEXT)
@example("\ud800")
@example("\u0301start")
@example("\u202eשלום\u202c")
@example("\n\u200b\n")
def test_every_character_leads_back_into_the_original(original: str) -> None:
    clean = normalise(original)
    previous_start = 0
    for index in range(len(clean.text)):
        start, end = clean.original_span(index, index + 1)
        assert previous_start <= start < end <= len(original)
        previous_start = start


@given(ANY_TEXT)
def test_normalising_twice_changes_nothing_more(original: str) -> None:
    once = normalise(original).text
    assert normalise(once).text == once


@given(ANY_TEXT)
def test_the_result_is_tidy_and_can_be_written_as_utf_8(original: str) -> None:
    clean = normalise(original).text
    clean.encode("utf-8")
    assert clean == clean.strip()
    assert "  " not in clean
    assert not any(unicodedata.category(character) == "Cc" and character != "\n" for character in clean)
