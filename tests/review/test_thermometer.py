from datetime import timedelta

from classifier.review.decisions import histories
from classifier.review.thermometer import blind_labels, blind_reports
from classifier.store.database import Database
from classifier.store.tables import Assignment, Report
from tests.review.reports import NOW, add, decide

NONE, ALL = 0.0, 1.0
DAMAGE = ("haerverk", "publikumsmottak")


def labels(database: Database, share: float = ALL) -> dict[int, tuple[str, str]]:
    with database.reading() as session:
        return {found.report_id: (found.category, found.channel) for found in blind_labels(session, share, "salt")}


def test_what_was_dealt_blind_stays_blind_when_the_share_changes(database: Database) -> None:
    dealt, other = add(database, "Hun slo i skranken.", "Han kastet en stol.")
    with database.writing() as session:
        lease = NOW + timedelta(hours=2)
        session.add(Assignment(report_id=dealt, annotator="kari", dealt_at=NOW, expires_at=lease, blind=True))
    decide(database, dealt, blind=True)
    decide(database, other, blind=True)
    with database.reading() as session:
        assert blind_reports(session, NONE, "salt") == {dealt}
        assert blind_reports(session, ALL, "salt") == {dealt, other}
        assert set(histories(session)) == {dealt, other}


def test_the_first_blind_label_counts_unless_somebody_settled_it(database: Database) -> None:
    agreed, disputed, settled = add(database, "Hun slo i skranken.", "Han kastet en stol.", "Han ropte i gangen.")
    for report in (agreed, disputed, settled):
        decide(database, report, "ola", blind=True)
        decide(database, report, "kari", DAMAGE if report != agreed else ("trussel", "telefon"), blind=True)
    decide(database, settled, "eva", DAMAGE, kind="adjudication", role="quality_checker")
    assert labels(database) == {agreed: ("trussel", "telefon"), disputed: ("trussel", "telefon"), settled: DAMAGE}


def test_what_tells_nothing_is_left_out(database: Database) -> None:
    parked, erased, seen, undone = add(database, "Hun slo i dør.", "Han kastet stol.", "Han ropte høyt.", "Hun skrek så.")
    for report in (parked, erased, undone):
        decide(database, report, blind=True)
    decide(database, seen)
    decide(database, parked, kind="park", reason="Hvem ble slått?")
    decide(database, undone, kind="undo", undoes=1)
    with database.writing() as session:
        row = session.get_one(Report, erased)
        row.text, row.text_digest, row.erased_at = None, None, NOW
    assert labels(database) == {}
