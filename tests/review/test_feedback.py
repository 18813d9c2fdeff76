from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from classifier.language import LoadedPipeline, analyse
from classifier.model.training import without_personal_data
from classifier.review.feedback import Feedback, collect, prepare
from classifier.store.database import Database
from classifier.store.tables import Report
from tests.review.reports import NOW, add, decide, suggest

NONE, ALL = 0.0, 1.0
DAMAGE = ("haerverk", "publikumsmottak")
LONG = "Brukeren kom inn i publikumsmottaket, ropte til alle som satt der og kastet en stol i veggen før han gikk ut igjen."


def feedback(database: Database, pipeline: LoadedPipeline, share: float = NONE, measured_on: Sequence[str] = ()) -> Feedback:
    with database.reading() as session:
        taught, left_out = collect(session, share, "salt")
    return prepare(taught, left_out, measured_on=measured_on, pipeline=pipeline)


def taught(database: Database, pipeline: LoadedPipeline, **arguments: Any) -> dict[int, tuple[str, str]]:
    found = feedback(database, pipeline, **arguments)
    return {example.report_id: (example.category, example.provenance) for example in found.examples}


def test_decisions_become_confirmations_and_corrections(database: Database, pipeline: LoadedPipeline) -> None:
    texts = ("Han kastet en stol i veggen.", "Hun truet meg på telefonen.", "Ho skreik til meg i luka.", "Ein mann ringde.")
    agreed, corrected, channel, alone = add(database, *texts)
    decide(database, agreed, label=DAMAGE, suggestion_id=suggest(database, agreed, *DAMAGE))
    decide(database, corrected, label=("trussel", "telefon"), suggestion_id=suggest(database, corrected, *DAMAGE))
    seen = suggest(database, channel, "verbal_utskjelling", "ukjent")
    decide(database, channel, label=("verbal_utskjelling", "publikumsmottak"), suggestion_id=seen)
    decide(database, alone, label=("trussel", "telefon"))
    assert taught(database, pipeline) == {
        agreed: ("haerverk", "confirmation"),
        corrected: ("trussel", "correction"),
        channel: ("verbal_utskjelling", "correction"),
        alone: ("trussel", "confirmation"),
    }


def test_a_decision_corrects_the_label_a_report_came_with_too(database: Database, pipeline: LoadedPipeline) -> None:
    (report,) = add(database, label_category="trussel")
    decide(database, report, label=DAMAGE)
    assert taught(database, pipeline) == {report: ("haerverk", "correction")}


def test_a_sources_own_word_for_a_label_is_nothing_to_correct(database: Database, pipeline: LoadedPipeline) -> None:
    (report,) = add(database, label_category="Alvorlig hendelse")
    decide(database, report, label=DAMAGE)
    assert taught(database, pipeline) == {report: ("haerverk", "confirmation")}


def test_the_settled_label_teaches_and_a_dispute_does_not(database: Database, pipeline: LoadedPipeline) -> None:
    settled, disputed = add(database, "Han kastet en stol i veggen.", "Hun slo hånden i skranken.")
    for report in (settled, disputed):
        decide(database, report, "ola")
        decide(database, report, "kari", DAMAGE)
    decide(database, settled, "eva", DAMAGE, kind="adjudication", role="quality_checker")
    assert taught(database, pipeline) == {settled: ("haerverk", "adjudication")}
    assert feedback(database, pipeline).left_out == {"disputed": 1}


def test_what_was_parked_taken_back_or_erased_teaches_nothing(database: Database, pipeline: LoadedPipeline) -> None:
    parked, undone, erased = add(database, "Han kastet en stol.", "Hun slo i skranken.", "Han ropte i gangen.")
    for report in (parked, undone, erased):
        decide(database, report)
    decide(database, parked, kind="park", reason="Hvem?")
    decide(database, undone, kind="undo", undoes=1)
    with database.writing() as session:
        row = session.get_one(Report, erased)
        row.text, row.text_digest, row.erased_at = None, None, NOW
    found = feedback(database, pipeline)
    assert found.examples == ()
    assert found.left_out == {"erased": 1, "open": 1, "parked": 1}


def test_the_blind_share_never_teaches(database: Database, pipeline: LoadedPipeline) -> None:
    (report,) = add(database)
    decide(database, report)
    assert taught(database, pipeline, share=ALL) == {}
    assert feedback(database, pipeline, share=ALL).left_out == {"blind": 1}


def test_examples_hold_no_personal_data(database: Database, pipeline: LoadedPipeline) -> None:
    (report,) = add(database, "Kari Nordmann ringte fra 400 00 123 og sa at hun skulle komme.")
    decide(database, report)
    (example,) = feedback(database, pipeline).examples
    assert example.text == "[PERSON] ringte fra [PHONE] og sa at hun skulle komme."


def test_a_masked_text_trains_on_the_same_words_as_the_text_itself(pipeline: LoadedPipeline) -> None:
    pair = (
        "Kari Nordmann ringte fra 400 00 123 og sa at hun skulle komme.",
        "[PERSON] ringte fra [PHONE] og sa at hun skulle komme.",
    )
    words = [without_personal_data(read).words for read in analyse(pair, pipeline=pipeline, parts=frozenset({"entities"}))]
    assert words[0] == words[1] == ("ringte", "fra", "og", "sa", "at", "hun", "skulle", "komme", ".")


@pytest.mark.parametrize("frozen", [LONG, LONG.upper(), LONG.replace("stol", "krakk")])
def test_a_text_like_one_that_models_are_measured_on_never_teaches(
    database: Database, pipeline: LoadedPipeline, frozen: str
) -> None:
    like, other = add(database, LONG, "Hun truet med å drepe saksbehandleren sin i et brev.")
    decide(database, like)
    decide(database, other)
    assert set(taught(database, pipeline, measured_on=[frozen])) == {other}
    assert feedback(database, pipeline, measured_on=[frozen]).left_out == {"measured_on": 1}


def test_a_text_teaches_once_and_a_correction_rather_than_a_confirmation(database: Database, pipeline: LoadedPipeline) -> None:
    first, second, third = add(database, LONG, LONG.replace(",", " ,").replace(" ,", ","), "  " + LONG.upper())
    for report in (first, third):
        decide(database, report, label=DAMAGE)
    decide(database, second, label=DAMAGE, suggestion_id=suggest(database, second, "trussel", "ukjent"))
    assert taught(database, pipeline) == {second: ("haerverk", "correction")}
    assert feedback(database, pipeline).left_out == {"repeated": 2}


def test_a_text_that_people_label_differently_teaches_nothing(database: Database, pipeline: LoadedPipeline) -> None:
    first, second = add(database, LONG, LONG.upper())
    decide(database, first, "ola", DAMAGE)
    decide(database, second, "kari", ("trussel", "telefon"))
    assert feedback(database, pipeline).left_out == {"contradicted": 2}


def test_near_duplicates_share_a_group(database: Database, pipeline: LoadedPipeline) -> None:
    texts = (LONG, "Hun truet med å drepe saksbehandleren sin i et brev.", LONG.replace("veggen", "døra"))
    first, other, near = add(database, *texts)
    for report in (first, other, near):
        decide(database, report)
    groups = {example.report_id: example.group for example in feedback(database, pipeline).examples}
    assert groups == {first: f"report-{first}", other: f"report-{other}", near: f"report-{first}"}


def test_the_language_is_the_reports_or_the_one_its_text_is_in(database: Database, pipeline: LoadedPipeline) -> None:
    (told,) = add(database, "Han kastet en stol.", source="a", language="nn")
    (found,) = add(database, "Eg vart redd då ho sa at ho ikkje ville gå heim.", source="b")
    decide(database, told)
    decide(database, found)
    assert {example.language for example in feedback(database, pipeline).examples} == {"nn"}


def test_nothing_decided_teaches_nothing(database: Database, pipeline: LoadedPipeline) -> None:
    assert feedback(database, pipeline) == Feedback((), Counter())
