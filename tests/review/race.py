"""What a process does that races another for reports."""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

from classifier.review.dealing import deal_next
from classifier.review.queue import QueueSettings, build_queue
from classifier.store.database import open_database
from tests.review.reports import NOW


def deal_as(url: str, people: Sequence[str], barrier: Barrier, answers: SimpleQueue[list[int]]) -> None:
    """Deal a report to each of these people in turn, beginning when the other process does, and tell which."""
    database = open_database(url)
    with database.reading() as session:
        queue = build_queue(
            session, model_version="1", prior="corpus", settings=QueueSettings(0.1, "salt", {"random": 1}), now=NOW
        )
    dealt = []
    barrier.wait()
    for who in people:
        item = deal_next(database, queue, who, now=NOW, lease_minutes=30)
        if item is not None:
            dealt.append(item.report_id)
    answers.put(dealt)
    database.close()
