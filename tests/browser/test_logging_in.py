"""People who log in at a provider: what they see, and what the end of a session costs them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from classifier.store.database import Database
from classifier.store.tables import Report, WebSession
from tests.browser.conftest import Served
from tests.web.provider import running

TEXT = "Bruker ringte og sa at han visste hvor jeg bor."


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("provider")) as address:
        yield address


def log_in(page: Page, person: str) -> None:
    page.fill("input[name=sub]", person)
    page.press("input[name=sub]", "Enter")


def test_each_role_finds_the_pages_that_are_its_own(serve: Served, open_page: Callable[..., Page], issuer: str) -> None:
    address = serve(issuer=issuer)
    menus = {
        "rita": ["Registrer", "Søk", "Modell", "Statistikk", "Hjelp"],
        "kari": ["Registrer", "Kvalitet", "Søk", "Modell", "Statistikk", "Hjelp"],
        "anna": ["Modell", "Statistikk", "Hjelp"],
    }
    for person, menu in menus.items():
        page = open_page()
        page.goto(address)
        log_in(page, person)
        expect(page.locator(".menu a")).to_have_text(menu)
        expect(page.locator(".who strong")).to_have_text(person.title())
        trains = page.get_by_role("button", name="Start opplæring")
        page.goto(address + "/modell")
        expect(trains).to_have_count(1 if person == "anna" else 0)


def test_a_session_that_ends_in_the_middle_of_a_decision_loses_nothing_typed(
    serve: Served, open_page: Callable[..., Page], issuer: str, store: Database
) -> None:
    page = open_page()
    page.goto(serve(issuer=issuer))
    log_in(page, "rita")
    page.fill("#tekst", TEXT)
    expect(page.locator("#forslag .bar").first).to_be_visible()
    page.check("#kategori-trussel")
    page.check("#kanal-telefon")
    with store.writing() as session:
        session.execute(delete(WebSession))
    page.click("button:has-text('Lagre')")
    expect(page.locator("main")).to_contain_text("Det du skrev, er ikke borte")
    with page.expect_popup() as opened:
        page.click("text=Logg inn i en ny fane")
    log_in(opened.value, "rita")
    expect(opened.value.locator("h1")).to_have_text("Registrer en hendelse")
    opened.value.close()
    page.click("button:has-text('Send på nytt')")
    expect(page.locator("main")).to_contain_text("Økten er fornyet")
    page.click("button:has-text('Send på nytt')")
    expect(page.locator("#lagret")).to_contain_text("Lagret: Truende atferd eller trussel · Telefon")
    with store.reading() as session:
        assert session.scalars(select(Report.text).where(Report.source == "registrering")).one() == TEXT


def test_a_draft_is_gone_once_somebody_has_logged_out(serve: Served, open_page: Callable[..., Page], issuer: str) -> None:
    page = open_page()
    address = serve(issuer=issuer)
    page.goto(address)
    log_in(page, "rita")
    page.fill("#tekst", TEXT)
    page.click("button:has-text('Logg ut')")
    page.goto(address + "/logged-out")
    page.goto(address)
    log_in(page, "ola")
    expect(page.locator("#tekst")).to_have_value("")
