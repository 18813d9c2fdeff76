"""A service in local mode over an empty database and the small model, and a client on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from classifier.settings import Settings
from classifier.store.database import Database, open_database
from classifier.web.app import create_app
from classifier.web.settings import WebSettings
from classifier.web.suggester import FixedChampion
from tests import small_model

HERE = ("127.0.0.1", 50_000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database."""
    opened = open_database(str(tmp_path / "asys.db"))
    yield opened
    opened.close()


@pytest.fixture
def app(store: Database) -> FastAPI:
    """The service in local mode."""
    return create_app(Settings(), WebSettings(), store, FixedChampion(small_model.model()), person="ola")


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A program on this machine."""
    with TestClient(app, base_url="http://127.0.0.1:8000", client=HERE) as opened:
        yield opened
