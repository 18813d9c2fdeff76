from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from classifier.settings import Settings
from classifier.store.database import Database
from classifier.web.app import create_app
from classifier.web.problems import ProblemError
from classifier.web.rate_limit import RateLimiter
from classifier.web.settings import WebSettings
from classifier.web.suggester import FixedChampion
from tests import small_model
from tests.web.conftest import HERE


def test_a_caller_may_send_so_many_and_then_waits_while_others_go_on() -> None:
    now = 0.0
    limiter = RateLimiter(60, lambda: now)
    for _ in range(10):
        limiter.take("ola")
    with pytest.raises(ProblemError) as refused:
        limiter.take("ola")
    assert refused.value.headers == {"Retry-After": "1"}
    limiter.take("kari")
    now = 1.0
    limiter.take("ola")
    with pytest.raises(ProblemError):
        limiter.take("ola")


def test_many_callers_take_no_more_memory_than_few() -> None:
    limiter = RateLimiter(60, lambda: 0.0)
    for number in range(10_100):
        limiter.take(f"caller {number}")
    assert len(limiter._buckets) == 10_000


def test_one_request_too_many_is_told_when_to_come_back(store: Database) -> None:
    app = create_app(Settings(), WebSettings(rate_limit=6), store, FixedChampion(small_model.model()))
    with TestClient(app, base_url="http://127.0.0.1:8000", client=HERE) as client:
        assert client.get("/api/v1/taxonomy").status_code == 200
        answer = client.get("/api/v1/taxonomy")
        assert answer.status_code == 429
        assert answer.json()["type"] == "/problems/too-many-requests"
        assert answer.headers["retry-after"] == "10"
        assert client.get("/healthz").status_code == 200
