from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pytest

from classifier.taxonomy import CATEGORIES, CATEGORY_IDS, CHANNEL_GROUPS, CHANNEL_IDS, CHANNELS
from classifier.trends.counting import DIMENSIONS, Dimension
from classifier.trends.history import History, history_of
from classifier.trends.incidents import Incident
from classifier.trends.periods import By, Period
from classifier.trends.quantification import Correction
from classifier.trends.report import change_in_percent, in_words, make_report
from classifier.trends.report_page import as_html
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


def test_every_table_of_counts_has_its_shares_hidden_where_the_count_is() -> None:
    report = made()
    for name in ("type", "kanal", "kanalgruppe", "enhetstype", "enhet"):
        counts = {row[0]: row[1:-1] for row in table(report, name).rows}
        shares = {row[0]: row[1:] for row in table(report, f"{name}_prosent").rows}
        assert shares.keys() == counts.keys() - {"Alle"}
        for row, cells in shares.items():
            assert all(share == HIDDEN for share, count in zip(cells, counts[row], strict=True) if count == HIDDEN)
    assert any(HIDDEN in row for row in table(report, "type_prosent").rows)


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


def one_unit(seed: int) -> History:
    """Return the incidents of an agency with one unit: about ten a month, over a year and eight months."""
    rng = np.random.default_rng(seed)
    categories, channels = rng.dirichlet(np.full(len(CATEGORY_IDS), 0.7)), rng.dirichlet(np.full(len(CHANNEL_IDS), 0.7))
    return history_of(
        incident(
            day=f"{2020 + month // 12}-{1 + month % 12:02d}-03",
            category=str(rng.choice(CATEGORY_IDS, p=categories)),
            channel=str(rng.choice(CHANNEL_IDS, p=channels)),
        )
        for month in range(20)
        for _ in range(rng.poisson(10))
    )


def worked_out(report: Report) -> list[tuple[str, str, str]]:
    """Return the hidden counts that everything shown of a history that all its months are shown of tells exactly."""
    months = [Period(2020 + month // 12, 1 + month % 12, "month") for month in range(20)]
    periods = {name: [m for m in months if m.year == int(name)] for name in ("2020", "2021")}
    periods |= {name: [month] for month in months for name in (month.name, month.short_name)} | {"I alt": months}
    categories = [("type", category.name) for category in CATEGORIES]
    channels = [("kanal", channel.name) for channel in CHANNELS]
    labels = {label: [label] for label in (*categories, *channels)}
    labels |= {("kanalgruppe", g.name): [("kanal", c.name) for c in CHANNELS if c.group == g.id] for g in CHANNEL_GROUPS}
    atoms = {(label, month): place for place, (label, month) in enumerate(product((*categories, *channels), months))}

    def told_of(row: list[tuple[str, str]], name: str) -> np.ndarray:
        vector = np.zeros(len(atoms))
        vector[[atoms[label, month] for label in row for month in periods[name]]] = 1
        return vector

    known = [told_of(categories, month.name) - told_of(channels, month.name) for month in months]
    hidden = []
    for found in (found for section in report.sections for found in section.tables if not found.name.endswith("prosent")):
        for row in found.rows:
            title = str(row[0])
            plain = found.columns[1] == "Antall"
            for name, value in [(title, row[1])] if plain else zip(found.columns[1:], row[1:], strict=True):
                vector = told_of(labels.get((found.name.split("_")[-1], title), categories), name)
                if value == HIDDEN:
                    hidden.append(((found.name, title, name), vector))
                else:
                    known += [vector] if value else list(np.eye(len(atoms))[vector > 0])
    _, weights, basis = np.linalg.svd(np.array(known), full_matrices=False)
    basis = basis[weights > 1e-8]
    return [cell for cell, vector in hidden if np.linalg.norm(vector - basis.T @ (basis @ vector)) < 1e-6]


@pytest.mark.parametrize("by", ["year", "month"])
@pytest.mark.parametrize("dimensions", [("category", "channel", "group"), ("category", "channel"), DIMENSIONS])
def test_a_whole_agencys_monthly_analysis_gives_no_hidden_count_of_the_tables_away(
    by: By, dimensions: tuple[Dimension, ...]
) -> None:
    for seed in range(3):
        settings = ReportSettings(by, dimensions, ("Nav Ytrevik",))
        report = make_report(one_unit(seed), settings, source="a.csv", made=date(2022, 1, 2))
        assert report.hidden > 50
        assert worked_out(report) == [], f"seed {seed}"


def test_a_kind_with_one_unit_and_this_unit_are_hidden_alike() -> None:
    for seed in range(2):
        settings = ReportSettings("month", (), ("Nav-kontor", "Nav Ytrevik"))
        report = make_report(one_unit(seed), settings, source="a.csv", made=date(2022, 1, 2))
        assert worked_out(report) == [], f"seed {seed}"


def test_months_of_a_year_that_begins_before_them_do_not_give_the_rest_of_it_away() -> None:
    incidents = [*many(3, day="2019-01-03", category="sjikane_trakassering"), *many(30, day="2019-02-03")]
    incidents += many(30, day="2019-08-03", category="sjikane_trakassering") + many(30, day="2021-06-03")
    settings = ReportSettings("year", ("category",), ("Nav Ytrevik",))
    report = make_report(history_of(incidents), settings, source="a.csv", made=date(2022, 1, 2))
    year = {row[0]: row[1] for row in table(report, "type").rows}["Sjikane eller trakassering"]
    of_months = {row[0]: row[1:-1] for row in table(report, "maaned_nav_ytrevik_type").rows}["Sjikane eller trakassering"]
    assert HIDDEN in (year, *of_months)


def test_how_many_incidents_there_are_is_hidden_where_the_table_hides_it() -> None:
    report = make_report(history_of(many(2)), ReportSettings(), source="a.csv", made=date(2022, 1, 2))
    assert report.incidents is None
    assert table(report, "registrerte").rows[0][1] == HIDDEN
    page = as_html(report, dict.fromkeys((chart.name for section in report.sections for chart in section.charts), ""))
    assert "Registrerte hendelser (antallet er skjult), regnet per år" in page
