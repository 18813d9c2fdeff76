"""Reviewing as quality checkers do it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from classifier.store.database import Database
from classifier.store.tables import Decision, Report, WebSession
from tests.browser.conftest import Served


def decisions(store: Database) -> list[Decision]:
    with store.reading() as session:
        return list(session.scalars(select(Decision).order_by(Decision.id)))


def title(page: Page) -> str:
    return page.locator("#rapport-tittel").inner_text()


def test_ten_items_are_cleared_with_keys_only(serve: Served, open_page: Callable[..., Page], store: Database) -> None:
    page = open_page()
    page.goto(serve("kari") + "/kvalitet")
    seen = []
    for place in range(10):
        seen.append(title(page))
        keys = {0: ("j",), 1: ("2", "b", "Enter"), 2: ("Enter",)}.get(place % 3, ("j",))
        with page.expect_navigation():
            for key in keys:
                page.keyboard.press(key)
        expect(page.locator("#lagret")).to_contain_text("Lagret")
    assert len(set(seen)) == 10
    made = decisions(store)
    assert [decision.annotator for decision in made] == ["kari"] * 10
    assert (made[1].category, made[1].channel) == ("haerverk", "brev")
    expect(page.locator(".progress-box")).to_contain_text("10 av 40")


def test_a_decision_is_taken_back_and_made_anew_by_keys(serve: Served, open_page: Callable[..., Page], store: Database) -> None:
    page = open_page()
    page.goto(serve() + "/kvalitet")
    first = title(page)
    with page.expect_navigation():
        page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("z")
    assert title(page) == first
    page.keyboard.press("7")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert [decision.kind for decision in decisions(store)] == ["label", "undo", "label"]
    assert decisions(store)[-1].category == "verbal_utskjelling"


def test_parking_asks_for_a_comment_and_skipping_for_nothing(
    serve: Served, open_page: Callable[..., Page], store: Database
) -> None:
    page = open_page()
    page.goto(serve() + "/kvalitet")
    first = title(page)
    page.keyboard.press("v")
    expect(page.locator("#kommentar")).to_be_focused()
    page.keyboard.type("7 vitner, hvem slo?")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.locator("#lagret")).to_contain_text("Satt til avklaring")
    ((parked),) = decisions(store)
    assert (parked.kind, parked.reason) == ("park", "7 vitner, hvem slo?")
    second = title(page)
    with page.expect_navigation():
        page.keyboard.press("n")
    assert title(page) not in (first, second)
    assert len(decisions(store)) == 1


def test_keys_can_be_switched_off_and_stay_off(serve: Served, open_page: Callable[..., Page], store: Database) -> None:
    page = open_page()
    page.goto(serve() + "/kvalitet")
    page.uncheck("#taster")
    page.keyboard.press("j")
    page.reload()
    expect(page.locator("#taster")).not_to_be_checked()
    page.keyboard.press("j")
    page.wait_for_timeout(200)
    assert decisions(store) == []


def test_a_blind_item_shows_no_suggestion_anywhere_in_the_source(
    serve: Served, open_page: Callable[..., Page], store: Database
) -> None:
    page = open_page()
    address = serve("kari", blind_share=1.0)
    page.goto(address + "/kvalitet")
    expect(page.locator("#avgjorelse")).to_contain_text("Blind prøve")
    source = page.content()
    with store.reading() as session:
        report = session.scalars(select(Report).where(Report.external_id == title(page).removeprefix("Rapport "))).one()
        ((suggestion),) = report.suggestions
    assert report.labelled_by is not None
    main = source.partition("<main")[2].partition("</main>")[0]
    assert report.labelled_by not in main
    assert suggestion.model_version not in source
    assert 'class="bar"' not in main
    assert "<mark" not in main
    assert page.locator("input[type=radio]:checked").count() == 0
    assert page.locator("[data-action=j]").count() == 0
    order = page.locator("input[name=kategori]").evaluate_all("found => found.map(choice => choice.dataset.key)")
    assert order == list("1234567")
    page.keyboard.press("3")
    page.keyboard.press("t")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    ((decision),) = decisions(store)
    assert decision.blind
    assert decision.suggestion_id is None


def test_two_checkers_at_once_never_hold_the_same_report(
    serve: Served, open_page: Callable[..., Page], store: Database
) -> None:
    pages = [open_page(), open_page()]
    for page, person in zip(pages, ("kari", "ola"), strict=True):
        page.goto(serve(person) + "/kvalitet")
    for _ in range(4):
        assert title(pages[0]) != title(pages[1])
        for page in pages:
            with page.expect_navigation():
                page.keyboard.press("j")
    made = decisions(store)
    assert len({decision.report_id for decision in made}) == len(made) == 8
    assert {decision.annotator for decision in made} == {"kari", "ola"}


def test_whoever_comes_second_is_told_and_both_are_kept(serve: Served, open_page: Callable[..., Page], store: Database) -> None:
    kari, ola = open_page(), open_page()
    kari.goto(serve("kari") + "/kvalitet")
    with store.reading() as session:
        external_id = title(kari).removeprefix("Rapport ")
        report_id = session.scalars(select(Report.id).where(Report.external_id == external_id)).one()
    # Ola had the report open since before Kari's lease began: the page's form is what counts.
    ola.goto(serve("ola") + "/kvalitet")
    ola.evaluate(
        "id => { const form = document.getElementById('avgjorelse');"
        " form.elements.rapport.value = id; form.elements.sekvens.value = 0; form.elements.forslag_id.value = ''; }",
        str(report_id),
    )
    with kari.expect_navigation():
        kari.keyboard.press("j")
    ola.keyboard.press("5")
    ola.keyboard.press("u")
    with ola.expect_navigation():
        ola.keyboard.press("Enter")
    expect(ola.locator("#lagret")).to_contain_text("kari (kvalitetskontrollør) kom rett før deg")
    assert [decision.annotator for decision in decisions(store) if decision.report_id == report_id] == ["kari", "ola"]


def test_a_session_that_ends_in_the_middle_of_a_decision_loses_nothing(
    serve: Served, open_page: Callable[..., Page], store: Database
) -> None:
    page = open_page()
    page.goto(serve() + "/kvalitet")
    page.keyboard.press("2")
    page.keyboard.press("b")
    page.fill("#kommentar", "Brevet lå i postkassa.")
    with store.writing() as session:
        session.execute(delete(WebSession))
    page.press("#kommentar", "Control+Enter")
    page.click("button:has-text('Send på nytt')")
    expect(page.locator("#lagret")).to_contain_text("Lagret")
    ((decision),) = decisions(store)
    assert (decision.category, decision.channel, decision.reason) == ("haerverk", "brev", "Brevet lå i postkassa.")


def test_many_are_decided_together_after_a_preview_and_taken_back_in_one_step(
    serve: Served, open_page: Callable[..., Page], store: Database
) -> None:
    page = open_page()
    page.goto(serve() + "/kvalitet/samlet")
    page.click("#alle")
    how_many = page.locator("input[name=rapport]:checked").count()
    page.check("#maate-forslag")
    page.click("button:has-text('Se hva som skjer')")
    expect(page.locator("main")).to_contain_text("blir avgjort")
    assert decisions(store) == []
    page.click("button:has-text('Lagre alle')")
    expect(page.locator("#lagret")).to_contain_text("er avgjort")
    assert {decision.origin for decision in decisions(store)} == {"bulk"}
    assert len(decisions(store)) == how_many
    page.click("button:has-text('Angre alle')")
    expect(page.locator("#lagret")).to_contain_text("tatt tilbake")
    assert sum(decision.kind == "undo" for decision in decisions(store)) == how_many


def test_reviewing_works_without_javascript(serve: Served, open_page: Callable[..., Page], store: Database) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(serve() + "/kvalitet")
    page.check("#kategori-hatytringer")
    page.check("#kanal-brev")
    page.click("button:has-text('Lagre valgene')")
    expect(page.locator("#lagret")).to_contain_text("Lagret: Hatytringer · Brev")
    page.click("button:has-text('Angre')")
    expect(page.locator("#lagret")).to_contain_text("Angret")
    page.click("button:has-text('Trenger avklaring')")
    expect(page.locator("#feil")).to_contain_text("Skriv hva som må avklares")
    assert [decision.kind for decision in decisions(store)] == ["label", "undo"]
