from datetime import date

import pytest

from classifier.dates import read_date

DAY = date(2021, 12, 31)


@pytest.mark.parametrize(
    "written",
    [
        "31.12.2021",
        "31.12.21",
        "2021-12-31",
        "31/12/2021",
        "31/12-21",
        "31-12-2021",
        "20211231",
        "31. desember 2021",
        "31. des. 2021",
        "31.12.2021 14:30",
        "31.12.2021 kl. 14.30",
        "2021-12-31T14:30:00",
        "2021-12-31T14:30:00+01:00",
        "44561",
        "44561,604",
        " 31.12.2021 ",
    ],
)
def test_a_day_is_read_however_it_is_written(written: str) -> None:
    assert read_date(written) == DAY


@pytest.mark.parametrize("written", ["", "i går", "32.12.2021", "12/31/2021", "31.02.2021", "2021", "31.12.1821", "00.00.0000"])
def test_what_is_no_day_is_none(written: str) -> None:
    assert read_date(written) is None
