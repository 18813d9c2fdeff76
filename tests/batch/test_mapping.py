import pytest

from classifier.batch.mapping import HistoryColumns, map_history, shown
from classifier.errors import InputError

COLUMNS = ("Saksnummer", "Dato", "Enhet", "Beskrivelse", "Kategori", "Kanal", "Merknad")


def test_columns_are_guessed_by_name_and_shown() -> None:
    mapping = map_history(COLUMNS, {}, "h.csv")
    assert mapping == HistoryColumns(text=3, id=0, category=4, channel=5, date=1, unit=2)
    assert shown(mapping, COLUMNS).startswith("Columns: text from 'Beskrivelse', id from 'Saksnummer'")


def test_an_option_wins_over_a_guess_and_only_the_text_is_needed() -> None:
    assert map_history(COLUMNS, {"text": "merknad"}, "h.csv").text == 6
    mapping = map_history(("Fritekst",), {}, "h.csv")
    assert mapping == HistoryColumns(0)
    assert shown(mapping, ("Fritekst",)) == "Columns: text from 'Fritekst'; none for id, category, channel, date, unit."


@pytest.mark.parametrize(
    ("columns", "chosen", "message"),
    [
        (("a", "b"), {}, "no column that looks like the text; expected --text with one of 'a', 'b'"),
        (("tekst",), {"date": "når"}, "no column 'når'; expected one of 'tekst'"),
        (("tekst", "Tekst"), {}, "more than one column 'tekst'"),
    ],
)
def test_a_mapping_that_fails_says_which_columns_there_are(
    columns: tuple[str, ...], chosen: dict[str, str | None], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        map_history(columns, chosen, "h.csv")
