from datetime import date

import pytest

from classifier.dates import read_date

LAST_DAY = date(2021, 12, 31)


@pytest.mark.parametrize(
    "written",
    [
        "31.12.2021",
        "2021-12-31",
        "31/12-21",
        "44561",
        "31.12.21",
        "31/12/2021",
        "31/12-2021",
        "31-12-2021",
        "20211231",
        "31. desember 2021",
        "31 des. 2021",
        "2021-12-31T23:59:59",
        "2021-12-31 10:42:00.000",
        "31.12.2021 kl. 10.42",
        "44561,75",
        " 31.12.2021 ",
    ],
)
def test_the_last_day_of_2021_is_read_however_it_is_written(written: str) -> None:
    assert read_date(written) == LAST_DAY


@pytest.mark.parametrize(
    "written", ["", "i går", "12/31/2021", "31.02.2021", "31.12.0202", "31.12.2201", "2021", "12345", "nav 2021"]
)
def test_what_is_no_date_of_an_incident_is_none(written: str) -> None:
    assert read_date(written) is None


def test_a_short_year_is_of_the_century_that_an_incident_can_be_of() -> None:
    assert read_date("1.2.99") == date(1999, 2, 1)
    assert read_date("1.2.20") == date(2020, 2, 1)
