from classifier.model.comparison import Comparison, Difference, Kind, Outcome
from classifier.model.comparison_report import as_table, worse_in_words
from classifier.model.estimator import Target
from classifier.model.evaluation import Estimate


def difference(kind: Kind, target: Target, name: str, outcome: Outcome, after: float) -> Difference:
    guards = kind != "label" or target == "category"
    change = Estimate(after - 0.5, after - 0.6, after - 0.4)
    return Difference(kind, target, name, 50, guards, 0.5, after, change, 0.01, outcome)


FEW = Difference("label", "category", "hatytringer", 3, guards=True)
WORSE = Comparison(
    60,
    (
        difference("overall", "category", "", "worse", 0.25),
        difference("label", "category", "trussel", "worse", 0.125),
        FEW,
        difference("overall", "channel", "", "same", 0.5),
        difference("label", "channel", "sms", "worse", 0.25),
    ),
)


def test_a_worse_candidate_is_told_in_a_sentence_with_both_figures_before_and_after() -> None:
    assert worse_in_words(WORSE, champion="a", candidate="b") == (
        "b is worse than a on the same 60 texts: category macro-F1 0.500 before, 0.250 now; "
        "channel macro-F1 0.500 before, 0.500 now (worse at kategoriene samlet, trussel)."
    )


def test_a_candidate_that_is_worse_at_nothing_that_guards_is_not_called_worse() -> None:
    same = Comparison(60, (FEW, difference("label", "channel", "sms", "worse", 0.25)))
    assert worse_in_words(same, champion="a", candidate="b") == ""


def test_only_the_first_of_many_parts_are_named() -> None:
    parts = (difference("label", "category", name, "worse", 0.25) for name in ("haerverk", "trussel", "hatytringer"))
    many = Comparison(60, (difference("overall", "category", "", "worse", 0.25), *parts))
    told = worse_in_words(many, champion="a", candidate="b")
    assert told.endswith("(worse at kategoriene samlet, hærverk, trussel and 1 more).")


def test_a_row_says_its_part_as_people_do_and_whether_it_guards() -> None:
    table = as_table("Same texts", WORSE, champion="a", candidate="b")
    assert table.title == "Same texts: F1 on 60 texts"
    assert table.rows[1] == ("trussel", "50", "0.500", "0.125", "-0.375", "-0.475 to -0.275", "worse", "yes")
    assert table.rows[2] == ("hatytringer", "3", "", "", "", "", "too few", "yes")
    assert table.rows[4][0] == "kanalen SMS/MMS"
    assert table.rows[4][-1] == "no"
