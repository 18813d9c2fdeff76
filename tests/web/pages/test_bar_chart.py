from classifier.trends.quantification import Interval
from classifier.trends.report_parts import Chart, Panel
from classifier.web.pages.bar_chart import LARGE, SMALL, draw, drawings_of

YEARS = ("2019", "2020", "2021")


def test_bars_stand_on_the_floor_as_high_as_their_counts() -> None:
    drawn = draw(Panel("", (10, 20, 30)), YEARS, LARGE, numbered=True)
    assert [bar.y + bar.height for bar in drawn.bars] == [LARGE.floor] * 3
    low, middle, high = (bar.height for bar in drawn.bars)
    assert (round(middle / low, 1), round(high / low, 1)) == (2.0, 3.0)
    assert [word.text for word in drawn.lines] == ["0", "10", "20", "30"]
    assert [word.text for word in drawn.numbers] == ["10", "20", "30"]


def test_a_hidden_count_is_a_word_and_no_bar_and_a_zero_is_neither() -> None:
    drawn = draw(Panel("", (None, 0, 7)), YEARS, SMALL, numbered=False)
    assert len(drawn.bars) == 1
    assert [word.text for word in drawn.hidden] == ["skjult"]
    assert not drawn.numbers


def test_a_change_stands_under_its_number() -> None:
    drawn = draw(Panel("", (1200, 900, None), marks=("", "−25 %", "")), YEARS, LARGE, numbered=True)
    assert [word.text for word in drawn.numbers] == ["1\u00a0200", "900", "−25 %"]
    assert drawn.numbers[1].y < drawn.numbers[2].y < drawn.bars[1].y


def test_a_corrected_count_lies_within_its_interval_and_the_interval_within_the_drawing() -> None:
    panel = Panel("Telefon", (10, 12, None), (Interval(14, 9, 60), None, None))
    (whisker,) = draw(panel, YEARS, SMALL, numbered=False).whiskers
    assert SMALL.top <= whisker.high < whisker.y < whisker.low <= SMALL.floor


def test_a_panel_of_which_all_is_hidden_is_drawn_too() -> None:
    drawn = draw(Panel("", (None, None, None)), YEARS, SMALL, numbered=False)
    assert len(drawn.hidden) == 3
    assert not drawn.bars


def test_many_periods_leave_out_names_that_would_run_together() -> None:
    months = tuple(f"{year}-{month:02d}" for year in (2018, 2019, 2020) for month in range(1, 13))
    drawn = draw(Panel("", (5,) * 36), months, SMALL, numbered=False)
    apart = [after.x - before.x for before, after in zip(drawn.ticks, drawn.ticks[1:], strict=False)]
    assert min(apart) > 7 * len("2018-01")
    assert drawn.ticks[0].text == "2018-01"


def test_a_lone_panel_is_large_and_several_are_small() -> None:
    panel = Panel("", (5, 6, 7))
    assert [item.frame for item in drawings_of(Chart("a", "A", "", YEARS, "hendelser", (panel,)))] == [LARGE]
    assert [item.frame for item in drawings_of(Chart("a", "A", "", YEARS, "hendelser", (panel, panel)))] == [SMALL, SMALL]
