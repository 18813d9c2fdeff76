"""How soon a suggestion is on the page after the last keystroke, and what each page weighs, in a real browser.

Run: python -m scripts.measure_pages
"""

from __future__ import annotations

import shutil
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, Response, sync_playwright

from classifier.corpus import read_corpus, shipped_corpus
from classifier.errors import InputError
from classifier.model.registry import load_model
from classifier.settings import Settings
from classifier.store.database import open_database
from classifier.store.reports import IncomingReport, add_reports
from classifier.web.app import create_app, utc_now
from classifier.web.settings import WebSettings
from classifier.web.suggester import FixedChampion

TEXTS = 30
PAGES = ("/", "/kvalitet", "/kvalitet/samlet", "/sok", "/rapport/1", "/modell", "/statistikk", "/hjelp", "/tilgjengelighet")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

WATCH = """() => {
  window.shownAt = 0;
  new MutationObserver(() => { window.shownAt = performance.now(); })
    .observe(document.getElementById('valg'), { childList: true, subtree: false });
  document.getElementById('tekst').addEventListener('input', () => { window.typedAt = performance.now(); window.shownAt = 0; });
}"""
"""Notes the time of each keystroke, and of each suggestion that takes its place on the page."""


def main() -> None:
    """Measure, and print what was found."""
    texts = some_texts()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with served(texts) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(bypass_csp=True)
        waits = [milliseconds(page, address, text) for text in texts]
        print(f"first suggestion after the last keystroke, {len(waits)} reports, in ms (200 of them the pause):")
        late = statistics.quantiles(waits, n=20)[-1]
        print(f"  median {statistics.median(waits):.0f}, 95 % under {late:.0f}, most {max(waits):.0f}")
        print("bytes of HTML, CSS and JavaScript, uncompressed, for a browser that knows nothing yet:")
        for path in PAGES:
            print(f"  {weight(browser.new_context().new_page(), address + path):>7,}  {path}")
        browser.close()


def some_texts() -> list[str]:
    """Return reports of the test split, spread over its writers."""

    def refuse(error: InputError) -> None:
        raise error

    texts = [found.example.text for found in read_corpus(shipped_corpus(), refuse) if found.example.split == "test"]
    return texts[:: len(texts) // TEXTS][:TEXTS]


def milliseconds(page: Page, address: str, text: str) -> float:
    """Return how long after the last keystroke of a text its suggestion stands on the page."""
    page.goto(address)
    page.evaluate(WATCH)
    page.fill("#tekst", text[:-1])
    page.press("#tekst", "End")
    page.keyboard.type(text[-1])
    page.wait_for_function("window.shownAt > 0")
    waited: float = page.evaluate("window.shownAt - window.typedAt")
    return waited


def weight(page: Page, address: str) -> int:
    """Return the bytes of everything a page fetches."""
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.on("response", keep)
    page.goto(address, wait_until="networkidle")
    return sum(len(answer.body()) for answer in answers)


@contextmanager
def served(texts: list[str]) -> Iterator[str]:
    """Serve these reports with the shipped model on this machine."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listening:
        database = open_database(str(Path(folder) / "asys.db"))
        with database.writing() as session:
            add_reports(session, [IncomingReport("måling", str(n), text) for n, text in enumerate(texts)], utc_now())
        app = create_app(Settings(), WebSettings(), database, FixedChampion(load_model()))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()
        database.close()


if __name__ == "__main__":
    main()
