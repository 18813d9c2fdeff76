"""A small history with every kind of thing in it, for tests of what goes out, comes back, and is erased."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from classifier.store.database import Database
from classifier.store.reports import IncomingReport, add_reports
from classifier.store.tables import (
    Assignment,
    Decision,
    ModelVersion,
    Report,
    Snapshot,
    SnapshotExample,
    StoredSuggestion,
)

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
THREAT = "Bruker ringte og sa at han visste hvor jeg bor, så nå tør jeg ikke gå hjem."
FORMULA = '=HYPERLINK("http://x"); \'han\' sa\r\n"ho" sa\tikkje _x000D_ noko \x07'
REASON = "Han sa det to ganger, og pekte på døra mens han sa det."

REPORTS = (
    IncomingReport("arkiv", "17", THREAT, date(2021, 12, 31), "Nav Vik", "Nav-kontor", "nb", "trussel", "telefon", "Kari"),
    IncomingReport("arkiv", "-18", FORMULA, None, "'Nav Vågå", label_category="Mobbing", label_taxonomy="2014"),
    IncomingReport(
        "skjema", "17", "Ho slo i skranken så glasset sprakk.", date(2019, 1, 2), extra={"Løpenr": "0017", "a": [1, None]}
    ),
    IncomingReport("skjema", "19", THREAT, date(2022, 1, 2)),
)


def filled(database: Database) -> None:
    """Put in reports, suggestions, decisions of all kinds, an open review, a snapshot, and a model that learned from it."""
    with database.writing() as session:
        add_reports(session, REPORTS, NOW)
        reports = session.scalars(select(Report).order_by(Report.id)).all()
        suggestion = StoredSuggestion(
            report_id=reports[0].id,
            model_version="2026.3.1",
            prior="corpus",
            created_at=NOW,
            outcome="ok",
            category="trussel",
            channel="telefon",
            category_confident=True,
            channel_confident=False,
            category_proba={"trussel": 0.9125, "haerverk": 0.0875},
            channel_proba={"telefon": 0.75, "epost": 0.25},
            warnings=["trussel_selvskading"],
            evidence=[{"start": 0, "end": 6, "weight": 0.25, "label": "trussel"}],
        )
        session.add(suggestion)
        session.flush()
        decided = _decide(session, reports[0], 1, category="trussel", channel="telefon", suggestion_id=suggestion.id)
        _decide(session, reports[0], 2, kind="park", reason=REASON, annotator="kari")
        _decide(session, reports[0], 3, kind="undo", undoes_id=decided.id)
        _decide(session, reports[0], 4, kind="adjudication", category="haerverk", channel="brev", reason="-", blind=True)
        last = _decide(session, reports[2], 1, category="haerverk", channel="publikumsmottak", blind=True, reason="")
        session.add(
            Assignment(report_id=reports[0].id, annotator="ola", dealt_at=NOW, expires_at=NOW + timedelta(hours=1), blind=False)
        )
        session.add(Snapshot(number=1, created_at=NOW, created_by="ola", digest="a" * 64, examples=2))
        session.flush()
        for report, decision in ((reports[0], decided), (reports[2], last)):
            session.add(_example(report, decision))
        session.add(ModelVersion(version="2026.3.2", snapshot_number=1, trained_at=NOW, training_data_digest="b" * 64))
        session.add(ModelVersion(version="2026.3.1", trained_at=NOW, training_data_digest="c" * 64))


def _decide(session: Any, report: Report, sequence: int, **fields: Any) -> Decision:
    given = {"kind": "label", "annotator": "ola", "role": "quality_checker"} | fields
    decision = Decision(report_id=report.id, sequence=sequence, decided_at=NOW + timedelta(minutes=sequence), **given)
    session.add(decision)
    session.flush()
    return decision


def _example(report: Report, decision: Decision) -> SnapshotExample:
    return SnapshotExample(
        snapshot_number=1,
        report_id=report.id,
        decision_id=decision.id,
        text=f"{report.text} [PERSON]",
        category="trussel",
        channel="telefon",
        language="nb",
        provenance="confirmation",
        source=report.source,
        text_group="g",
    )
