from datetime import UTC, datetime

from classifier.review.standing import OPEN, PastDecision, standing_of

THREAT, DAMAGE = ("trussel", "telefon"), ("haerverk", "publikumsmottak")


def decisions(*made: tuple[str, str, tuple[str, str] | None]) -> list[PastDecision]:
    """Return decisions by (kind or "undo N", who, label)."""
    return [
        PastDecision(
            id=100 + number,
            report_id=1,
            sequence=number,
            kind=kind.split()[0],
            category=label[0] if label else None,
            channel=label[1] if label else None,
            annotator=who,
            role="registrar",
            decided_at=datetime(2026, 3, 1, tzinfo=UTC),
            suggestion_id=None,
            blind=False,
            reason=None,
            undoes_id=100 + int(kind.split()[1]) if kind.startswith("undo") else None,
            origin="review",
            undone=f"undo {number}" in {other[0] for other in made},
        )
        for number, (kind, who, label) in enumerate(made, start=1)
    ]


def stands(*made: tuple[str, str, tuple[str, str] | None]) -> tuple[str, tuple[str | None, str | None] | None]:
    standing = standing_of(decisions(*made))
    return standing.state, standing.decision.label if standing.decision else None


def test_a_report_nobody_decided_about_is_open() -> None:
    assert standing_of([]) == OPEN


def test_one_label_settles_and_so_do_two_that_agree() -> None:
    assert stands(("label", "ola", THREAT)) == ("settled", THREAT)
    assert stands(("label", "ola", THREAT), ("label", "kari", THREAT)) == ("settled", THREAT)


def test_two_people_who_differ_are_in_dispute_with_the_last_word_shown() -> None:
    assert stands(("label", "ola", THREAT), ("label", "kari", DAMAGE)) == ("disputed", DAMAGE)
    assert standing_of(decisions(("label", "ola", THREAT), ("label", "kari", DAMAGE))).people == ("ola", "kari")


def test_the_channel_alone_is_something_to_differ_about() -> None:
    assert stands(("label", "ola", THREAT), ("label", "kari", ("trussel", "sms")))[0] == "disputed"


def test_a_person_who_thinks_again_is_not_in_dispute_with_oneself() -> None:
    assert stands(("label", "ola", THREAT), ("label", "ola", DAMAGE)) == ("settled", DAMAGE)
    thought_again = (("label", "ola", THREAT), ("label", "kari", DAMAGE), ("label", "ola", DAMAGE))
    assert stands(*thought_again) == ("settled", DAMAGE)


def test_an_adjudication_settles_also_against_a_later_label() -> None:
    settled = (("label", "ola", THREAT), ("label", "kari", DAMAGE), ("adjudication", "eva", THREAT))
    assert stands(*settled) == ("settled", THREAT)
    assert stands(*settled, ("label", "per", DAMAGE)) == ("settled", THREAT)
    assert stands(*settled, ("undo 3", "eva", None)) == ("disputed", DAMAGE)
    assert stands(*settled, ("adjudication", "per", DAMAGE)) == ("settled", DAMAGE)


def test_a_question_parks_until_somebody_decides_or_takes_it_back() -> None:
    assert stands(("label", "ola", THREAT), ("park", "kari", None)) == ("parked", THREAT)
    assert stands(("park", "kari", None)) == ("parked", None)
    assert stands(("park", "kari", None), ("label", "ola", THREAT)) == ("settled", THREAT)
    assert stands(("label", "ola", THREAT), ("park", "kari", None), ("undo 2", "kari", None)) == ("settled", THREAT)


def test_what_was_taken_back_counts_no_more() -> None:
    assert stands(("label", "ola", THREAT), ("undo 1", "ola", None)) == ("open", None)
    assert stands(("label", "ola", THREAT), ("label", "ola", DAMAGE), ("undo 2", "ola", None)) == ("settled", THREAT)
    assert standing_of(decisions(("label", "ola", THREAT), ("undo 1", "ola", None))).sequence == 2
