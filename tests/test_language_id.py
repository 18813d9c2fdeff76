import pytest

from classifier.language_id import identify


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jeg ble ringt opp av en mann som ikke ville gi seg.", "nb"),
        ("br. ringte, helt rasende, truet m å komme hit", "nb"),
        ("Utskjelt på tlf.", "nb"),
        ("Brukaren ringde og sa at eg skulle få svi.", "nn"),
        ("Ho kasta ein stol", "nn"),
        ("ikkje greitt", "nn"),
        ("Jeg blev truet af en borger i dag, han sagde at han ville komme forbi mit hus", "other"),
        ("Mannen spottade på mig i receptionen och skrek att jag skulle dö", "other"),
        ("He said he knew where I live and that I should be careful", "other"),
        ("Der Mann hat mich am Telefon beschimpft und ist dann gegangen", "other"),
        ("Hann hótaði að drepa mig.", "other"),
        ("هددني المستخدم عبر الهاتف", "other"),
        ("Він сказав що знає де я живу", "other"),
    ],
)
def test_the_standards_and_the_traps_are_told_apart(text: str, expected: str) -> None:
    assert identify(text).standard == expected


def test_a_scrap_without_evidence_passes_as_bokmal_with_no_margin() -> None:
    for scrap in ("", "12345", "???", "🤬"):
        guess = identify(scrap)
        assert (guess.standard, guess.margin) == ("nb", 0.0)


def test_a_quoted_english_insult_does_not_reject_the_report() -> None:
    assert identify("Hun ropte «fuck you and your system» og la på røret med en gang.").standard == "nb"
