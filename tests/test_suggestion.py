import json
from dataclasses import FrozenInstanceError, replace
from typing import get_args

import pytest

from classifier.suggestion import OUTCOME_TEXTS, Evidence, Outcome, Proposal, Ranked, Suggestion, as_dict

CATEGORY = Proposal((Ranked("trussel", 0.71234567), Ranked("haerverk", 0.28765433)), confident=True)
CHANNEL = Proposal((Ranked("telefon", 0.6), Ranked("brev", 0.4)), confident=False)
FULL = Suggestion(
    outcome="ok",
    category=CATEGORY,
    channel=CHANNEL,
    warnings=("trussel_selvskading", "fysisk_angrep_person"),
    evidence=(Evidence(4, 9, 0.123456, "trussel"), Evidence(11, 14, -0.5, "telefon")),
    sentence=(0, 15),
    model_version="2026.10.1",
)


def test_a_proposals_label_and_probability_are_those_of_the_first() -> None:
    assert (CATEGORY.label, CATEGORY.probability) == ("trussel", 0.71234567)


def test_every_outcome_has_a_text_and_only_ok_has_none_to_show() -> None:
    assert set(OUTCOME_TEXTS) == set(get_args(Outcome))
    assert [outcome for outcome, text in OUTCOME_TEXTS.items() if not text] == ["ok"]


def test_a_suggestion_is_answered_in_full_with_rounded_numbers() -> None:
    assert as_dict(FULL) == {
        "outcome": "ok",
        "category": {
            "label": "trussel",
            "probability": 0.712346,
            "confident": True,
            "ranked": [{"label": "trussel", "probability": 0.712346}, {"label": "haerverk", "probability": 0.287654}],
        },
        "channel": {
            "label": "telefon",
            "probability": 0.6,
            "confident": False,
            "ranked": [{"label": "telefon", "probability": 0.6}, {"label": "brev", "probability": 0.4}],
        },
        "warnings": ["trussel_selvskading", "fysisk_angrep_person"],
        "evidence": [
            {"start": 4, "end": 9, "weight": 0.1235, "label": "trussel"},
            {"start": 11, "end": 14, "weight": -0.5, "label": "telefon"},
        ],
        "sentence": {"start": 0, "end": 15},
        "model_version": "2026.10.1",
    }


def test_the_answer_survives_json() -> None:
    answer = as_dict(FULL)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@pytest.mark.parametrize("outcome", ["too_short", "not_norwegian"])
def test_an_answer_without_a_proposal_has_every_key_and_nothing_in_it(outcome: Outcome) -> None:
    answer = as_dict(Suggestion(outcome, None, None, (), (), None, "1"))
    assert answer.keys() == as_dict(FULL).keys()
    assert answer == {
        "outcome": outcome,
        "category": None,
        "channel": None,
        "warnings": [],
        "evidence": [],
        "sentence": None,
        "model_version": "1",
    }


def test_a_sentence_at_the_very_start_is_not_taken_for_none() -> None:
    assert as_dict(replace(FULL, sentence=(0, 0)))["sentence"] == {"start": 0, "end": 0}


def test_a_suggestion_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        FULL.outcome = "too_short"  # type: ignore[misc]
