import pytest

from classifier.batch.forms import CsvTable
from classifier.batch.mapping import HistoryColumns
from classifier.batch.rows import ReadRow, finish, read_row
from classifier.batch.sources import ABSENT, Record, Refusal
from classifier.batch.tally import Tally
from tests.batch.fakes import answer_to

COLUMNS = HistoryColumns(text=0, id=1, category=2, channel=3, date=4, unit=5)
FORM = CsvTable(("tekst", "id", "kategori", "kanal", "dato", "enhet"), ";")


def read(*values: object) -> ReadRow | Refusal:
    return read_row(Record("h.csv", 2, values), COLUMNS, FORM)


def tally_of(*rows: tuple[object, ...]) -> Tally:
    ready = [read(*row) for row in rows]
    answers = {row.digest: answer_to(row.text) for row in ready if isinstance(row, ReadRow)}
    return finish(ready, answers, COLUMNS, first=0, version="1").tally


@pytest.mark.parametrize("written", ["2021-12-31", "31.12.2021", "31/12-21", "20211231", "44561"])
def test_a_date_is_read_however_it_is_written(written: str) -> None:
    tally = tally_of(("Han slo i bordet", "1", "trussel", "telefon", written, "Nav Bo"))
    assert {year for _, year, _, _ in tally.labels} == {"2021"}


@pytest.mark.parametrize("written", ["i fjor", "", None, "31.02.2021"])
def test_what_is_no_date_counts_under_no_year(written: str | None) -> None:
    tally = tally_of(("Han slo i bordet", "1", "trussel", "telefon", written, "Nav Bo"))
    assert {year for _, year, _, _ in tally.labels} == {""}


def test_labels_are_known_by_id_and_name_and_others_are_counted_as_unknown() -> None:
    tally = tally_of(
        ("Han slo i bordet", "1", "Truende atferd eller trussel", "Tlf", "", ""),
        ("Han slo i bordet", "2", "Noe annet", "", "", ""),
    )
    before = {(target, old) for target, _, old, _ in tally.labels}
    assert before == {("category", "trussel"), ("channel", "telefon"), ("category", "?"), ("channel", "")}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (ABSENT, "no text: the key is missing"),
        ({"a": 1}, "a text of type dict; expected a string"),
        ("å " * 10_001, "a text of 20,002 characters; expected at most 20,000"),
    ],
)
def test_a_row_without_a_usable_text_is_set_aside(value: object, reason: str) -> None:
    assert read(value, "1", "", "", "", "") == Refusal("h.csv", 2, reason)


def test_an_empty_text_is_answered_as_too_short() -> None:
    assert tally_of((None, "1", "trussel", "", "", "")).status == {"too_short": 1}


def test_two_tallies_add_up_to_the_tally_of_all_rows() -> None:
    rows = [
        (
            f"Han slo {number % 7} ganger i bordet",
            str(number),
            "trussel",
            "telefon",
            f"{2015 + number % 5}-01-01",
            f"Nav {number % 3}",
        )
        for number in range(50)
    ]
    whole, parts = Tally(), Tally()
    whole.add(tally_of(*rows).packed())
    for part in (rows[:20], rows[20:]):
        packed = tally_of(*part).packed()
        packed["doubtful"] = [
            [p, row + 20 * (part is not rows[:20] and part[0] == rows[20]), *rest] for p, row, *rest in packed["doubtful"]
        ]
        parts.add(packed)
    assert parts.packed() == whole.packed()
    assert len(whole.doubtful) == 7
