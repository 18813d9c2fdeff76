"""Fixtures shared by the tests: the shipped pipeline, loaded once."""

import pytest

from classifier.language import LoadedPipeline, load_pipeline


@pytest.fixture(scope="session")
def pipeline() -> LoadedPipeline:
    return load_pipeline()
