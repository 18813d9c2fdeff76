"""Suggestions without holding up the event loop: one thread asks the model, and answers who waits together in one go."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Protocol

from classifier.model.incident_model import IncidentModel
from classifier.suggestion import Suggestion

SLICE = 16
"""Texts that one request may occupy the thread with before others have their turn."""


class Champion(Protocol):
    """Something that knows which model serves: `classifier.model.serving.ChampionModel`, or one model for good."""

    @property
    def model(self) -> IncidentModel:
        """The model that serves now."""

    @property
    def problem(self) -> str | None:
        """Why the promoted model is not the one that serves, if so."""


@dataclass(frozen=True)
class FixedChampion:
    """One model that serves for good."""

    model: IncidentModel
    problem: None = None


@dataclass(frozen=True)
class _Job:
    model: IncidentModel
    texts: Sequence[str]
    answer: Future[list[Suggestion]] = field(default_factory=Future)


class Suggester:
    """Asks the champion in a thread of its own.

    One thread, since the model's work is Python's: more would only take turns. Requests that wait at the same moment are
    answered together, which costs less than one by one.
    """

    def __init__(self, champion: Champion) -> None:
        """Take what knows the champion, and start the thread, which ends with the process or by `close`."""
        self.champion = champion
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="suggester", daemon=True)
        self._thread.start()

    async def suggest(self, texts: Sequence[str]) -> list[Suggestion]:
        """Return a suggestion for each text, all by the same model; the event loop stays free meanwhile."""
        model = self.champion.model
        answers: list[Suggestion] = []
        for start in range(0, len(texts), SLICE):
            asked: asyncio.Future[list[Suggestion]] = asyncio.wrap_future(self._ask(model, texts[start : start + SLICE]))
            answers += await asked
        return answers

    def suggest_now(self, texts: Sequence[str]) -> list[Suggestion]:
        """Return the same from a thread that may wait."""
        model = self.champion.model
        answers: list[Suggestion] = []
        for start in range(0, len(texts), SLICE):
            answers += self._ask(model, texts[start : start + SLICE]).result()
        return answers

    def close(self) -> None:
        """Answer who waits, and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _ask(self, model: IncidentModel, texts: Sequence[str]) -> Future[list[Suggestion]]:
        job = _Job(model, texts)
        self._jobs.put(job)
        return job.answer

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            together = [job]
            size = len(job.texts)
            last = False
            while size < SLICE and not self._jobs.empty():
                following = self._jobs.get()
                if following is None:
                    last = True
                    break
                together.append(following)
                size += len(following.texts)
            self._answer(together)
            if last:
                return

    def _answer(self, jobs: Sequence[_Job]) -> None:
        by_model: dict[int, list[_Job]] = {}
        for job in jobs:
            if job.answer.set_running_or_notify_cancel():
                by_model.setdefault(id(job.model), []).append(job)
        for same in by_model.values():
            try:
                found = same[0].model.suggest([text for job in same for text in job.texts])
            except Exception as error:  # whoever waits must hear of it, whatever it is
                for job in same:
                    job.answer.set_exception(error)
                continue
            place = 0
            for job in same:
                job.answer.set_result(found[place : place + len(job.texts)])
                place += len(job.texts)
