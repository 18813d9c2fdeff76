"""Numbers and moments read as Norwegian."""

from datetime import UTC, date, datetime, timedelta

import pytest

from classifier.web.pages import wording

NOON = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.714, "71 %"), (0.0, "0 %"), (1.0, "100 %"), (0.0004, "under 1 %"), (0.9996, "over 99 %"), (0.995, "over 99 %")],
)
def test_a_share_reads_as_percent_and_never_claims_none_or_all_of_almost(share: float, expected: str) -> None:
    assert wording.percent(share) == expected


def test_numbers_have_a_comma_and_hard_spaces() -> None:
    assert wording.number(12345.678, 2) == "12\u00a0345,68"
    assert wording.interval(0.661, 0.7649) == "66–76 %"


def test_small_counts_are_words() -> None:
    assert wording.count(0, "én rapport", "rapporter") == "ingen rapporter"
    assert wording.count(1, "én rapport", "rapporter") == "én rapport"
    assert wording.count(12, "én rapport", "rapporter") == "tolv rapporter"
    assert wording.count(1204, "én rapport", "rapporter") == "1\u00a0204 rapporter"


def test_moments_are_told_in_norwegian_time() -> None:
    assert wording.moment(datetime(2026, 7, 3, 12, 5, tzinfo=UTC)) == "3. juli 2026 kl. 14.05"
    assert wording.day(date(2021, 3, 3)) == "3. mars 2021"


def test_the_day_begins_at_midnight_in_norway() -> None:
    late = datetime(2026, 7, 3, 22, 30, tzinfo=UTC)
    assert wording.today(late) == date(2026, 7, 4)
    assert wording.start_of_day(late) == datetime(2026, 7, 3, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(seconds=20), "nå nettopp"),
        (timedelta(minutes=1), "for ett minutt siden"),
        (timedelta(minutes=5), "for fem minutter siden"),
        (timedelta(hours=3), "i dag kl. 09.00"),
        (timedelta(hours=13), "i går kl. 23.00"),
        (timedelta(days=4), "27. februar 2026"),
    ],
)
def test_what_was_lately_is_told_from_now(before: timedelta, expected: str) -> None:
    assert wording.ago(NOON - before, NOON) == expected


def test_a_sentence_begins_with_a_capital_and_keeps_the_rest() -> None:
    assert wording.sentence("én rapport. Vises fra NAV.") == "Én rapport. Vises fra NAV."
    assert wording.sentence("") == ""
