"""The guide explains every label, and is found by its words."""

from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS
from classifier.web.pages.guide import entry_count, guide, link, search

SECTIONS = guide()


def test_every_label_has_an_entry_where_its_link_leads() -> None:
    places = {entry.id for section in SECTIONS for entry in section.entries}
    assert {link(label).removeprefix("/hjelp#") for label in (*CATEGORY_IDS, *CHANNEL_IDS)} <= places


def test_every_category_says_what_belongs_and_what_does_not() -> None:
    categories = next(section for section in SECTIONS if section.id == "kategorier")
    assert all(entry.belongs and entry.elsewhere for entry in categories.entries)


def test_no_two_entries_share_an_address() -> None:
    places = [entry.id for section in SECTIONS for entry in section.entries] + [section.id for section in SECTIONS]
    assert len(set(places)) == len(places)


def test_the_search_needs_every_word_and_minds_no_case() -> None:
    found = search(SECTIONS, "VINDU spark")
    assert [entry.id for section in found for entry in section.entries] == ["kategori-haerverk"]


def test_an_empty_search_shows_everything_and_a_vain_one_nothing() -> None:
    assert search(SECTIONS, "  ") == SECTIONS
    assert entry_count(search(SECTIONS, "enhjørning")) == 0
