from datetime import date
from typing import Any

import numpy as np
import pytest

from classifier.taxonomy import CATEGORIES, CATEGORY_IDS, CHANNEL_IDS
from classifier.trends.history import History, history_of
from classifier.trends.incidents import Incident
from classifier.trends.periods import Period
from classifier.trends.quantification import Correction
from classifier.trends.report import change_in_percent, in_words, make_report
from classifier.trends.report_parts import HIDDEN, Report, ReportSettings, ReportTable
from tests.trends.made_up import incident


def many(count: int, **fields: Any) -> list[Incident]:
    return [incident(**fields) for _ in range(count)]


def history() -> History:
    """Two years and a gap: 2019 and 2021, a contact centre with a rare kind of incident, a unit with few."""
    return history_of(
        [
            *many(20, day="2019-02-03", channel="publikumsmottak"),
            *many(30, day="2019-05-03", unit="Nav Elvemo"),
            *many(3, day="2019-05-03", unit="Nav Liten"),
            *many(40, day="2021-02-03", unit="Nav Kontaktsenter Nord", kind="Kontaktsenter", channel="telefon"),
            *many(2, day="2021-03-03", unit="Nav Kontaktsenter Nord", kind="Kontaktsenter", category="hatytringer"),
            *many(22, day="2021-03-03", unit="Nav Kontaktsenter Nord", kind="Kontaktsenter", category="verbal_utskjelling"),
            *many(25, day="2021-04-03", channel="epost", category="sjikane_trakassering"),
        ]
    )


def made(settings: ReportSettings | None = None, **options: Any) -> Report:
    settings = settings or ReportSettings(units=("Kontaktsenter",))
    return make_report(history(), settings, source="historikk.csv", made=date(2022, 1, 2), **options)


def table(report: Report, name: str) -> ReportTable:
    return next(found for section in report.sections for found in section.tables if found.name == name and found.in_files)


def test_registered_incidents_are_shown_with_their_change_and_a_year_without_any_as_zero() -> None:
    rows = table(made(), "registrerte").rows
    assert rows == (("2019", 53, None), ("2020", 0, -100.0), ("2021", 89, None))


@pytest.mark.parametrize(
    ("before", "after", "change"), [(100, 118, 18.0), (50, 25, -50.0), (0, 5, None), (None, 5, None), (5, None, None)]
)
def test_a_change_is_told_where_both_counts_are_known(before: int | None, after: int | None, change: float | None) -> None:
    assert change_in_percent(before, after) == change


def test_small_counts_are_hidden_wherever_they_stand_and_cannot_be_worked_out_from_totals() -> None:
    report = made()
    units = {str(row[0]): row[1:] for row in table(report, "enhet").rows}
    assert units["Nav Liten"][0] == HIDDEN
    assert units["Alle"] == (53, 0, 89, 142)
    assert sum(row[0] == HIDDEN for row in units.values()) >= 2
    types = {str(row[0]): row[1:] for row in table(report, "type").rows}
    assert types["Hatytringer"][2] == HIDDEN
    assert sum(row[2] == HIDDEN for row in types.values()) >= 2
    months = {str(row[0]): row[1:] for row in table(report, "maaned_kontaktsenter_type").rows}
    assert months["Hatytringer"][-2] == HIDDEN or months["Hatytringer"][-3] == HIDDEN
    assert report.hidden > 6


def test_nothing_is_hidden_when_every_count_may_be_shown() -> None:
    report = made(ReportSettings(smallest=1))
    assert report.hidden == 0
    assert {row[0]: row[3] for row in table(report, "type").rows}["Hatytringer"] == 2


def test_shares_are_of_all_incidents_of_the_year_and_hidden_with_their_count() -> None:
    shares = {row[0]: row[1:] for row in table(made(ReportSettings(smallest=1)), "kanal_prosent").rows}
    assert shares["Publikumsmottak"][0] == pytest.approx(100 * 20 / 53)
    assert shares["Publikumsmottak"][1] is None
    assert any(HIDDEN in row for row in table(made(), "type").rows)


def test_a_unit_or_kind_gets_its_months_with_the_change_from_the_year_before() -> None:
    report = made(ReportSettings(units=("Nav Ytrevik", "Kontaktsenter"), smallest=1))
    assert [section.title for section in report.sections[-2:]] == ["Månedsanalyse: Nav Ytrevik", "Månedsanalyse: Kontaktsenter"]
    rows = table(report, "maaned_kontaktsenter").rows
    assert rows[-1] == ("april 2021", 0, None)
    assert rows[-3][:2] == ("februar 2021", 40)
    assert len(rows) == 24


def test_only_the_dimensions_asked_for_are_shown() -> None:
    report = made(ReportSettings(dimensions=("kind",), by="quarter"))
    assert [section.title for section in report.sections] == ["Registrerte hendelser", "Hendelser etter type enhet"]
    assert table(report, "enhetstype").columns[1:3] == ("2019-K1", "2019-K2")


def test_a_single_month_is_a_report_too() -> None:
    only = history_of(many(12, day="2021-02-03"))
    report = make_report(only, ReportSettings(by="month"), source="a.csv", made=date(2022, 1, 2))
    assert table(report, "registrerte").rows == (("februar 2021", 12, None),)


def corrector(_history: History, periods: tuple[Period, ...]) -> Correction:
    """Correct every period to ten threats by telephone and two of verbal abuse by e-mail, give or take one."""
    counts, errors = {}, {}
    for target, labels, first, second in (
        ("category", CATEGORY_IDS, "trussel", "verbal_utskjelling"),
        ("channel", CHANNEL_IDS, "telefon", "epost"),
    ):
        counts[target] = np.zeros((len(periods), len(labels)))
        counts[target][:, labels.index(first)] = 10
        counts[target][:, labels.index(second)] = 2
        errors[target] = np.zeros((3, *counts[target].shape))
        errors[target][0, :, labels.index(first)] = 1
    return Correction(counts, errors, {"category": 1.0, "channel": 1.0})  # type: ignore[arg-type]


def test_corrected_counts_stand_beside_the_models_own_and_small_ones_are_hidden() -> None:
    report = made(ReportSettings(smallest=5), correct=corrector)
    assert report.corrected
    rows = {(row[0], row[1]): row[2:] for row in table(report, "type_korrigert").rows}
    assert rows["Truende atferd eller trussel", "2019"] == (53, 10, 9, 10)
    assert rows["Verbal utskjelling", "2021"][1:] == (HIDDEN,) * 3
    assert {row[0] for row in table(report, "type_korrigert").rows} == {category.name for category in CATEGORIES}
    wide = next(t for section in report.sections for t in section.tables if t.name == "type_korrigert" and t.on_page)
    assert wide.rows[2][1] == "53 → 10\n(9–10)"
    groups = {(row[0], row[1]): row[3] for row in table(report, "kanalgruppe_korrigert").rows}
    assert groups["Telefon", "2019"] == 10


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((5, 9, 7), "5 i 2019, 7 i 2021, flest i 2020 med 9"),
        ((0, 0, 0), "ingen fra 2019 til 2021"),
        ((0, None, 0), "0 i 2019, 0 i 2021"),
        ((None, 4, None), "4 i 2020"),
        ((None, None, None), "alle tall er skjult"),
    ],
)
def test_a_series_is_told_by_its_ends_and_its_height(values: tuple[int | None, ...], told: str) -> None:
    assert in_words(values, ("2019", "2020", "2021")) == told


def test_every_chart_says_in_words_what_it_shows() -> None:
    for section in made().sections:
        for chart in section.charts:
            assert len(chart.alternative) > 20
            assert all(len(panel.heights) == len(chart.periods) for panel in chart.panels)
