from classifier.taxonomy import CATEGORIES
from classifier.trends.counting import count, period_range
from classifier.trends.history import history_of
from tests.trends.made_up import incident

HISTORY = history_of(
    [
        incident("2019-12-31", channel="publikumsmottak"),
        incident("2021-01-01", category="haerverk"),
        incident("2021-03-31", unit="Nav Elvemo", channel="epost"),
        incident("2021-04-01", category=None, channel=None, unit="Nav Kontaktsenter Nord", kind="Kontaktsenter"),
    ]
)


def test_a_year_without_incidents_is_a_column_of_zeros() -> None:
    years = period_range(HISTORY, "year")
    assert [year.short_name for year in years] == ["2019", "2020", "2021"]
    assert count(HISTORY, "kind", years).counts.sum(axis=0).tolist() == [1, 0, 3]


def test_every_category_has_its_row_in_the_order_of_the_taxonomy_and_incidents_without_one_the_last() -> None:
    found = count(HISTORY, "category", period_range(HISTORY, "year"))
    assert found.rows == (*(category.name for category in CATEGORIES), "Uten kategori")
    by_row = dict(zip(found.rows, found.counts.tolist(), strict=True))
    assert by_row["Truende atferd eller trussel"] == [1, 0, 1]
    assert by_row["Uten kategori"] == [0, 0, 1]
    assert by_row["Hatytringer"] == [0, 0, 0]


def test_channels_are_counted_by_group_and_units_by_name() -> None:
    quarters = period_range(HISTORY, "quarter")
    groups = count(HISTORY, "group", quarters)
    assert groups.rows == ("Telefon", "Fysisk oppmøte", "Digitale kanaler", "Annet", "Uten kanal")
    assert groups.counts.sum(axis=1).tolist() == [1, 1, 1, 0, 1]
    assert groups.counts[:, -1].tolist() == [0, 0, 0, 0, 1]
    assert count(HISTORY, "unit", quarters).rows == ("Nav Elvemo", "Nav Kontaktsenter Nord", "Nav Ytrevik")


def test_incidents_outside_the_periods_are_not_counted() -> None:
    months = period_range(HISTORY, "month")[-2:]
    assert [month.short_name for month in months] == ["2021-03", "2021-04"]
    assert count(HISTORY, "kind", months).counts.sum() == 2


def test_no_incidents_have_no_periods() -> None:
    assert period_range(history_of([]), "month") == ()
