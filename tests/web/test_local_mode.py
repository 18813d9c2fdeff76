from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.web.conftest import HERE

BROWSER = {"Accept": "text/html"}
BODY = {"texts": ["Bruker ringte og truet."]}


@pytest.mark.parametrize(
    ("client", "host"),
    [
        (("10.0.0.7", 1), "127.0.0.1:8000"),
        (HERE, "ond.example"),
        (HERE, "10.0.0.7:8000"),
        (HERE, "[::"),
        (("::ffff:10.0.0.7", 1), "localhost"),
    ],
)
def test_nobody_but_this_machine_by_its_own_name_is_answered(app: FastAPI, client: tuple[str, int], host: str) -> None:
    other = TestClient(app, base_url="http://127.0.0.1:8000", client=client)
    for path in ("/", "/api/v1/models", "/metrics"):
        answer = other.get(path, headers={"Host": host})
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/local-only"


def test_another_site_cannot_make_a_browser_here_do_anything(client: TestClient) -> None:
    path = "/api/v1/suggestions"
    assert client.post(path, json=BODY).status_code == 200, "a program needs no token"
    for headers in (
        {"Origin": "https://ond.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:8000"},
        {"Origin": "http://127.0.0.1:9999"},
    ):
        assert client.post(path, json=BODY, headers=headers).json()["type"] == "/problems/foreign-origin"
    own = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    assert client.post(path, json=BODY, headers=own).json()["type"] == "/problems/stale-form"
    plain = client.post(path, content=b'{"texts": ["x"]}', headers={"Content-Type": "text/plain"})
    assert plain.status_code == 422


def test_a_page_gives_a_browser_what_its_forms_must_send(client: TestClient, app: FastAPI) -> None:
    shown = client.post("/logout", data={"text": "Det jeg skrev"}, headers=BROWSER | {"Origin": "http://127.0.0.1:8000"})
    assert shown.status_code == 403
    assert "Det jeg skrev" in shown.text
    found = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)
    assert found is not None
    own = {"Origin": "http://127.0.0.1:8000"}
    again = client.post("/logout", data={"csrf_token": found.group(1)}, headers=own, follow_redirects=False)
    assert again.status_code == 303
    token = own | {"X-CSRF-Token": found.group(1)}
    assert client.post("/api/v1/suggestions", json=BODY, headers=token).status_code == 200
    other = TestClient(app, base_url="http://127.0.0.1:8000", client=HERE)
    assert other.post("/api/v1/suggestions", json=BODY, headers=token).json()["type"] == "/problems/stale-form"
