"""The examples in the docstrings of the review loop hold."""

import doctest
from importlib import import_module

import pytest

MODULES = ("blind", "familiarity", "mislabelled", "quotas", "ranking", "reasons", "rules")


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_hold(module: str) -> None:
    result = doctest.testmod(import_module(f"classifier.review.{module}"))
    assert result.attempted
    assert not result.failed
