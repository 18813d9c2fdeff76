from classifier.model.comparison import Comparison, Difference, Kind, Outcome
from classifier.model.estimator import LABELS, Target
from classifier.model.evaluation import Estimate
from classifier.model.verdict import name_of, verdict


def difference(name: str, outcome: Outcome, kind: Kind = "label", target: Target = "category") -> Difference:
    guards = kind != "label" or target == "category"
    return Difference(kind, target, name, 50, guards, 0.5, 0.6, Estimate(0.1, 0.0, 0.2), 0.01, outcome)


def comparison(*differences: Difference, count: int = 900) -> Comparison:
    return Comparison(count, differences)


SAME = difference("haerverk", "same")


def test_a_loss_in_a_language_holds_a_candidate_back_whatever_it_gained() -> None:
    found = verdict(comparison(difference("trussel", "better"), difference("nn", "worse", "language"), SAME), None)
    assert not found.promote
    assert found.words.startswith("Bedre på trussel, likt ellers, dårligere på nynorsk: ikke forfrem.")
    assert found.worse == ("nynorsk",)


def test_a_gain_without_a_loss_is_worth_promoting() -> None:
    gained = (difference("trussel", "better"), difference("", "better", "overall"), SAME)
    assert verdict(comparison(*gained), None).words.startswith("Bedre på trussel og kategoriene samlet, likt ellers: forfrem.")


def test_no_difference_is_no_obstacle() -> None:
    found = verdict(comparison(SAME), comparison(SAME, count=40))
    assert found.promote
    assert found.words == "Likt overalt: kan forfremmes. På blindandelens 40 hendelser: likt overalt."


def test_a_single_channel_is_told_of_and_does_not_hold_back() -> None:
    found = verdict(comparison(difference("sms", "worse", target="channel"), SAME), None)
    assert found.promote
    assert found.words.startswith("Likt ellers, dårligere på kanalen SMS/MMS: kan forfremmes.")


def test_every_label_has_a_name_to_be_called_by() -> None:
    for target, labels in LABELS.items():
        for label in labels:
            assert label not in name_of(difference(label, "better", target=target)) or "_" not in label


def test_the_blind_share_can_hold_a_candidate_back_alone() -> None:
    found = verdict(comparison(SAME), comparison(difference("hatytringer", "worse"), count=60))
    assert not found.promote
    assert "ikke forfrem" in found.words
    assert "På blindandelens 60 hendelser: likt ellers, dårligere på hatytringer." in found.words


def test_a_small_blind_share_is_said_to_be_too_small() -> None:
    assert "Blindandelen har 7 hendelser, for få til å måle på (20 trengs)." in verdict(comparison(), comparison(count=7)).words
    assert "Blindandelen har 0 hendelser" in verdict(comparison(), None).words
