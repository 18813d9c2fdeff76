"""Registering as a registrar does it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from classifier.store.database import Database
from classifier.store.tables import Decision, Report, WebSession
from tests.browser.conftest import Served

TEXT = "Kari Nordmann ringte og sa at hun visste hvor jeg bor. Hun skulle komme og ta meg."


def registered(store: Database) -> list[tuple[Report, Decision]]:
    with store.reading() as session:
        query = select(Report, Decision).join(Decision).where(Report.source == "registrering").order_by(Report.id)
        return [(row[0], row[1]) for row in session.execute(query)]


def test_a_report_is_registered_by_keyboard_alone(serve: Served, open_page: Callable[..., Page], store: Database) -> None:
    page = open_page()
    page.goto(serve("ola"))
    keys = page.keyboard
    keys.type(TEXT)
    expect(page.locator("#forslag .bar").first).to_be_visible()
    expect(page.locator("#lagres")).to_contain_text("[PERSON] ringte")
    keys.press("Escape")
    keys.press("3")
    keys.press("t")
    expect(page.locator("#kategori-trussel")).to_be_checked()
    expect(page.locator("#kanal-telefon")).to_be_checked()
    keys.press("Enter")
    expect(page.locator("#lagret")).to_contain_text("Lagret: Truende atferd eller trussel · Telefon")
    expect(page.locator("#tekst")).to_be_focused()
    expect(page.locator("#tekst")).to_have_value("")
    ((report, decision),) = registered(store)
    assert report.text == TEXT.replace("Kari Nordmann", "[PERSON]")
    assert (decision.category, decision.channel, decision.annotator) == ("trussel", "telefon", "ola")
    assert decision.suggestion_id is not None


def test_digits_and_letters_in_the_text_choose_nothing(serve: Served, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(serve())
    page.keyboard.type("3 ganger ropte han")
    expect(page.locator("#forslag .bar").first).to_be_visible()
    assert page.locator("#tekst").input_value() == "3 ganger ropte han"
    assert page.locator("input[type=radio]:checked").count() == 0


def test_what_a_person_chose_stays_while_the_suggestion_changes(serve: Served, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(serve())
    page.fill("#tekst", "Han ringte og ropte at jeg var en idiot.")
    expect(page.locator("#forslag .bar").first).to_be_visible()
    page.check("#kategori-haerverk")
    page.fill("#tekst", "Han skrev en e-post der han truet med å slå meg i hjel, og sendte den to ganger.")
    expect(page.locator("#lagres")).to_contain_text("sendte den to ganger")
    expect(page.locator("#kategori-haerverk")).to_be_checked()


def test_the_text_alone_can_be_saved_by_a_chord_and_what_is_missing_is_said(
    serve: Served, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    page.goto(serve())
    page.fill("#tekst", "Han ringte.")
    page.press("#tekst", "Control+Enter")
    expect(page.locator("#feil")).to_be_focused()
    page.click("#feil a >> nth=0")
    expect(page).to_have_url(page.url.partition("#")[0] + "#kategori")
    expect(page.locator("#tekst")).to_have_value("Han ringte.")


def test_what_was_chosen_before_something_was_missing_stays_while_the_text_goes_on(
    serve: Served, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    page.goto(serve())
    page.fill("#tekst", "Han ringte og ropte.")
    page.check("#kategori-haerverk")
    page.press("#tekst", "Control+Enter")
    expect(page.locator("#feil")).to_contain_text("Velg en kanal")
    expect(page.locator("#kategori-haerverk")).to_be_checked()
    page.type("#tekst", " Han sparket i døra.")
    expect(page.locator("#lagres")).to_contain_text("sparket i døra")
    expect(page.locator("#kategori-haerverk")).to_be_checked()


def test_markup_and_template_syntax_in_a_report_are_shown_as_text(serve: Served, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(serve())
    page.fill("#tekst", "Han skrev <img src=x onerror=alert(1)> og {{ 7 * 7 }} og truet meg på livet i en e-post.")
    expect(page.locator("#lagres")).to_contain_text("<img src=x onerror=alert(1)> og {{ 7 * 7 }}")
    assert page.locator("#lagres img").count() == 0


def test_a_session_that_ends_while_somebody_writes_loses_nothing(
    serve: Served, open_page: Callable[..., Page], store: Database
) -> None:
    page = open_page()
    page.goto(serve())
    page.fill("#tekst", TEXT)
    expect(page.locator("#forslag .bar").first).to_be_visible()
    page.check("#kategori-trussel")
    page.check("#kanal-telefon")
    page.fill("#enhet", "NAV Sandnes")
    with store.writing() as session:
        session.execute(delete(WebSession))
    page.type("#tekst", " Hun ringte igjen.")
    expect(page.locator("#okten-over")).to_be_visible()
    page.click("button:has-text('Lagre')")
    page.click("button:has-text('Send på nytt')")
    expect(page.locator("#lagret")).to_contain_text("Lagret")
    ((report, decision),) = registered(store)
    assert report.text is not None
    assert report.text.endswith("Hun ringte igjen.")
    assert (report.unit, decision.category) == ("NAV Sandnes", "trussel")


def test_a_draft_is_there_again_after_the_page_was_left_and_gone_once_it_is_saved(
    serve: Served, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    address = serve()
    page.goto(address)
    page.fill("#tekst", TEXT)
    page.check("#kanal-brev")
    page.goto(f"{address}/hjelp")
    page.goto(address)
    expect(page.locator("#gjenopprettet")).to_be_visible()
    expect(page.locator("#tekst")).to_have_value(TEXT)
    expect(page.locator("#kanal-brev")).to_be_checked()
    page.check("#kategori-trussel")
    page.click("button:has-text('Lagre')")
    expect(page.locator("#lagret")).to_be_visible()
    expect(page.locator("#tekst")).to_have_value("")
    page.goto(address)
    expect(page.locator("#tekst")).to_have_value("")


def test_everything_works_without_javascript(serve: Served, open_page: Callable[..., Page], store: Database) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(serve())
    page.fill("#tekst", TEXT)
    page.click("button:has-text('Vis forslag')")
    expect(page.locator("#forslag .bar").first).to_be_visible()
    expect(page.locator("#tekst")).to_have_value(TEXT)
    expect(page.locator("#gjenopprettet")).to_be_hidden()
    page.click("button:has-text('Lagre')")
    expect(page.locator("#feil")).to_contain_text("Velg en kanal")
    page.check("#kategori-trussel")
    page.check("#kanal-telefon")
    page.click("button:has-text('Lagre')")
    expect(page.locator("#lagret")).to_contain_text("Lagret")
    assert len(registered(store)) == 1


def test_probabilities_are_shown_on_demand_and_stay_shown(serve: Served, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(serve())
    page.fill("#tekst", TEXT)
    expect(page.locator("#forslag .bar").first).to_be_visible()
    expect(page.locator("#forslag .percent").first).to_be_hidden()
    page.check(".percent-switch")
    expect(page.locator("#forslag .percent").first).to_be_visible()
    page.type("#tekst", " Hun ringte igjen og igjen.")
    expect(page.locator("#lagres")).to_contain_text("igjen og igjen")
    expect(page.locator("#forslag .percent").first).to_be_visible()
