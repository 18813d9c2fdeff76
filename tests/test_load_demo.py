from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import func, select

from classifier.store.database import open_database
from classifier.store.tables import AuditEntry, Report
from scripts.load_demo import INCIDENTS, SEED, demo_incidents, is_wrong, load

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def test_the_demo_is_a_history_with_about_eight_in_a_hundred_mislabelled(tmp_path: Path) -> None:
    incidents = demo_incidents(INCIDENTS, SEED)
    assert len(incidents) == 800
    assert 0.05 <= sum(map(is_wrong, incidents)) / 800 <= 0.11
    assert {incident.day.year for incident in incidents} == set(range(2014, 2022))
    labels = Counter(incident.true_category for incident in incidents)
    # The guide: threats are most of it, then being shouted at, then harassment; attacks are few.
    assert labels["trussel"] > labels["verbal_utskjelling"] > labels["sjikane_trakassering"] > labels["fysisk_angrep_person"]
    database = open_database(str(tmp_path / "asys.db"))
    assert load(database, incidents, NOW) == 800
    assert load(database, incidents, NOW) == 0, "a database that holds reports is left as it is"
    with database.reading() as session:
        assert session.scalar(select(func.count(Report.id))) == 800
        days = session.scalars(select(Report.incident_date)).all()
        assert all(day is not None and date(2014, 1, 1) <= day <= date(2021, 12, 31) for day in days)
        assert session.scalars(select(AuditEntry.action)).all() == ["import"]
    database.close()
