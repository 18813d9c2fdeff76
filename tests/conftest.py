"""Fixtures shared by the tests: the shipped pipeline, loaded once, and databases of either kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier.language import LoadedPipeline, load_pipeline
from classifier.store.database import Database, open_database
from tests.databases import KINDS, new_database_url


@pytest.fixture(scope="session")
def pipeline() -> LoadedPipeline:
    return load_pipeline()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database; a test that asks for it runs on SQLite and on PostgreSQL."""
    return new_database_url(request.param, tmp_path)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open, empty database; a test that asks for it runs on SQLite and on PostgreSQL."""
    opened = open_database(database_url)
    yield opened
    opened.close()
