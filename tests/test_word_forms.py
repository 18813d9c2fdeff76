from importlib.resources import files

import pytest

from classifier.word_forms import plain_form, shared_form


def pairs() -> list[list[str]]:
    table = files("classifier") / "data" / "nynorsk_bokmal.tsv"
    return [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    "spellings",
    [
        ("slå", "SLÅ", "slaa", "SLAA", "sla"),
        ("ødelagt", "ODELAGT", "oedelagt", "ödelagt", "odelagt"),
        ("hærverk", "haerverk", "herverk", "härverk"),
        ("idé", "ide", "IDÈ"),
    ],
)
def test_spellings_of_one_word_have_one_form(spellings: tuple[str, ...]) -> None:
    assert len({plain_form(word) for word in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), [("slo", "sla"), ("tak", "takk"), ("ring", "ringt"), ("mot", "møtte")])
def test_different_words_keep_different_forms(one: str, other: str) -> None:
    assert plain_form(one) != plain_form(other)


def test_letters_held_down_are_let_go_after_two() -> None:
    assert {plain_form(word) for word in ("heeei", "heeeei", "HEEEEEEEEI")} == {"heei"}
    assert plain_form("takk") == "takk"
    assert plain_form("!!!!!") == "!!"


@pytest.mark.parametrize(("nynorsk", "bokmaal"), [("ringde", "ringte"), ("RINGDE", "ringte"), ("eg", "jeg"), ("ikkje", "ikke")])
def test_nynorsk_and_dialect_are_carried_over_to_bokmaal(nynorsk: str, bokmaal: str) -> None:
    assert plain_form(nynorsk) != plain_form(bokmaal)
    assert shared_form(nynorsk) == shared_form(bokmaal) == plain_form(bokmaal)


@pytest.mark.parametrize("word", ["telefon", "qwxz", "", "!", "😡"])
def test_other_words_come_back_as_they_are(word: str) -> None:
    assert shared_form(word) == word


def test_every_pair_is_two_single_words() -> None:
    assert len(pairs()) > 3000
    assert [pair for pair in pairs() if len(pair) != 2 or any(word.split() != [word] for word in pair)] == []


def test_no_word_is_listed_twice() -> None:
    nynorsk = [pair[0] for pair in pairs()]
    assert len(set(nynorsk)) == len(nynorsk)


def test_both_words_of_every_pair_share_a_form() -> None:
    assert [(one, other) for one, other in pairs() if shared_form(one) != shared_form(other)] == []


@pytest.mark.parametrize(("one", "other"), [("no", "noe"), ("dæ", "de"), ("sæ", "se"), ("verte", "vært")])
def test_a_word_that_looks_like_another_without_its_marks_is_read_as_it_is_spelt(one: str, other: str) -> None:
    assert shared_form(one) != shared_form(other)
    assert shared_form(other) == plain_form(other)


@pytest.mark.parametrize(
    ("spelling", "bokmaal"), [("arbeidsloysa", "arbeidsledigheten"), ("ALLSTOETT", "alltid"), ("besokje", "besøke")]
)
def test_nynorsk_without_norwegian_letters_is_carried_over_too(spelling: str, bokmaal: str) -> None:
    assert shared_form(spelling) == plain_form(bokmaal)


@pytest.mark.parametrize("word", ["ikkkkje", "ikkkkkkkkje", "IKKKJE"])
def test_letters_held_down_are_let_go_before_a_word_is_looked_up(word: str) -> None:
    assert shared_form(word) == shared_form("ikkje") == "ikke"


def test_held_down_vowels_let_go_to_one_form_however_many() -> None:
    assert len({plain_form(f"f{'a' * count}en") for count in (3, 4, 5, 8, 11)}) == 1
