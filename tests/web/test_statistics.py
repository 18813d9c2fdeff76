"""What the statistics page counts, and how long it keeps it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from classifier.model.artifact import write_artifact
from classifier.model.estimator import LABELS, TARGETS
from classifier.model.own_prior import OwnPrior, Prior, name_of
from classifier.model.registry import register
from classifier.store.database import Database
from classifier.store.reports import IncomingReport, add_reports
from classifier.store.suggestions import add_suggestions
from classifier.store.tables import Report
from classifier.suggestion import Proposal, Ranked, Suggestion
from classifier.trends.history import history_of
from classifier.trends.periods import Period
from classifier.trends.report_parts import ReportTable
from classifier.trends.stored import Reader
from classifier.web.statistics import KEPT, MOST_CORRECTED, Selection, Statistics, StatisticsKeeper, selected
from tests import small_model
from tests.trends.made_up import held_out, incident

NOW = datetime(2026, 3, 1, tzinfo=UTC)
READER = Reader("2026.1.1", "corpus")


def reports(count: int, first: int = 0, years: int = 2) -> list[IncomingReport]:
    return [
        IncomingReport(
            "arkiv",
            str(place),
            "Han ringte og truet.",
            incident_date=date(2020 + place % years, 3, 1),
            unit="Nav Ytrevik" if place % 3 else "Nav Kontaktsenter Nord",
            label_category="trussel",
            label_channel="telefon",
        )
        for place in range(first, first + count)
    ]


def put(database: Database, incoming: list[IncomingReport]) -> None:
    with database.writing() as session:
        add_reports(session, incoming, NOW)


def let_the_model_answer(database: Database, prior: Prior = READER.prior) -> None:
    """Store, for every report, that the model holds it for hate speech by telephone, without being very sure."""
    shares = {target: {label: 0.4 / (len(LABELS[target]) - 1) for label in LABELS[target]} for target in TARGETS}
    shares["category"]["hatytringer"] = shares["channel"]["telefon"] = 0.6
    category, channel = (
        Proposal(tuple(Ranked(*item) for item in sorted(shares[target].items(), key=lambda item: -item[1])), True)
        for target in TARGETS
    )
    suggestion = Suggestion("ok", category, channel, (), (), None, READER.version)
    with database.writing() as session:
        ids = session.scalars(select(Report.id)).all()
        add_suggestions(session, [(report, suggestion) for report in ids], prior=name_of(prior), created_at=NOW)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A registry whose one model comes with its answers to held-out texts."""
    artifact = write_artifact(
        tmp_path / "modeller" / READER.version,
        small_model.trained()[0],
        version_=READER.version,
        created=NOW.isoformat(),
        pipeline=small_model.pipeline(),
        training_data_digest="d" * 64,
        metrics={},
        evaluation_html="",
        held_out=held_out(800),
    )
    register(artifact)
    return tmp_path / "modeller"


def table(counted: Statistics, name: str) -> ReportTable:
    assert counted.report is not None
    return next(its for section in counted.report.sections for its in section.tables if its.name == name)


def keeper(store: Database, clock: Callable[[], datetime] = lambda: NOW) -> StatisticsKeeper:
    return StatisticsKeeper(store, clock)


def test_the_memos_tables_are_counted(store: Database, tmp_path: Path) -> None:
    put(store, reports(40))
    counted = keeper(store).statistics(Selection(), READER, tmp_path)
    assert table(counted, "registrerte").rows == (("2020", 20, None), ("2021", 20, 0.0))
    assert ("Telefon", 20, 20, 40) in table(counted, "kanal").rows
    assert ("Truende atferd eller trussel", 20, 20, 40) in table(counted, "type").rows
    assert counted.units == ("Nav Kontaktsenter Nord", "Nav Ytrevik")


def test_small_counts_are_hidden(store: Database, tmp_path: Path) -> None:
    put(store, reports(40))
    with store.writing() as session:
        for report in session.scalars(select(Report).limit(3)):
            report.label_channel = "brev"
    counted = keeper(store).statistics(Selection(), READER, tmp_path)
    assert ("Brev", "skjult", "skjult", "skjult") in table(counted, "kanal").rows


def test_a_unit_alone_gets_its_months_and_an_unknown_one_nothing(store: Database, tmp_path: Path) -> None:
    put(store, reports(60))
    statistics = keeper(store)
    counted = statistics.statistics(Selection(unit="Nav Ytrevik"), READER, tmp_path)
    assert counted.report is not None
    assert counted.report.incidents == 40
    assert table(counted, "maaned_nav_ytrevik").rows[0] == ("mars 2020", 20, None)
    assert statistics.statistics(Selection(unit="Nav Ukjent"), READER, tmp_path).report is None


def test_units_stand_in_a_table_and_the_contact_centre_gets_its_months(store: Database, tmp_path: Path) -> None:
    put(store, reports(60))
    statistics = keeper(store)
    counted = statistics.statistics(Selection(), READER, tmp_path)
    assert ("Nav Ytrevik", 20, 20, 40) in table(counted, "enhet").rows
    assert table(counted, "maaned_kontaktsenter").rows[0] == ("mars 2020", 10, None)
    assert counted.kinds == ("Kontaktsenter", "Nav-kontor")
    offices = statistics.statistics(Selection(kind="Nav-kontor"), READER, tmp_path)
    assert table(offices, "registrerte").rows[0] == ("2020", 20, None)
    assert table(offices, "maaned_nav_kontor").rows[0] == ("mars 2020", 20, None)
    assert statistics.statistics(Selection(kind="Ukjent"), READER, tmp_path).report is None


def test_a_table_of_too_many_units_is_left_out_and_the_page_says_so(
    store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, reports(60))
    monkeypatch.setattr("classifier.web.statistics.MOST_UNIT_CELLS", 3)
    report = keeper(store).statistics(Selection(), READER, tmp_path).report
    assert report is not None
    assert "unit" not in report.settings.dimensions
    assert any("Tabellen etter enhet er ikke med" in note for note in report.notes)


def test_counts_are_kept_for_a_while_and_no_longer(store: Database, tmp_path: Path) -> None:
    now = [NOW]
    statistics = keeper(store, lambda: now[0])
    put(store, reports(20))
    seen = []
    for later in (timedelta(), KEPT, timedelta(seconds=1)):
        now[0] += later
        found = statistics.statistics(Selection(), READER, tmp_path).report
        assert found is not None
        seen.append(found.incidents)
        put(store, reports(20, first=20))
    assert seen == [20, 20, 40]


def test_an_empty_store_has_no_report(store: Database, tmp_path: Path) -> None:
    assert keeper(store).statistics(Selection(), READER, tmp_path) == Statistics(None, (), ())


def test_a_models_counts_stand_beside_corrected_ones(store: Database, models: Path) -> None:
    put(store, reports(40))
    let_the_model_answer(store)
    counted = keeper(store).statistics(Selection(labels="model"), READER, models)
    assert counted.report is not None
    assert counted.report.corrected
    assert ("Hatytringer", 20, 20, 40) in table(counted, "type").rows
    told = {row[0]: row[1] for row in table(counted, "type_korrigert").rows}
    assert str(told["Hatytringer"]).startswith("20 → ")
    assert "800 rapporter" in counted.report.notes[0]


def test_counts_under_a_prior_of_ones_own_are_corrected_by_its_numbers(store: Database, models: Path) -> None:
    own = OwnPrior("decisions", "vedtak.csv", "d" * 64, (0.7, *[0.05] * 6), (0.5, *[0.05] * 10))
    put(store, reports(40))
    let_the_model_answer(store, own)
    counted = keeper(store).statistics(Selection(labels="model"), Reader(READER.version, own), models)
    assert counted.report is not None
    assert counted.report.corrected
    assert ("Hatytringer", 20, 20, 40) in table(counted, "type").rows


def test_a_model_that_is_not_in_the_folder_gives_raw_counts_and_says_so(store: Database, tmp_path: Path) -> None:
    put(store, reports(40))
    let_the_model_answer(store)
    counted = keeper(store).statistics(Selection(labels="model"), READER, tmp_path)
    assert counted.report is not None
    assert not counted.report.corrected
    assert "ikke rettet" in counted.report.notes[0]


def test_only_the_newest_periods_are_corrected(store: Database, models: Path) -> None:
    put(store, reports(160, years=MOST_CORRECTED + 2))
    let_the_model_answer(store)
    counted = keeper(store).statistics(Selection(labels="model"), READER, models)
    assert counted.report is not None
    assert [period.year for period in counted.report.periods] == list(range(2022, 2034))
    assert any("Bare de 12 siste årene" in note for note in counted.report.notes)


def test_of_many_months_only_the_newest_are_counted(store: Database, tmp_path: Path) -> None:
    put(store, reports(40, years=4))
    counted = keeper(store).statistics(Selection("month"), READER, tmp_path)
    assert counted.report is not None
    assert counted.report.incidents == 20
    assert [counted.report.periods[place].short_name for place in (0, -1)] == ["2022-03", "2023-03"]
    assert any("Bare de 24 siste månedene" in note for note in counted.report.notes)


def test_a_selection_takes_whole_periods() -> None:
    history = history_of([incident(day=f"2021-{month:02d}-05") for month in range(1, 13)])
    march, august = Period(2021, 3, "month"), Period(2021, 8, "month")
    assert [len(selected(history, Selection(by, first=march, last=august))) for by in ("month", "quarter", "year")] == [
        6,
        9,
        12,
    ]
