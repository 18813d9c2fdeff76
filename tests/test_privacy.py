from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from classifier.identifiers import find_identifiers, is_identity_number, is_real_identity_number
from classifier.language import LoadedPipeline
from classifier.privacy import mask_texts
from classifier.spans import PersonalData, settle
from scripts.measure_privacy import measure, read_annotated

DATA = Path(__file__).parent / "data"


def found(text: str, pipeline: LoadedPipeline) -> list[tuple[str, str]]:
    (masked,) = mask_texts([text], pipeline=pipeline)
    return [(span.type, text[span.start : span.end]) for span in masked.spans]


def kinds(text: str) -> list[tuple[str, str]]:
    return [(span.type, text[span.start : span.end]) for span in settle(find_identifiers(text))]


def with_check_digits(nine: str) -> str:
    for last in range(100):
        if is_identity_number(f"{nine}{last:02d}"):
            return f"{nine}{last:02d}"
    raise AssertionError(nine)


def test_identity_numbers_of_every_series_are_known() -> None:
    ordinary, d_number, test_40, test_80 = (
        with_check_digits(nine) for nine in ("010190499", "410190499", "014190499", "018190499")
    )
    real = [is_real_identity_number(number) for number in (ordinary, d_number, test_40, test_80)]
    assert real == [True, True, False, False]
    assert not is_identity_number(test_80[:-1] + str((int(test_80[-1]) + 1) % 10))
    assert not is_identity_number("1234")
    assert not is_identity_number("99999999999")


@pytest.mark.parametrize("shape", ["{0}{1}", "{0} {1}", "{0}-{1}", "{0}.{1}", "{0}\u00a0{1}"])
def test_identity_numbers_are_found_however_they_are_split(shape: str) -> None:
    number = with_check_digits("018190499")
    text = f"Oppgav {shape.format(number[:6], number[6:])} i telefonen"
    assert [kind for kind, _ in kinds(text)] == ["ID_NUMBER"]


@pytest.mark.parametrize(
    "text",
    [
        "fnr 0181904990",
        "fødselsnummer: 01819049 9999",
        "personnr er 018190 4999",
        "født 018190-49912 står det",
        "p.nr 018190 499123",
    ],
)
def test_mistyped_identity_numbers_are_found_in_context(text: str) -> None:
    assert [kind for kind, _ in kinds(text)] == ["ID_NUMBER"]


@pytest.mark.parametrize(
    "phone",
    [
        "40000123",
        "400 00 123",
        "40 00 01 23",
        "+47 400 00 123",
        "0047 40000123",
        "(+47) 400 00 123",
        "+4740000123",
        "4000 0123",
    ],
)
def test_phones_are_found_in_every_grouping(phone: str) -> None:
    assert [kind for kind, _ in kinds(f"Ring {phone} etter lunsj.")] == ["PHONE"]
    assert [kind for kind, _ in kinds(f"Han ringte fra {phone}, to ganger")] == ["PHONE"]


@pytest.mark.parametrize(
    "text",
    [
        "Ring NAV på 55 55 33 33 eller politiet på 02800, 112 eller 113.",
        "Kravet er på kr 12345678 og skal betales.",
        "Han skylder 22000123 kroner.",
        "Vedtak etter § 11-5 av 12.03.2021 kl. 09.45 i sak 2021/123456.",
        "Saksnr 40000123 gjelder perioden 2020 2021.",
        "Det var 20211231 i filnavnet.",
        "Beløp 12 500,- ble trukket 3. mai.",
        "Møterom 214, etasje 2, 37 år gammel.",
        "Legevakta har 116 117.",
    ],
)
def test_public_numbers_amounts_dates_and_case_numbers_stay(text: str) -> None:
    assert kinds(text) == []


def test_a_phone_before_a_date_of_birth_stays_a_phone() -> None:
    text = "Han er nådd på 99 99 91 74, født 1.1.1985."
    assert kinds(text) == [("PHONE", "99 99 91 74"), ("BIRTHDATE", "1.1.1985")]


def test_each_kind_of_identifier_is_found_with_its_whole_extent() -> None:
    text = (
        "Skriv til ola.n@example.no, konto 9999.12.34567, bil AB 12345, bor i Nedre Storgate 5 B, 0184 Oslo, "
        "f. 12.03.1981, se facebook.com/ola.test og @ola_test."
    )
    assert kinds(text) == [
        ("EMAIL", "ola.n@example.no"),
        ("ACCOUNT", "9999.12.34567"),
        ("PLATE", "AB 12345"),
        ("ADDRESS", "Nedre Storgate 5 B, 0184 Oslo"),
        ("BIRTHDATE", "12.03.1981"),
        ("HANDLE", "facebook.com/ola.test"),
        ("HANDLE", "@ola_test"),
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("sbh lillian ble kalt hore", "lillian"),
        ("Karis bil ble ripet opp", "Karis"),
        ("han heter abdikarim og er sint", "abdikarim"),
        ("mvh Trine-Lise", "Trine-Lise"),
        ("Hei Marit, nå er jeg lei", "Marit"),
        ("K. Hansen ringte igjen", "K. Hansen"),
        ("Brukaren, Ali Hassan Omar, la på", "Ali Hassan Omar"),
        ("snakket med kari nordmann i går", "kari nordmann"),
        ("Etter møtet sa Bjørn at han var redd", "Bjørn"),
    ],
)
def test_names_are_found_as_hasty_people_write_them(text: str, name: str, pipeline: LoadedPipeline) -> None:
    assert ("PERSON", name) in found(text, pipeline)


@pytest.mark.parametrize(
    "text",
    [
        "Det var en bjørn på parkeringsplassen, og stein i snøballen.",
        "NAV Årstad i Bergen meldte fra til Statsforvalteren.",
        "Herregud, Jesus og Gud, sa mannen i Modia og Gosys.",
        "Even if you block me I will find you",
        "Han ble kalt Hitler av en annen bruker.",
        "anna enn det hende ikkje noko",
    ],
)
def test_words_places_and_systems_are_no_names(text: str, pipeline: LoadedPipeline) -> None:
    assert found(text, pipeline) == []


def test_the_mask_replaces_each_find_by_its_type_and_keeps_the_rest(pipeline: LoadedPipeline) -> None:
    text = "😡 Kari Nordmann ringte fra 400 00 123."
    (masked,) = mask_texts([text], pipeline=pipeline)
    assert masked.text == "😡 [PERSON] ringte fra [PHONE]."
    assert [(span.type, text[span.start : span.end]) for span in masked.spans] == [
        ("PERSON", "Kari Nordmann"),
        ("PHONE", "400 00 123"),
    ]


def test_of_two_finds_that_overlap_the_first_stays() -> None:
    first, second, third = PersonalData(5, 9, "PHONE"), PersonalData(8, 12, "PLATE"), PersonalData(0, 2, "PERSON")
    assert settle([first, second, third]) == (third, first)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec=None), max_size=120))
@example(text="Kari 400 00 123 Kari 400 00 123")
def test_masking_any_text_keeps_what_it_does_not_find(pipeline: LoadedPipeline, text: str) -> None:
    (masked,) = mask_texts([text], pipeline=pipeline)
    rebuilt, position = "", 0
    for span in masked.spans:
        assert position <= span.start < span.end <= len(text)
        rebuilt += text[position : span.start] + f"[{span.type}]"
        position = span.end
    assert rebuilt + text[position:] == masked.text


def test_recall_and_precision_on_the_annotated_sentences_do_not_fall() -> None:
    outcomes = measure(list(read_annotated(DATA / "privacy_dev.tsv")), None, show=False)
    for kind in ("ID_NUMBER", "PHONE", "EMAIL"):
        assert outcomes[kind, "both"].recall >= 0.99
    assert outcomes["PERSON", "both"].recall >= 0.95
    assert outcomes["PERSON", "both"].precision >= 0.9


def test_the_annotated_sentences_hold_no_identity_number_of_a_living_person() -> None:
    for name in ("privacy_dev.tsv", "privacy_test.tsv"):
        for sentence in read_annotated(DATA / name):
            for span in sentence.spans:
                digits = "".join(filter(str.isdigit, sentence.text[span.start : span.end]))
                assert span.type != "ID_NUMBER" or not is_real_identity_number(digits)
