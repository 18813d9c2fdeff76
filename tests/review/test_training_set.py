import pytest

from classifier.corpus import Example
from classifier.errors import InputError
from classifier.review.feedback import FeedbackExample, Provenance
from classifier.review.snapshots import SnapshotText
from classifier.review.training_set import Weights, merge
from classifier.store.reports import text_digest

THREAT = ("trussel", "telefon")


def corpus(text: str, category: str = "trussel", channel: str = "telefon") -> Example:
    return Example("R1", text, category, channel, (category,), "nb", "train", "M1-1", "adviser_vik")


def decided(
    report: int, text: str, category: str = "trussel", channel: str = "telefon", provenance: Provenance = "correction"
) -> SnapshotText:
    masked = text.replace("Kari", "[PERSON]")
    example = FeedbackExample(report, report, masked, category, channel, "nb", provenance, "arkiv", f"report-{report}")
    return SnapshotText(example, text_digest(text))


def test_decisions_follow_the_corpus_each_weighed_by_where_it_comes_from() -> None:
    snapshot = [
        decided(7, "Han kastet en stol.", "haerverk", provenance="confirmation"),
        decided(8, "Hun truet Kari."),
        decided(9, "Han ropte.", "verbal_utskjelling", provenance="adjudication"),
    ]
    found = merge([corpus("Bruker ringte.")], snapshot, Weights(confirmation=0.5, correction=3))
    assert [example.id for example in found.examples] == ["R1", "report-7", "report-8", "report-9"]
    assert found.weights == (1.0, 0.5, 3.0, 3.0)
    assert found.from_decisions == 3
    assert found.examples[2].text == "Hun truet [PERSON]."


def test_each_reports_near_duplicates_stay_together_and_apart_from_the_rest_of_their_archive() -> None:
    found = merge([], [decided(7, "Han kastet en stol."), decided(8, "Hun truet meg.")], Weights())
    assert [(example.group, example.source) for example in found.examples] == [
        ("report-7", "report-7"),
        ("report-8", "report-8"),
    ]


def test_a_decision_that_agrees_with_the_corpus_adds_nothing() -> None:
    example = corpus("Bruker ringte.")
    found = merge([example], [decided(7, "bruker  RINGTE.")], Weights(correction=3))
    assert (found.examples, found.weights, found.from_decisions) == ((example,), (1.0,), 0)


@pytest.mark.parametrize(("category", "channel"), [("haerverk", "telefon"), ("trussel", "sms")])
def test_a_decision_that_differs_from_the_corpus_takes_its_place(category: str, channel: str) -> None:
    found = merge([corpus("Bruker ringte til Kari.")], [decided(7, "Bruker ringte til Kari.", category, channel)], Weights())
    (example,) = found.examples
    assert (example.category, example.channel, example.text) == (category, channel, "Bruker ringte til [PERSON].")
    assert (example.group, example.source) == ("M1-1", "adviser_vik"), "it is still this writer's story"


@pytest.mark.parametrize("weight", [0.0, -1.0, 101.0, float("nan")])
def test_a_weight_that_is_none_is_refused(weight: float) -> None:
    with pytest.raises(InputError, match="weight of a correction"):
        Weights(correction=weight)
