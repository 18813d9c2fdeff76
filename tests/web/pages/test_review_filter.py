"""A filter survives its trip through the address, and nonsense in an address asks for nothing."""

from datetime import date

from classifier.review.queue import Filters
from classifier.web.pages.review_filter import asked, filter_view

ADDRESS = {
    "grunn": "unusual_pair",
    "kategori": "trussel",
    "kanal": "brev",
    "enhet": " NAV  Vest ",
    "fra": "2021-01-01",
    "til": "",
}


def test_the_queue_is_asked_for_what_the_address_says() -> None:
    assert asked(ADDRESS).filters == Filters(
        unit="NAV Vest", first=date(2021, 1, 1), category="trussel", channel="brev", reason="unusual_pair"
    )


def test_nonsense_asks_for_nothing() -> None:
    found = asked({"grunn": "hemmelig", "kategori": "<b>", "kanal": "fax", "fra": "i går", "til": "2021-02-30", "side": "2"})
    assert found.values == ()
    assert found.query == ""


def test_the_form_shows_what_is_asked_and_the_address_carries_it_on() -> None:
    shown = filter_view(asked(ADDRESS))
    assert [option.value for option in shown.reasons if option.chosen] == ["unusual_pair"]
    assert shown.count == 5
    assert asked(ADDRESS).with_also(avgjort="3-1").endswith("&avgjort=3-1")
    assert "enhet=NAV+Vest" in shown.query
