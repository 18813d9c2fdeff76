"""Only reports that people settled are shown as alike, never the report itself."""

from datetime import timedelta

from classifier.store.database import Database
from classifier.web.decided_reports import KEPT, DecidedReports
from tests.review.reports import NOW, add, decide

TEXTS = ("Han sparket i døra.", "Han sparket i døra igjen.", "Han sparket hardt i døra.", "Hun skrev et brev om trygd.")


def test_settled_reports_resemble_and_open_or_disputed_ones_do_not(store: Database) -> None:
    asked, settled, disputed, _ = add(store, *TEXTS)
    decide(store, settled, label=("haerverk", "publikumsmottak"))
    decide(store, disputed, "kari")
    decide(store, disputed, "ola", label=("haerverk", "brev"))
    (found,) = DecidedReports(store, lambda: NOW).resembling(asked, TEXTS[0])
    assert (found.report_id, found.category, found.channel) == (settled, "haerverk", "publikumsmottak")
    assert DecidedReports(store, lambda: NOW).resembling(settled, TEXTS[1]) == ()


def test_what_is_decided_later_is_found_later(store: Database) -> None:
    now = NOW
    asked, other, *_ = add(store, *TEXTS)
    reports = DecidedReports(store, lambda: now)
    assert reports.resembling(asked, TEXTS[0]) == ()
    decide(store, other)
    now += KEPT + timedelta(seconds=1)
    assert [found.report_id for found in reports.resembling(asked, TEXTS[0])] == [other]
