import numpy as np
import pytest

from classifier.trends.history import NONE, history_of
from tests.trends.made_up import incident

PROBABILITIES = (0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.5, *(0.05,) * 10)


def test_incidents_become_columns_with_units_and_kinds_in_alphabetical_order() -> None:
    history = history_of([incident(unit="Nav Åsgrenda"), incident(unit="Nav Elvemo", day="2020-12-31", category=None)])
    assert history.units == ("Nav Elvemo", "Nav Åsgrenda")
    assert history.unit.tolist() == [1, 0]
    assert history.month.tolist() == [2021 * 12 + 5, 2020 * 12 + 11]
    assert history.category.tolist() == [2, NONE]
    assert not history.has_answers


def test_a_unit_is_one_whatever_case_and_spaces_its_name_has() -> None:
    history = history_of(incident(unit=name) for name in ("Nav  Ytrevik", "NAV Ytrevik", "nav ytrevik "))
    assert history.units == ("Nav Ytrevik",)


def test_probabilities_stay_with_their_incident_and_others_have_none() -> None:
    history = history_of([incident(), incident(probabilities=PROBABILITIES), incident()])
    assert history.answered.tolist() == [False, True, False]
    assert history.probabilities[1].tolist() == pytest.approx(PROBABILITIES)
    assert history.probabilities[[0, 2]].sum() == 0
    part = history.where(np.array([False, True, True]))
    assert len(part) == 2
    assert part.probabilities[0].tolist() == pytest.approx(PROBABILITIES)


def test_no_incidents_are_a_history_too() -> None:
    assert len(history_of([])) == 0
