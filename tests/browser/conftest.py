"""A real browser against a real server process's worth of service: pages as people meet them.

Skipped, saying so, only where no Chromium is installed (`scripts/test` installs Debian's).
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from classifier.corpus import Example, read_corpus, shipped_corpus
from classifier.errors import InputError
from classifier.model.incident_model import IncidentModel
from classifier.model.registry import load_model
from classifier.settings import Settings
from classifier.store.database import Database, open_database
from classifier.store.reports import IncomingReport, add_reports
from classifier.taxonomy import CATEGORY_IDS
from classifier.web.app import create_app
from classifier.web.settings import WebSettings
from classifier.web.suggester import FixedChampion
from tests.web.provider import settings_for

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REPORTS = 40

Served = Callable[..., str]
"""Serves the store's pages, to one person by name or to whom an OpenID Connect issuer knows, and returns where."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium for this folder's tests: while it runs Playwright's event loop does too, and no other can beside it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def champion() -> IncidentModel:
    return load_model()


@cache
def some_reports() -> tuple[Example, ...]:
    def refuse(error: InputError) -> None:
        raise error

    every = [located.example for located in read_corpus(shipped_corpus(), refuse, split="train")]
    return tuple(every[:: len(every) // REPORTS][:REPORTS])


def fill(database: Database) -> None:
    """Store some reports of an old system; every fifth has a wrong category, so that the queue has something to find."""
    incoming = [
        IncomingReport(
            source="historikk",
            external_id=f"H-{place:03d}",
            text=example.text,
            incident_date=date(2019, 1, 1) + timedelta(days=place),
            unit=("NAV Sandnes", "NAV Lerkendal")[place % 2],
            language=example.language,
            label_category=example.category if place % 5 else _another(example.category),
            label_channel=example.channel,
            labelled_by=f"A{place % 7:02d}",
        )
        for place, example in enumerate(some_reports())
    ]
    with database.writing() as session:
        add_reports(session, incoming, datetime.now(UTC))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(str(tmp_path / "asys.db"))
    fill(opened)
    yield opened
    opened.close()


@pytest.fixture
def serve(store: Database, champion: IncidentModel) -> Iterator[Served]:
    """Start servers over the store, each with a person of its own, and stop them."""
    stops: list[Callable[[], None]] = []

    def served(person: str = "kari", *, blind_share: float = 0.0, issuer: str = "") -> str:
        settings = Settings(blind_share=blind_share)
        listening = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        web = WebSettings(oidc=replace(settings_for(issuer), public_url=address)) if issuer else WebSettings()
        app = create_app(settings, web, store, FixedChampion(champion), person=person)
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)

        def stop() -> None:
            server.should_exit = True
            thread.join()
            listening.close()

        stops.append(stop)
        return address

    yield served
    for stop in stops:
        stop()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages in browsers that share nothing; an error in a page's script fails the test."""
    contexts = []
    problems: list[str] = []

    def opened(**options: object) -> Page:
        context = browser.new_context(locale="nb-NO", **options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not problems


def _another(category: str) -> str:
    return CATEGORY_IDS[(CATEGORY_IDS.index(category) + 3) % len(CATEGORY_IDS)]
