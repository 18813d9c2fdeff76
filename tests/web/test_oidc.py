from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from classifier.settings import Settings
from classifier.store.database import Database
from classifier.store.tables import WebSession
from classifier.web.access import doors_of
from classifier.web.app import create_app
from classifier.web.auth.oidc import own_path
from classifier.web.settings import ROLES, WebSettings
from classifier.web.suggester import FixedChampion
from tests import small_model
from tests.web.provider import PUBLIC_URL, WHO, agree, bearer_of, log_in, running, settings_for

BROWSER = {"Accept": "text/html"}
ORIGIN = {"Origin": PUBLIC_URL}


class Clock:
    """A clock that a test can set forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("provider")) as started:
        yield started


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guarded(issuer: str, store: Database, clock: Clock) -> FastAPI:
    web = WebSettings(oidc=settings_for(issuer))
    return create_app(Settings(), web, store, FixedChampion(small_model.model()), clock=clock)


@pytest.fixture
def browser(guarded: FastAPI) -> Iterator[TestClient]:
    with TestClient(guarded, base_url=PUBLIC_URL) as opened:
        yield opened


def csrf_of(store: Database, subject: str) -> str:
    with store.reading() as session:
        return session.scalars(select(WebSession.csrf).where(WebSession.subject == subject)).one()


def test_a_person_logs_in_with_a_code_that_only_this_browser_can_use(browser: TestClient) -> None:
    refused = browser.get("/?q=1", headers=BROWSER, follow_redirects=False)
    assert refused.status_code == 303
    start = browser.get(refused.headers["location"], follow_redirects=False)
    asked = parse_qs(urlsplit(start.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert asked["redirect_uri"] == [f"{PUBLIC_URL}/login/callback"]
    back = urlsplit(agree(start.headers["location"], "ola"))
    arrived = browser.get(f"{back.path}?{back.query}", follow_redirects=False)
    assert arrived.headers["location"] == "/?q=1"
    cookie = next(value for value in arrived.headers.get_list("set-cookie") if value.startswith("asys="))
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    shown = browser.get("/", headers=BROWSER)
    assert shown.status_code == 200
    assert "Ola" in shown.text
    assert "Lokal modus" not in shown.text
    again = browser.get(f"{back.path}?{back.query}", follow_redirects=False)
    assert again.status_code == 401, "an answer counts once"


def test_an_answer_meant_for_another_browser_is_refused(browser: TestClient, guarded: FastAPI) -> None:
    start = browser.get("/login", follow_redirects=False)
    back = urlsplit(agree(start.headers["location"], "ola"))
    other = TestClient(guarded, base_url=PUBLIC_URL)
    assert other.get(f"{back.path}?{back.query}").json()["type"] == "/problems/login-failed"
    assert browser.get("/login/callback?state=x&code=y").json()["type"] == "/problems/login-failed"
    assert browser.get("/login/callback?error=access_denied").json()["type"] == "/problems/login-failed"


def test_a_code_that_the_provider_does_not_know_is_refused(browser: TestClient) -> None:
    start = browser.get("/login", follow_redirects=False)
    state = parse_qs(urlsplit(start.headers["location"]).query)["state"][0]
    answer = browser.get("/login/callback", params={"state": state, "code": "oppdiktet"})
    assert answer.json()["type"] == "/problems/login-failed"


def test_a_person_without_a_role_does_not_come_in(browser: TestClient) -> None:
    start = browser.get("/login", follow_redirects=False)
    back = urlsplit(agree(start.headers["location"], "per"))
    answer = browser.get(f"{back.path}?{back.query}", follow_redirects=False)
    assert answer.status_code == 403
    assert browser.get("/api/v1/models").status_code == 401


def test_a_session_ends_by_time_and_by_logging_out(browser: TestClient, store: Database, clock: Clock) -> None:
    log_in(browser, "ola")
    assert browser.get("/api/v1/models").status_code == 200
    form = {"csrf_token": csrf_of(store, "ola")}
    left = browser.post("/logout", data=form, headers=ORIGIN, follow_redirects=False)
    assert left.status_code == 303
    assert "end_session" in left.headers["location"]
    assert browser.get("/api/v1/models").status_code == 401
    log_in(browser, "ola")
    clock.ahead = timedelta(minutes=601)
    assert browser.get("/api/v1/models").status_code == 401


def test_a_forged_request_is_refused(browser: TestClient, store: Database) -> None:
    log_in(browser, "ola")
    body = {"texts": ["Bruker ringte og truet."]}
    token = {"X-CSRF-Token": csrf_of(store, "ola")}
    path = "/api/v1/suggestions"
    assert browser.post(path, json=body, headers=ORIGIN).json()["type"] == "/problems/stale-form"
    assert browser.post(path, json=body, headers=ORIGIN | {"X-CSRF-Token": "feil"}).json()["type"] == "/problems/stale-form"
    foreign = token | {"Origin": "https://ond.example"}
    assert browser.post(path, json=body, headers=foreign).json()["type"] == "/problems/foreign-origin"
    assert browser.post(path, json=body, headers=token | {"Origin": "null"}).json()["type"] == "/problems/foreign-origin"
    crossing = token | {"Sec-Fetch-Site": "cross-site"}
    assert browser.post(path, json=body, headers=crossing).json()["type"] == "/problems/foreign-origin"
    assert browser.post(path, json=body, headers=token | ORIGIN).status_code == 200


def test_what_was_typed_is_offered_again_when_the_session_is_over(browser: TestClient) -> None:
    typed = {"csrf_token": "gammel", "text": "Han sa <b>«jeg vet hvor du bor»</b>"}
    answer = browser.post("/logout", data=typed, headers=BROWSER | ORIGIN)
    assert answer.status_code == 401
    assert "Han sa &lt;b&gt;«jeg vet hvor du bor»&lt;/b&gt;" in answer.text
    assert "gammel" not in answer.text


def test_a_system_comes_in_with_a_token_for_this_service_only(browser: TestClient, issuer: str, clock: Clock) -> None:
    body = {"texts": ["Bruker ringte og truet."]}

    def ask(token: str) -> int:
        return int(browser.post("/api/v1/suggestions", json=body, headers={"Authorization": f"Bearer {token}"}).status_code)

    token = bearer_of(issuer, "rita")
    assert ask(token) == 200
    assert ask(bearer_of(issuer, "rita", "asys-web")) == 401
    assert ask(bearer_of(issuer, "anna")) == 403
    assert ask(token[:-4] + "AAAA") == 401
    assert ask("") == 401
    assert browser.get("/api/v1/models", headers={"Authorization": "Basic b2xhOm9sYQ=="}).status_code == 401
    clock.ahead = timedelta(hours=2)
    assert ask(token) == 401


def test_a_provider_that_is_away_is_said_to_be(store: Database) -> None:
    web = WebSettings(oidc=settings_for("http://127.0.0.1:9"))
    away = create_app(Settings(), web, store, FixedChampion(small_model.model()))
    with TestClient(away, base_url=PUBLIC_URL) as client:
        answer = client.get("/login")
        assert answer.status_code == 503
        assert answer.json()["type"] == "/problems/provider-unavailable"


def test_every_route_asks_for_its_role(guarded: FastAPI, browser: TestClient, store: Database) -> None:
    cookies: dict[str, dict[str, str]] = {}
    for role, person in WHO.items():
        browser.cookies.clear()
        log_in(browser, person)
        cookies[role] = {"Cookie": f"asys={browser.cookies['asys']}", "X-CSRF-Token": csrf_of(store, person)} | ORIGIN
    browser.cookies.clear()
    doors = doors_of(guarded)
    for door in doors:
        if not door.roles or door.path == "/logout":
            continue
        path = re.sub(r"\{[^}]+\}", "1", door.path)
        for method in sorted(door.methods):
            body: dict[str, object] | None = None if method == "GET" else {}
            assert browser.request(method, path, headers=ORIGIN, json=body).status_code == 401, (method, path)
            if method == "GET":
                nobody = browser.get(path, headers=BROWSER, follow_redirects=False)
                assert nobody.status_code == (401 if path.startswith("/api/") else 303), path
            for role in ROLES:
                answer = browser.request(method, path, headers=cookies[role], follow_redirects=False, json=body)
                assert (answer.status_code == 403) == (role not in door.roles), (method, path, role, answer.status_code)
                assert answer.status_code not in (401, 500), (method, path, role)
    assert len(doors) >= 15


def test_only_these_routes_are_open_to_all(guarded: FastAPI) -> None:
    opened = {door.path for door in doors_of(guarded) if not door.roles}
    assert opened == {"/healthz", "/readyz", "/login", "/login/callback", "/logged-out", "/tilgjengelighet"}


@pytest.mark.parametrize("address", ["//ond.example", "https://ond.example", "/\\ond.example", "ond", "", "/a\nb", "/" * 3000])
def test_a_login_leads_nowhere_else(address: str) -> None:
    assert own_path(address) == "/"


def test_a_login_leads_back_to_the_page_it_began_on() -> None:
    assert own_path("/kvalitet?enhet=Nav Vik") == "/kvalitet?enhet=Nav Vik"
