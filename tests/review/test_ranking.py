from collections import Counter

import numpy as np
import pytest

from classifier.review.ranking import BLIND, DISPUTED, Lots, ranked

NAN = np.nan
COUNT = 2000
ALL = np.linspace(1, 0, COUNT)


def test_every_report_that_a_rule_speaks_for_comes_once() -> None:
    strengths = {"mislabelled": ALL, "random": ALL[::-1]}
    turns = list(ranked(strengths, Lots(0.1, {"mislabelled": 3, "random": 1}, "salt"), blind=range(0, COUNT, 10)))
    assert sorted(turn.place for turn in turns) == list(range(COUNT))


def test_rules_get_turns_by_their_quota() -> None:
    strengths = {"mislabelled": ALL, "random": ALL}
    turns = list(ranked(strengths, Lots(0.0, {"mislabelled": 3, "random": 1}, "salt")))[:1000]
    assert Counter(turn.rule for turn in turns)["mislabelled"] == pytest.approx(750, abs=45)


def test_within_a_rule_the_strongest_comes_first() -> None:
    turns = ranked({"mislabelled": np.array([0.2, NAN, 0.9, 0.5])}, Lots(0.0, {"mislabelled": 1}, "salt"))
    assert [turn.place for turn in turns] == [2, 3, 0]


def test_every_tenth_turn_on_average_is_the_blind_shares_in_the_order_of_its_draw() -> None:
    blind = list(range(5, COUNT, 4))
    turns = list(ranked({"random": ALL}, Lots(0.1, {"random": 1}, "salt"), blind=blind))[:1000]
    drawn = [turn.place for turn in turns if turn.rule == BLIND]
    assert len(drawn) == pytest.approx(100, abs=30)
    assert drawn == blind[: len(drawn)]


def test_a_blind_report_comes_by_no_rule_however_strongly_one_speaks() -> None:
    turns = ranked({"mislabelled": np.array([1.0, 0.5])}, Lots(0.1, {"mislabelled": 1}, "salt"), blind=[0])
    assert {turn.place: turn.rule for turn in turns} == {0: BLIND, 1: "mislabelled"}


def test_a_rule_that_has_nothing_left_leaves_its_turns_to_the_others() -> None:
    strengths = {"stale_label": np.array([1.0, NAN, NAN]), "random": np.array([0.1, 0.2, 0.3])}
    turns = list(ranked(strengths, Lots(0.0, {"stale_label": 1000, "random": 1}, "salt")))
    assert [(turn.place, turn.rule) for turn in turns] == [(0, "stale_label"), (2, "random"), (1, "random")]


def test_a_rule_without_a_quota_brings_nothing() -> None:
    turns = ranked({"random": ALL, "mislabelled": np.array([NAN, 1.0])}, Lots(0.0, {"mislabelled": 1, "random": 0}, "salt"))
    assert [turn.place for turn in turns] == [1]


def test_disputes_come_before_every_rule() -> None:
    turns = list(ranked({"random": np.array([0.9, 0.5, 0.1])}, Lots(0.0, {"random": 1}, "salt"), first=[2]))
    assert [(turn.place, turn.rule) for turn in turns] == [(2, DISPUTED), (0, "random"), (1, "random")]


def test_a_queue_built_anew_after_each_deal_mixes_as_one_that_was_built_once() -> None:
    strengths = {"mislabelled": ALL, "random": ALL}
    quotas = {"mislabelled": 3, "random": 1}
    blind = list(range(0, COUNT, 10))
    whole = [turn.rule for turn in ranked(strengths, Lots(0.1, quotas, "salt"), blind=blind)][:200]
    anew = [next(ranked(strengths, Lots(0.1, quotas, "salt", dealt), blind=blind)).rule for dealt in range(200)]
    assert anew == whole


def test_nothing_to_rank_is_an_empty_queue() -> None:
    assert list(ranked({"random": np.array([])}, Lots(0.1, {"random": 1}, "salt"))) == []
