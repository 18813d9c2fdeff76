from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from classifier.web.access import open_to_all
from classifier.web.logs import JsonLines

SECRET = "Bruker sa at han visste hvor jeg bor"


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(JsonLines().format(record))
    return line


def test_a_bug_is_answered_with_a_problem_and_logged_without_what_was_written(
    app: FastAPI, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    @app.post("/broken/{name}")
    @open_to_all
    def broken(name: str) -> None:
        raise ValueError(f"{SECRET} {name}")

    with caplog.at_level(logging.INFO):
        answer = client.post(f"/broken/{SECRET}?q={SECRET}", json={"text": SECRET})
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal"
    lines = [line_of(record) for record in caplog.records if record.name == "asys.web"]
    assert [line["event"] for line in lines] == ["bug", "request"]
    assert lines[0]["kind"] == "ValueError"
    assert "test_logs.py" in lines[0]["where"][-1]
    assert lines[1]["route"] == "/broken/{name}"
    assert answer.json()["instance"] == f"urn:uuid:{lines[1]['id']}"
    assert "visste" not in json.dumps(lines) + answer.text


def test_a_broken_page_about_a_bug_is_no_second_bug_to_the_reader(
    app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    @app.get("/broken")
    @open_to_all
    def broken() -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(app.state.service.templates, "html", lambda *_: 1 / 0)
    answer = client.get("/broken", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")


def test_an_exception_that_a_library_logs_keeps_its_message_to_itself() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        record = logging.LogRecord("sqlalchemy", logging.ERROR, __file__, 1, "query failed", (), sys.exc_info())
    line = line_of(record)
    assert line["kind"] == "ValueError"
    assert line["where"]
    assert "visste" not in json.dumps(line)
