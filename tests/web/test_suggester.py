from __future__ import annotations

import asyncio
import time
from typing import cast

import pytest

from classifier.model.incident_model import IncidentModel
from classifier.suggestion import Suggestion
from classifier.web.suggester import SLICE, FixedChampion, Suggester


class SlowModel:
    """A model that takes its time, and remembers what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def suggest(self, texts: list[str]) -> list[Suggestion]:
        self.asked.append(list(texts))
        time.sleep(0.02)
        if "feil" in texts:
            raise ValueError("feil")
        return [Suggestion("too_short", None, None, (), (), None, text) for text in texts]


def suggester_of(model: SlowModel) -> Suggester:
    return Suggester(FixedChampion(cast(IncidentModel, model)))


def versions(found: list[Suggestion]) -> list[str]:
    return [suggestion.model_version for suggestion in found]


def test_each_request_gets_its_own_answers_though_they_are_asked_together() -> None:
    model = SlowModel()
    suggester = suggester_of(model)

    async def ask() -> list[list[Suggestion]]:
        return await asyncio.gather(*(suggester.suggest([f"{n}a", f"{n}b"]) for n in range(20)))

    found = asyncio.run(ask())
    assert [versions(answer) for answer in found] == [[f"{n}a", f"{n}b"] for n in range(20)]
    assert len(model.asked) < 20
    suggester.close()


def test_a_large_request_does_not_keep_small_ones_waiting() -> None:
    model = SlowModel()
    suggester = suggester_of(model)

    async def ask() -> tuple[float, float]:
        started = time.perf_counter()

        async def timed(texts: list[str]) -> float:
            assert len(await suggester.suggest(texts)) == len(texts)
            return time.perf_counter() - started

        large, small = await asyncio.gather(timed(["a"] * SLICE * 20), timed(["b"]))
        return large, small

    large, small = asyncio.run(ask())
    assert small < large / 3
    suggester.close()


def test_an_error_reaches_who_asked_and_nobody_later() -> None:
    suggester = suggester_of(SlowModel())
    with pytest.raises(ValueError, match="feil"):
        suggester.suggest_now(["feil"])
    assert versions(suggester.suggest_now(["bra"])) == ["bra"]
    suggester.close()
