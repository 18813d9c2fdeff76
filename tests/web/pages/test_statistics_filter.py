import pytest

from classifier.trends.periods import Period
from classifier.web.pages.statistics_filter import Asked, asked_for
from classifier.web.statistics import Selection


def test_an_address_is_a_selection() -> None:
    asked = asked_for(
        per="kvartal", merker="modell", enhet=" Nav  Ytrevik ", enhetstype="Nav-kontor", fra="2019-03", til="2020-12"
    )
    months = Period(2019, 3, "month"), Period(2020, 12, "month")
    assert asked.selection == Selection("quarter", "model", "Nav Ytrevik", "Nav-kontor", *months)


def test_what_makes_no_sense_is_not_asked() -> None:
    asked = asked_for(per="uke", merker="mine", fra="2019-13", til="<script>")
    assert asked == Asked()
    assert asked.selection == Selection()


@pytest.mark.parametrize("text", ["2019-3", "0000-01", "2019-03-01", "19-03", "9999-12", "٢٠١٩-٠٣x", "2019-W1"])
def test_only_a_month_is_a_month(text: str) -> None:
    assert asked_for(fra=text).fra == ""


def test_months_in_the_wrong_order_are_swapped() -> None:
    asked = asked_for(fra="2021-01", til="2020-01")
    assert (asked.fra, asked.til) == ("2020-01", "2021-01")


def test_an_address_says_only_what_does_not_go_without_saying() -> None:
    assert Asked().query == ""
    assert asked_for(per="aar", enhet="Nav A&B", fra="2019-03").query == "?enhet=Nav+A%26B&fra=2019-03"


def test_the_form_shows_what_was_asked() -> None:
    asked = asked_for(per="maaned", merker="avgjort")
    assert [option.value for option in asked.periods if option.chosen] == ["maaned"]
    assert [option.value for option in asked.sources if option.chosen] == ["avgjort"]
