"""The review desk: keeps the queue at hand for a while, lets the model read what is new, and deals the next report."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from classifier.model.incident_model import IncidentModel
from classifier.review.dealing import DealtItem, deal_next
from classifier.review.familiarity import Familiarity
from classifier.review.leases import release
from classifier.review.missing import count_missing, suggest_missing
from classifier.review.queue import Filters, Queue, QueueSettings, build_queue
from classifier.review.quotas import read_quotas
from classifier.settings import Settings
from classifier.store import audit
from classifier.store.database import Database
from classifier.web.suggester import Champion

KEPT_SECONDS = 30
"""How old a queue may be: dealing passes over what was decided or taken since it was built."""

AT_ONCE = 100
"""Unread reports that the model reads before a queue is built; more are read beside it, and wait for the next queue."""

LISTED = 500
"""Items of a queue that are ranked: more than people take before it is built anew."""

_KEPT_QUEUES = 32
_READER = "system"
_LOG = logging.getLogger("asys.desk")

_Key = tuple[str, str, Filters]


@dataclass(frozen=True)
class _Known:
    version: str
    familiarity: Familiarity


class Desk:
    """Deals reports for review to the people of one process; leases, in the database, keep processes from one another."""

    def __init__(self, database: Database, champion: Champion, settings: Settings, clock: Callable[[], datetime]) -> None:
        """Take where reports are kept, what knows the champion, how the queue is mixed, and the time."""
        self._database = database
        self._champion = champion
        self._settings = settings
        self._mixed = QueueSettings(settings.blind_share, settings.blind_salt, read_quotas(settings.queue_quotas))
        self._clock = clock
        self._building = threading.Lock()
        self._reading = threading.Lock()
        self._queues: dict[_Key, Queue] = {}
        self._known: _Known | None = None

    def queue(self, filters: Filters | None = None, *, fresh: bool = False) -> Queue:
        """Return the queue under these filters, at most KEPT_SECONDS old, or built now if it is to be `fresh`.

        Raises InputError for a filter on a reason that there is not.
        """
        model, filters = self._champion.model, filters or Filters()
        key = (model.version, model.prior, filters)
        # One queue is built at a time; whoever waited for the same finds it ready.
        asked_at = self._clock()
        with self._building:
            kept = self._queues.get(key)
            oldest = asked_at if fresh else asked_at - timedelta(seconds=KEPT_SECONDS)
            if kept is not None and kept.built_at >= oldest:
                return kept
            self._read_new(model)
            with self._database.reading() as session:
                built = build_queue(
                    session,
                    model_version=model.version,
                    prior=model.prior,
                    settings=self._mixed,
                    now=self._clock(),
                    filters=filters,
                    unknown_share=self._familiarity(model).unknown_share,
                    limit=LISTED,
                )
            self._queues.pop(key, None)
            self._queues[key] = built
            while len(self._queues) > _KEPT_QUEUES:
                self._queues.pop(next(iter(self._queues)))
            return built

    def deal(self, annotator: str, filters: Filters | None = None, *, may_settle: bool = True) -> DealtItem | None:
        """Return the report that a person holds, or else lease the next one; None if there is nothing for this person."""
        for fresh in (False, True):
            queue = self.queue(filters, fresh=fresh)
            dealt = deal_next(
                self._database,
                queue,
                annotator,
                now=self._clock(),
                lease_minutes=self._settings.lease_minutes,
                may_settle=may_settle,
            )
            if dealt is not None:
                return dealt
        return None

    def skip(self, annotator: str, report_id: int | None = None) -> list[int]:
        """Hand back what a person holds, or one report of it, undecided, and return the ids of the reports."""
        now = self._clock()
        with self._database.writing() as session:
            released = release(session, annotator, now, report_id)
            for returned in released:
                audit.record(session, "deal", who=annotator, at=now, report_id=returned, details={"handed_back": True})
        return released

    def _read_new(self, model: IncidentModel) -> None:
        missing = count_missing(self._database, model.version, model.prior)
        if not missing:
            return
        if missing <= AT_ONCE:
            self._read(model)
        elif self._reading.acquire(blocking=False):
            threading.Thread(target=self._read_beside, args=(model,), name="reader", daemon=True).start()

    def _read(self, model: IncidentModel) -> int:
        return suggest_missing(self._database, model, who=_READER, now=self._clock(), progress=lambda: None)

    def _read_beside(self, model: IncidentModel) -> None:
        try:
            _LOG.info("read new reports", extra={"reports": self._read(model), "model_version": model.version})
        except Exception:
            # The next queue tries again; the service goes on without.
            _LOG.exception("new reports could not be read")
        finally:
            self._reading.release()

    def _familiarity(self, model: IncidentModel) -> Familiarity:
        if self._known is None or self._known.version != model.version:
            self._known = _Known(model.version, Familiarity(model.vocabulary))
        return self._known.familiarity
