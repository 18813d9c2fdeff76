"""Progress counts reports that were looked at again, each once."""

from datetime import timedelta

from classifier.review.progress import Progress, progress
from classifier.store.database import Database
from tests.review.reports import NOW, add, decide


def test_progress_counts_reports_by_person_by_day_and_in_all(database: Database) -> None:
    first, second, third, fourth = add(database, "Han ropte.", "Han truet.", "Han slo.", "Han ringte.")
    decide(database, first, "kari", decided_at=NOW - timedelta(days=1))
    decide(database, second, "kari", decided_at=NOW + timedelta(hours=1))
    decide(database, second, "ola", decided_at=NOW + timedelta(hours=2))
    decide(database, third, "ola", decided_at=NOW + timedelta(hours=2), origin="registration")
    decide(database, fourth, "ola", decided_at=NOW + timedelta(hours=2))
    decide(database, fourth, "ola", kind="undo", undoes=1, decided_at=NOW + timedelta(hours=3))
    with database.reading() as session:
        assert progress(session, "kari", NOW) == Progress(mine=1, everybody=1, reviewed=2, total=4)
        assert progress(session, "ola", NOW) == Progress(mine=1, everybody=1, reviewed=2, total=4)
