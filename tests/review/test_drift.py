"""Drift is told from chance, and said in parts."""

import math
import random
from itertools import pairwise

import pytest

from classifier.review.drift import FEWEST, LENGTHS, by_language, by_length, drift

NAMES = ("trussel", "haerverk", "hatytringer")
THEN = {"trussel": 500.0, "haerverk": 300.0, "hatytringer": 200.0}


def test_the_index_is_the_sum_that_its_definition_says() -> None:
    now = {"trussel": 300.0, "haerverk": 300.0, "hatytringer": 400.0}
    expected = (0.3 - 0.5) * math.log(0.3 / 0.5) + (0.4 - 0.2) * math.log(0.4 / 0.2)
    assert drift(THEN, now, NAMES).index == pytest.approx(expected, rel=0.01)


def test_the_same_mix_has_not_drifted() -> None:
    found = drift(THEN, {"trussel": 250.0, "haerverk": 150.0, "hatytringer": 100.0}, NAMES)
    assert found.index == pytest.approx(0, abs=1e-4)
    assert found.verdict == "none"


def test_another_mix_has_and_the_part_that_moved_most_is_named() -> None:
    found = drift(THEN, {"trussel": 100.0, "haerverk": 60.0, "hatytringer": 340.0}, NAMES)
    assert found.verdict == "large"
    assert found.moved_most.name == "hatytringer"


def test_a_moderate_shift_in_many_reports_is_small() -> None:
    assert drift(THEN, {"trussel": 3500.0, "haerverk": 3000.0, "hatytringer": 3500.0}, NAMES).verdict == "small"


def test_a_label_never_seen_before_does_not_make_it_infinite() -> None:
    found = drift({"trussel": 1000.0}, {"hatytringer": 1000.0}, NAMES)
    assert math.isfinite(found.index)
    assert found.verdict == "large"


def test_few_reports_get_no_verdict() -> None:
    assert drift(THEN, {"hatytringer": float(FEWEST - 1)}, NAMES).verdict == "too_few"
    assert drift(THEN, {}, NAMES).verdict == "too_few"


def test_chance_alone_is_called_drift_in_about_one_case_in_twenty() -> None:
    chosen = random.Random(3)
    above = 0
    for _ in range(400):
        sample = chosen.choices(NAMES, weights=list(THEN.values()), k=60)
        found = drift({name: value * 1000 for name, value in THEN.items()}, {n: float(sample.count(n)) for n in NAMES}, NAMES)
        above += found.index > found.by_chance
    assert 0.02 < above / 400 < 0.09


def test_texts_are_counted_by_length_and_by_standard() -> None:
    texts = ["Brukaren ringde og sa at eg skulle få svi.", "Bruker slo i skranken. " * 10, ""]
    assert by_length(texts) == {"under 12 ord": 1, "12–40 ord": 1, "41–110 ord": 0, "over 110 ord": 0}
    assert by_language(texts[:2]) == {"nb": 1, "nn": 1, "other": 0}


def test_the_bands_of_length_leave_no_gap() -> None:
    assert LENGTHS[0][1] == 1
    assert LENGTHS[-1][2] is None
    assert all(last == after - 1 for (_, _, last), (_, after, _) in pairwise(LENGTHS) if last)
