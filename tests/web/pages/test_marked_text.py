"""Marks and masks cut a text without losing a letter."""

from hypothesis import given
from hypothesis import strategies as st

from classifier.spans import PersonalData
from classifier.suggestion import Evidence
from classifier.web.pages.marked_text import Piece, masked_summary, pieces, weighed

TEXT = "Kari ringte og sa at hun visste hvor jeg bor 👀."


def test_what_weighed_is_marked_and_says_for_what() -> None:
    found = pieces(TEXT, [Evidence(5, 11, 1.0, "telefon")], ["trussel", "telefon"])
    assert found == (
        Piece("Kari "),
        Piece("ringte", ("channel",), ("Telefon",)),
        Piece(" og sa at hun visste hvor jeg bor 👀."),
    )


def test_a_word_that_weighed_for_both_says_both() -> None:
    found = pieces("slo", [Evidence(0, 3, 1.0, "fysisk_angrep_person"), Evidence(0, 3, 1.0, "publikumsmottak")], CHOSEN)
    assert found == (Piece("slo", ("category", "channel"), ("Fysisk angrep på person", "Publikumsmottak")),)


def test_evidence_for_other_labels_and_against_is_left_out() -> None:
    assert pieces("slo", [Evidence(0, 3, 1.0, "haerverk"), Evidence(0, 3, -1.0, "publikumsmottak")], CHOSEN) == (Piece("slo"),)


def test_a_mask_stays_whole_and_says_what_it_hides() -> None:
    found = pieces("[PERSON] ringte [nå]", [Evidence(1, 15, 1.0, "telefon")], ["telefon"])
    assert found == (
        Piece("[PERSON]", masked="navn"),
        Piece(" ringte", ("channel",), ("Telefon",)),
        Piece(" [nå]"),
    )


def test_what_the_marks_say_is_said_in_words_too() -> None:
    shown = pieces("Han slo og sparket", [Evidence(4, 7, 1.0, CHOSEN[0]), Evidence(11, 18, 1.0, CHOSEN[0])], CHOSEN)
    assert weighed(shown) == ("For Fysisk angrep på person veide: slo, sparket.",)


def test_markup_in_a_report_stays_text() -> None:
    assert pieces("<b>{{ 7 * 7 }}</b>", [], []) == (Piece("<b>{{ 7 * 7 }}</b>"),)


def test_what_is_hidden_is_counted_in_words() -> None:
    names = [PersonalData(0, 4, "PERSON"), PersonalData(9, 12, "PERSON"), PersonalData(20, 28, "PHONE")]
    assert masked_summary(names) == "2 navn og 1 telefonnummer"
    assert masked_summary([*names, PersonalData(30, 40, "ADDRESS"), PersonalData(50, 60, "ADDRESS")]) == (
        "2 navn, 1 telefonnummer og 2 adresser"
    )
    assert masked_summary([]) == ""


CHOSEN = ["fysisk_angrep_person", "publikumsmottak"]
spans = st.tuples(st.integers(-3, 30), st.integers(-3, 30))


texts = st.lists(st.sampled_from(["[PERSON]", "[PHONE", "]", " slo ", "👀", "[EMAIL]"]), max_size=6).map("".join)


@given(texts, st.lists(spans, max_size=6))
def test_whatever_the_spans_the_pieces_are_the_text(text: str, marks: list[tuple[int, int]]) -> None:
    found = pieces(text, [Evidence(start, end, 1.0, "haerverk") for start, end in marks], ["haerverk"])
    assert "".join(piece.text for piece in found) == text
    assert all(piece.text in ("[PERSON]", "[PHONE]", "[EMAIL]") for piece in found if piece.masked)
    assert not any("[PERSON]" in piece.text for piece in found if not piece.masked)
