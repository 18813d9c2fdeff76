from pathlib import Path

import numpy as np
import pytest

from classifier.model.estimator import LABELS, TARGETS
from classifier.review.queue import QueueSettings
from classifier.review.quotas import DEFAULT_QUOTAS
from scripts.simulate_review import main
from scripts.simulated_history import CONFUSED, KINDS, History, found_within, measure_accuracy, plant, review_orders

COUNT = 400
SETTINGS = QueueSettings(0.1, "salt", DEFAULT_QUOTAS)


@pytest.fixture(scope="module")
def history() -> History:
    """A history on which the model is right three times of four, and the surer the righter."""
    random = np.random.default_rng(0)
    truth, probabilities = {}, {}
    for target in TARGETS:
        labels = len(LABELS[target])
        truth[target] = random.integers(0, labels, COUNT)
        scores = random.normal(size=(COUNT, labels))
        scores[np.arange(COUNT), truth[target]] += 2.7
        exponents = np.exp(scores)
        probabilities[target] = exponents / exponents.sum(axis=1, keepdims=True)
    return History(
        names=tuple(("simulated", str(place)) for place in range(COUNT)),
        given=truth,
        truth=truth,
        probabilities=probabilities,
        unknown=np.zeros(COUNT),
        warned=np.zeros((COUNT, len(LABELS["category"])), dtype=bool),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_labels_are_made_wrong_as_asked_and_the_truth_is_left_alone(history: History, kind: str) -> None:
    planted = plant(history, 0.08, kind, seed=3)
    assert planted.wrong.sum() == 32
    assert not history.wrong.any()


def test_a_label_that_people_mix_up_becomes_its_partner(history: History) -> None:
    planted = plant(history, 0.5, "one part mixed up", seed=3)
    for target in TARGETS:
        changed = np.flatnonzero(planted.given[target] != history.truth[target])
        assert len(changed) == 100
        for place in changed:
            pair = {LABELS[target][int(labels[target][place])] for labels in (planted.given, history.truth)}
            assert any(pair == set(confused) for confused in CONFUSED[target])


def test_the_queue_finds_more_errors_than_chance_and_than_doubt_alone(history: History) -> None:
    planted = plant(history, 0.08, "one part wrong", seed=3)
    found = {way: found_within(order, planted.wrong, [0.15])[0] for way, order in review_orders(planted, SETTINGS, 3).items()}
    assert found["queue"] > found["random"] + 0.2
    assert found["queue"] > found["margin only"] + 0.2


def test_what_is_found_is_counted_among_all_wrong_labels() -> None:
    wrong = np.array([True, False, False, True])
    assert found_within(np.array([3, 1, 0, 2]), wrong, [0.25, 0.5, 1.0]) == [0.5, 0.5, 1.0]


def test_the_blind_share_measures_truly_and_the_rest_of_the_queue_too_low(history: History) -> None:
    measured = [
        measure_accuracy(plant(history, 0.08, KINDS[1], seed), QueueSettings(0.1, f"salt {seed}", DEFAULT_QUOTAS), 150)
        for seed in range(20)
    ]
    blind, queue = (float(np.mean([getattr(found, of) for found in measured])) for of in ("blind", "queue"))
    assert blind == pytest.approx(measured[0].true, abs=0.06)
    assert queue < measured[0].true - 0.05


def test_a_quick_run_prints_its_three_tables_and_draws_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--quick", "--seeds", "1", "--processes", "1", "--cache", str(tmp_path / "cache"), "--figures", str(tmp_path)])
    shown = capsys.readouterr().out
    for head in (
        "| reviews | queue | random | uncertainty |",
        "| wrong labels | reviewed by | 5 % | 10 % | 15 % | 20 % |",
        "| reviews | true accuracy | by the blind share | by the rest of the queue |",
    ):
        assert head in shown
    assert {path.name for path in tmp_path.glob("*.svg")} == {"review_learning.svg", "review_errors.svg"}
