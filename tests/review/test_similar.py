"""Alike is what people would call alike, in whatever spelling."""

from classifier.review.similar import LEAST, Neighbours

TEXTS = (
    "Bruker sparket i døra til publikumsmottaket så glasset knuste.",
    "Ringte og truet med å komme hjem til veilederen.",
    "Brukaren sparka i døra i publikumsmottaket.",
    "E-post med trusler mot saksbehandler.",
)


def test_the_same_act_is_found_across_the_written_standards() -> None:
    found = Neighbours((10, 11, 12, 13), TEXTS).nearest("Brukeren sparket inn døra i mottaket", 2)
    assert {item.id for item in found} == {10, 12}
    assert 1 >= found[0].cosine > found[1].cosine > LEAST


def test_the_report_itself_is_left_out() -> None:
    found = Neighbours((10, 11, 12, 13), TEXTS).nearest(TEXTS[0], 4, without={10})
    assert found[0].id == 12
    assert 10 not in {item.id for item in found}


def test_what_resembles_nothing_finds_nothing() -> None:
    assert Neighbours((10,), TEXTS[:1]).nearest("xyzzy", 3) == ()
    assert Neighbours((), ()).nearest("døra", 3) == ()
