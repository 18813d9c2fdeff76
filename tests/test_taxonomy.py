import json

import pytest

from classifier.errors import UnknownLabelError
from classifier.taxonomy import (
    CATEGORIES,
    CATEGORY_IDS,
    CHANNEL_GROUPS,
    CHANNEL_IDS,
    CHANNELS,
    Category,
    Channel,
    by_severity,
    category,
    channel,
)
from classifier.taxonomy_view import as_dict, as_tables


def test_there_are_seven_categories_in_the_order_of_the_labelling_guide() -> None:
    assert CATEGORY_IDS == (
        "fysisk_angrep_person",
        "haerverk",
        "trussel",
        "trussel_selvskading",
        "hatytringer",
        "sjikane_trakassering",
        "verbal_utskjelling",
    )
    assert [item.severity for item in CATEGORIES] == list(range(1, 8))


def test_there_are_eleven_channels_each_in_a_known_group() -> None:
    assert len(set(CHANNEL_IDS)) == 11
    groups = {group.id for group in CHANNEL_GROUPS}
    assert {item.group for item in CHANNELS} == groups
    assert channel("sms").group == "digital"
    assert channel("brev").group == "other"


def test_every_label_has_a_name_a_definition_and_a_place_in_the_current_form_or_must_be_asked() -> None:
    labels: list[Category | Channel] = [*CATEGORIES, *CHANNELS]
    for label in labels:
        assert label.name
        assert label.definition.endswith(".")
        assert label.crosswalk.targets or label.crosswalk.ask


def test_by_severity_sorts_and_drops_repeats() -> None:
    labels = ("verbal_utskjelling", "haerverk", "verbal_utskjelling", "fysisk_angrep_person")
    assert by_severity(labels) == ("fysisk_angrep_person", "haerverk", "verbal_utskjelling")


@pytest.mark.parametrize(("lookup", "kind"), [(category, "category"), (channel, "channel")])
def test_an_unknown_label_is_named_with_the_known_ones(lookup, kind) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnknownLabelError, match=f"unknown {kind} 'mobbing'; expected one of: ") as caught:
        lookup("mobbing")
    assert caught.value.label == "mobbing"


def test_the_json_view_survives_a_round_trip() -> None:
    view = as_dict()
    assert json.loads(json.dumps(view)) == json.loads(json.dumps(view, ensure_ascii=False))
    assert len(view["categories"]) == 7  # type: ignore[arg-type]


def test_the_tables_have_as_many_cells_as_columns() -> None:
    for table in as_tables():
        assert all(len(row) == len(table.columns) for row in table.rows)
