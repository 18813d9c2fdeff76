from datetime import date

from classifier.trends.periods import Period, period_of, periods_between


def test_a_day_lies_in_its_year_quarter_and_month() -> None:
    day = date(2021, 11, 30)
    assert period_of(day, "year") == Period(2021, 1, "year")
    assert period_of(day, "quarter") == Period(2021, 4, "quarter")
    assert period_of(day, "month") == Period(2021, 11, "month")
    assert [period_of(date(2021, month, 1), "quarter").number for month in range(1, 13)] == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]


def test_periods_are_named_in_norwegian_and_sort_by_their_short_names() -> None:
    assert period_of(date(2021, 12, 31), "year").name == "2021"
    assert period_of(date(2021, 12, 31), "quarter").name == "4. kvartal 2021"
    assert period_of(date(2021, 12, 31), "month").name == "desember 2021"
    names = [period.short_name for period in periods_between(Period(2020, 9, "month"), Period(2021, 2, "month"))]
    assert names == sorted(names) == ["2020-09", "2020-10", "2020-11", "2020-12", "2021-01", "2021-02"]


def test_every_period_between_two_is_there_even_over_the_turn_of_the_year() -> None:
    quarters = periods_between(Period(2019, 4, "quarter"), Period(2021, 1, "quarter"))
    assert [period.short_name for period in quarters] == ["2019-K4", "2020-K1", "2020-K2", "2020-K3", "2020-K4", "2021-K1"]
    assert periods_between(Period(2021, 1, "year"), Period(2021, 1, "year")) == (Period(2021, 1, "year"),)


def test_a_year_later_is_the_same_month_of_the_next_year() -> None:
    assert Period(2020, 2, "month").later(12) == Period(2021, 2, "month")
    assert Period(2021, 1, "quarter").later(-1) == Period(2020, 4, "quarter")


def test_a_period_begins_on_its_first_day() -> None:
    assert Period(2021, 4, "quarter").first_day == date(2021, 10, 1)
    assert Period(2021, 2, "month").first_day == date(2021, 2, 1)
