"""The review queue between requests: built when somebody asks, kept for a while, and built anew when it has run dry."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from classifier.review.dealing import DealtItem, deal_next
from classifier.review.familiarity import Familiarity
from classifier.review.missing import count_missing, suggest_missing
from classifier.review.queue import Filters, Queue, QueueSettings, build_queue
from classifier.review.quotas import read_quotas
from classifier.settings import Settings
from classifier.store.database import Database
from classifier.web.suggester import Champion

KEPT = timedelta(minutes=5)
"""How long a queue serves; what is decided or dealt meanwhile is passed over when a report is dealt."""

NOW_AT_MOST = 200
"""Reports without a suggestion that a request waits for; more are read in the background, and come into a later queue."""

_QUEUES = 32
_LOGGER = logging.getLogger("asys.web")


@dataclass
class _Reading:
    """A thread that lets a model version read what it has not read, if one runs."""

    thread: threading.Thread | None = field(default=None)


class QueueKeeper:
    """Keeps the queue for each filter, by the suggestions of the model that serves."""

    def __init__(self, database: Database, champion: Champion, settings: Settings, clock: Callable[[], datetime]) -> None:
        """Take where reports are, what knows the model, how the queue is mixed, and a clock."""
        self._database = database
        self._champion = champion
        self._settings = settings
        self._clock = clock
        self._mixed = QueueSettings(settings.blind_share, settings.blind_salt, read_quotas(settings.queue_quotas))
        self._lock = threading.Lock()
        self._queues: dict[tuple[str, str, Filters], Queue] = {}
        self._reading = _Reading()

    def queue(self, filters: Filters, *, fresh: bool = False) -> Queue:
        """Return the queue for a filter, as old as KEPT at most; raises InputError for a reason that there is not."""
        model = self._champion.model
        key = model.version, model.prior, filters
        with self._lock:
            kept = self._queues.get(key)
            if kept is None or fresh or self._clock() - kept.built_at > KEPT:
                self._read_missing()
                kept = self._build(filters)
                self._queues = dict([*((k, q) for k, q in self._queues.items() if k != key)][1 - _QUEUES :]) | {key: kept}
            return kept

    def forget(self) -> None:
        """Let every queue be built anew, since reports came back to it."""
        with self._lock:
            self._queues = {}

    def deal(self, filters: Filters, annotator: str) -> DealtItem | None:
        """Return the report a person holds, or the next for that person; None if nothing waits, not even in a fresh queue."""
        for fresh in (False, True):
            now = self._clock()
            queue = self.queue(filters, fresh=fresh)
            dealt = deal_next(self._database, queue, annotator, now=now, lease_minutes=self._settings.lease_minutes)
            if dealt is not None or queue.built_at >= now:
                return dealt
        return None

    def _build(self, filters: Filters) -> Queue:
        model = self._champion.model
        with self._database.reading() as session:
            return build_queue(
                session,
                model_version=model.version,
                prior=model.prior,
                settings=self._mixed,
                now=self._clock(),
                filters=filters,
                unknown_share=Familiarity(model.vocabulary).unknown_share,
            )

    def _read_missing(self) -> None:
        """Let the model read what it has not, now if it is little, else beside the requests."""
        model = self._champion.model
        missing = count_missing(self._database, model.version, model.prior)
        if missing > NOW_AT_MOST:
            if self._reading.thread is None or not self._reading.thread.is_alive():
                self._reading.thread = threading.Thread(target=self._read, name="reading", daemon=True)
                self._reading.thread.start()
        elif missing:
            self._read()

    def _read(self) -> None:
        model = self._champion.model
        try:
            suggest_missing(self._database, model, who="system", now=self._clock(), progress=lambda: None)
        except Exception as error:  # a thread's bug must be seen, without a word of a report
            _LOGGER.error("reading new reports failed", extra={"kind": type(error).__name__})
