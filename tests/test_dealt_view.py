from datetime import date, timedelta
from typing import Any

from classifier.dealt_view import as_dict, as_text
from classifier.review.dealing import DealtItem
from classifier.review.reasons import Reason
from tests import small_model
from tests.review.reports import NOW, TEXT


def dealt(**fields: Any) -> DealtItem:
    given: dict[str, Any] = {
        "report_id": 1,
        "source": "arkiv",
        "external_id": "2024-17",
        "text": TEXT,
        "language": "nb",
        "incident_date": date(2024, 5, 17),
        "unit": "NAV Bodø",
        "label_category": "haerverk",
        "label_channel": "Tlf.",
        "labelled_by": "Arkivet",
        "suggestion": small_model.model().suggest([TEXT])[0],
        "suggestion_id": 4,
        "reasons": (Reason("mislabelled", "Merkingen kan være feil."),),
        "blind": False,
        "expires_at": NOW + timedelta(minutes=30),
        "sequence": 0,
    }
    return DealtItem(**given | fields)


BLIND: dict[str, Any] = {
    "label_category": None,
    "label_channel": None,
    "labelled_by": None,
    "suggestion": None,
    "suggestion_id": None,
    "blind": True,
    "reasons": (Reason("blind", "Tilfeldig uttrukket til måling. Vises uten forslag."),),
}


def test_a_dealt_report_is_shown_with_where_it_is_from_why_its_label_and_the_suggestion() -> None:
    shown = as_text(dealt()).plain
    for part in ("arkiv 2024-17 · NAV Bodø · 17.05.2024", "Merkingen kan være feil.", TEXT, "Forslag, ikke fasit", "Din til"):
        assert part in shown
    assert "Merket: Fysisk angrep på bygning eller inventar (hærverk), Tlf. (av Arkivet)" in shown


def test_a_blind_report_is_shown_without_label_and_suggestion() -> None:
    shown = as_text(dealt(**BLIND)).plain
    assert TEXT in shown
    assert "Merket" not in shown
    assert "Kategori" not in shown
    assert (as_dict(dealt(**BLIND))["label"], as_dict(dealt(**BLIND))["suggestion"]) == (None, None)


def test_what_could_drive_the_terminal_is_shown_as_spaces() -> None:
    shown = as_text(dealt(**BLIND | {"text": "Rød \x1b[31mskrift"})).plain
    assert "\x1b" not in shown
    by = as_text(dealt(labelled_by="Ark\x1bivet")).plain
    assert "\x1b" not in by


def test_as_json_it_tells_what_a_decision_must_name() -> None:
    told = as_dict(dealt())
    assert (told["external_id"], told["sequence"], told["incident_date"]) == ("2024-17", 0, "2024-05-17")
    assert told["suggestion"]["category"]["label"]
