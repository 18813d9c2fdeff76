from datetime import date

import pytest

from classifier.dates import read_date

DAY = date(2021, 12, 31)


@pytest.mark.parametrize(
    "written",
    [
        "31.12.2021",
        "2021-12-31",
        "31/12-21",
        "31. desember 2021",
        "20211231",
        "44561",
        "2021-12-31T23:59:01Z",
        "31.12.2021 kl. 14:30",
    ],
)
def test_a_day_is_read_however_it_is_written(written: str) -> None:
    assert read_date(written) == DAY


def test_the_day_stands_before_the_month() -> None:
    assert read_date("03.04.2020") == date(2020, 4, 3)


@pytest.mark.parametrize("written", ["", "i fjor", "31.02.2021", "31.12.1821", "12345678", "31.12"])
def test_what_is_no_day_is_none(written: str) -> None:
    assert read_date(written) is None
