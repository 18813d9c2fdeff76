import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest

from classifier.corpus import Example
from classifier.model.estimator import LABELS
from classifier.model.evaluation import Evaluation, Slice, evaluate
from classifier.model.evaluation_report import as_dict, as_html, as_tables, mistakes_table
from classifier.suggestion import Proposal, Ranked, Suggestion
from classifier.taxonomy import CATEGORY_IDS, CHANNEL_IDS, category, channel

A, B, C = CATEGORY_IDS[:3]
TRUTH = (A, A, B, B, C)
PROPOSED = ((A, 0.8), (B, 0.625), (B, 0.7), (C, 0.9), (C, 0.6))
ODD = '<b>Han</b> & "hun" <script>alert(1)</script>'
MASKED = {1: ODD, 3: "Han skrek."}


def example(label: str, *, acts: tuple[str, ...] | None = None) -> Example:
    return Example(
        id="a",
        text="Hun ropte.",
        category=label,
        channel=CHANNEL_IDS[0],
        acts=acts,
        language="nb",
        split="test",
        group="g",
        source="office",
    )


def proposal(labels: tuple[str, ...], best: str, probability: float, *, confident: bool = False) -> Proposal:
    rest = (1 - probability) / (len(labels) - 1)
    ranked = [Ranked(best, probability), *(Ranked(label, rest) for label in labels if label != best)]
    return Proposal(tuple(ranked), confident)


@cache
def evaluated() -> Evaluation:
    suggestions = [
        Suggestion(
            "ok",
            proposal(CATEGORY_IDS, label, probability, confident=label == B),
            proposal(CHANNEL_IDS, CHANNEL_IDS[0], 0.5),
            (C,),
            (),
            None,
            "2026.10.1",
        )
        for label, probability in PROPOSED
    ]
    suggestions.append(Suggestion("too_short", None, None, (), (), None, "2026.10.1"))
    examples = [example(label, acts=(label, C)[: 1 + (label == A)]) for label in (*TRUTH, A)]
    return evaluate(examples, suggestions, model_version="2026.10.1", prior="corpus", pipeline="nb_test 1.0", warned_of=(A, C))


@cache
def page() -> str:
    return as_html(evaluated(), MASKED)


class Elements(HTMLParser):
    """Collects the elements of a page, and the text outside its styles and figures."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.rows: list[int] = []
        self._within: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag in ("style", "svg"):
            self._within.append(tag)
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        if self._within and tag == self._within[-1]:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.text.append(data)


@cache
def elements() -> Elements:
    return Elements(page())


def shown() -> str:
    return " ".join("".join(elements().text).split())


def test_every_table_has_as_many_cells_as_columns() -> None:
    tables = [*as_tables(evaluated()), mistakes_table(evaluated().targets[0], {1: ODD, 3: ""})]
    assert len(tables) == 9
    for table in tables:
        assert table.title
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}
        assert all(isinstance(cell, str) for row in table.rows for cell in row)


def test_the_first_table_holds_the_headline_figures_of_both_targets() -> None:
    first = as_tables(evaluated())[0]
    assert first.title == "Model 2026.10.1, prior corpus, pipeline nb_test 1.0: 6 texts, 1 without a proposal"
    assert first.columns == ("", "category", "channel")
    rows = {row[0]: row[1:] for row in first.rows}
    assert [cell.split(" ")[0] for cell in rows["accuracy"]] == ["0.600", "1.000"]
    assert [cell.split(" ")[0] for cell in rows["macro-F1"]] == [f"{(2 / 3 + 1 / 2 + 2 / 3) / 3:.3f}", "1.000"]
    assert rows["confident"] == ("40.0%", "0.0%")
    assert rows["precision when confident"][0].startswith("0.500 (")
    assert rows["precision when confident"][1] == "none"


def test_the_tables_by_label_and_the_matrices_are_in_the_order_of_the_taxonomy() -> None:
    tables = {table.title: table for table in as_tables(evaluated())}
    for target, labels in LABELS.items():
        assert tuple(row[0] for row in tables[f"{target}: by label"].rows) == labels
        matrix = tables[f"{target}: rows are right, columns proposed"]
        assert tuple(row[0] for row in matrix.rows) == matrix.columns[1:] == labels
    matrix = tables["category: rows are right, columns proposed"]
    assert [row[1:4] for row in matrix.rows[:3]] == [("1", "1", "0"), ("0", "1", "1"), ("0", "0", "1")]
    assert tables["Warnings"].rows == ((A, "0.500", "0.000", "2"), (C, "1.000", "1.000", "1"))


def test_precision_recall_and_f1_of_every_label_have_their_interval_everywhere() -> None:
    table = next(table for table in as_tables(evaluated()) if table.title == "category: by label")
    assert all(re.fullmatch(r"[01]\.\d{3} \([01]\.\d{3}-[01]\.\d{3}\)", cell) for row in table.rows for cell in row[1:4])
    for label in as_dict(evaluated(), MASKED)["targets"][0]["labels"]:
        assert all(label[figure].keys() == {"value", "low", "high"} for figure in ("precision", "recall", "f1"))
    # B was proposed twice, once rightly, and is there twice.
    assert table.rows[1][1:3] == ("0.500 (0.013-0.987)",) * 2
    assert shown().count("50,0 % (1,3 % til 98,7 %)") >= 2


def test_the_parts_by_number_of_acts_are_in_the_table_the_json_and_in_bokmaal_on_the_page() -> None:
    parts = next(table for table in as_tables(evaluated()) if table.title == "category: by part")
    assert [row[:2] for row in parts.rows if "act" in row[0]] == [("one act", "3"), ("several acts", "2")]
    named = [part["name"] for part in as_dict(evaluated(), MASKED)["targets"][0]["slices"]]
    assert {"one act", "several acts"} <= set(named)
    assert "én handling" in shown()
    assert "flere handlinger" in shown()


def with_sources(count: int) -> Evaluation:
    first, other = evaluated().targets
    sources = tuple(Slice(f"writer_{place}", 4, place / 100, 0.5) for place in range(count))
    return replace(evaluated(), targets=(replace(first, sources=sources), other))


def test_of_many_sources_the_lowest_and_the_highest_are_shown_and_how_all_spread() -> None:
    table = next(table for table in as_tables(with_sources(51)) if "by source" in table.title)
    assert table.title == (
        "category: by source, 51 of them: macro-F1 0.000 to 0.500, median 0.250; the 10 lowest and the 10 highest"
    )
    ends = [*range(10), *range(41, 51)]
    assert [row[0] for row in table.rows] == [f"writer_{place}" for place in ends]
    words = " ".join("".join(Elements(as_html(with_sources(51), MASKED)).text).split())
    assert "51 skribenter eller kilder. Macro-F1 er fra 0,0 % til 50,0 %, med 25,0 % i midten (medianen)." in words
    assert "Tabellen viser de 10 laveste og de 10 høyeste." in words
    assert [int(name) for name in re.findall(r"<td>writer (\d+)</td>", as_html(with_sources(51), MASKED))] == ends
    assert len(as_dict(with_sources(51), MASKED)["targets"][0]["sources"]) == 51


def test_few_sources_are_all_shown_and_one_is_no_table() -> None:
    table = next(table for table in as_tables(with_sources(20)) if "by source" in table.title)
    assert len(table.rows) == 20
    assert table.title.endswith("median 0.095")
    assert "laveste" not in as_html(with_sources(20), MASKED)
    assert not any("by source" in table.title for table in as_tables(evaluated()))
    assert "Skribent" not in page()


@pytest.mark.parametrize(
    ("trained_on", "said"),
    [
        (0, "hver av dem lest uten å ha vært med i treningen"),
        (2, "Modellen er trent på 2 av disse rapportene."),
        (6, "Modellen er trent på disse rapportene. Tallene sier ikke noe"),
        (None, "noen av tekstene kan stå i begge"),
    ],
)
def test_the_page_says_whether_the_model_was_trained_on_the_texts(trained_on: int | None, said: str) -> None:
    sentences = ("uten å ha vært med i treningen", "2 av disse rapportene", "trent på disse rapportene", "kan stå i begge")
    written = as_html(replace(evaluated(), trained_on=trained_on), MASKED)
    assert said in written
    assert sum(sentence in written for sentence in sentences) == 1
    assert as_dict(replace(evaluated(), trained_on=trained_on), MASKED)["trained_on"] == trained_on


def test_without_warnings_there_is_no_table_of_them() -> None:
    without = replace(evaluated(), warnings=())
    assert "Warnings" not in [table.title for table in as_tables(without)]
    assert "Varsler" not in as_html(without, {1: "", 3: ""})


def test_the_surest_mistakes_are_shown_with_their_masked_texts() -> None:
    table = mistakes_table(evaluated().targets[0], {1: "Navn skjult", 3: "Han skrek."})
    assert table.rows == ((B, C, "0.90", "Han skrek."), (A, B, "0.62", "Navn skjult"))
    assert mistakes_table(evaluated().targets[1], {}).rows == ()


def test_the_figures_survive_json() -> None:
    answer = json.loads(json.dumps(as_dict(evaluated(), MASKED), allow_nan=False))
    assert as_lists(as_dict(evaluated(), MASKED)) == answer
    assert (answer["model_version"], answer["count"], answer["refused"]) == ("2026.10.1", 6, 1)
    assert answer["targets"][0]["accuracy"].keys() == {"value", "low", "high"}
    assert answer["targets"][1]["confident_precision"] is None
    mistakes = [(mistake["place"], mistake["text"]) for mistake in answer["targets"][0]["mistakes"]]
    assert mistakes == [(3, "Han skrek."), (1, ODD)]


def as_lists(value: Any) -> Any:
    """Return what JSON makes of tuples, and everything else as it is."""
    if isinstance(value, dict):
        return {key: as_lists(item) for key, item in value.items()}
    return [as_lists(item) for item in value] if isinstance(value, list | tuple) else value


def test_the_page_needs_nothing_beside_it_and_runs_nothing() -> None:
    assert page().startswith("<!doctype html>")
    tags = {tag for tag, _ in elements().found}
    assert not tags & {"script", "link", "iframe", "object", "embed", "img", "base"}
    for _, attributes in elements().found:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "src", "xlink:href", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png;base64,"))
    assert re.findall(r"@import|url\((?!['\"]?#)", page()) == []


def test_the_page_has_three_figures_for_each_target() -> None:
    assert [tag for tag, _ in elements().found].count("svg") == 6
    assert page().count("</svg>") == 6


def test_the_page_holds_the_figures_in_words_of_bokmaal() -> None:
    assert "Modell 2026.10.1 er prøvd på 6 rapporter" in shown()
    assert "1 av dem fikk ikke noe forslag." in shown()
    assert "Forhåndsfordeling: corpus. Språkmodell: nb_test 1.0." in shown()
    accuracy = evaluated().targets[0].accuracy
    low, high = (f"{share:.1%}".replace(".", ",").replace("%", " %") for share in (accuracy.low, accuracy.high))
    assert f"60,0 %av forslagene var riktige ({low} til {high})." in shown()
    assert "Riktige av dem: 50,0 % (" in shown()
    assert "Riktige av dem: ingen." in shown()
    for name in [*(category(label).name for label in CATEGORY_IDS), *(channel(label).name for label in CHANNEL_IDS)]:
        assert name in shown()
    assert "Han skrek." in shown()


def test_the_tables_of_the_page_have_as_many_cells_as_columns() -> None:
    label_rows = len(CATEGORY_IDS) + len(CHANNEL_IDS)
    slices, mistakes = (sum(map(count, evaluated().targets)) for count in counts())
    assert elements().rows.count(5) == label_rows + 2
    assert elements().rows.count(4) == slices + 2 + mistakes + 2 + len(evaluated().warnings) + 1
    assert set(elements().rows) == {4, 5}


def counts() -> tuple[Callable[[Any], int], Callable[[Any], int]]:
    return (lambda target: len(target.slices)), (lambda target: len(target.mistakes))


def test_texts_are_shown_as_they_are_not_read_as_markup() -> None:
    assert ODD in shown()
    assert "<b>Han" not in page()
    assert "&lt;b&gt;Han&lt;/b&gt; &amp;" in page()
    named = replace(evaluated(), model_version="<i>1</i>", pipeline="<u>p</u>")
    assert {tag for tag, _ in Elements(as_html(named, {1: "", 3: ""})).found}.isdisjoint({"i", "u", "script"})


def test_a_mistake_without_its_text_is_not_passed_over() -> None:
    with pytest.raises(KeyError):
        mistakes_table(evaluated().targets[0], {1: ""})
    with pytest.raises(KeyError):
        as_dict(evaluated(), {1: ""})
