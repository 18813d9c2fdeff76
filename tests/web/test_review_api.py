from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from classifier.settings import Settings
from classifier.store.database import Database
from classifier.store.reports import IncomingReport, add_reports
from classifier.web.app import create_app
from classifier.web.settings import WebSettings
from classifier.web.suggester import FixedChampion
from tests import small_model
from tests.web.conftest import HERE

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def filled(store: Database) -> None:
    """Store thirty reports with labels, a few of them wrong."""
    examples = small_model.unseen()[:30]
    reports = [
        IncomingReport(
            "arkiv",
            f"{number}",
            example.text,
            unit="Nav Vik",
            label_category="haerverk" if number % 10 == 0 else example.category,
            label_channel=example.channel,
            labelled_by="gammelt register",
        )
        for number, example in enumerate(examples, start=1)
    ]
    with store.writing() as session:
        add_reports(session, reports, NOW)


def client_of(store: Database, person: str, share: float) -> Iterator[TestClient]:
    settings = Settings(blind_share=share)
    app = create_app(settings, WebSettings(), store, FixedChampion(small_model.model()), person=person)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=HERE) as opened:
        yield opened


@pytest.fixture
def ola(store: Database) -> Iterator[TestClient]:
    filled(store)
    yield from client_of(store, "ola", 0.0)


@pytest.fixture
def kari(store: Database) -> Iterator[TestClient]:
    yield from client_of(store, "kari", 0.0)


def dealt(client: TestClient, **wanted: str) -> dict[str, object]:
    answer = client.post("/api/v1/review/next", json=wanted)
    assert answer.status_code == 200
    report: dict[str, object] = answer.json()["report"]
    return report


def test_the_queue_tells_why_and_shows_no_text(ola: TestClient) -> None:
    told = ola.get("/api/v1/review/queue").json()
    assert told["waiting"] == 30
    assert told["items"][0]["rank"] == 1
    assert all(item["reasons"][0]["text"] for item in told["items"])
    assert "text" not in told["items"][0]


def test_a_dealt_report_is_kept_for_its_holder_until_it_is_decided(ola: TestClient, kari: TestClient) -> None:
    mine = dealt(ola)
    assert dealt(ola)["id"] == mine["id"]
    assert dealt(kari)["id"] != mine["id"]
    decision = {
        "category": mine["given_category"],
        "channel": mine["given_channel"],
        "suggestion_id": mine["suggestion_id"],
        "expected_sequence": mine["sequence"],
        "origin": "review",
    }
    answer = ola.post(f"/api/v1/reports/{mine['id']}/decisions", json=decision)
    assert answer.status_code == 201
    assert answer.json()["decision"]["role"] == "quality_checker"
    assert dealt(ola)["id"] != mine["id"]
    assert ola.get("/api/v1/review/queue").json()["waiting"] >= 28


def test_a_report_that_was_handed_back_goes_to_somebody_else(ola: TestClient, kari: TestClient) -> None:
    first = dealt(ola, reason="mislabelled")
    assert ola.post("/api/v1/review/skip").json() == {"released": [first["id"]]}
    assert ola.post("/api/v1/review/skip").json() == {"released": []}
    assert dealt(ola, reason="mislabelled")["id"] != first["id"]
    assert dealt(kari, reason="mislabelled")["id"] == first["id"]


def test_nothing_is_dealt_where_nothing_waits(ola: TestClient) -> None:
    assert ola.post("/api/v1/review/next", json={"unit": "Nav Ås"}).json() == {"report": None}
    assert ola.post("/api/v1/review/next", json={"reason": "kjedelig"}).json()["type"] == "/problems/invalid-request"


def test_a_blind_report_shows_no_suggestion_until_it_is_decided(store: Database) -> None:
    filled(store)
    for client in client_of(store, "ola", 0.99):
        mine = dealt(client)
        assert mine["blind"] is True
        assert (mine["suggestion"], mine["suggestion_id"], mine["given_category"]) == (None, None, None)
        path = f"/api/v1/reports/{mine['id']}"
        assert client.get(path).json()["suggestions"] == []
        recorded = client.post(f"{path}/decisions", json={"category": "trussel", "channel": "telefon", "origin": "review"})
        assert recorded.json()["decision"]["blind"] is True
        assert client.get(path).json()["suggestions"] != []


def test_registering_a_report_of_the_blind_share_shows_no_suggestion(store: Database) -> None:
    for client in client_of(store, "ola", 0.99):
        report = {"source": "asys", "external_id": "2026-1", "text": "Bruker ringte og sa at han visste hvor jeg bor."}
        answer = client.post("/api/v1/reports", json=report).json()
        assert (answer["blind"], answer["suggestion"], answer["suggestion_id"]) == (True, None, None)
