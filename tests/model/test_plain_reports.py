"""What anybody would type to try the tool must come out as the guide says: plain reports, of one act and of two."""

import pytest

from classifier import load_model
from classifier.model.incident_model import IncidentModel

ONE_ACT = {
    "Hun sa at hun skulle drepe meg.": "trussel",
    "Han sa han skulle drepe meg": "trussel",
    "Ho truga med å drepe både meg og ungane mine.": "trussel",
    "Bruker sa at han skulle komme tilbake med kniv.": "trussel",
    "Han sa han visste hvor jeg bor og at jeg burde passe meg.": "trussel",
    "Mann slo meg i ansiktet.": "fysisk_angrep_person",
    "Ble spyttet på av bruker i mottaket.": "fysisk_angrep_person",
    "Brukaren sparka meg i leggen.": "fysisk_angrep_person",
    "Bruker knuste ruta i inngangsdøra.": "haerverk",
    "Han sparka sund skjermen i mottaket.": "haerverk",
    "Hun sa hun skulle ta livet sitt i kveld.": "trussel_selvskading",
    "Han sa at han kom til å henge seg hvis han ikke fikk penger.": "trussel_selvskading",
    "Bruker kalte meg hore på telefonen.": "sjikane_trakassering",
    "Han skreiv til meg at eg er ei feit, stygg kjerring.": "sjikane_trakassering",
    "Bruker skrek og bannet over vedtaket.": "verbal_utskjelling",
    "Ble kjeftet huden full på telefon.": "verbal_utskjelling",
}
TWO_ACTS = {
    "Hun kalte meg hore og sa at hun skulle drepe meg.": "trussel",
    "Bruker skjelte meg ut og truet med å drepe meg.": "trussel",
    "Han truet med å drepe meg og kalte meg jævla fitte.": "trussel",
    "Bruker spyttet på meg og kalte meg jævla hore.": "fysisk_angrep_person",
    "Han slo meg og sa at han skulle drepe meg neste gang.": "fysisk_angrep_person",
    "Han knuste skjermen og sa at neste gang var det meg.": "haerverk",
    "Ho skreik, banna og sparka inn døra.": "haerverk",
    "Hun skrek at vi er udugelige og sa at hun kom til å ta livet av seg.": "trussel_selvskading",
    "Han kjefta om saka si og kalte meg ei feit purke.": "sjikane_trakassering",
    "Bruker skrek at han skulle ta meg og smelte igjen døra.": "trussel",
}


@pytest.fixture(scope="module")
def model() -> IncidentModel:
    return load_model()


def proposed(model: IncidentModel, texts: list[str]) -> list[str]:
    return [found.category.label if found.category else "" for found in model.suggest_each(texts, explain=False)]


def test_plain_reports_of_one_act_are_read_right(model: IncidentModel) -> None:
    found = dict(zip(ONE_ACT, proposed(model, list(ONE_ACT)), strict=True))
    wrong = {text for text, label in found.items() if label != ONE_ACT[text]}
    assert len(wrong) <= 1, wrong


def test_the_graver_of_two_acts_is_proposed_whichever_comes_first(model: IncidentModel) -> None:
    found = dict(zip(TWO_ACTS, proposed(model, list(TWO_ACTS)), strict=True))
    wrong = {text for text, label in found.items() if label != TWO_ACTS[text]}
    assert len(wrong) <= 2, wrong


def test_what_is_said_in_plain_words_is_never_off_the_list(model: IncidentModel) -> None:
    texts = {**ONE_ACT, **TWO_ACTS}
    for text, found in zip(texts, model.suggest_each(list(texts), explain=False), strict=True):
        assert found.category is not None
        assert texts[text] in [ranked.label for ranked in found.category.ranked[:3]], text
