"""Requests nobody would think of, drawn from the API's own description: no answer is a 500, and each is as described."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from classifier.settings import Settings
from classifier.store.database import open_database
from classifier.web.app import create_app
from classifier.web.settings import WebSettings
from classifier.web.suggester import FixedChampion
from tests import small_model
from tests.web.conftest import HERE

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


class FromHere:
    """Makes every request one from this machine, which is all that the local mode answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope = {**scope, "client": HERE, "headers": [*headers, (b"host", b"127.0.0.1:8000")]}
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def described() -> schemathesis.BaseSchema:
    folder = Path(tempfile.mkdtemp(prefix="asys-"))
    database = open_database(str(folder / "asys.db"))
    app = create_app(Settings(), WebSettings(rate_limit=10**9), database, FixedChampion(small_model.model()), person="ola")
    client = TestClient(app, base_url="http://127.0.0.1:8000", client=HERE)
    known = client.post("/api/v1/reports", json={"source": "asys", "external_id": "1", "text": "Han truet meg på telefonen."})
    assert known.json()["id"] == 1
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", FromHere(app))


def test_every_answer_is_as_described(described: schemathesis.BaseSchema) -> None:
    operations = [result.ok() for result in described.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) >= 10
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=20, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def ask(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS)

        ask()
