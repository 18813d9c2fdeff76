"""What holds for every page: nothing for axe to find, in either theme, at any width; small; words looked for stay hidden."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Served

TEXT = "Kari Nordmann (tlf 400 00 123) ringte og sa at hun visste hvor jeg bor. Hun skulle slå meg neste gang."
PAGES = {
    "registrer": "/",
    "kvalitet": "/kvalitet",
    "kvalitet-samlet": "/kvalitet/samlet",
    "sok": "/sok?kategori=trussel",
    "rapport": "/rapport/1",
    "modell": "/modell",
    "statistikk": "/statistikk",
    "hjelp": "/hjelp",
    "hjelp-sok": "/hjelp?q=vindu",
    "tilgjengelighet": "/tilgjengelighet",
    "finnes-ikke": "/finnes-ikke",
}
LOOKS: dict[str, dict[str, Any]] = {
    "lys": {"color_scheme": "light", "viewport": {"width": 1366, "height": 900}},
    "mork": {"color_scheme": "dark", "viewport": {"width": 1366, "height": 900}},
    "smal": {"color_scheme": "light", "viewport": {"width": 320, "height": 640}},
    "dobbel": {"color_scheme": "dark", "viewport": {"width": 640, "height": 450}, "device_scale_factor": 2},
}
SCREENSHOTS = os.environ.get("ASYS_SCREENSHOTS")
"""A folder to keep pictures of every page in, for people to look at."""

LIGHTEST = 150_000
"""Bytes of HTML, CSS and JavaScript that a page may be."""


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(look: str, serve: Served, open_page: Callable[..., Page]) -> None:
    address = serve()
    page = open_page(bypass_csp=True, **LOOKS[look])
    for name, path in PAGES.items():
        page.goto(address + path)
        if name == "registrer":
            page.fill("#tekst", TEXT)
            expect(page.locator("#forslag .bar").first).to_be_visible()
            page.wait_for_timeout(300)
        for summary in page.locator("main summary").all():
            summary.click()
        found = Axe().run(page)
        told = [(item["id"], [node["target"] for node in item["nodes"]]) for item in found.response["violations"]]
        assert told == [], f"{name}: {told}"
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
        if SCREENSHOTS:
            page.screenshot(path=Path(SCREENSHOTS) / f"{name}-{look}.png", full_page=True)


def answers_to(page: Page, address: str) -> list[Response]:
    """Return everything that a browser which knows nothing yet fetches for a page."""
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.on("response", keep)
    page.goto(address, wait_until="networkidle")
    return answers


def test_every_page_is_small_and_asks_nobody_else(serve: Served, open_page: Callable[..., Page]) -> None:
    address = serve()
    for name, path in PAGES.items():
        answers = answers_to(open_page(), address + path)
        assert all(answer.url.startswith(address) for answer in answers), name
        weight = sum(len(answer.body()) for answer in answers)
        assert weight < LIGHTEST, f"{name}: {weight} bytes"


def test_the_look_is_chosen_and_remembered_with_and_without_javascript(serve: Served, open_page: Callable[..., Page]) -> None:
    address = serve()
    for scripts in (True, False):
        page = open_page(java_script_enabled=scripts, color_scheme="light")
        page.goto(address + "/hjelp")
        dark = page.get_by_role("button", name="Mørkt")
        if scripts:
            with page.expect_response("**/utseende"):
                dark.click()
        else:
            dark.click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.goto(address + "/tilgjengelighet")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_first_stop_of_the_keyboard_leads_past_the_menu(serve: Served, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(serve() + "/hjelp")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_focus_is_seen(serve: Served, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(serve() + "/hjelp")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_what_is_looked_for_is_found_marked_and_never_in_an_address(serve: Served, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(serve() + "/sok")
    page.fill("#q", "ring")
    page.press("#q", "Enter")
    expect(page.locator("mark.found").first).to_be_visible()
    assert "ring" not in page.url.partition("/sok")[2]
    expect(page.locator("#q")).to_have_value("ring")
    page.click(".hits a >> nth=0")
    expect(page.locator("h1")).to_contain_text("Rapport H-")
    page.go_back()
    expect(page.locator("mark.found").first).to_be_visible()
