import pytest

from classifier.review.blind import is_blind

REPORTS = [("asys", f"2021-{number}") for number in range(5000)]


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
def test_about_the_share_that_was_asked_for_is_blind(share: float) -> None:
    found = sum(is_blind(*report, share, "salt") for report in REPORTS) / len(REPORTS)
    assert found == pytest.approx(share, abs=0.015)


def test_a_larger_share_keeps_every_report_of_a_smaller_one() -> None:
    small = {report for report in REPORTS if is_blind(*report, 0.05, "salt")}
    large = {report for report in REPORTS if is_blind(*report, 0.10, "salt")}
    assert small < large


def test_another_salt_draws_another_subset() -> None:
    one = {report for report in REPORTS if is_blind(*report, 0.1, "one")}
    other = {report for report in REPORTS if is_blind(*report, 0.1, "other")}
    assert len(one & other) == pytest.approx(len(REPORTS) / 100, abs=35)


def test_the_same_id_from_two_sources_is_drawn_twice() -> None:
    drawn = {(is_blind("a", number, 0.5, "salt"), is_blind("b", number, 0.5, "salt")) for _, number in REPORTS}
    assert len(drawn) == 4
    assert is_blind("a", "b c", 0.5, "salt") == is_blind("a", "b c", 0.5, "salt")
