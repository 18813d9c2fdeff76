from __future__ import annotations

from classifier.web.excerpts import excerpt

TEXT = "Bruker ringte flere ganger på formiddagen og var opprørt over vedtaket. Han sa at han visste hvor saksbehandler bodde."


def test_a_short_text_is_shown_whole_on_one_line() -> None:
    assert excerpt("Bruker\n ringte.", [["ringte"]]) == "Bruker ringte."


def test_a_long_text_is_shown_around_what_was_looked_for() -> None:
    shown = excerpt(TEXT, [["visste"]], 40)
    assert "visste" in shown
    assert shown.startswith("… ")
    assert len(shown) <= 42
    assert excerpt(TEXT, [], 40).startswith("Bruker ringte")
    assert "visste hvor" in excerpt(TEXT, [["visste", "hvor"]], 60)
    assert excerpt("x" * 500, [["x"]], 40).endswith("…")
