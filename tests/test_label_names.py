import pytest

from classifier.errors import UnknownLabelError
from classifier.label_names import category_named, channel_named
from classifier.taxonomy import CATEGORIES, CHANNELS


def test_every_label_is_known_by_its_id_and_by_its_name_in_any_case() -> None:
    for category in CATEGORIES:
        assert category_named(category.id) == category_named(category.name.upper()) == category.id
    for channel in CHANNELS:
        assert channel_named(channel.id) == channel_named(f" {channel.name} ") == channel.id


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Hærverk", "haerverk"),
        ("Hatytringer mot NAV", "hatytringer"),
        ("Sjikane/trakassering", "sjikane_trakassering"),
        ("Trussel om selvskading/selvdrap", "trussel_selvskading"),
    ],
)
def test_the_current_forms_names_are_known(name: str, label: str) -> None:
    assert category_named(name) == label


def test_an_entry_of_the_form_that_stands_for_several_channels_names_none() -> None:
    with pytest.raises(UnknownLabelError):
        channel_named("Telefon/SMS")


def test_no_channel_noted_is_an_unknown_channel_but_no_category_is_an_error() -> None:
    assert channel_named("") == "ukjent"
    with pytest.raises(UnknownLabelError):
        category_named("")
