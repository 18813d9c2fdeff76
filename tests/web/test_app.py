from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient

from classifier.web.access import doors_of

BROWSER = {"Accept": "text/html"}


def test_the_first_page_is_shown_with_a_policy_that_lets_no_foreign_script_in(client: TestClient) -> None:
    answer = client.get("/", headers=BROWSER)
    assert answer.status_code == 200
    assert "Lokal modus" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["cache-control"] == "no-store"


def test_a_static_file_may_be_kept_for_good_under_the_address_that_the_page_names(client: TestClient) -> None:
    address = client.get("/", headers=BROWSER).text.partition('href="')[2].partition('"')[0]
    assert address.startswith("/static/")
    answer = client.get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/older/asys.css").headers["cache-control"] == "no-cache"


def test_an_unknown_address_is_a_problem_for_programs_and_a_page_for_people(client: TestClient) -> None:
    program = client.get("/finnes-ikke")
    assert program.headers["content-type"] == "application/problem+json"
    assert program.json()["type"] == "/problems/not-found"
    person = client.get("/finnes-ikke", headers=BROWSER)
    assert person.status_code == 404
    assert "Siden finnes ikke" in person.text


def test_a_route_that_nobody_guards_stops_the_start(app: FastAPI) -> None:
    @app.get("/forgotten")
    def forgotten() -> str:
        return ""

    with pytest.raises(RuntimeError, match="/forgotten"):
        doors_of(app)


def test_a_forgotten_route_of_an_included_router_stops_the_start_too(app: FastAPI) -> None:
    router = APIRouter()

    @router.get("/forgotten")
    def forgotten() -> str:
        return ""

    app.include_router(router)
    with pytest.raises(RuntimeError, match="/forgotten"):
        doors_of(app)


def test_a_route_of_an_unknown_kind_stops_the_start(app: FastAPI) -> None:
    app.mount("/other", FastAPI())
    with pytest.raises(RuntimeError, match="/other"):
        doors_of(app)
