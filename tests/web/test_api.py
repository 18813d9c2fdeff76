from __future__ import annotations

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from classifier.store.database import Database
from classifier.store.tables import AuditEntry, Report
from classifier.taxonomy import CATEGORY_IDS
from tests import small_model

THREAT = "Bruker ringte og sa at han visste hvor jeg bor, og at jeg burde passe meg."
REPORT = {"source": "asys", "external_id": "2026-1", "text": THREAT, "incident_date": "2026-03-01", "unit": "Nav Vik"}


def problem(answer: object) -> str:
    assert answer.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    body = answer.json()  # type: ignore[attr-defined]
    assert body["title"]
    assert body["status"] == answer.status_code  # type: ignore[attr-defined]
    assert body["instance"].startswith("urn:uuid:")
    assert THREAT not in str(body)
    return str(body["type"])


def test_suggestions_come_in_the_order_of_the_texts_and_say_what_the_model_says(client: TestClient) -> None:
    texts = ["ok", THREAT, "Brukaren ringde og sa at eg skulle få svi.", "😀" * 10_000, "שלום لكم", "{{ 7 * 7 }}<script>\x00"]
    answer = client.post("/api/v1/suggestions", json={"texts": texts})
    assert answer.status_code == 200
    found = answer.json()["suggestions"]
    assert len(found) == len(texts)
    assert found[0]["outcome"] == "too_short"
    expected = small_model.model().suggest([THREAT])[0]
    assert expected.category is not None
    assert found[1]["category"]["label"] == expected.category.label
    assert [item["label"] for item in found[1]["category"]["ranked"]] == [item.label for item in expected.category.ranked]
    assert found[1]["evidence"]
    assert found[1]["model_version"] == "small"


def test_a_thousand_texts_are_answered_and_one_more_is_not(client: TestClient) -> None:
    assert len(client.post("/api/v1/suggestions", json={"texts": ["nei"] * 1000}).json()["suggestions"]) == 1000
    assert problem(client.post("/api/v1/suggestions", json={"texts": ["nei"] * 1001})) == "/problems/too-many-texts"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"texts": []}', "/problems/invalid-request"),
        (b'{"texts": "nei"}', "/problems/invalid-request"),
        (b'{"texts": [1]}', "/problems/invalid-request"),
        (b'{"tekster": ["nei"]}', "/problems/invalid-request"),
        (b'{"texts": [', "/problems/invalid-json"),
        (b"[" * 100_000, "/problems/invalid-json"),
        (b'{"texts": ["\xff\xfe"]}', "/problems/invalid-encoding"),
        (b'{"texts": ["\\ud800"]}', "/problems/invalid-encoding"),
        (b'{"texts": ["' + b"a" * 20_001 + b'"]}', "/problems/too-long"),
        (b'{"texts": ["' + b"a" * 2_000_000 + b'"]}', "/problems/too-large"),
        (b"", "/problems/invalid-request"),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(client: TestClient, content: bytes, kind: str) -> None:
    answer = client.post("/api/v1/suggestions", content=content, headers={"Content-Type": "application/json"})
    assert problem(answer) == kind
    assert answer.status_code in (400, 413, 422)


def test_a_problem_says_where_without_quoting_what_was_sent(client: TestClient) -> None:
    answer = client.post("/api/v1/suggestions", json={"texts": ["nei", 7], THREAT: THREAT})
    assert problem(answer) == "/problems/invalid-request"
    assert answer.json()["errors"] == [
        {"where": "body.texts.1", "what": "må være tekst"},
        {"where": "body.…", "what": "er ukjent"},
    ]


def test_a_body_that_does_not_say_how_long_it_is_is_stopped_all_the_same(client: TestClient) -> None:
    endless = (b"a" * 65_536 for _ in range(100))
    answer = client.post("/api/v1/suggestions", content=endless, headers={"Content-Type": "application/json"})
    assert problem(answer) == "/problems/too-large"


def test_a_report_is_registered_once_with_its_suggestion(client: TestClient, store: Database) -> None:
    first = client.post("/api/v1/reports", json=REPORT)
    assert first.status_code == 201
    assert first.json()["suggestion"]["category"]["label"] in CATEGORY_IDS
    again = client.post("/api/v1/reports", json=REPORT)
    assert again.status_code == 200
    assert again.json() == first.json()
    other = client.post("/api/v1/reports", json=REPORT | {"text": "Noe helt annet som skjedde."})
    assert problem(other) == "/problems/report-exists"
    with store.reading() as session:
        assert session.scalars(select(Report.text)).all() == [THREAT]
        assert session.scalars(select(AuditEntry.action)).all() == ["register"]


def test_a_report_keeps_what_was_written_whatever_it_looks_like(client: TestClient) -> None:
    text = "Han skrev <script>alert(1)</script> {{ 7*7 }} \u202eשלום\u202c 😀\x00 på døra vår."
    known = client.post("/api/v1/reports", json=REPORT | {"text": text}).json()["id"]
    assert client.get(f"/api/v1/reports/{known}").json()["text"] == text.replace("\x00", "\ufffd")


def test_the_same_key_and_body_give_the_same_answer_and_another_body_a_problem(client: TestClient) -> None:
    key = {"Idempotency-Key": "n1"}
    known = client.post("/api/v1/reports", json=REPORT, headers=key)
    assert client.post("/api/v1/reports", json=REPORT, headers=key).json() == known.json()
    path = f"/api/v1/reports/{known.json()['id']}/decisions"
    decision = {"category": "trussel", "channel": "telefon"}
    first = client.post(path, json=decision, headers={"Idempotency-Key": "n2"})
    second = client.post(path, json=decision, headers={"Idempotency-Key": "n2"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    third = client.post(path, json=decision | {"category": "haerverk"}, headers={"Idempotency-Key": "n2"})
    assert problem(third) == "/problems/key-reused"
    assert len(client.get(f"/api/v1/reports/{known.json()['id']}").json()["decisions"]) == 1


def test_a_decision_is_kept_beside_the_one_that_came_first(client: TestClient) -> None:
    known = client.post("/api/v1/reports", json=REPORT).json()
    path = f"/api/v1/reports/{known['id']}/decisions"
    label = {"category": "trussel", "channel": "telefon", "suggestion_id": known["suggestion_id"], "expected_sequence": 0}
    assert client.post(path, json=label).json()["state"] == "settled"
    taken_back = client.post(path, json={"kind": "undo", "undoes": 1})
    assert taken_back.json()["state"] == "open"
    parked = client.post(path, json={"kind": "park", "reason": "Uklart hvem som ringte.", "origin": "review"})
    assert parked.json()["state"] == "parked"
    shown = client.get(f"/api/v1/reports/{known['id']}").json()
    assert [item["kind"] for item in shown["decisions"]] == ["label", "undo", "park"]
    assert [item["undone"] for item in shown["decisions"]] == [True, False, False]
    assert shown["decisions"][1]["undoes"] == 1
    assert shown["decisions"][2]["reason"] == "Uklart hvem som ringte."
    assert {item["annotator"] for item in shown["decisions"]} == {"ola"}


@pytest.mark.parametrize(
    ("decision", "kind"),
    [
        ({"category": "brann", "channel": "telefon"}, "/problems/invalid-request"),
        ({"category": "trussel"}, "/problems/unknown-label"),
        ({"kind": "park"}, "/problems/invalid-request"),
        ({"kind": "undo", "undoes": 7}, "/problems/invalid-request"),
        ({"kind": "adjudication", "category": "trussel", "channel": "telefon"}, "/problems/conflict"),
        ({"category": "trussel", "channel": "telefon", "suggestion_id": 99}, "/problems/invalid-request"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(client: TestClient, decision: dict[str, object], kind: str) -> None:
    known = client.post("/api/v1/reports", json=REPORT).json()["id"]
    assert problem(client.post(f"/api/v1/reports/{known}/decisions", json=decision)) == kind


def test_reports_are_found_by_words_and_filters_a_page_at_a_time(client: TestClient, store: Database) -> None:
    for number, text in enumerate((THREAT, "Glasset i skranken ble knust.", "Bruker ringte og skjelte ut alle."), start=1):
        client.post("/api/v1/reports", json=REPORT | {"external_id": f"2026-{number}", "text": text})
    first = client.get("/api/v1/reports", params={"q": "ringte", "limit": 1}).json()
    assert [item["external_id"] for item in first["reports"]] == ["2026-3"]
    rest = client.get(first["next"]).json()
    assert [item["external_id"] for item in rest["reports"]] == ["2026-1"]
    assert rest["next"] is None
    assert client.get("/api/v1/reports", params={"unit": "Nav Ås"}).json()["reports"] == []
    with store.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "read")).all()
        assert [entry.details for entry in entries] == [{"found": 1}, {"found": 1}, {"found": 0}]
    assert problem(client.get("/api/v1/reports", params={"first_date": "i går"})) == "/problems/invalid-request"


def test_a_report_that_is_not_there_is_a_problem(client: TestClient) -> None:
    assert problem(client.get("/api/v1/reports/99")) == "/problems/unknown-report"
    assert problem(client.get("/api/v1/reports/0")) == "/problems/invalid-request"
    answer = client.post("/api/v1/reports/99/decisions", json={"category": "trussel", "channel": "telefon"})
    assert problem(answer) == "/problems/unknown-report"


def test_health_readiness_and_figures_hold_no_text(client: TestClient) -> None:
    client.post("/api/v1/suggestions", json={"texts": [THREAT]})
    client.request("FINN", "/api/v1/suggestions")
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok", "database": "ok", "model": "small"}
    figures = client.get("/metrics").text
    assert 'asys_requests_total{method="POST",route="/api/v1/suggestions",status="200"} 1.0' in figures
    assert 'method="other"' in figures
    assert "asys_suggestions_total" in figures
    assert "visste" not in figures


def test_the_models_and_the_taxonomy_are_told(client: TestClient) -> None:
    told = client.get("/api/v1/models").json()
    assert told["serving"] == "small"
    assert [entry["champion"] for entry in told["models"]].count(True) == 1
    assert told["promotions"]
    assert len(client.get("/api/v1/taxonomy").json()["categories"]) == 7


def test_the_api_describes_itself_with_examples(client: TestClient) -> None:
    told = client.get("/api/v1/openapi.json").json()
    operation = told["paths"]["/api/v1/suggestions"]["post"]
    assert operation["responses"]["429"]["content"]["application/problem+json"]
    assert told["components"]["schemas"]["Texts"]["properties"]["texts"]["examples"]
