import pytest

from classifier.trends.incidents import NO_UNIT, kind_of_unit


@pytest.mark.parametrize(
    ("unit", "kind"),
    [
        ("NAV Kontaktsenter Nord", "Kontaktsenter"),
        ("Nav Ytrevik", "Nav-kontor"),
        ("Nav Arbeid og ytelser Storelv", "Forvaltning"),
        ("Nav Hjelpemiddelsentral Sør", "Hjelpemiddelsentral"),
        ("Kommunikasjonsavdelingen", "Annen enhet"),
        ("Storelv", NO_UNIT),
        ("Navneregisteret", NO_UNIT),
        ("", NO_UNIT),
    ],
)
def test_the_name_of_a_unit_says_what_kind_it_is(unit: str, kind: str) -> None:
    assert kind_of_unit(unit) == kind
