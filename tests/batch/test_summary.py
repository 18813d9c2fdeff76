import json
from html.parser import HTMLParser
from itertools import product

import pytest

from classifier.batch.run import Made, Outcome
from classifier.batch.summary import Break, Summary, summarise, suppressed
from classifier.batch.summary_report import as_dict, as_html
from classifier.batch.tally import Doubtful, Tally
from tests.batch.fakes import REFERENCE

OTHER = "sjikane_trakassering"


def summary_of(labels: dict[tuple[str, str, str, str], int], **counts: dict[object, int]) -> Summary:
    tally = Tally(rows=sum(count for (target, *_), count in labels.items() if target == "category"))
    tally.labels.update(labels)
    for name, values in counts.items():
        getattr(tally, name).update(values)
    tally.doubtful = [Doubtful(0.12, 3, "<b>7</b>", "unsure_category;changed_category", "d")]
    outcome = Outcome(tally.rows, tally.rows, 0, tally.rows, tally, Made("d1", "d2"))
    return summarise(outcome, REFERENCE, "mappe/historikk.csv")


def test_few_are_not_shown_and_cannot_be_had_from_the_others() -> None:
    assert suppressed([0, 5, 100]) == (0, 5, 100)
    assert suppressed([3, 50, 20]) == (None, 50, None)
    assert suppressed([3, 4, 20]) == (None, None, 20)
    assert suppressed([3, 50, 20], sum_is_known=False) == (None, 50, 20)
    assert suppressed([3, 0]) == (None, 0)


def test_changes_are_counted_among_rows_that_had_a_label() -> None:
    summary = summary_of(
        {
            ("category", "2020", "trussel", "trussel"): 60,
            ("category", "2020", "trussel", "haerverk"): 30,
            ("category", "2020", "", "haerverk"): 10,
            ("category", "2020", "?", "haerverk"): 9,
        }
    )
    category = summary.targets[0]
    assert (category.labelled_before, category.changed, category.unknown_before) == (90, 30, 9)
    assert category.by_year[0].changed == 30
    haerverk, trussel = 1, 2
    assert category.matrix[trussel][trussel] == 60
    assert category.matrix[trussel][haerverk] == 30
    assert [row[haerverk] for row in category.matrix[-2:]] == [10, 9]


def test_a_series_breaks_where_a_count_moves_more_than_chance_would() -> None:
    summary = summary_of(
        {
            ("category", "2020", "trussel", "trussel"): 300,
            ("category", "2020", "trussel", "haerverk"): 100,
            ("category", "2020", "haerverk", "haerverk"): 300,
            ("category", "2021", "trussel", "trussel"): 400,
            ("category", "2021", "trussel", "haerverk"): 20,
            ("category", "2021", "haerverk", "haerverk"): 300,
        }
    )
    assert summary.targets[0].breaks == (Break("haerverk", "2020", 300, 400), Break("trussel", "2020", 400, 300))
    page = as_html(summary, "ny.csv.review.csv")
    assert "Brudd i tidsserien for kategori" in page
    assert "går fra 400 til 300" in page


def moved(label: str, year: str, before: int, after: int) -> dict[tuple[str, str, str, str], int]:
    """Return rows that had `label` or were given it; all other labels are `OTHER`."""
    counts = {(label, label): min(before, after), (label, OTHER): before - after, (OTHER, label): after - before}
    return {("category", year, *pair): count for pair, count in counts.items() if count > 0}


def breaks_of(*years: tuple[int, int]) -> set[Break]:
    labels: dict[tuple[str, str, str, str], int] = {}
    for number, (before, after) in enumerate(years):
        labels |= moved("hatytringer", str(2020 + number), before, after)
    return {found for found in summary_of(labels).targets[0].breaks if found.label == "hatytringer"}


def test_a_label_that_appears_or_vanishes_breaks_its_series() -> None:
    assert breaks_of((0, 400)) == {Break("hatytringer", "2020", 0, 400)}
    assert breaks_of((400, 0)) == {Break("hatytringer", "2020", 400, 0)}
    page = as_html(summary_of(moved("hatytringer", "2020", 0, 400)), "r.csv")
    assert "går fra 0 til 400" in page


def test_the_largest_move_is_told_first() -> None:
    labels = moved("trussel", "2020", 1_000, 800) | moved("hatytringer", "2021", 0, 400)
    assert [found.label for found in summary_of(labels).targets[0].breaks if found.label != OTHER] == [
        "hatytringer",
        "trussel",
    ]


def test_a_small_count_stays_hidden_in_a_break() -> None:
    assert breaks_of((3, 400)) == {Break("hatytringer", "2020", None, 400)}
    assert breaks_of((400, 3)) == {Break("hatytringer", "2020", 400, None)}
    page = as_html(summary_of(moved("hatytringer", "2020", 3, 400)), "r.csv")
    assert "går fra et tall som ikke vises til 400" in page


def test_a_break_tells_no_more_than_the_series_do() -> None:
    counts = (0, 1, 3, 4, 5, 7, 9, 12, 30, 400)
    told: dict[object, set[Break]] = {}
    for before in product(counts, repeat=2):
        for after in product((0, 2, 4, 6, 9, 400), repeat=2):
            labels: dict[tuple[str, str, str, str], int] = {}
            for year, one, other in zip(("2020", "2021"), before, after, strict=True):
                labels |= moved("hatytringer", year, one, other)
            category = summary_of(labels).targets[0]
            series = next(one for one in category.series if one.label == "hatytringer")
            if len(series.before) < 2:
                continue
            found = {one for one in category.breaks if one.label == "hatytringer"}
            shown = {year: pair for year, *pair in zip(("2020", "2021"), series.before, series.after, strict=True)}
            assert all([one.before, one.after] == shown[one.year] for one in found)
            assert told.setdefault((series.before, series.after), found) == found


def test_errors_to_expect_are_the_sum_of_what_the_probabilities_lack() -> None:
    labels = {("category", "2020", "trussel", "trussel"): 100}
    errors = summary_of(labels, expected_errors={"category": 20_000_000}, variance={"category": 16_000_000}).targets[0].errors
    assert (errors.labelled, errors.expected) == (100, 20.0)
    assert (errors.low, errors.high) == pytest.approx((20 - 1.96 * 4, 20 + 1.96 * 4), abs=0.1)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "line", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_needs_nothing_and_shows_no_small_count() -> None:
    labels = {
        ("category", "2020", "trussel", "haerverk"): 3,
        ("category", "2020", "trussel", "trussel"): 41,
        ("category", "2021", "trussel", "trussel"): 42,
        ("channel", "2020", "telefon", "epost"): 44,
    }
    summary = summary_of(labels, units={("Nav <Bo>", "rows"): 44, ("Nav <Bo>", "labelled"): 44, ("Nav <Bo>", "changed"): 2})
    page = as_html(summary, "ny.csv.review.csv")
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.links == []
    assert "Nav &lt;Bo&gt;" in page
    assert "&lt;b&gt;7&lt;/b&gt;" in page
    assert "usikker kategori, ny kategori" in page
    assert "&lt;5" in page
    values = json.loads(json.dumps(as_dict(summary)))
    assert values["source"] == "historikk.csv"
    assert values["by_unit"][0]["changed"] is None
    assert values["targets"][0]["matrix"][2][:3] == [0, None, None]


def test_a_history_without_dates_or_labels_has_a_summary_too() -> None:
    page = as_html(summary_of({("category", "", "", "trussel"): 10}), "r.csv")
    assert "År for år" not in page
